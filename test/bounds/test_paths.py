# SPDX-License-Identifier: BSD-2-Clause
"""Longest paths of small assembly programs: every number here was counted by hand. A loop's bound is here how often it
goes back: one less than its turns if it is tested where it goes back."""

from __future__ import annotations

import pytest

from bounds.errors import Unbounded
from bounds.tables import writes
from conftest import Assemble, lengths_of, numbers


def test_a_straight_line(assemble: Assemble) -> None:
    """Three instructions."""
    program = assemble("function f\n mov x1, #1\n add x1, x1, x1\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"through": 3}


def test_the_longer_branch_counts(assemble: Assemble) -> None:
    """cbz; nop nop b; or nop; then ret: 1 + 3 + 1."""
    program = assemble("function f\n cbz x5, 1f\n nop\n nop\n b 2f\n1: nop\n2: ret\n")
    assert numbers(lengths_of(program, "f")) == {"through": 5}


def test_a_call_counts_its_callee(assemble: Assemble) -> None:
    """mov, bl, (nop, ret), ret."""
    program = assemble("function f\n mov x9, x30\n bl g\n ret\nfunction g\n nop\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"through": 5}


def test_a_tail_call_counts_its_callee(assemble: Assemble) -> None:
    """nop, b, (nop, nop, ret)."""
    program = assemble("function f\n nop\n b g\nfunction g\n nop\n nop\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"through": 5}


def test_the_kernel_is_left_from_wherever(assemble: Assemble) -> None:
    """f: nop, bl, then either (cbz, ret) and nop, eret; or g leaves: cbz, nop twice, b, and h: nop, eret. Longest out: 2 + 4 + 2; or 2 + (1 + 1) + 2."""
    text = "function f\n nop\n bl g\n nop\n eret\nfunction g\n cbz x0, 1f\n nop\n nop\n b h\n1: ret\nfunction h\n nop\n eret\n"
    program = assemble(text)
    assert numbers(lengths_of(program, "f")) == {"out": 8}
    assert numbers(lengths_of(program, "g")) == {"through": 2, "out": 6}


def test_a_branch_to_what_leaves_may_not_be_taken(assemble: Assemble) -> None:
    """f: cbz to h, or nop, nop, ret: 1 + 3; out: cbz, and h: nop, eret."""
    program = assemble("function f\n cbz x0, h\n nop\n nop\n ret\nfunction h\n nop\n eret\n")
    assert numbers(lengths_of(program, "f")) == {"through": 4, "out": 3}


def test_what_leaves_behind_a_look_ends_there(assemble: Assemble) -> None:
    """f: bl, then g: mrs (a look), nop, b, and h: nop, eret; nothing comes back."""
    program = assemble("function f\n bl g\n nop\n ret\nfunction g\n mrs x0, isr_el1\n nop\n b h\nfunction h\n nop\n eret\n")
    assert numbers(lengths_of(program, "f")) == {"head": 2, "out_tail": 5}


def test_what_ends_the_machine_is_no_path(assemble: Assemble) -> None:
    """cbz, ret; the other way ends in brk."""
    program = assemble("function f\n cbz x0, 1f\n nop\n nop\n b g\n1: ret\nfunction g\n brk #1\n")
    assert numbers(lengths_of(program, "f")) == {"through": 2}


def test_a_loop_tested_at_its_end(assemble: Assemble) -> None:
    """mov; 10 times (sub, cbnz); ret."""
    program = assemble("function f\n mov x1, #10\nloop: sub x1, x1, #1\n cbnz x1, loop\n ret\n")
    assert numbers(lengths_of(program, "f", {"loop": 9})) == {"through": 1 + 10 * 2 + 1}


def test_a_loop_tested_at_its_beginning(assemble: Assemble) -> None:
    """mov; 10 times (cbz, sub, b); cbz; ret."""
    program = assemble("function f\n mov x1, #10\nloop: cbz x1, 1f\n sub x1, x1, #1\n b loop\n1: ret\n")
    assert numbers(lengths_of(program, "f", {"loop": 10})) == {"through": 1 + 10 * 3 + 1 + 1}


def test_nested_loops_multiply(assemble: Assemble) -> None:
    """mov; 3 times (mov, 5 times (sub, cbnz), sub, cbnz); ret."""
    text = "function f\n mov x1, #3\nouter: mov x2, #5\ninner: sub x2, x2, #1\n cbnz x2, inner\n sub x1, x1, #1\n cbnz x1, outer\n ret\n"
    assert numbers(lengths_of(assemble(text), "f", {"outer": 2, "inner": 4})) == {"through": 1 + 3 * (1 + 5 * 2 + 2) + 1}


def test_the_longest_turn_counts(assemble: Assemble) -> None:
    """A turn is (tbz, nop, nop, sub, cbnz) or shorter: mov, 4 * 5, ret. Left early it would be shorter."""
    text = "function f\n mov x1, #4\nloop: tbz x3, #0, 1f\n nop\n nop\n1: sub x1, x1, #1\n cbnz x1, loop\n ret\n"
    assert numbers(lengths_of(assemble(text), "f", {"loop": 3})) == {"through": 1 + 4 * 5 + 1}


LOOK = "mrs x8, isr_el1"


def test_a_look_cuts(assemble: Assemble) -> None:
    """Two instructions and the look; the look, two instructions, ret; the look belongs to both."""
    program = assemble(f"function f\n nop\n nop\n {LOOK}\n nop\n nop\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"head": 3, "tail": 4}


def test_between_two_looks(assemble: Assemble) -> None:
    """nop, look | nop, nop, look | ret."""
    program = assemble(f"function f\n nop\n {LOOK}\n nop\n nop\n {LOOK}\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"head": 2, "between": 4, "tail": 2}


def test_a_look_in_a_callee_cuts_the_caller(assemble: Assemble) -> None:
    """f: nop, bl, (nop, look) | (look, nop, nop, ret), nop, ret."""
    program = assemble(f"function f\n nop\n bl g\n nop\n ret\nfunction g\n nop\n {LOOK}\n nop\n nop\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"head": 4, "tail": 6}


def test_wfi_and_the_acknowledgement_are_looks(assemble: Assemble) -> None:
    """nop, wfi | wfi, nop, acknowledge | acknowledge, ret."""
    program = assemble("function f\n nop\n wfi\n nop\n mrs x1, icc_iar1_el1\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"head": 2, "between": 3, "tail": 2}


def test_a_loop_that_looks_on_every_way_needs_no_bound(assemble: Assemble) -> None:
    """look, sub, cbnz, look between; nop, look first; look, sub, cbnz, ret last."""
    program = assemble(f"function f\n nop\nloop: {LOOK}\n sub x1, x1, #1\n cbnz x1, loop\n ret\n")
    assert numbers(lengths_of(program, "f")) == {"head": 2, "between": 4, "tail": 4}


def test_a_loop_that_looks_on_some_ways_needs_one(assemble: Assemble) -> None:
    """A turn without a look is (sub, tbz, cbnz): 3. With 8 turns it goes back 7 times:
    through 1 + 7 * 3 + 3 + 1, head 1 + 7 * 3 + 3 (sub, tbz, look), between: look, cbnz, 7 * 3, sub, tbz, look, tail: look, cbnz, 7 * 3, 3, ret."""
    program = assemble(f"function f\n nop\nloop: sub x1, x1, #1\n tbz x1, #3, 1f\n {LOOK}\n1: cbnz x1, loop\n ret\n")
    expected = {"through": 1 + 21 + 3 + 1, "head": 1 + 21 + 3, "between": 2 + 21 + 3, "tail": 2 + 21 + 3 + 1}
    assert numbers(lengths_of(program, "f", {"loop": 7})) == expected


ANSWERS = f"""
function f
    mov x19, x30
    bl g
    cbnz w0, 1f
    nop
    nop
    nop
1:  ret
function g
    tbz x5, #0, 1f
    {LOOK}
    mov w0, #1
    ret
1:  mov w0, #0
    ret
"""


def test_an_answer_is_believed(assemble: Assemble) -> None:
    """g answers 0 without a look, 1 behind one. f: mov, bl, (tbz, mov, ret), cbnz, nop, nop, nop, ret; with the look only the way past the nops:
    (look, mov, ret), cbnz, ret."""
    assert numbers(lengths_of(assemble(ANSWERS), "f")) == {"through": 2 + 3 + 5, "head": 2 + 2, "tail": 3 + 2}


def test_an_unknown_answer_goes_both_ways(assemble: Assemble) -> None:
    """The same, but g's answer behind the look comes from memory: (look, ldr, ret), cbnz, nop, nop, nop, ret."""
    program = assemble(ANSWERS.replace("mov w0, #1", "ldr w0, [x3]"))
    assert numbers(lengths_of(program, "f"))["tail"] == 3 + 5


def test_what_ends_the_machine_is_no_path(assemble: Assemble) -> None:
    """f: cbz, ret; the way to `stop`, which never returns, does not count, nor its waiting for an interrupt."""
    program = assemble("function f\n cbz x1, 1f\n ret\n1: nop\n nop\n nop\n bl stop\nfunction stop\n nop\n1: wfi\n b 1b\n")
    assert numbers(lengths_of(program, "f")) == {"through": 2}


TABLE = """
    .section .rodata
    .type table, %object
    .size table, 16
table: .quad g, h
"""


def test_an_indirect_call_is_the_longest_of_its_table(assemble: Assemble) -> None:
    """f: adrp, add, ldr, blr, (3 nops, ret), ret."""
    text = "function f\n adrp x8, table\n add x8, x8, :lo12:table\n ldr x8, [x8, x1, lsl #3]\n blr x8\n ret\n"
    program = assemble(text + "function g\n ret\nfunction h\n nop\n nop\n nop\n ret\n" + TABLE)
    assert numbers(lengths_of(program, "f")) == {"through": 4 + 4 + 1}


def test_an_indirect_call_from_nowhere_is_refused(assemble: Assemble) -> None:
    """The place and the remedy are named."""
    program = assemble("function f\n blr x3\n ret\n")
    with pytest.raises(Unbounded, match=r"indirect call in f at program\.S:8 .* write /\* calls: TABLE \*/"):
        lengths_of(program, "f")


def test_a_writable_table_is_refused(assemble: Assemble) -> None:
    """Its pointers could become others."""
    text = "function f\n adrp x8, table\n add x8, x8, :lo12:table\n ldr x8, [x8, x1, lsl #3]\n blr x8\n ret\nfunction g\n ret\nfunction h\n ret\n"
    program = assemble(text + TABLE.replace(".section .rodata", ".data"))
    with pytest.raises(Unbounded, match="the table table is not constant"):
        lengths_of(program, "f")


@pytest.mark.parametrize("text", ["function f\n bl f\n ret\n", "function f\n bl g\n ret\nfunction g\n cbz x1, 1f\n bl f\n1: ret\n"])
def test_recursion_is_refused(assemble: Assemble, text: str) -> None:
    """Direct, and by way of another function."""
    with pytest.raises(Unbounded, match="recursion: f -> .*f; a stack cannot be bounded"):
        lengths_of(assemble(text), "f")


def test_an_irreducible_loop_is_refused(assemble: Assemble) -> None:
    """A loop with two ways in."""
    program = assemble("function f\n cbz x1, 2f\n1: nop\n2: sub x1, x1, #1\n cbnz x1, 1b\n ret\n")
    with pytest.raises(Unbounded, match="irreducible loop in f"):
        lengths_of(program, "f")


def test_running_off_the_end_is_refused(assemble: Assemble) -> None:
    """f has no return."""
    program = assemble("function f\n nop\nfunction g\n ret\n")
    with pytest.raises(Unbounded, match="f runs off its end into g"):
        lengths_of(program, "f")


def test_where_a_path_leads(assemble: Assemble) -> None:
    """A path's instructions with how often each is executed; its length is their sum."""
    program = assemble("function f\n mov x1, #10\nloop: sub x1, x1, #1\n cbnz x1, loop\n ret\n")
    path = lengths_of(program, "f", {"loop": 9}).through[None]
    start = program.symbol("f")
    assert path.counts() == {start: 1, start + 4: 10, start + 8: 10, start + 12: 1}
    assert (path.first(), path.last()) == (start, start + 12)


@pytest.mark.parametrize(("text", "register", "expected"), [
    ("bic x0, x1, x2", "x0", True), ("bfi w0, w1, #1, #2", "x0", True), ("ldp x1, x0, [x2]", "x0", True), ("ldr x3, [x0], #8", "x0", True),
    ("str x3, [x0, #8]!", "x0", True), ("stxr w0, x1, [x2]", "x0", True), ("bl f", "x0", True), ("bl f", "x19", False), ("str x0, [x1]", "x0", False),
    ("cmp x0, #1", "x0", False), ("cbz x0, f", "x0", False), ("msr tpidr_el0, x0", "x0", False), ("mrs x0, tpidr_el0", "x0", True), ("smc #0", "x3", True),
])
def test_what_an_instruction_writes(assemble: Assemble, text: str, register: str, expected: bool) -> None:
    """Results, a base that moves along, and all that a call may change."""
    program = assemble(f"function f\n {text}\n ret\n")
    assert writes(program.code[program.symbol("f")], register) is expected
