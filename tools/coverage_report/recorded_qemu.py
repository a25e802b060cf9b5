# SPDX-License-Identifier: BSD-2-Clause
"""Stands in QEMU's place while tests run: starts the real one with the plugin `executed`.

What to record comes by the environment (target.py sets it). Beside the counters lies the head of the image
that ran, by which target.py finds the kernel's ELF file again: tests patch, move and delete their images.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

QEMU, PLUGIN, FOLDER, START, SIZE = (f"SEL_COVERAGE_{name}" for name in ("QEMU", "PLUGIN", "FOLDER", "START", "SIZE"))


def image_of(arguments: list[str]) -> Path | None:
    """The image that QEMU is told to boot, if the machine is one for the kernel: guests run on bare QEMU for comparison only."""
    if "-kernel" not in arguments[:-1] or not any("virtualization=on" in word for word in arguments):
        return None
    image = Path(arguments[arguments.index("-kernel") + 1])
    return image if image.is_file() else None


def plugin_arguments(image: Path) -> list[str]:
    """QEMU's further arguments; the head of the image is kept."""
    handle, name = tempfile.mkstemp(suffix=".counts", dir=os.environ[FOLDER])
    os.close(handle)
    size = os.environ[SIZE]
    with image.open("rb") as stream, Path(name).with_suffix(".head").open("wb") as head:
        head.write(stream.read(int(size)))
    return ["-plugin", f"{os.environ[PLUGIN]},out={name},start={os.environ[START]},size={size}"]


def main(arguments: list[str]) -> None:
    """Become QEMU."""
    image = image_of(arguments)
    more = [] if image is None else plugin_arguments(image)
    qemu = shutil.which(os.environ[QEMU])
    assert qemu is not None
    os.execv(qemu, [qemu, *arguments, *more])


if __name__ == "__main__":
    main(sys.argv[1:])
