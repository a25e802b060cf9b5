# SPDX-License-Identifier: BSD-2-Clause
"""The systems that rows are measured in: `bench` (systems/bench) and `guest`, a guest of labels under the VMM that people run; each on any board."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.measure import Image, load_image
from bench.rows import load_yaml
from capdl import platform
from sel import ROOT
from sel.build import build_lock, build_system
from sel.errors import Failed
from sel.guest_spec import GuestOptions, write_guest_system
from sel.systems import find_system

PRESET = "release"
_SOURCE = ROOT / "systems" / "bench" / "guest" / "guest.S"
#: Where an arm64 Image would begin as well: RAM's first address and Linux's text offset.
_GUEST_BASE = 0x40200000
_GUEST_MEMORY = "16M"


def home_board() -> str:
    """The board that the rows' spec names: the peers' numbers, the budgets, the history and the costs are of it."""
    return load_yaml(find_system("bench").spec)["board"]


def gic_version(board: str | None) -> int:
    """The GIC of a board, None: of the rows' own; a guest has the same. BadInput for a board that is not there."""
    return platform.load(ROOT / "platform" / (find_system("bench").on_board(board).board or home_board())).gic_version


def build_image(name: str, board: str | None = None) -> Image:
    """Build a system of that name, for a board in place of its own if one is named, and read what is needed of it."""
    guest = _build_guest(gic_version(board)) if name == "guest" else None
    system = (write_guest_system(GuestOptions(str(guest), memory=_GUEST_MEMORY)) if guest else find_system(name)).on_board(board)
    with build_lock(system.build_folder(PRESET)):
        return load_image(build_system(system, PRESET), guest)


def _build_guest(gic: int) -> Path:
    folder = ROOT / "build" / f"bench-guest-gicv{gic}"
    elf, part = folder / "bench_guest.elf", folder / "part.elf"
    command = ["clang-19", "--target=aarch64-none-elf", "-g", "-nostdlib", "-static", f"-DGUEST_GIC={gic}", "-fuse-ld=lld-19", f"-ffile-prefix-map={ROOT}/=",
               f"-Wl,--image-base={_GUEST_BASE:#x}", "-Wl,--build-id=none", str(_SOURCE), "-o", str(part)]
    with build_lock(folder):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=120)
        if done.returncode != 0:
            raise Failed(f"the benchmark's guest cannot be built: {done.stderr.strip()[-600:]}")
        if not elf.exists() or elf.read_bytes() != part.read_bytes():
            part.replace(elf)
    return elf
