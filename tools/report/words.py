# SPDX-License-Identifier: BSD-2-Clause
"""The data's numbers in words, for text and page alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from capdl.quantity import time_text

_LETTERS = {"READ": "R", "WRITE": "W", "GRANT": "G", "EXECUTE": "X", "INSPECT": "I"}
_UNITS = ((30, "GiB"), (20, "MiB"), (10, "KiB"))
#: Whether a row of docs/assurance.md is about the build at hand, in words.
COVERS = {
    "this build": "this build", "its sources": "its sources, compiled for the host", "another preset": "another preset of the same sources", "another board": "another board",
}


def size(count: int | None) -> str:
    """Bytes in the largest unit that they reach, a tenth at most."""
    if count is None:
        return ""
    for bits, unit in _UNITS:
        if count >= 1 << bits:
            return f"{count / (1 << bits):.1f} {unit}".replace(".0 ", " ")
    return f"{count} bytes"


def time(ns: int | None) -> str:
    """A time in its largest exact unit."""
    return "" if ns is None else time_text(ns)


def measured(ns: int) -> str:
    """A time that was measured, with four digits that count."""
    unit, factor = next(((unit, factor) for unit, factor in (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)) if ns >= factor), ("ns", 1))
    return f"{ns / factor:.4g} {unit}"


def percent(share: float) -> str:
    """A share with a tenth of a percent."""
    return f"{100 * share:.1f} %"


def rights(names: Iterable[str], type: str = "") -> str:
    """Rights in letters; a capability without any listed has all that its kind has."""
    return "".join(_LETTERS[name] for name in names) or ("all" if type else "none")


def address(number: int | None) -> str:
    """An address, or who decides it."""
    return "set at boot" if number is None else f"{number:#x}"


def budget(row: dict[str, Any]) -> str:
    """A process's time."""
    if row["budget_ns"] is None:
        return "its callers' time" if row["is_passive"] else "none"
    return f"{time(row['budget_ns'])} of {time(row['period_ns'])}"


def margin(row: dict[str, Any]) -> str:
    """How long before the end of its period a budget has been had at the worst."""
    if row["budget_ns"] is None:
        return ""
    return "not sure" if row["margin_ns"] is None else time(row["margin_ns"])


def client(row: dict[str, Any]) -> str:
    """A client of a channel; where a protocol is spoken with its roles and what it may call."""
    if row["methods"] is None:
        return ""
    roles = f"as {', '.join(row['roles'])}: " if row["roles"] else ""
    return f"({roles}{', '.join(row['methods']) or 'nothing'})"


def span(trace: dict[str, Any]) -> str:
    """Which part of a run a trace tells, and how busy the core was."""
    gaps = f"; events are missing in {trace['gaps']} places" if trace["gaps"] else ""
    return f"{measured(trace['end_ns'] - trace['start_ns'])} from {measured(trace['start_ns'])} after reset, {percent(trace['share'])} of it at work; {trace['file']}{gaps}"


def events(row: dict[str, Any]) -> str:
    """What a thread did, by kinds of the kernel's trace."""
    return ", ".join(f"{each['count']} {each['kind']}" for each in row["events"])


def kinds(processes: Iterable[dict[str, Any]]) -> str:
    """How many processes, VMMs and guests."""
    found = [each["kind"] for each in processes]
    nouns = (("process", "process", "processes"), ("vmm", "VMM", "VMMs"), ("guest", "guest", "guests"))
    return ", ".join(f"{found.count(kind)} {one if found.count(kind) == 1 else many}" for kind, one, many in nouns if kind in found)
