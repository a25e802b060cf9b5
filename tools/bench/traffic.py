# SPDX-License-Identifier: BSD-2-Clause
"""A composed system's round trips in numbers: JSON objects, and as text with a histogram a channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.channels import Channel, Names, Traffic, Trip
from bench.passages import Ran

_QUANTILES = (("median", 50), ("p90", 90), ("p99", 99))
_COLUMNS = ("round_trips", "min", "median", "p90", "p99", "max", "kernel", "server", "other")
_TITLES = {"round_trips": "trips", "p90": "90 %", "p99": "99 %"}
_BAR = 40
#: At most so many buckets from a power of two to the next, as a power of two; and so many with anything in them.
_PARTS_BITS_MAX = 5
_BUCKETS = 16


def result_of(channel: Channel) -> dict[str, Any]:
    """A channel of the JSON file. `kernel`, `server` and `other` are the parts of the median trip, one that happened."""
    trips = sorted(channel.trips, key=lambda trip: trip.total)
    numbers: dict[str, Any] = {"name": channel.name, "kind": "exit" if channel.is_exit else "call", "round_trips": len(trips)}
    if trips:
        median = at_quantile(trips, 50)
        numbers |= {"min": trips[0].total, **{name: at_quantile(trips, q).total for name, q in _QUANTILES}, "max": trips[-1].total}
        numbers |= {"kernel": median.kernel, "server": median.server, "other": median.other}
    return numbers | {
        "fast_calls": sum(trip.is_fast_call for trip in trips), "fast_answers": sum(trip.is_fast_answer for trip in trips),
        "failed": channel.failed, "unanswered": len(channel.open_since_ns), "histogram": histogram([trip.total for trip in trips]),
    }


def at_quantile(trips: Sequence[Trip], percent: int) -> Trip:
    """The trip that `percent` of all, sorted, do not exceed: one that happened."""
    return trips[-(-len(trips) * percent // 100) - 1]


def bucket_of(value: int, parts_bits: int) -> tuple[int, int]:
    """First and last number of the bucket of a value: 2 to the power of `parts_bits` buckets from a power of two to the next."""
    shift = max(value.bit_length() - 1 - parts_bits, 0)
    low = value >> shift << shift
    return low, low + (1 << shift) - 1


def histogram(values: Sequence[int]) -> list[list[int]]:
    """First and last number, and count, of each bucket that has any: as narrow as they can be if there shall not be more than fit a screen."""
    counts: dict[tuple[int, int], int] = {}
    for parts_bits in reversed(range(_PARTS_BITS_MAX + 1)):
        counts = Counter(bucket_of(value, parts_bits) for value in sorted(values))
        if len(counts) <= _BUCKETS:
            break
    return [[low, high, count] for (low, high), count in counts.items()]


def results(system: str, ran: Ran, traffic: Traffic, names: Names) -> dict[str, Any]:
    """The JSON file."""
    channels = [result_of(channel) for channel in sorted(traffic.channels.values(), key=lambda each: (each.is_exit, each.name))]
    seen = {channel["name"] for channel in channels}
    return {
        "system": system, "ended": ran.ended, "machine_us": ran.time_ns // 1000, "user": ran.user, "kernel": ran.kernel, "channels": channels,
        "signals": [{"name": name, "signals": count, "fast": traffic.fast_signals[name]} for name, count in sorted(traffic.signals.items())],
        "never_called": [name for name in (f"{client} -> {channel}" for client, channel in names.channels) if name not in seen],
        "invocations": traffic.invocations, "calls": totals(channels, "call"), "exits": totals(channels, "exit"),
    }


def totals(channels: Sequence[Mapping], kind: str) -> dict[str, int]:
    """All round trips of a kind, and how many of their halves went by the fastpath."""
    chosen = [channel for channel in channels if channel["kind"] == kind]
    return {name: sum(channel[name] for channel in chosen) for name in ("round_trips", "fast_calls", "fast_answers")}


def render(found: Mapping[str, Any]) -> str:
    """Everything, for the terminal."""
    return "\n".join([*_head(found), "", *_table(found["channels"]), "", *_histograms(found["channels"]), *_signals(found["signals"]), *_totals(found)])


def _head(found: Mapping[str, Any]) -> list[str]:
    why = {"time": "", "off": "; it has switched itself off", "still": "; it has nothing to do any more"}[found["ended"]]
    total = found["user"] + found["kernel"]
    return [
        f"system {found['system']}: {found['machine_us'] / 1000:.1f} ms of the machine's own time since reset{why}",
        f"{total} instructions executed, {found['kernel']} of them the kernel's; below: instructions of a round trip",
    ]


def _table(channels: Sequence[Mapping]) -> list[str]:
    width = max(len(channel["name"]) for channel in channels)
    head = " ".join(f"{_TITLES.get(name, name):>7}" for name in _COLUMNS)
    return [f"{'':{width}} {head} {'calls':>6} {'answers':>7}", *(_line(channel, width) for channel in channels)]


def _line(channel: Mapping, width: int) -> str:
    numbers = " ".join(f"{channel.get(name, '-'):>7}" for name in _COLUMNS)
    shares = f"{share(channel['fast_calls'], channel['round_trips']):>6} {share(channel['fast_answers'], channel['round_trips']):>7}"
    notes = [f"{channel[what]} {what}" for what in ("failed", "unanswered") if channel[what]]
    return f"{channel['name']:{width}} {numbers} {shares}{'  ' if notes else ''}{', '.join(notes)}"


def share(part: int, whole: int) -> str:
    """In percent, cut off: 100 % are all of them."""
    return f"{part * 1000 // whole / 10:g} %" if whole else "-"


def _histograms(channels: Sequence[Mapping]) -> list[str]:
    lines = []
    for channel in channels:
        if channel["histogram"]:
            most = max(count for _, _, count in channel["histogram"])
            lines += [channel["name"], *(f"  {low:>8}..{high:<8} {'#' * -(-count * _BAR // most):{_BAR}} {count}" for low, high, count in channel["histogram"]), ""]
    return lines


def _signals(signals: Sequence[Mapping]) -> list[str]:
    if not signals:
        return []
    width = max(len(signal["name"]) for signal in signals)
    return [f"{'':{width}} signals   fast", *(f"{signal['name']:{width}} {signal['signals']:>7} {share(signal['fast'], signal['signals']):>6}" for signal in signals), ""]


def _totals(found: Mapping[str, Any]) -> list[str]:
    lines = [f"never called: {name}" for name in found["never_called"]]
    calls, exits = found["calls"], found["exits"]
    if calls["round_trips"]:
        lines.append(f"all calls: {_halves(calls)} by the fastpath")
    if exits["round_trips"]:
        lines.append(f"all exits of guests to their VMM: {_halves(exits)} by the fastpath")
    return lines


def _halves(total: Mapping[str, int]) -> str:
    trips = total["round_trips"]
    return f"{total['fast_calls']} of {trips} ({share(total['fast_calls'], trips)}) and {total['fast_answers']} ({share(total['fast_answers'], trips)}) of their answers"
