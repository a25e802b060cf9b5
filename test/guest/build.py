# SPDX-License-Identifier: BSD-2-Clause
"""Builds the test guests and runs one on bare QEMU. A guest is a folder with main.c (and .S files) beside runtime/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools"))

from sel.machine import find_qemu  # noqa: E402

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
# The same where the host's GIC is a GICv2, as xlnx-zcu102's is: guests in gicv2/.
MACHINE_GICV2 = ["-M", "virt,gic-version=2", "-cpu", "cortex-a53,pmu=off", *MACHINE[4:]]


def names() -> list[str]:
    """Every guest's name, sorted."""
    return sorted(path.parent.name for path in HERE.glob("*/main.c"))


def build(name: str, out: Path, *flags: str) -> Path:
    """Build guest `name` into `out`, with more flags of the compiler; the path of its Linux Image."""
    out.mkdir(parents=True, exist_ok=True)
    folder = HERE / name
    elf, image = out / f"{folder.name}.elf", out / f"{folder.name}.img"
    sources = [RUNTIME / "start.S", RUNTIME / "runtime.c", *sorted(folder.glob("*.c")), *sorted(folder.glob("*.S"))]
    subprocess.run([CLANG, *FLAGS, *flags, f"-I{folder}", f"-I{folder.parent}", *map(str, sources), "-o", str(elf)], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", str(elf), str(image)], check=True)
    return image


def names_gicv2() -> list[str]:
    """Those of the guests for a GICv2, sorted; each is gicv2/NAME."""
    return sorted(f"gicv2/{path.parent.name}" for path in HERE.glob("gicv2/*/main.c"))


def bare_command(image: Path, machine: list[str] | None = None) -> list[str]:
    """The QEMU line that runs `image` without a hypervisor."""
    return [find_qemu(), *(machine or MACHINE), "-kernel", str(image)]
