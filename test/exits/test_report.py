# SPDX-License-Identifier: BSD-2-Clause
"""The report of planted counts: sums, shares, order, names, what is left out of the table."""

from __future__ import annotations

from dataclasses import replace

from exits.plugin import Abi
from exits.records import Cause, Guest, Key, Process, Reading, Sum
from exits.report import Run, as_json, text
from exits.space import Space

RUN = Run("two", "release", ("console", "vmm_left"), ("left", "right"))
STORE = Key(Cause.MESSAGE, 0x101, 0x09000000)
GUEST = Guest(1, 5000, 80, {Key(Cause.WAIT): Sum(20, 100, 0, 7), STORE: Sum(80, 600, 200, 30, pc=0x40)})
READING = Reading(10000, 50, (Process(11, 12), Process(13, 14), Process(), Process(), Process()), (GUEST,))


def test_json_has_all(abi: Abi) -> None:
    report = as_json(READING, RUN, abi)
    assert report["executed"] == 10000 and report["processes"][1] == {"name": "vmm_left", "instructions": 13, "kernel": 14}
    guest = report["guests"][0]
    assert (guest["name"], guest["exits"], guest["instructions"], guest["taken_by_vmm"]) == ("left", 100, 5000, 80)
    first, second = guest["rows"]
    assert first == {"kind": "MMIO", "cause": "store UARTDR (0x09000000)", "group": "", "number": 0x09000000, "count": 80, "kernel": 600, "vmm": 200, "others": 30,
                     "total": 800, "pc": 0x40, "esr": 0}
    assert second["kind"] == "in the kernel" and second["total"] == 100 and second["number"] is None
    assert len(guest["advice"]) == 2 and guest["advice"][0].startswith("the largest, store UARTDR")


def cells(lines: list[str], cause: str) -> list[str]:
    line = next(line for line in lines if line.strip().startswith(cause))
    return line.strip().removeprefix(cause).split()


def test_table(abi: Abi) -> None:
    lines = text(as_json(READING, RUN, abi)).splitlines()
    assert lines[0] == "exits of two, preset release: 10,000 instructions executed"
    assert cells(lines, "store UARTDR (0x09000000)") == ["80", "80.0", "%", "600", "200", "800", "10", "8.00", "%", "30"]
    assert cells(lines, "WFI, waited for in the kernel") == ["20", "20.0", "%", "100", "0", "100", "5", "1.00", "%", "7"]
    assert cells(lines, "all") == ["100", "100.0", "%", "700", "200", "900", "9", "9.00", "%", "37"]
    assert cells(lines, "console") == ["11", "12"]


def test_arrays_are_one_line(abi: Abi) -> None:
    rows = {Key(Cause.MESSAGE, 0x101, 0x08000400 + 4 * i): Sum(1, 10, 5) for i in range(3)}
    lines = text(as_json(replace(READING, guests=(replace(GUEST, rows=rows),)), RUN, abi)).splitlines()
    assert cells(lines, "store GICD_IPRIORITYR[] (3 registers)")[:2] == ["3", "100.0"]


def test_memory_is_one_line_for_each_guest(abi: Abi) -> None:
    """Frames are told apart by nobody; the other guest's memory is not this one's."""
    rows = {Key(Cause.MESSAGE, word, 0x40000000 + (at << 21)): Sum(1, 500, 65000) for at, word in enumerate((1, 0x101, 6))}
    rows[Key(Cause.MESSAGE, 1, 0x48000000)] = Sum(1, 500, 100)
    run = replace(RUN, spaces={"left": Space(range(0x40000000, 0x48000000)), "right": Space(range(0x40000000, 0x50000000))})
    told = as_json(replace(READING, guests=(replace(GUEST, rows=rows),)), run, abi)["guests"][0]["rows"]
    assert [(row["kind"], row["cause"], row["count"], row["total"]) for row in told] == [
        ("memory", "first touch of RAM", 3, 196500), ("MMIO", "load no known register (0x48000000)", 1, 600)]


def test_long_tables_are_cut(abi: Abi) -> None:
    rows = {Key(Cause.MESSAGE, 1, 0x0C000000 + 8 * i): Sum(1, 100 - i) for i in range(25)}
    report = as_json(replace(READING, guests=(replace(GUEST, rows=rows),)), RUN, abi)
    lines = text(report).splitlines()
    assert len(report["guests"][0]["rows"]) == 25 and sum("no known register (" in line for line in lines) == 21  # with the advice
    assert cells(lines, "5 causes")[0] == "5" and cells(lines, "all")[0] == "25"


def test_since_is_told(abi: Abi) -> None:
    assert text(as_json(READING, replace(RUN, since="/ # "), abi)).startswith("exits of two, preset release: 10,000 instructions executed since '/ # '")


def test_guest_without_exits(abi: Abi) -> None:
    report = as_json(replace(READING, guests=(Guest(None, 7, 0, {}),)), replace(RUN, guests=("alone",)), abi)
    assert "guest alone: 0 exits; 7 instructions of its own" in text(report)
    assert as_json(replace(READING, guests=(Guest(None, 7, 0, {}),)), RUN, abi)["guests"][0]["name"] == "number 0, which has not reached its VMM"
