# SPDX-License-Identifier: BSD-2-Clause
"""The build's second and third step: what needs the linked programs, and reads no spec (docs/design/system.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from capdl import PROJECT, elf, emit as emit_file, layout, pack as pack_file, platform, writing
from capdl.abi import Abi
from capdl.diagnostics import Place, SpecError, make
from capdl.expand import Expander, Expansion
from capdl.files import write_if_changed
from capdl.plan_data import Plan, from_dict

ROOT_SLOT_BITS_MIN, ROOT_SLOT_BITS_MAX = 12, 20
ROOTTASK_SLOTS = 8  # besides one a page of spec.bin: the topmost slots are the roottask's own
#: What a component calls that reads its console (libsel/sel/console.h); the linker drops it from those that do not.
INPUT_FUNCTION = "sel_console_input"


def expand(
    made: Plan, abi: Abi, programs: dict[str, elf.Program], roottask: elf.Program, images: Path, is_audit: bool
) -> tuple[Expansion, bytes, dict[str, Any]]:
    """Expand a plan; a first pass finds the size of spec.bin, which does not depend on the addresses in it."""
    size = 0
    for _ in range(2):
        expander = Expander(made, abi, programs, roottask, images)
        expansion = expander.run(size)
        spec = emit_file.spec_bytes(made, abi, expansion, is_audit)
        size = len(spec)
    base, file_size, memory_size, writable = expander.roottask_memory()
    slots = expansion.slots_end + size // layout.PAGE + ROOTTASK_SLOTS
    check_bounds(slots, len({thread.vspace for thread in made.threads}) + 1, abi.limit("SPACE_COUNT_MAX"), made.spec)
    facts = {
        "entry": roottask.entry, "base": base, "file_size": file_size, "memory_size": memory_size, "writable": writable,
        "spec_offset": expansion.spec_offset, "spec_size": size, "slot_bits": max(layout.bits_for(slots), ROOT_SLOT_BITS_MIN),
    }
    return expansion, spec, facts


def check_bounds(slots: int, spaces: int, spaces_max: int, spec: str) -> None:
    """Refuse a system that is more than the kernel's tables hold."""
    if slots > 1 << ROOT_SLOT_BITS_MAX:
        raise SpecError([make("SEL-E008", Place(spec), needed=slots, bound=1 << ROOT_SLOT_BITS_MAX)])
    if spaces > spaces_max:
        raise SpecError([make("SEL-E009", Place(spec), needed=spaces, bound=spaces_max)])


def emit(plan_path: Path, elf_folder: Path, out: Path, abi: Abi, is_audit: bool) -> None:
    """Write system.cdl, system.json and spec.bin from plan.json and the linked programs."""
    made = from_dict(json.loads(plan_path.read_text(encoding="utf-8")))
    programs = {process.name: elf.load(elf_folder / f"{process.name}.elf") for process in made.processes}
    roottask = elf.load(elf_folder / "roottask.elf")
    expansion, spec, facts = expand(made, abi, programs, roottask, plan_path.parent, is_audit)
    consoles = _consoles_with_input(made, programs)
    debugger = {"debugger": made.debugger} if made.debugger else {}
    text = writing.json_text(made, expansion, {"roottask": facts, "consoles": consoles, "front": made.front, **debugger}, out)
    write_if_changed(out / "system.cdl", writing.cdl_text(made, expansion))
    write_if_changed(out / "spec.bin", spec)
    write_if_changed(out / "system.json", text)


def _consoles_with_input(made: Plan, programs: dict[str, elf.Program]) -> list[dict[str, Any]]:
    """Say which consoles somebody reads: a guest's, and those of programs that link libsel's input."""
    has_server = any(console["server"] for console in made.consoles)
    readers = {name for name, program in programs.items() if INPUT_FUNCTION in program.globals}
    return [{**console, "input": has_server and (console["guest"] or console["name"] in readers)} for console in made.consoles]


def pack(system_path: Path, kernel_path: Path, out: Path, abi: Abi) -> None:
    """Write image.bin and, beside it, run.json."""
    folder = system_path.parent
    system = json.loads(system_path.read_text(encoding="utf-8"))
    for chunk in system["chunks"]:
        chunk["file"] = str(folder / chunk["file"])
    board = platform.load(PROJECT / "platform" / system["board"])
    pack_file.write_image(out, elf.load(kernel_path), board, system, (folder / "spec.bin").read_bytes(), abi)
    native = ["roottask", *(row["name"] for row in system["threads"] if "START" in row["flags"])]
    run = {
        "machine": [str((folder / "gen" / "board.dtb").resolve()) if word == platform.DEVICE_TREE else word for word in board.qemu],
        "machine_since": board.qemu_since,
        "consoles": system["consoles"],
        "front": system["front"],
        "kernel_elf": str(kernel_path.resolve()),
        "image": str(out.resolve()),
        "elves": [{"name": name, "path": str((folder / "elf" / f"{name}.elf").resolve())} for name in native],
        **({"debugger": system["debugger"]} if "debugger" in system else {}),
    }
    write_if_changed(out.parent / "run.json", json.dumps(run, indent=1) + "\n")
