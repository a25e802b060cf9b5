# SPDX-License-Identifier: BSD-2-Clause
"""Quantities with units: sizes (`512M`) and times (`10ms`), read and written exactly."""

from __future__ import annotations

import re

SIZE_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
TIME_UNITS_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000}

#: More digits than any bound has, so that a larger number is out of range and not unreadable.
DIGITS_MAX = 60
_QUANTITY = re.compile(rf"(0|[1-9][0-9]{{0,{DIGITS_MAX - 1}}})([A-Za-z]+)")
_FAULTS = (
    (re.compile(r"-[0-9.]+[A-Za-z]*"), "negative"),
    (re.compile(r"[0-9]*\.[0-9]*[A-Za-z]*"), "no whole number"),
    (re.compile(r"0[0-9]+[A-Za-z]*"), "written with a leading zero"),
    (re.compile(rf"[0-9]{{{DIGITS_MAX + 1},}}[A-Za-z]*"), "too large"),
)


def parse(text: str, units: dict[str, int]) -> int | None:
    """Return the quantity in its base unit, None if it is no number with a known unit."""
    match = _QUANTITY.fullmatch(text)
    if not match or match[2] not in units:
        return None
    return int(match[1]) * units[match[2]]


def fault_of_number(text: str) -> str:
    """Say in words what is wrong with the number of a text that is no quantity; nothing if it is the unit, or no number at all."""
    return next((fault for pattern, fault in _FAULTS if pattern.fullmatch(text)), "")


def pattern(units: dict[str, int]) -> str:
    """Return the pattern of the JSON schema."""
    return f"^(0|[1-9][0-9]{{0,{DIGITS_MAX - 1}}})({'|'.join(units)})$"


def size_text(size: int) -> str:
    """Write a size with the largest unit that is exact."""
    return _text(size, SIZE_UNITS, " bytes")


def time_text(time_ns: int) -> str:
    """Write a time with the largest unit that is exact; minutes only from a minute on."""
    return _text(time_ns, TIME_UNITS_NS, "ns")


def _text(value: int, units: dict[str, int], base: str) -> str:
    for name, factor in sorted(units.items(), key=lambda item: -item[1]):
        if value and value % factor == 0:
            return f"{value // factor}{name}"
    return f"{value}{base}"


def size_in_k(size: int) -> str:
    """Write a size in KiB, rounded up: for sizes that are added up or compared, in one unit."""
    return f"{-(-size // 1024)}K"


def at_least(size: int) -> str:
    """Write a size rounded up to whole KiB or MiB, for remedies."""
    unit = 1 << 20 if size > 1 << 20 else 1 << 10
    return size_text(-(-size // unit) * unit)


def range_text(start: int, end: int) -> str:
    """Write a range of addresses by its first and last."""
    return f"{start:#x}..{end - 1:#x}"
