# SPDX-License-Identifier: BSD-2-Clause
"""The system's graph: nodes and edges from the report's data, laid out by graphviz's `dot`, as SVG to embed.

What is read stands in nodes only: a service or an event is a row of its process, so that no edge needs a label and labels cannot overlap.
Every row has a fixed size, a character's width taken from the widest of the usual fixed-width fonts: neither layout nor
readability depends on the fonts of the machine that draws. Consoles are not drawn: they would join everybody with one.
"""

from __future__ import annotations

import html
import math
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sel.errors import BadEnvironment, Failed

#: Above so many nodes a picture of everything says nothing any more, and dot takes minutes.
NODES_MAX = 200
#: px; the page shows the picture at no less than SCALE_MIN of its size.
FONT_PX = 12
SCALE_MIN = 0.76
#: Width of the page's column for which the layout is made, px.
WIDE_PX = 1500
_CHARACTER_PX = 0.62 * FONT_PX
_ROW_PX, _PADDING_PX = 20, 12
_LIMIT_S = 60


@dataclass(frozen=True)
class Row:
    """A line of a node; edges may lead to it by its port."""

    text: str
    port: str | None = None
    is_name: bool = False


@dataclass
class Node:
    """A box: its rows, and where a click leads."""

    id: str
    kind: str
    link: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Edge:
    """From a node to a node, or to a row of it. `kind`: call, signal, memory, device or exits."""

    source: str
    target: str
    port: str | None
    kind: str
    title: str


def nodes(data: dict[str, Any]) -> list[Node]:
    """Processes, VMMs and guests; regions; devices that somebody owns."""
    found = {each["name"]: Node(each["name"], each["kind"], f"process-{each['name']}", _head(each["name"], _time_text(each["time"]))) for each in data["processes"]}
    for channel in data["channels"]:
        name = channel["name"].partition(".")[2]
        if channel["server"] == channel["name"].partition(".")[0]:
            found[channel["server"]].rows.append(Row(name, f"s_{name}"))
    for target, bit in dict.fromkeys((each["to"], each["bit"]) for each in _drawn_signals(data)):
        found[target].rows.append(Row(f"~ {bit}", f"e_{bit}"))
    others = [Node(f"shared.{each['name']}", "region", f"region-{each['name']}", _head(each["name"], _kib(each["size"]))) for each in data["regions"] if not each["is_console"]]
    owned = [each for each in data["devices"] if each["local_name"] is not None]
    others += [Node(f"device.{each['name']}", "device", f"device-{each['name']}", _head(each["name"], each["compatible"])) for each in owned]
    return [*found.values(), *others]


def _head(name: str, detail: str) -> list[Row]:
    return [Row(name, is_name=True), Row(detail)]


def edges(data: dict[str, Any]) -> list[Edge]:
    """Calls, signals, shared memory, devices, exits."""
    found = []
    for channel in data["channels"]:
        owner, _, name = channel["name"].partition(".")
        is_exits = owner != channel["server"]
        for client in channel["clients"]:
            port, kind = (None, "exits") if is_exits else (f"s_{name}", "call")
            found.append(Edge(client["process"], channel["server"], port, kind, f"{client['process']} {'exits to' if is_exits else 'calls'} {channel['server' if is_exits else 'name']}"))
    found += [Edge(each["from"], each["to"], f"e_{each['bit']}", "signal", f"{each['from']} signals {each['to']}, {each['bit']}") for each in _drawn_signals(data)]
    for region in data["regions"]:
        if not region["is_console"]:
            found += [_memory_edge(region["name"], member) for member in region["members"]]
    found += [Edge(each["owner"], f"device.{each['name']}", None, "device", f"{each['owner']} drives {each['name']}") for each in data["devices"] if each["local_name"] is not None]
    return list(dict.fromkeys(found))


def _memory_edge(region: str, member: dict[str, Any]) -> Edge:
    if "WRITE" in member["rights"]:
        return Edge(member["process"], f"shared.{region}", None, "memory", f"{member['process']} reads and writes {region}")
    return Edge(f"shared.{region}", member["process"], None, "memory", f"{member['process']} reads {region}")


def _drawn_signals(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Events; not consoles, and not doorbells, which go where the region's edges go."""
    hidden = {each["name"] for each in data["regions"]}
    return [each for each in data["signals"] if not each["is_console"] and each["bit"] not in hidden]


def _time_text(time: dict[str, Any]) -> str:
    if time["budget_ns"] is None:
        return f"{time['priority']} passive"
    return f"{time['priority']}, {100 * time['share']:.1f} %"


def _kib(size: int) -> str:
    return f"{size >> 10}K"


# dot -------------------------------------------------------------------------------------------

def dot_text(shown: list[Node], joined: list[Edge], direction: str) -> str:
    """The graph in dot's language."""
    lines = ["digraph system {", f'  graph [rankdir={direction}, nodesep=0.15, ranksep=0.7, pad=0.1, outputorder=edgesfirst];',
             f'  node [shape=plain, fontname="monospace", fontsize={FONT_PX}, margin=0];', "  edge [arrowsize=0.6];"]
    for node in shown:
        lines.append(f'  "{node.id}" [id="node-{node.id}", class="{node.kind}", URL="#{node.link}", tooltip="{_tooltip(node)}", label=<{_table(node)}>];')
    for number, edge in enumerate(joined):
        shape = {"signal": "style=dashed", "memory": "arrowhead=normal", "device": "arrowhead=none", "exits": "penwidth=2"}.get(edge.kind, "arrowhead=normal")
        port = f':"{edge.port}"' if edge.port else ""
        lines.append(f'  "{edge.source}" -> "{edge.target}"{port} [id="edge-{number}", class="{edge.kind}", {shape}, tooltip="{html.escape(edge.title)}"];')
    return "\n".join([*lines, "}"]) + "\n"


def _tooltip(node: Node) -> str:
    return html.escape(", ".join(row.text for row in node.rows))


def _table(node: Node) -> str:
    width = round(max(len(row.text) for row in node.rows) * _CHARACTER_PX) + _PADDING_PX
    rows = "".join(_cell(row, width) for row in node.rows)
    return f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{_PADDING_PX // 2}" STYLE="ROUNDED" BGCOLOR="white">{rows}</TABLE>'


def _cell(row: Row, width: int) -> str:
    port = f' PORT="{row.port}"' if row.port else ""
    text = html.escape(row.text)
    return f'<TR><TD{port} FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{_ROW_PX}" ALIGN="LEFT">{f"<B>{text}</B>" if row.is_name else text}</TD></TR>'


def _run_dot(text: str) -> str:
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False, timeout=_LIMIT_S)
    except FileNotFoundError:
        raise BadEnvironment("graphviz is not installed; run ./sel doctor") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"dot did not lay the graph out within {_LIMIT_S} seconds") from None
    if done.returncode:
        raise Failed(f"dot refused the graph: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f'code {done.returncode}'}")
    return done.stdout


@dataclass(frozen=True)
class Picture:
    """SVG to embed, and its size, px. Shown narrower than `least_px` its text would be too small to read."""

    svg: str
    width: float
    height: float

    @property
    def least_px(self) -> int:
        """The least width to show it at."""
        return math.ceil(self.width * SCALE_MIN)


def draw(data: dict[str, Any]) -> Picture | None:
    """Lay the graph out, in the direction that fits the page's width; None if there is too much to draw."""
    shown, joined = nodes(data), edges(data)
    if len(shown) > NODES_MAX:
        return None
    best = None
    for direction in ("LR", "TB"):
        picture = _picture(_run_dot(dot_text(shown, joined, direction)), joined)
        if picture.least_px <= WIDE_PX:
            return picture
        best = picture if best is None or picture.width < best.width else best
    return best


def _picture(svg: str, joined: list[Edge]) -> Picture:
    """The `svg` element without what only a file of its own needs; edges say whom they join."""
    match = re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    assert match is not None
    body = re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    body = re.sub(r"<title>.*?</title>\n?", "", body)
    body = re.sub(r'id="edge&#45;(\d+)" class="edge', lambda found: _joined(joined[int(found[1])], found[0]), body)
    body = re.sub(r'<svg width="[^"]*" height="[^"]*"', '<svg role="group" aria-label="the system\'s graph"', body, count=1)
    body = re.sub(r' font-family="[^"]*"| fill="(?:black|white)"| stroke="[^"]*"', "", body)
    return Picture(body, float(match[1]), float(match[2]))


def _joined(edge: Edge, text: str) -> str:
    return f'data-from="{html.escape(edge.source)}" data-to="{html.escape(edge.target)}" {text}'


def legend() -> Iterator[tuple[str, str]]:
    """Kinds of edges and what they mean."""
    yield from (("call", "may call"), ("signal", "may signal"), ("memory", "has memory mapped: towards it to write"), ("device", "owns a device"), ("exits", "a guest's exits"))
