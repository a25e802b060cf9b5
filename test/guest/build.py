# SPDX-License-Identifier: BSD-2-Clause
"""Builds the test guests and runs one on bare QEMU. A guest is a folder with main.c (and .S files) beside runtime/."""

from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNTIME = HERE / "runtime"
CLANG = "clang-19"
FLAGS = [
    "--target=aarch64-none-elf", "-std=gnu11", "-O1", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-nostdlib",
    "-mgeneral-regs-only", "-march=armv8-a", "-Wall", "-Wextra", "-Werror", "-fuse-ld=lld-19", "-static",
    f"-Wl,-T,{RUNTIME / 'guest.ld'}", "-Wl,--build-id=none", f"-I{RUNTIME}",
]
# The machine a guest of ours is shown: no ITS, no PMU (docs/design/vmm.md).
MACHINE = [
    "-M", "virt,gic-version=3,its=off", "-cpu", "cortex-a57,pmu=off", "-m", "512M", "-nic", "none", "-display", "none",
    "-monitor", "none", "-serial", "stdio", "-no-reboot",
]


def names() -> list[str]:
    """Every guest's name, sorted."""
    return sorted(path.parent.name for path in HERE.glob("*/main.c"))


def build(name: str, out: Path, *flags: str) -> Path:
    """Build guest `name` into `out`, with more flags of the compiler; the path of its Linux Image."""
    out.mkdir(parents=True, exist_ok=True)
    elf, image = out / f"{name}.elf", out / f"{name}.img"
    folder = HERE / name
    sources = [RUNTIME / "start.S", RUNTIME / "runtime.c", *sorted(folder.glob("*.c")), *sorted(folder.glob("*.S"))]
    subprocess.run([CLANG, *FLAGS, *flags, f"-I{folder}", *map(str, sources), "-o", str(elf)], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", str(elf), str(image)], check=True)
    return image


def bare_command(image: Path) -> list[str]:
    """The QEMU line that runs `image` without a hypervisor."""
    return ["qemu-system-aarch64", *MACHINE, "-kernel", str(image)]
