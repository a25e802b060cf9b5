# SPDX-License-Identifier: BSD-2-Clause
"""Results as JSON objects, as the table in the terminal, and two of them beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.rows import Baseline, Row
from bench.statistics import Summary
from sel.errors import BadInput

_FACTS = ("kernel", "loads", "loaded_words", "stores", "stored_words", "system_writes", "barriers", "exceptions")
_COLUMNS = (("min", 9), ("median", 9), ("max", 9), ("user", 5), ("loads", 8), ("stores", 9), ("system_writes", 6), ("barriers", 5), ("exceptions", 4))
_TITLES = {"system_writes": "sysreg", "barriers": "barr", "exceptions": "exc"}
_DIFFED = ("min", "median", "max", "user", *_FACTS)


def result_of(row: Row, summary: Summary, baselines: Mapping[str, Baseline]) -> dict:
    """A row of the JSON file."""
    baseline = baselines.get(row.name, Baseline())
    facts = {name: summary.facts[name] for name in _FACTS}
    return {
        "name": row.name, "min": summary.minimum, "median": summary.median, "max": summary.maximum, "repetitions": summary.repetitions,
        "unit": "exits to the VMM" if row.measure == "tally" else row.measure, "user": summary.facts["user"], **facts,
        "target": baseline.target, "sel4": baseline.peer("sel4"), "peers": dict(baseline.peers), "what": row.what,
    }


def table(results: Sequence[Mapping]) -> str:
    """One line a row: the median beside target and seL4."""
    width = max(len(row["name"]) for row in results)
    head = " ".join(f"{_TITLES.get(name, name):>{size}}" for name, size in _COLUMNS)
    lines = [f"{'row':{width}} {head} {'target':>7} {'times':>5} {'seL4':>6} {'times':>5}"]
    for row in results:
        numbers = " ".join(f"{row[name]:>{size}}" for name, size in _COLUMNS)
        lines.append(
            f"{row['name']:{width}} {numbers} {_or_dash(row['target']):>7} {_ratio(row, 'target'):>5} {_or_dash(row['sel4']):>6} {_ratio(row, 'sel4'):>5}"
        )
    return "\n".join(lines)


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)


def _ratio(row: Mapping, other: str) -> str:
    return f"{row['median'] / row[other]:.2f}" if row[other] else "-"


def load(path: Path) -> dict[str, dict]:
    """Name -> row of a file that --json wrote."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        return {row["name"]: {"name": row["name"], **{key: int(row[key]) for key in _DIFFED}} for row in rows}
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give a file that ./sel bench --json has written") from None
    except (ValueError, TypeError, KeyError):
        raise BadInput(f"{path} is no result of ./sel bench --json") from None


def difference(before: Mapping[str, Mapping], after: Mapping[str, Mapping]) -> str:
    """What differs, row by row."""
    width = max(map(len, {**before, **after}), default=0)
    lines = []
    for name in {**before, **after}:
        if name not in before or name not in after:
            lines.append(f"{name:{width}} only in the {'second' if name in after else 'first'} file")
            continue
        old, new = before[name], after[name]
        changed = [f"{what} {old[what]} -> {new[what]} ({new[what] - old[what]:+})" for what in _DIFFED if old[what] != new[what]]
        if changed:
            lines.append(f"{name:{width}} {', '.join(changed)}")
    return "\n".join(lines) if lines else "no row differs"
