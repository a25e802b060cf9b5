# SPDX-License-Identifier: BSD-2-Clause
"""Structures in memory, and what a damaged kernel may not do to whoever reads it."""

from __future__ import annotations

import struct

import pytest
from introspect.layout import Layout
from introspect.memory import PIECE_BYTES, Memory, View, value_at, walk

LAYOUT = Layout(
    {"pair": {"size": 16, "fields": {"small": [0, ["int", 1]], "next": [8, ["int", 8]]}}, "all": {"size": 40, "fields": {"rows": [8, ["array", 2, ["struct", "pair"]]]}}},
    {}, {"state": {"STATE_LONG_READY": 0, "STATE_LONG_RUN": 3}, "tcb_slot": {"TCB_SLOT_A": 0, "TCB_SLOT_AB": 1}},
)


def memory_of(words: dict[int, int], fetched: list[int] | None = None) -> Memory:
    """Zeros but for some words."""

    def fetch(address: int, size: int) -> bytes:
        if fetched is not None:
            fetched.append(address)
        data = bytearray(size)
        for at, word in words.items():
            if address <= at < address + size:
                struct.pack_into("<Q", data, at - address, word)
        return bytes(data)

    return Memory(fetch)


def test_fields_arrays_and_structures() -> None:
    view = View(memory_of({0x108: 0x1FF, 0x120: 77}), LAYOUT, "all", 0x100)
    assert [(row["small"], row["next"]) for row in view["rows"]] == [(0xFF, 0), (0, 77)]
    assert (view["rows"][1].address, view["rows"][1].at("next")) == (0x118, 0x120)


def test_what_crosses_a_piece_is_whole_and_each_piece_is_fetched_once() -> None:
    fetched: list[int] = []
    memory = memory_of({PIECE_BYTES - 8: 1, PIECE_BYTES: 2}, fetched)
    assert struct.unpack("<2Q", memory.read(PIECE_BYTES - 8, 16)) == (1, 2)
    assert value_at(memory, LAYOUT, ["array", 2, ["int", 8]], PIECE_BYTES - 8) == [1, 2]
    assert fetched == [0, PIECE_BYTES]


@pytest.mark.parametrize(("following", "expected"), [({1: 2, 2: 3, 3: 0}, [1, 2, 3]), ({1: 2, 2: 1}, [1, 2]), ({1: 1}, [1])])
def test_a_walk_ends_where_a_list_comes_back(following: dict[int, int], expected: list[int]) -> None:
    assert list(walk(1, lambda at: following[at])) == expected


def test_a_pointer_out_of_ram_reads_no_device() -> None:
    fetched: list[int] = []
    memory = memory_of({0x900_0000: 5}, fetched)
    memory.only([(0x4000_0000, 0x8000_0000)])
    assert memory.read(0x900_0000, 8) == bytes(8) and fetched == []
    assert memory.read(0x4000_0000, 8) == bytes(8) and fetched == [0x4000_0000]


def test_enumerators_lose_what_they_share_in_whole_words() -> None:
    assert [LAYOUT.word("state", value) for value in (0, 3, 9)] == ["ready", "run", "9"]
    assert LAYOUT.word("tcb_slot", 0) == "a"
