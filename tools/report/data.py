# SPDX-License-Identifier: BSD-2-Clause
"""The report as data: one call makes all of it, text and page are renderings of it. docs/design/report.md tells every key.

Plain values in a stable order; the same spec and build give the same bytes. Sizes are in bytes, times in nanoseconds, shares in parts of a core,
places FILE:LINE. What only a build knows is None without one.
"""

from __future__ import annotations

import json
from typing import Any

from report import assurance, built, memory, resources, subjects
from report.authority import Authority
from report.built import Build

VERSION = 1
#: What every answer rests on, whatever the spec says.
ALWAYS_TRUSTED = (
    "everybody trusts the kernel, the boot loader and the board",
    "everybody trusts the roottask: it makes every object, keeps the first capability of each and is told of every fault",
)


def collect(authority: Authority, build: Build | None, preset: str, built_as: str, trace: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything that is known of a system. `built_as`: a sentence on the build, or why there is none; `trace`: what trace.summarise() says of a run."""
    system, decided = authority.system, authority.decide()
    board_devices = resources.devices(authority)
    processes = subjects.describe(authority, decided, build)
    return {
        "version": VERSION,
        "system": {
            "name": system.name, "spec": authority.shown, "board": system.platform.name, "preset": preset, "is_built": build is not None, "build": built_as,
            "console_server": system.console_server, "front": authority.plan.front,
        },
        "processes": processes,
        "channels": resources.channels(authority),
        "signals": resources.signals(authority),
        "regions": resources.regions(authority),
        "devices": board_devices,
        "interrupts": resources.interrupts(authority),
        "time": {"utilisation": decided.time["utilisation"], "inversions": [each["text"] for each in decided.time["inversions"]]},
        "memory": {"parts": memory.parts(authority, build), "spaces": memory.spaces(authority, build, board_devices)},
        "trusts": {"always": _always(system.console_server), "by_spec": decided.trusts, "stops_all": decided.stops_all},
        "policy": decided.policy,
        "assurance": assurance.rows(preset, system.platform.name),
        "files": _files(authority, build, processes),
        "trace": trace,
    }


def _always(console_server: str | None) -> list[str]:
    """What this system's processes cannot do without trusting."""
    return [*ALWAYS_TRUSTED, *([f"whoever prints trusts {console_server}: it sees and writes all text of all consoles"] if console_server is not None else [])]


def _files(authority: Authority, build: Build | None, processes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that has a hash: the spec, and what was built of it."""
    system = authority.system
    names = {path: authority.shown if path == system.spec else subjects.shown_path(path, system) for path in system.files}
    protocols = {spoken.protocol.path for spoken in system.spoken.values()}
    found = [_file(name, "a protocol" if path in protocols else "the spec", path.stat().st_size, built.hash_of(path)) for path, name in names.items()]
    if build is None:
        return found
    found += [{**each, "sections": None} for each in built.images(build)]
    kernel = built.kernel(build)
    found.append(_file(kernel["file"], "the kernel", kernel["size"], kernel["sha256"]) | {"sections": _sections(kernel)})
    roottask = built.program(build, "roottask")
    programs = [("roottask", roottask), *((process["name"], process["program"]) for process in processes if process["program"])]
    return found + [_file(each["file"], f"the program of {name}", each["size"], each["sha256"]) | {"sections": _sections(each)} for name, each in programs]


def _file(name: str, what: str, size: int, sha256: str) -> dict[str, Any]:
    return {"file": name, "what": what, "guest": None, "address": None, "size": size, "sha256": sha256, "sections": None}


def _sections(program: dict[str, Any]) -> dict[str, int]:
    return {name: program[name] for name in ("text", "rodata", "data", "zeroed")}


def json_text(data: dict[str, Any]) -> str:
    """As `--json` writes it."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
