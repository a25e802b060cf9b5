# SPDX-License-Identifier: BSD-2-Clause
"""The plugin's file is read as it is, at any time; two readings have a difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from exits.records import Cause, Key, Sum, read

STORE = Key(Cause.MESSAGE, 0x101, 0x09000000)
GUEST = (0x40300000, 3, 700, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def row(count: int, kernel: int, vmm: int, others: int = 0, key: Key = STORE, guest: int = 0, pc: int = 0) -> tuple[int, ...]:
    return (guest, count, key.cause, key.word, key.address, pc, 0, kernel, vmm, others)


def test_rows_belong_to_their_guests(plant: Callable[..., Path]) -> None:
    reading = read(plant(guests=[GUEST, (0x40400000, 0, *GUEST[2:])], rows=[row(5, 50, 20, 3), row(1, 7, 0, key=Key(Cause.WAIT), guest=1)]))
    assert reading is not None and (reading.executed, reading.nobody) == (1000, 10)
    first, second = reading.guests
    assert (first.vmm, first.executed, first.handled, first.rows) == (2, 700, 5, {STORE: Sum(5, 50, 20, 3)})
    assert second.vmm is None and second.rows == {Key(Cause.WAIT): Sum(1, 7)}


def test_exit_that_is_not_over_counts(plant: Callable[..., Path]) -> None:
    taken = (*GUEST[:4], 3, Cause.MESSAGE, STORE.word, STORE.address, 0, 0, 30, 4, 1)
    reading = read(plant(guests=[taken], rows=[row(5, 50, 20)]))
    assert reading is not None and reading.guests[0].rows == {STORE: Sum(6, 80, 24, 1)}


def test_process_of_no_name_is_the_last(plant: Callable[..., Path]) -> None:
    reading = read(plant(processes=[(1, 2), (3, 4), (0, 0), (0, 0), (5, 6)]))
    assert reading is not None and len(reading.processes) == 5 and reading.processes[-1].user == 5


def test_difference_leaves_out_what_was_before(plant: Callable[..., Path]) -> None:
    earlier = read(plant(guests=[GUEST], rows=[row(5, 50, 20)], processes=[(1, 2)]))
    later = read(plant(guests=[(*GUEST[:2], 900, 7, *GUEST[4:])], rows=[row(5, 50, 20), row(2, 8, 0, pc=0x80, key=Key(Cause.WAIT))], processes=[(4, 2)], accounted=1500))
    assert earlier is not None and later is not None
    between = later.since(earlier)
    assert between.executed == 500 and between.nobody == 0 and between.processes[0].user == 3
    assert between.guests[0].executed == 200 and between.guests[0].handled == 2
    assert between.guests[0].rows == {Key(Cause.WAIT): Sum(2, 8, pc=0x80)}


def test_guest_that_came_later_is_whole(plant: Callable[..., Path]) -> None:
    earlier = read(plant())
    later = read(plant(guests=[GUEST], rows=[row(5, 50, 20)]))
    assert earlier is not None and later is not None and later.since(earlier).guests[0].rows == {STORE: Sum(5, 50, 20)}


def test_nothing_counted_is_no_reading(plant: Callable[..., Path], tmp_path: Path) -> None:
    assert read(tmp_path / "none") is None
    (tmp_path / "short").write_bytes(b"\0" * 10)
    assert read(tmp_path / "short") is None
    assert read(plant(accounted=0)) is None
