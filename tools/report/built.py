# SPDX-License-Identifier: BSD-2-Clause
"""What a build adds: the linked programs and their mappings, sizes, where kernel and payload lie, SHA-256 of all of it.

A build counts only if it is of this spec: its plan must be the one that the spec has now, guests' images aside.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdl import elf
from capdl.layout import BLOCK, round_up
from capdl.pack import kernel_bytes
from capdl.plan_data import Plan, meant
from sel.errors import Failed

#: The expansion names images by so many digits of their SHA-256.
_IMAGE_DIGITS = 16
_FILES = ("image.bin", "kernel.elf", "spec.bin", "system.json", "gen/plan.json")


@dataclass(frozen=True)
class Build:
    """A built system: its folder, the expansion (system.json) and the plan it was built from (plan.json)."""

    folder: Path
    expansion: dict[str, Any]
    plan: dict[str, Any]

    def guest_pieces(self, guest: str) -> list[dict[str, Any]]:
        """What a guest boots: address, size and file of each piece, by rising address."""
        return next(each["pieces"] for each in self.plan["guests"] if each["name"] == guest)


def find(folder: Path, preset: str, plan: Plan) -> tuple[Build | None, str]:
    """The build in a folder if it is of this plan, else None; and a sentence on it."""
    if not all((folder / name).is_file() for name in _FILES):
        return None, f"not built with the preset {preset}: sizes, programs and hashes are not known"
    try:
        expansion, plan_of_build = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("system.json", "gen/plan.json"))
    except ValueError as error:
        raise Failed(f"the build in {folder} is damaged ({error}); build it again") from None
    if meant(plan_of_build) != meant(json.loads(plan.json_text())):
        return None, f"what is built with the preset {preset} is of an earlier state of the spec: its sizes, programs and hashes are left out"
    return Build(folder, expansion, plan_of_build), f"built with the preset {preset}"


def program(build: Build, name: str) -> dict[str, Any]:
    """Sizes and SHA-256 of a linked program."""
    return _file(build.folder / "elf" / f"{name}.elf", f"elf/{name}.elf") | _sections(build.folder / "elf" / f"{name}.elf")


def kernel(build: Build) -> dict[str, Any]:
    """The same of the kernel."""
    return _file(build.folder / "kernel.elf", "kernel.elf") | _sections(build.folder / "kernel.elf")


def images(build: Build) -> list[dict[str, Any]]:
    """Files that are booted, the whole image first: what, size, SHA-256; guests' as they lie in their memory."""
    whole = {"what": "the system as it boots", "guest": None, "address": None, **_file(build.folder / "image.bin", "image.bin")}
    spec = {"what": "the spec as the roottask carries it out", "guest": None, "address": None, **_file(build.folder / "spec.bin", "spec.bin")}
    pieces = [
        {"what": each["what"], "guest": guest["name"], "address": each["address"], "file": f"gen/{each['file']}", "size": each["size"], "sha256": Path(each["file"]).stem}
        for guest in build.plan["guests"] for each in guest["pieces"]
    ]
    return [whole, spec, *pieces]


def kernel_and_payload(build: Build, kernel_base: int) -> tuple[int, int, int]:
    """The first address behind the kernel, where the payload begins, and its size."""
    _, end = kernel_bytes(elf.load(build.folder / "kernel.elf"), kernel_base)
    return end, round_up(end, BLOCK), build.expansion["payload_size"]


def part_bytes(build: Build) -> dict[str, int]:
    """Memory of each part: its Untypeds, with programs and page tables."""
    sizes: dict[str, int] = {}
    for each in build.expansion["untypeds"]:
        sizes[each["part"]] = sizes.get(each["part"], 0) + (1 << each["size_bits"])
    return sizes


def booted(build: Build) -> dict[str, str]:
    """Object of an image in the payload -> what it is of the guests that boot it."""
    found: dict[str, list[str]] = {}
    for guest in build.plan["guests"]:
        for piece in guest["pieces"]:
            found.setdefault(f"image.{Path(piece['file']).stem[:_IMAGE_DIGITS]}", []).append(f"{piece['what']} of {guest['name']}")
    return {name: ", ".join(whats) for name, whats in found.items()}


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file(path: Path, name: str) -> dict[str, Any]:
    return {"file": name, "size": path.stat().st_size, "sha256": hash_of(path)}


def _sections(path: Path) -> dict[str, int]:
    """Bytes of code, read-only data, data and zeroed memory, by what is loaded."""
    sizes = {"text": 0, "rodata": 0, "data": 0, "zeroed": 0}
    for segment in elf.load(path).segments:
        sizes["text" if segment.is_executable else "data" if segment.is_writable else "rodata"] += segment.file_size
        sizes["zeroed"] += segment.memory_size - segment.file_size
    return sizes
