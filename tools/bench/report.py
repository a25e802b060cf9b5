# SPDX-License-Identifier: BSD-2-Clause
"""Results as JSON objects, as the table in the terminal, and two of them beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.rows import Baseline, Row
from bench.statistics import Summary
from sel.errors import BadInput

#: Of `lines` in a result; None where lines were not counted.
_LINES = ("code_lines", "data_lines", "kernel_code_lines", "kernel_data_lines", "cleared_lines")
_FACTS = ("kernel", "loads", "loaded_words", "stores", "stored_words", "system_writes", "barriers", "exceptions")
_COLUMNS = (("min", 9), ("median", 9), ("max", 9), ("user", 5), ("loads", 8), ("stores", 9), ("system_writes", 6), ("barriers", 5), ("exceptions", 4))
_LINE_COLUMNS = (("code_lines", 5), ("data_lines", 6), ("cleared_lines", 8))
_TITLES = {"system_writes": "sysreg", "barriers": "barr", "exceptions": "exc", "code_lines": "code", "data_lines": "data", "cleared_lines": "cleared"}
_SETTING = ("compiler", "board")
_DIFFED = ("min", "median", "max", "user", *_FACTS)


def result_of(row: Row, summary: Summary, baselines: Mapping[str, Baseline], lines: Mapping[str, int] | None = None) -> dict:
    """A row of the JSON file. `lines`: what paths.lines_of says, if lines were counted."""
    baseline = baselines.get(row.name, Baseline())
    facts = {name: summary.facts[name] for name in _FACTS}
    return {
        "name": row.name, "min": summary.minimum, "median": summary.median, "max": summary.maximum, "repetitions": summary.repetitions,
        "unit": "exits to the VMM" if row.measure == "tally" else row.measure, "user": summary.facts["user"], **facts, **(lines or dict.fromkeys(_LINES)),
        "target": baseline.target, "sel4": baseline.peer("sel4"), "peers": dict(baseline.peers), "what": row.what,
    }


def table(results: Sequence[Mapping]) -> str:
    """One line a row: the median beside target and seL4."""
    width = max(len(row["name"]) for row in results)
    columns = (*_COLUMNS, *_LINE_COLUMNS) if any(row["code_lines"] is not None for row in results) else _COLUMNS
    head = " ".join(f"{_TITLES.get(name, name):>{size}}" for name, size in columns)
    lines = [f"{'row':{width}} {head} {'target':>7} {'times':>5} {'seL4':>6} {'times':>5}"]
    for row in results:
        numbers = " ".join(f"{_or_dash(row[name]):>{size}}" for name, size in columns)
        lines.append(
            f"{row['name']:{width}} {numbers} {_or_dash(row['target']):>7} {_ratio(row, 'target'):>5} {_or_dash(row['sel4']):>6} {_ratio(row, 'sel4'):>5}"
        )
    return "\n".join(lines)


def notes(results: Sequence[Mapping]) -> str:
    """What the table's columns are, which rows are no instructions, and which targets are not met."""
    lines = ["instructions; user: not the kernel's; loads to exc: the kernel's part; times: the median over the number left of it (docs/design/bench.md)"]
    lines += [f"{row['name']}: {row['unit']}, not instructions" for row in results if row["unit"] != "instructions"]
    aimed = [row for row in results if row["target"] is not None]
    above = [row["name"] for row in aimed if row["median"] > row["target"]]
    if aimed:
        lines.append(f"{len(aimed) - len(above)} of {len(aimed)} targets met" + (f"; not: {', '.join(above)}" if above else ""))
    return "\n".join(lines)


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)


def _ratio(row: Mapping, other: str) -> str:
    return f"{row['median'] / row[other]:.2f}" if row[other] else "-"


def load(path: Path) -> dict[str, dict]:
    """Name -> row of a file that --json wrote."""
    content = _content(path)
    if isinstance(content, dict) and "channels" in content:
        raise BadInput(f"{path} is the result of a system (./sel bench SYSTEM --json): rows alone are compared")
    try:
        rows = content["rows"]
        found = {row["name"]: {"name": row["name"], **{key: int(row[key]) for key in _DIFFED}, **_lines_in(row)} for row in rows}
    except (ValueError, TypeError, KeyError):
        raise BadInput(f"{path} is no result of ./sel bench --json") from None
    if not found or len(found) != len(rows):
        raise BadInput(f"{path} has {len(rows)} rows of {len(found)} names: each row must be there once, and at least one")
    return found


def load_setting(path: Path) -> dict[str, str]:
    """What a file's rows were measured with."""
    content = _content(path)
    return {name: str(content.get(name, "not told")) for name in _SETTING}


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give a file that ./sel bench --json has written") from None
    except ValueError:
        raise BadInput(f"{path} is no result of ./sel bench --json") from None


def _lines_in(row: Mapping) -> dict[str, int]:
    """A file may be of a run that counted no lines."""
    return {key: int(row[key]) for key in _LINES if row.get(key) is not None}


def setting_difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What makes two results hard to compare, a line each."""
    return "".join(f"{name}: {before[name]} -> {after[name]}: other numbers are to be expected\n" for name in _SETTING if before[name] != after[name])


def difference(before: Mapping[str, Mapping], after: Mapping[str, Mapping]) -> str:
    """What differs, row by row."""
    width = max(map(len, {**before, **after}), default=0)
    lines = []
    for name in {**before, **after}:
        if name not in before or name not in after:
            lines.append(f"{name:{width}} only in the {'second' if name in after else 'first'} file")
            continue
        old, new = before[name], after[name]
        changed = [f"{what} {old[what]} -> {new[what]} ({new[what] - old[what]:+})" for what in (*_DIFFED, *_LINES) if what in old and what in new and old[what] != new[what]]
        if changed:
            lines.append(f"{name:{width}} {', '.join(changed)}")
    return "\n".join(lines) if lines else "no row differs"
