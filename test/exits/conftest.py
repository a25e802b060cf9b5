# SPDX-License-Identifier: BSD-2-Clause
"""Planted counts: a file as the plugin writes it (tools/icount/exits.c), and the ABI that words of exits are read by."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from exits.plugin import Abi  # noqa: E402

PROCESSES, GUESTS, ROWS = 4, 2, 8


@pytest.fixture
def abi() -> Abi:
    """The fields that causes are told by."""
    fields = {"reason": (0, 8), "is_write": (8, 1), "size_log2": (9, 2), "is_table_walk": (21, 1), "immediate": (48, 16)}
    return Abi({"address": 1, "pc": 3, "esr": 4}, fields, {1: "MMIO", 2: "UNDECODED", 3: "HVC", 4: "SMC", 5: "SYSREG", 6: "FETCH", 7: "MAINTENANCE", 9: "OTHER"}, (9,), 32)


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of the plugin's file: guests are 13 words, rows 10, as in struct shared."""

    def write(guests: Sequence[tuple[int, ...]] = (), rows: Sequence[tuple[int, ...]] = (), processes: Sequence[tuple[int, int]] = (), accounted: int = 1000, nobody: int = 10) -> Path:
        words = [GUESTS, PROCESSES, ROWS, accounted + 1, accounted, nobody]
        for parts, count, size in ((processes, PROCESSES + 1, 2), (guests, GUESTS, 13), (rows, ROWS, 10)):
            padded = [*parts, *[(0,) * size] * (count - len(parts))]
            assert all(len(part) == size for part in padded)
            words += [word for part in padded for word in part]
        path = tmp_path / "exits.bin"
        path.write_bytes(struct.pack(f"<{len(words)}Q", *words))
        return path

    return write
