# SPDX-License-Identifier: BSD-2-Clause
"""Stack depths of small assembly programs, counted by hand."""

from __future__ import annotations

import pytest

from bounds.errors import Unbounded
from bounds.flow import Graph
from bounds.program import Program
from bounds.stack import Depth, Stacks
from conftest import Assemble


def depth(program: Program, name: str) -> Depth:
    """Of one function."""
    return Stacks(Graph(program, lambda _: None)).depth(program.symbol(name))


def test_a_leaf_uses_none(assemble: Assemble) -> None:
    """Nothing is pushed."""
    assert depth(assemble("function f\n ret\n"), "f").bytes == 0


def test_pushes_and_frames_add_up(assemble: Assemble) -> None:
    """32 pushed, 4096 + 16 below."""
    text = "function f\n stp x29, x30, [sp, #-32]!\n sub sp, sp, #1, lsl #12\n sub sp, sp, #16\n add sp, sp, #1, lsl #12\n add sp, sp, #16\n ldp x29, x30, [sp], #32\n ret\n"
    assert depth(assemble(text), "f").bytes == 32 + 4096 + 16


CHAIN = """
function f
    str x30, [sp, #-16]!
    bl g
    bl h
    ldr x30, [sp], #16
    ret
function g
    sub sp, sp, #64
    add sp, sp, #64
    ret
function h
    str x30, [sp, #-32]!
    bl i
    ldr x30, [sp], #32
    ret
function i
    sub sp, sp, #48
    add sp, sp, #48
    ret
"""


def test_the_deepest_chain_is_named(assemble: Assemble) -> None:
    """16 + 32 + 48 is more than 16 + 64."""
    found = depth(assemble(CHAIN), "f")
    assert found.bytes == 96
    assert found.chain == ("f 16", "h 32", "i 48")


def test_a_tail_call_keeps_what_is_left(assemble: Assemble) -> None:
    """f has given its 32 back, but for 16 that g gives back (as the compiler's outlined ends of functions do)."""
    text = "function f\n sub sp, sp, #32\n add sp, sp, #16\n b g\nfunction g\n sub sp, sp, #48\n add sp, sp, #64\n ret\n"
    found = depth(assemble(text), "f")
    assert (found.bytes, found.change) == (16 + 48, 0)


def test_a_call_that_never_returns_counts(assemble: Assemble) -> None:
    """The dump at the machine's end needs stack too."""
    text = "function f\n cbz x1, 1f\n ret\n1: str x30, [sp, #-16]!\n bl stop\nfunction stop\n sub sp, sp, #256\n1: wfi\n b 1b\n"
    assert depth(assemble(text), "f").bytes == 16 + 256


def test_ways_that_disagree_are_refused(assemble: Assemble) -> None:
    """One way pushes, the other does not."""
    program = assemble("function f\n cbz x1, 1f\n sub sp, sp, #16\n1: nop\n ret\n")
    with pytest.raises(Unbounded, match=r"f: the stack pointer at program\.S:10 .* depends on the way there"):
        depth(program, "f")


def test_a_write_that_is_not_understood_is_refused(assemble: Assemble) -> None:
    """As of a variable-length array."""
    program = assemble("function f\n sub sp, sp, x1\n ret\n")
    with pytest.raises(Unbounded, match=r"`sub sp, sp, x1` moves the stack pointer in a way that is not understood"):
        depth(program, "f")


@pytest.mark.parametrize(("declared", "is_right"), [(32, True), (48, False)])
def test_the_compilers_word_is_compared(assemble: Assemble, declared: int, is_right: bool) -> None:
    """Call frame information that says another size is an error of one of the two."""
    text = f"function f\n .cfi_sections .debug_frame\n .cfi_startproc\n sub sp, sp, #32\n .cfi_def_cfa_offset {declared}\n add sp, sp, #32\n ret\n .cfi_endproc\n"
    program = assemble(text)
    stacks = Stacks(Graph(program, lambda _: None))
    stacks.depth(program.symbol("f"))
    if is_right:
        assert stacks.check_declared() == 1
    else:
        with pytest.raises(Unbounded, match="f: its instructions use 32 bytes of stack, its call frame information says 48"):
            stacks.check_declared()
