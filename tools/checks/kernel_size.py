#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's three figures and their ceilings, printed by the build.

Hand-written lines (generic, AArch64 and its drivers; no blanks, no comments), lines of
generated C, and bytes of text, rodata and data in kernel.elf. A ceiling may only fall. The bytes
have theirs in a release build only: assertions, traces and little optimization make any other larger.
"""

from __future__ import annotations

import argparse
import struct
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from checks.c_source import code_line_count  # noqa: E402

MAX_HAND_WRITTEN_LINES = 7000
MAX_GENERATED_LINES = 2500
MAX_IMAGE_BYTES = 64 << 10

_SUFFIXES = (".c", ".h", ".S", ".lds", ".ld")
_SHT_NOBITS = 8
_SHF_ALLOC = 2


def hand_written_lines(kernel: Path) -> int:
    """Count the kernel's own lines; arch/fake is test equipment."""
    fake = kernel / "arch" / "fake"
    files = [p for p in kernel.rglob("*") if p.suffix in _SUFFIXES and fake not in p.parents]
    return sum(code_line_count(path.read_text(encoding="utf-8")) for path in files)


def generated_lines(files: list[Path]) -> int:
    """Count the lines of generated C that the kernel compiles."""
    return sum(code_line_count(path.read_text(encoding="utf-8")) for path in files)


def image_bytes(elf: Path) -> int:
    """Add up the sections that are loaded and not zero-filled (System V ABI, 4, section header)."""
    data = elf.read_bytes()
    offset = struct.unpack_from("<Q", data, 40)[0]
    entry_size, count = struct.unpack_from("<HH", data, 58)
    total = 0
    for index in range(count):
        _, kind, flags, _, _, size = struct.unpack_from("<IIQQQQ", data, offset + index * entry_size)
        if flags & _SHF_ALLOC and kind != _SHT_NOBITS:
            total += size
    return total


def figure_text(name: str, have: int, most: int | None) -> str:
    """Say a figure, beside its ceiling if it has one."""
    if most is None:
        return f"{have} {name}"
    return f"{have} {name} ({'above the ceiling' if have > most else 'ceiling'} {most})"


def main() -> int:
    """Print the figures; with --enforce fail above a ceiling."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", type=Path, default=Path(__file__).resolve().parents[2] / "kernel")
    parser.add_argument("--elf", type=Path)
    parser.add_argument("--generated", type=Path, nargs="*", default=[])
    parser.add_argument("--enforce", action="store_true", help="fail above a ceiling")
    parser.add_argument("--release", action="store_true", help="the bytes have a ceiling, too")
    options = parser.parse_args()
    figures: list[tuple[str, int, int | None]] = [("hand-written lines", hand_written_lines(options.kernel), MAX_HAND_WRITTEN_LINES)]
    if options.generated:
        figures.append(("generated lines", generated_lines(options.generated), MAX_GENERATED_LINES))
    if options.elf:
        figures.append(("text+rodata+data bytes", image_bytes(options.elf), MAX_IMAGE_BYTES if options.release else None))
    print("kernel size: " + ", ".join(figure_text(*figure) for figure in figures))
    above = [f"{have - most} {name} too many" for name, have, most in figures if most is not None and have > most]
    if above and options.enforce:
        print(f"sel: the kernel is too large: {', '.join(above)}; take something out, the ceilings (tools/checks/kernel_size.py) only fall")
    return 1 if above and options.enforce else 0


if __name__ == "__main__":
    sys.exit(main())
