# SPDX-License-Identifier: BSD-2-Clause
"""The report as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pages.render import render as render_page
from report import graph, text, words

_FOLDER = Path(__file__).parent
#: Below this share of a space a piece has no room for its name in the picture.
_NAMED_SHARE = 0.06
#: How dark a moment is drawn in which a thread ran at all.
_FAINTEST = 0.2


def render(data: dict[str, Any]) -> str:
    """The page."""
    values = {
        "data": data, "picture": graph.draw(data), "nodes_max": graph.NODES_MAX, "legend": list(graph.legend()), "named_share": _NAMED_SHARE,
        "style": (_FOLDER / "page.css").read_text(encoding="utf-8"), "script": (_FOLDER / "page.js").read_text(encoding="utf-8"),
        "words": words, "owner": text.owner, "notes": text.notes, "sections": text.sections, "about": about(data), "stretches": stretches,
        "signals": [each for each in data["signals"] if not each["is_console"]], "regions": [each for each in data["regions"] if not each["is_console"]],
    }
    return render_page(_FOLDER / "page.html.j2", values)


def stretches(load: list[float]) -> Iterator[tuple[int, int, float]]:
    """Pieces of a run that follow one another with the same load, those without any left out: the first, how many, and how dark they are drawn."""
    first = 0
    for value, group in groupby(load):
        count = len(list(group))
        if value:
            yield first, count, round(_FAINTEST + (1 - _FAINTEST) * value, 3)
        first += count


def about(data: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Process -> kind of neighbourhood -> names, both ways: whom it calls, who calls it, and so on."""
    found: dict[str, dict[str, dict[str, None]]] = {each["name"]: defaultdict(dict) for each in data["processes"]}
    for channel in data["channels"]:
        for client in channel["clients"]:
            found[client["process"]]["calls"][channel["server"]] = None
            found[channel["server"]]["is called by"][client["process"]] = None
    for each in data["signals"]:
        if not each["is_console"]:
            found[each["from"]]["signals"][each["to"]] = None
            found[each["to"]]["is signalled by"][each["from"]] = None
    for region in data["regions"]:
        members = [member["process"] for member in region["members"]]
        for name in members:
            if not region["is_console"]:
                found[name]["shares memory with"] |= {other: None for other in members if other != name}
    return {name: {kind: list(names) for kind, names in kinds.items()} for name, kinds in found.items()}
