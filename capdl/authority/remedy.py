# SPDX-License-Identifier: BSD-2-Clause
"""What mends a statement that is broken: only what could cut the path that breaks it."""

from __future__ import annotations

from capdl.authority.closure import is_omnipotent
from capdl.authority.facts import CONSOLE_CHANNEL, Facts
from capdl.authority.flow import CONTROL, Edge
from capdl.authority.links import Link


def of_flow(facts: Facts, edges: list[Edge]) -> str:
    """For a path of data."""
    found = ["cut one of these links" if _subjects(facts, edges) else "cut this link"]
    if any(edge.is_given for edge in edges if edge.source in _subjects(facts, edges)):
        found.append("name who is trusted under `except_through`")
    found += dict.fromkeys(_bus_masters(facts, edges))
    within, across = _separators(facts, edges)
    found += [f"say that {facts.channels[channel][0]} keeps {_clients(channel)} apart (`{_key(facts, channel)}`)" for channel in within]
    notes = [f"; `separates_clients` of {server} does not help here: it holds within one service, and this way comes in on {first} and goes out on {second}" for server, first, second in across]
    return ", or ".join(found) + "".join(notes)


def of_shared_memory(facts: Facts, links: list[Link], edges: list[Edge]) -> str:
    """For memory that two have; `edges` are those by which one of them acts in another's name."""
    masters = list(dict.fromkeys(_bus_masters(facts, edges)))
    if masters:
        return ", or ".join(["take the device from who drives it", *masters])
    if any(link.kind == CONTROL for link in links):
        return "cut one of these links"
    return "give each memory of its own, and pass what both need in messages"


def _subjects(facts: Facts, edges: list[Edge]) -> list[str]:
    """Who is between the two ends."""
    return [edge.target for edge in edges[:-1] if edge.target in facts.threads]


def _bus_masters(facts: Facts, edges: list[Edge]) -> list[str]:
    """For devices whose bindings do not say whether they write memory by themselves."""
    devices = [facts.masters[edge.held.object] for edge in edges if edge.held is not None and edge.held.object in facts.masters and is_omnipotent(facts, edge.held)]
    return [f"say `bus_master: false` in bindings/{device.compatible}.yaml if {device.name} cannot write memory by itself" for device in devices]


def _separators(facts: Facts, edges: list[Edge]) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Channels on which the path comes in to a server and goes out again; and servers with the two channels, where it goes out on another."""
    within: dict[str, None] = {}
    across: dict[tuple[str, str, str], None] = {}
    for before, after in zip(edges, edges[1:]):
        first, second = (_served(facts, edge, before.target) for edge in (before, after))
        if first is None or second is None:
            continue
        if first == second:
            within[first] = None
        else:
            across[before.target, _shown(first), _shown(second)] = None
    return list(within), list(across)


def _served(facts: Facts, edge: Edge, server: str) -> str | None:
    """The channel of an edge, if this is its server."""
    channel = facts.channel_of(edge.held) if edge.held is not None else None
    return channel if channel is not None and facts.channels[channel][0] == server else None


def _shown(channel: str) -> str:
    return "the consoles" if channel == CONSOLE_CHANNEL else channel


def _clients(channel: str) -> str:
    return "the consoles" if channel == CONSOLE_CHANNEL else f"the clients of {channel}"


def _key(facts: Facts, channel: str) -> str:
    """What to write in the spec."""
    service = "console" if channel == CONSOLE_CHANNEL else facts.channels[channel][1]
    return f"{service}: {{separates_clients: true}}"
