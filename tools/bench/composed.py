# SPDX-License-Identifier: BSD-2-Clause
"""What `./sel bench SYSTEM` does: build a composed system, run it for a stretch of the machine's time, and tell what its channels carried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import traffic
from bench.channels import Names, Traffic, follow, names_of
from bench.passages import Abi, Ran, arguments, run
from bench.rows import load_yaml
from bench.systems import PRESET
from bounds.program import Program
from sel import ROOT
from sel.build import build_lock, build_system
from sel.errors import BadInput, Failed
from sel.systems import System, find_system, read_run_file

DEFAULT_MS = 10_000


@dataclass(frozen=True)
class Built:
    """A system's release build, as far as it is needed here."""

    run_file: Mapping[str, Any]
    plan: Mapping[str, Any]
    abi: Abi
    names: Names

    @property
    def consoles(self) -> dict[int, str]:
        """Name of each console by its channel."""
        return {console["index"]: console["name"] for console in self.run_file["consoles"]}

    @property
    def clock_hz(self) -> int:
        """The board's counter."""
        return load_yaml(ROOT / "platform" / self.plan["board"] / "platform.yaml")["timer_frequency_hz"]


def bench_system(text: str, ms: int | None, board: str | None = None) -> dict[str, Any]:
    """Build and measure the system of that name or path, on a board in place of its own if one is named; the numbers as in the JSON file."""
    system = find_system(text).on_board(board)
    built = build(system)
    if not can_call(built):
        raise BadInput(f"the system {built.plan['name']} has no channel that carries calls: no process has `uses:`, there is no guest, and nobody can make an Endpoint; signals are told beside calls, not alone")
    return measure(built.plan["name"], built, ms or DEFAULT_MS)


def build(system: System) -> Built:
    """Build it and read what the build says."""
    with build_lock(system.build_folder(PRESET)):
        folder = build_system(system, PRESET)
        return load(folder)


def load(folder: Path) -> Built:
    """Read a build's folder."""
    from capdl import layout

    plan = _json(folder / "gen" / "plan.json")
    return Built(read_run_file(folder), plan, Abi(_json(folder / "gen" / "abi.json")), names_of(plan, layout.WINDOW_FIRST, layout.WINDOW_BYTES))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def can_call(built: Built) -> bool:
    """Whether a Call to an Endpoint or an exit of a guest can happen at all."""
    has_endpoints = any(item["type"] == "UNTYPED" for item in built.plan["objects"])
    return bool(built.names.channels or built.plan["guests"] or has_endpoints)


def measure(name: str, built: Built, ms: int) -> dict[str, Any]:
    """One run, judged: a system that hangs or faults is no result."""
    kernel = Program(Path(built.run_file["kernel_elf"]), ROOT)
    ran = run(built.run_file["machine"], Path(built.run_file["image"]), arguments(kernel, built.abi, built.clock_hz, ms * 1_000_000), built.consoles)
    found = follow(ran.passages, built.names, built.abi)
    check(name, ran, found)
    return traffic.results(name, ran, found, built.names)


def check(name: str, ran: Ran, found: Traffic) -> None:
    """Failed, with what the console said last, if the run says nothing about the system."""
    waiting = [channel.name for channel in found.channels.values() if channel.open_since_ns]
    where = f"; after {ran.time_ns // 1_000_000} ms of the machine's time the console ends with:\n{ran.console}"
    if ran.failed:
        raise Failed(f"{name}: {', '.join(ran.failed)} failed{where}")
    if ran.ended == "still" and waiting:
        raise Failed(f"{name} stands still, without an answer to {', '.join(waiting)}{where}")
    if not any(channel.trips for channel in found.channels.values()):
        what = {"time": "made no round trip", "off": "switched itself off before any round trip", "still": "stands still, without any round trip"}[ran.ended]
        raise Failed(f"{name} {what}{where}")
