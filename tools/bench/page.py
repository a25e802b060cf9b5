# SPDX-License-Identifier: BSD-2-Clause
"""The results as one HTML page that needs nothing else: each row's bars beside its peers', and its medians over the commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pages.render import render as render_page

_TEMPLATE = Path(__file__).parent / "page.html.j2"
_BAR_WIDTH = 420
_PLOT = (360, 70)


@dataclass(frozen=True)
class Bar:
    """A number with its name; `share` of the longest of its row, 0 to 1."""

    name: str
    number: int
    share: float


def bars(row: Mapping) -> list[Bar]:
    """Ours, the target, the peers."""
    numbers = [("Selvedge", row["median"]), ("target", row["target"]), *sorted(row["peers"].items())]
    known = [(name, number) for name, number in numbers if number is not None]
    longest = max(1, *(number for _, number in known))
    return [Bar(name, number, number / longest) for name, number in known]


def points(row: Mapping, history: Sequence[Mapping]) -> list[tuple[float, float, str]]:
    """Where the row's medians lie in its plot of commits: x, y, and what to say of each. The present one is the last."""
    values = [(each["commit"], each["rows"][row["name"]]) for each in history if row["name"] in each["rows"]]
    values.append(("now", row["median"]))
    top = max(1, *(value for _, value in values))
    width, height = _PLOT
    step = width / max(1, len(values) - 1)
    return [(round(step * i, 1), round(height * (1 - value / top), 1), f"{name}: {value}") for i, (name, value) in enumerate(values)]


def render(results: Sequence[Mapping], history: Sequence[Mapping], facts: Mapping[str, str]) -> str:
    """The page. `facts`: what was measured with, by name."""
    shown = [{"row": row, "bars": bars(row), "points": points(row, history)} for row in results]
    has_lines = any(row["code_lines"] is not None for row in results)
    return render_page(_TEMPLATE, {"shown": shown, "facts": facts, "has_lines": has_lines, "bar_width": _BAR_WIDTH, "plot": _PLOT})
