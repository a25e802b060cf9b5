# SPDX-License-Identifier: BSD-2-Clause
"""What each kind of instruction counts as, from the architecture's own description of it (Arm ARM DDI 0487, C6)."""

from __future__ import annotations

import struct

import pytest

import conftest  # noqa: F401 - the path to tools/
from bench.facts import BARRIER, EXCEPTION, SYSTEM_WRITE, Fact, fact_of, table


@pytest.mark.parametrize(("name", "operands", "words"), [
    ("ldr", "x0, [x1, #8]", 1), ("ldr", "w0, [x1]", 1), ("ldrb", "w0, [x1], #1", 1), ("ldrsw", "x0, [x1]", 1), ("ldur", "x0, [x1, #-8]", 1),
    ("ldp", "x29, x30, [sp], #16", 2), ("ldp", "w1, w2, [x3]", 1), ("ldpsw", "x1, x2, [x3]", 1), ("ldp", "q0, q1, [x0, #32]", 4), ("ldr", "q0, [x0]", 2),
    ("ldp", "xzr, x1, [x2]", 2), ("ldar", "w0, [x1]", 1), ("ldaxr", "x0, [x1]", 1), ("ldtr", "x0, [x1]", 1), ("ld1", "{ v0.2d, v1.2d, v2.2d, v3.2d }, [x0], #64", 8),
    ("ldr", "x0, 0x40200000 <start>", 1),
])
def test_loads(name: str, operands: str, words: int) -> None:
    """Every load, with the 64-bit words it reads."""
    assert fact_of(name, operands) == Fact(loaded=words)


@pytest.mark.parametrize(("name", "operands", "words"), [
    ("str", "x0, [x1]", 1), ("str", "xzr, [x1]", 1), ("strb", "wzr, [x1]", 1), ("stp", "x0, x1, [sp, #-16]!", 2), ("stp", "q0, q1, [x0]", 4), ("stur", "x0, [x1, #-1]", 1),
    ("stlr", "w0, [x1]", 1), ("stxr", "w3, x0, [x1]", 1), ("stlxp", "w3, x0, x1, [x2]", 2), ("st1", "{ v0.16b }, [x0]", 2), ("dc", "zva, x0", 8),
])
def test_stores(name: str, operands: str, words: int) -> None:
    """Every store, with the 64-bit words it writes; DC ZVA writes a block of 64 bytes."""
    assert fact_of(name, operands) == Fact(stored=words)


@pytest.mark.parametrize("name", ["swpal", "ldadd", "cas", "ldsetl"])
def test_atomics_do_both(name: str) -> None:
    """One word read and written."""
    assert fact_of(name, "x0, x1, [x2]") == Fact(loaded=1, stored=1)


@pytest.mark.parametrize(("name", "operands"), [("msr", "SP_EL0, x0"), ("msr", "DAIFSet, #2")])
def test_system_writes(name: str, operands: str) -> None:
    """MSR of both forms."""
    assert fact_of(name, operands) == Fact(is_system_write=True)


@pytest.mark.parametrize("name", ["dsb", "dmb", "isb"])
def test_barriers(name: str) -> None:
    """The three that order."""
    assert fact_of(name, "sy") == Fact(is_barrier=True)


@pytest.mark.parametrize(("name", "operands", "fact"), [
    ("mrs", "x0, ISR_EL1", Fact(is_look=True)), ("mrs", "x0, ICC_IAR1_EL1", Fact(is_look=True)), ("wfi", "", Fact(is_look=True)), ("eret", "", Fact(is_exit=True)),
])
def test_where_a_stretch_ends(name: str, operands: str, fact: Fact) -> None:
    """A look at interrupts, or the way out of the kernel."""
    assert fact_of(name, operands) == fact


@pytest.mark.parametrize(("name", "operands"), [
    ("add", "x0, x1, x2"), ("mrs", "x0, ESR_EL2"), ("prfm", "pldl1keep, [x0]"), ("dc", "cvac, x0"), ("tlbi", "vmalle1"), ("b.ne", "0x40200000"), ("svc", "#0"),
    ("lsl", "x0, x1, #3"), ("adrp", "x0, 0x40200000"),
])
def test_the_rest_is_nothing(name: str, operands: str) -> None:
    """What moves no data and orders nothing."""
    assert fact_of(name, operands) == Fact()


def test_the_table_is_what_the_plugin_reads() -> None:
    """16 bits an instruction, holes as zeroes, exceptions where a vector begins."""
    code = {0x1000: ("stp", "x0, x1, [sp]"), 0x1004: ("msr", "SP_EL0, x0"), 0x100c: ("isb", ""), 0x1010: ("ldp", "x0, x1, [sp]")}
    start, end, data = table(code, [0x1000])
    assert (start, end) == (0x1000, 0x1014)
    assert struct.unpack("<5H", data) == (2 << 4 | EXCEPTION, SYSTEM_WRITE, 0, BARRIER, 2)
