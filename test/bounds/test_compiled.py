# SPDX-License-Identifier: BSD-2-Clause
"""Annotations of C programs: found by way of the line table, whatever the compiler has made of the loops."""

from __future__ import annotations

from collections import Counter

import pytest

from bounds.errors import Unbounded
from conftest import Compile

LOOP = """
extern volatile unsigned port;
volatile unsigned port;
void entry(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {NOTE
        port = i;
    }
}
"""
#: clang 19 makes: cbz, mov, adrp; count times (str, add, cmp, b.ne); ret. The test counts its own loop below.


def note(text: str) -> str:
    """The loop with an annotation."""
    return LOOP.replace("NOTE", f" /* {text} */")


def per_turn(compile_c: Compile) -> int:
    """Instructions of one turn, from two bounds: nothing else depends on them."""
    lengths = [compile_c(note(f"bound: {bound}")).lengths()["through"] for bound in (10, 110)]
    assert (lengths[1] - lengths[0]) % 100 == 0
    return (lengths[1] - lengths[0]) // 100


def test_a_loop_without_a_bound_is_refused_with_its_place(compile_c: Compile) -> None:
    """File and line of the loop, and the two remedies."""
    with pytest.raises(Unbounded, match=r"^program\.c:6: this loop has no bound.*write /\* bound: N \*/ on its line, or let it ask preemption_point\(\)$"):
        compile_c(LOOP.replace("NOTE", "")).lengths()


def test_a_bound_counts(compile_c: Compile) -> None:
    """A turn stores and counts: at least three instructions, at most six; all of them 100 times."""
    turn = per_turn(compile_c)
    assert 3 <= turn <= 6
    assert 100 * turn <= compile_c(note("bound: 100")).lengths()["through"] <= 100 * turn + 8


def test_a_bound_is_what_the_compiler_says(compile_c: Compile) -> None:
    """Macros, enumerations and sizeof of the file."""
    head = "#define TWO 2\nenum { THREE = 3 };\nstruct pair { char c[5]; };\n"
    plain = compile_c(note("bound: 30")).lengths()
    assert compile_c(head + note("bound: TWO * THREE * sizeof(struct pair)")).lengths() == plain


@pytest.mark.parametrize(("text", "message"), [
    ("bound: UNKNOWN", r"program\.c: the bounds UNKNOWN cannot be evaluated: use of undeclared identifier 'UNKNOWN'"),
    ("bound: 0 - 1", r"program\.c:6: the bound 0 - 1 is -1"),
    ("bound:", r"program\.c:6: a bound needs an expression"),
    ("bound: 3; often", r"program\.c:6: `often` in a bound is not known"),
])
def test_a_bad_bound_is_a_sentence(compile_c: Compile, text: str, message: str) -> None:
    """What is wrong, and where."""
    with pytest.raises(Unbounded, match=message):
        compile_c(note(text)).lengths()


NESTED = """
extern volatile unsigned port;
volatile unsigned port;
static inline void inner(unsigned count)
{
    for (unsigned i = 0; i < count; i++) { /* bound: INNER */
        port = i;
    }
}
void entry(unsigned rows, unsigned columns)
{
    /* bound: OUTER */
    for (unsigned i = 0; i < rows; i++) {
        inner(columns);
        port = 1;
    }
}
"""


def nested(compile_c: Compile, outer: int, inner: int) -> int:
    """Length with these bounds."""
    return compile_c(NESTED.replace("OUTER", str(outer)).replace("INNER", str(inner))).lengths()["through"]


def test_nested_and_inlined_loops_have_their_own_bounds(compile_c: Compile) -> None:
    """Length = a + outer * (b + inner * c), a loop of bound n counted with n + 1 turns: the inner bound weighs as often as the outer says."""
    by_inner = nested(compile_c, 7, 110) - nested(compile_c, 7, 10)
    assert by_inner % 800 == 0 and 3 <= by_inner // 800 <= 6
    assert nested(compile_c, 15, 110) - nested(compile_c, 15, 10) == 2 * by_inner


def test_an_inner_loop_without_a_bound_is_not_taken_for_the_outer(compile_c: Compile) -> None:
    """The inner one is named."""
    with pytest.raises(Unbounded, match=r"^program\.c:6: this loop has no bound"):
        compile_c(NESTED.replace(" /* bound: INNER */", "").replace("OUTER", "3")).lengths()


UNROLLED = """
void entry(unsigned long address, unsigned long count)
{
    PRAGMA
    /* bound: 1024; unrolled 8 */
    for (; count > 0; count--, address += 64) {
        __asm__ volatile("dc cvac, %0" : : "r"(address) : "memory");
    }
}
"""


def test_an_unrolled_loop_does_many_steps_in_one_turn(compile_c: Compile) -> None:
    """1,024 operations, an addition each, and 128 ends of a turn; and at most 7 steps that are left over."""
    length = compile_c(UNROLLED.replace("PRAGMA", "_Pragma(\"clang loop unroll_count(8)\")")).lengths()["through"]
    assert 1024 * 2 < length < 1024 * 2 + 128 * 5 + 7 * 5 + 30


def test_a_loop_said_to_be_unrolled_must_be(compile_c: Compile) -> None:
    """The compiler was told not to."""
    with pytest.raises(Unbounded, match=r"program\.c:5: the compiler has not unrolled this loop 8 times in entry; correct the annotation"):
        compile_c(UNROLLED.replace("PRAGMA", "_Pragma(\"clang loop unroll(disable)\")")).lengths()


ARGUMENT = """
__attribute__((noinline)) void clear(volatile long *to, int unused, unsigned long length)
{
    (void)unused;
    for (unsigned long i = 0; i < length; i += 8) { /* bound: x2 / 8 */
        to[i / 8] = 0;
    }
}
long a[100], b[100];
void entry(unsigned long n)
{
    clear(a, 0, FIRST);
    clear(b, 0, 80);
}
"""


def test_a_bound_may_be_the_callers_argument(compile_c: Compile) -> None:
    """800 more bytes are 100 more turns of this call, not of the other."""
    lengths = [compile_c(ARGUMENT.replace("FIRST", size)).lengths()["through"] for size in ("80", "880")]
    assert (lengths[1] - lengths[0]) % 100 == 0
    assert 3 <= (lengths[1] - lengths[0]) // 100 <= 6


def test_an_argument_must_be_constant(compile_c: Compile) -> None:
    """n is not."""
    with pytest.raises(Unbounded, match=r"program\.c:5: clear is called with an x2 that is no constant"):
        compile_c(ARGUMENT.replace("FIRST", "n")).lengths()


CALLERS = """
extern volatile unsigned port;
volatile unsigned port;
__attribute__((noinline)) void put(unsigned count)
{
    for (unsigned i = 0; i < count; i++) { /* bound: 1000; in few: 10 */
        port = i;
    }
}
__attribute__((noinline)) void few(unsigned count)
{
    put(count);
    port = 1;
}
__attribute__((noinline)) void many(unsigned count)
{
    put(count);
    port = 2;
}
"""


def test_a_bound_may_differ_under_a_caller(compile_c: Compile) -> None:
    """990 turns between the two."""
    program = compile_c(CALLERS + "void entry(unsigned n)\n{\n    few(n);\n    many(n);\n}\n")
    few, many = program.lengths("few")["through"], program.lengths("many")["through"]
    assert (many - few) % 990 == 0 and 3 <= (many - few) // 990 <= 6
    assert few + many < program.lengths()["through"] < few + many + 12


WITHOUT = """
extern volatile unsigned port;
volatile unsigned port;
__attribute__((noinline)) void slow(void)
{
    for (unsigned i = 0; i < 1000; i++) { /* bound: 1000 */
        port = i;
    }
}
__attribute__((noinline)) void act(unsigned kind)
{
    if (kind == 1) {
        slow();
    }
    port = kind;
}
void entry(unsigned kind)
{
    NOTE
    act(kind);
    port = 3;
}
"""


def test_paths_that_cannot_be_are_left_out(compile_c: Compile) -> None:
    """Only below the line that says so, and only with its reason."""
    whole = compile_c(WITHOUT.replace("NOTE", "")).lengths()["through"]
    program = compile_c(WITHOUT.replace("NOTE", "/* without: slow; kind is never 1 */"))
    assert whole > 3000 > 40 > program.lengths()["through"]
    assert program.lengths("act")["through"] > 3000
    with pytest.raises(Unbounded, match=r"program\.c:19: `without` needs its reason"):
        compile_c(WITHOUT.replace("NOTE", "/* without: slow */")).lengths()


def test_an_exclusion_of_what_is_not_there_is_refused(compile_c: Compile) -> None:
    """A function that was renamed since."""
    program = compile_c(WITHOUT.replace("NOTE", "/* without: act/slower; kind is never 1 */"))
    with pytest.raises(Unbounded, match=r"^program\.c:20: `without` names slower, which is no function of the program"):
        program.annotations.check_names()


def test_a_scoped_exclusion_holds_inside_its_function_only(compile_c: Compile) -> None:
    """slow is reached through act, not through other."""
    assert compile_c(WITHOUT.replace("NOTE", "/* without: other/slow; kind */")).lengths()["through"] > 3000
    assert compile_c(WITHOUT.replace("NOTE", "/* without: act/slow; kind */")).lengths()["through"] < 40


#: 20 cases of 1 to 20 nops in a mixed order.
CASES = "".join(f"    case {i}: __asm__ volatile(\".rept {1 + i * 7 % 20}; nop; .endr; sev\"); break;\n" for i in range(20))
SWITCH = f"void entry(unsigned kind)\n{{\n    switch (kind) {{\n{CASES}    }}\n    __asm__ volatile(\"sevl\");\n}}\n"


def test_a_jump_table_is_read(compile_c: Compile) -> None:
    """All 20 ways are found, and the longest: 20 nops and a sev, then what is common."""
    program = compile_c(SWITCH)
    branches = [i for i in program.program.code.values() if i.name == "br"]
    assert len(branches) == 1, "clang made no jump table of this switch: the test needs another one"
    function = program.graph.function(program.program.symbol("entry"))
    assert len(set(function.next[branches[0].address])) == 20
    counts = program.paths.lengths(function.start).through[None].counts()
    found = Counter(program.program.code[address].name for address in counts)
    assert (found["sev"], found["sevl"]) == (1, 1)
    assert 20 <= found["nop"] <= 21, "the linker may leave a nop of its own in front of the table"


def test_a_stripped_program_is_a_sentence(compile_c: Compile) -> None:
    """No line table, no places."""
    with pytest.raises(Unbounded, match=r"has no DWARF line table: build it with -g"):
        compile_c(LOOP.replace("NOTE", ""), "-O2", "-g0")


def test_the_zeroing_of_a_structure_is_counted_in_the_code(compile_c: Compile) -> None:
    """A loop that the source does not have: with an own bound of its code, or refused, never guessed."""
    text = "struct big { long word[40]; };\nvoid take(struct big *);\nvoid entry(void)\n{\n    struct big b = {0};\n    __asm__ volatile(\"\" : : \"r\"(&b) : \"memory\");\n}\n"
    memset = "void *memset(void *to, int value, unsigned long n);\nvoid *memset(void *to, int value, unsigned long n)\n{\n    char *c = to;\n    for (unsigned long i = 0; i < n; i++) { /* bound: x2 */\n        c[i] = (char)value;\n    }\n    return to;\n}\n"
    assert compile_c(memset + text, "-O2", "-fno-builtin", "-mno-implicit-float").lengths()["through"] > 20
