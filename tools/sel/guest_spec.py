# SPDX-License-Identifier: BSD-2-Clause
"""`--guest IMAGE`: a one-guest system around any arm64 image.

The image is checked first; then a spec in the ordinary language is written under
build/guest/, so that what is booted can be read, copied and changed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from sel import ROOT, fetch, images
from sel.errors import BadInput, os_error_sentence
from sel.systems import System, system_of_path

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
#: The guest's view of the board ends here; the machine has 2 GiB, the rest is the system's own.
LARGEST_MEMORY = 1536 << 20
SMALLEST_MEMORY = 1 << 20


@dataclass
class GuestOptions:
    """The options that describe the guest."""

    image: str
    initrd: str | None = None
    cmdline: str | None = None
    memory: str = "512M"
    load_address: str | None = None


def parse_memory(text: str) -> int:
    """Return the bytes of a size such as 512M."""
    match = re.fullmatch(r"(\d+)([KMG])(?:i?B)?", text, re.IGNORECASE)
    if match is None:
        raise BadInput(f"--memory {text} is not a size; write a number and its unit, such as 512M or 1G")
    size = int(match.group(1)) * _UNITS[match.group(2).upper()]
    if not SMALLEST_MEMORY <= size <= LARGEST_MEMORY or size % (2 << 20):
        raise BadInput(
            f"--memory {text} is not possible: the guest's memory is between 2M and "
            f"{LARGEST_MEMORY >> 20}M, in steps of 2M"
        )
    return size


def parse_address(text: str) -> int:
    """Return the number of an address such as 0x40080000."""
    try:
        address = int(text, 0)
    except ValueError:
        raise BadInput(f"--load-address {text} is not a number; write it as 0x40080000") from None
    if address < 0 or address % 4:
        raise BadInput(f"--load-address {text} is not a multiple of 4")
    return address


def write_guest_system(options: GuestOptions) -> System:
    """Check the image and write the spec of a system around it."""
    memory_bytes = parse_memory(options.memory)
    address = None if options.load_address is None else parse_address(options.load_address)
    image_path = _resolved(options.image, "--guest")
    image = images.inspect(image_path, memory_bytes, address)
    initrd_path = None if options.initrd is None else _resolved(options.initrd, "--initrd")
    if initrd_path is not None:
        _check_initrd(initrd_path, image, memory_bytes)
    if image.kind != "linux" and (options.initrd is not None):
        raise BadInput(f"--initrd is for Linux Images; {image_path} is {_KINDS[image.kind]}")
    text = spec_text(image, initrd_path, options.cmdline, memory_bytes)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    folder = ROOT / "build" / "guest" / f"{re.sub(r'[^A-Za-z0-9_-]', '_', image_path.stem)}-{digest}"
    spec = folder / "system.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not spec.exists() or spec.read_text(encoding="utf-8") != text:
            spec.write_text(text, encoding="utf-8")
    except OSError as error:
        raise os_error_sentence(error, f"cannot write {spec}") from None
    print(f"sel: {image_path} is {_KINDS[image.kind]}, loaded at {image.load_address:#x}; spec: {spec}", flush=True)
    return system_of_path(spec)


_KINDS = {"linux": "a Linux Image", "elf": "an ELF file", "raw": "a raw binary"}


def _resolved(text: str, option: str) -> Path:
    if fetch.is_name(text):
        return fetch.resolve(text)
    path = Path(text)
    if not path.exists() and ":" in text and "/" not in text:
        fetch.resolve(text)
    if not path.exists():
        raise BadInput(f"{option} {text}: there is no such file; check the path")
    return path.resolve()


def _check_initrd(path: Path, image: images.Image, memory_bytes: int) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise BadInput(f"--initrd {path} cannot be read: {error.strerror}") from None
    if size == 0:
        raise BadInput(f"--initrd {path} is empty; was its download or build interrupted?")
    if image.memory_bytes + size > memory_bytes:
        raise BadInput(
            f"--initrd {path} ({size >> 20}M) and the image ({image.memory_bytes >> 20}M) do not fit into "
            f"--memory {memory_bytes >> 20}M; give more"
        )


def spec_text(image: images.Image, initrd: Path | None, cmdline: str | None, memory_bytes: int) -> str:
    """Return the spec of a one-guest system."""
    if image.kind == "linux":
        parts = [f"kernel: {_quoted(image.path)}"]
    elif image.kind == "elf":
        parts = [f"elf: {_quoted(image.path)}"]
    else:
        parts = [f"raw: {_quoted(image.path)}", f"load: {image.load_address:#x}"]
    if initrd is not None:
        parts.append(f"initrd: {_quoted(initrd)}")
    if cmdline is not None:
        parts.append(f"cmdline: {_quoted(cmdline)}")
    image_lines = "\n".join(f"      {part}" for part in parts)
    return f"""# Written by `sel run --guest`: one guest and the console server.
version: 1
board: qemu-virt-aarch64
processes:
  console:
    source: components/pl011_console
    devices: [uart0]
    serves: {{tty: {{protocol: console, separates_clients: true}}}}
    time: {{priority: 200, passive: true}}
guests:
  guest:
    image:
{image_lines}
    memory: {memory_bytes >> 20}M
    devices: {{uart0: console.tty}}
    time: {{priority: 100, budget: 10ms, period: 10ms}}
"""


def _quoted(text: object) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
