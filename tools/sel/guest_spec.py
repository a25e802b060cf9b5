# SPDX-License-Identifier: BSD-2-Clause
"""`--guest IMAGE`: a one-guest system around any arm64 image.

The image is checked first; then a spec in the ordinary language is written under
build/guest/, so that what is booted can be read, copied and changed.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sel import ROOT, fetch, images
from sel.errors import BadInput, os_error_sentence
from sel.files import refuse_empty, refuse_irregular
from sel.systems import System, system_of_path

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
#: The guest's view of the board ends here; the machine has 2 GiB, the rest is the system's own.
LARGEST_MEMORY = 1536 << 20
SMALLEST_MEMORY = 2 << 20
#: A number of more digits is too large for anything.
_DIGITS_MAX = 20

#: Keys of the written spec and the options that they come from.
_OPTIONS = {
    "kernel": "--guest", "raw": "--guest", "elf": "--guest",
    "load": "--load-address", "initrd": "--initrd", "cmdline": "--cmdline", "memory": "--memory",
}
_RAISE_MEMORY = re.compile(r"raise memory to at least (\w+)")


@dataclass
class GuestOptions:
    """The options that describe the guest."""

    image: str
    initrd: str | None = None
    cmdline: str | None = None
    memory: str = "512M"
    load_address: str | None = None


def parse_size(text: str) -> int | None:
    """Return the bytes of a size such as 512M, None when it is none."""
    match = re.fullmatch(rf"([0-9]{{1,{_DIGITS_MAX}}})([KMG])(?:i?B)?", text, re.IGNORECASE)
    return int(match.group(1)) * _UNITS[match.group(2).upper()] if match else None


def parse_memory(text: str) -> int:
    """Return the guest's memory in bytes, if a guest can have so much."""
    size = parse_size(text)
    if size is None:
        raise BadInput(f"--memory {text} is {_fault_of_number(text) or 'not a size'}; write a whole number and its unit, such as 512M or 1G")
    if not SMALLEST_MEMORY <= size <= LARGEST_MEMORY or size % (2 << 20):
        raise BadInput(
            f"--memory {text} is not possible: the guest's memory is between 2M and "
            f"{LARGEST_MEMORY >> 20}M, in steps of 2M"
        )
    return size


def _fault_of_number(text: str) -> str:
    """Say what is wrong with a text that is nearly a number, nothing when it is none at all."""
    if re.fullmatch(r"-(0x)?[0-9A-Fa-f.]+\w*", text):
        return "negative"
    if re.fullmatch(r"[0-9]*\.[0-9]+\w*|[0-9]+\.\w*", text):
        return "no whole number"
    return "too large" if re.fullmatch(rf"[0-9]{{{_DIGITS_MAX + 1},}}\w*|0x[0-9A-Fa-f]{{17,}}", text) else ""


def parse_address(text: str) -> int:
    """Return the number of an address such as 0x40080000."""
    match = re.fullmatch(rf"0x[0-9A-Fa-f]{{1,16}}|0|[1-9][0-9]{{0,{_DIGITS_MAX - 1}}}", text)
    if match is None:
        raise BadInput(f"--load-address {text} is {_fault_of_number(text) or 'not a number'}; write it as 0x40080000")
    address = int(text, 0)
    if address >> 64:
        raise BadInput(f"--load-address {text} is too large, an address has 64 bits; write it as 0x40080000")
    if address % 4:
        raise BadInput(f"--load-address {text} is not a multiple of 4; write {address & ~3:#x}")
    return address


def write_guest_system(options: GuestOptions) -> System:
    """Look at the image and write the spec of a system around it."""
    memory_bytes = parse_memory(options.memory)
    address = None if options.load_address is None else parse_address(options.load_address)
    path = _resolved(options.image, "--guest")
    kind = images.kind_of(path)
    if address is not None and kind != images.RAW:
        raise BadInput(
            f"--load-address is for raw binaries; {path} is {images.KINDS[kind]}, which says itself where it goes"
        )
    initrd = None if options.initrd is None else _resolved(options.initrd, "--initrd")
    text = spec_text(kind, path, address, initrd, options.cmdline, memory_bytes)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9_-]", "_", path.stem)
    spec = ROOT / "build" / "guest" / f"{name}-{digest}" / "system.yaml"
    _write_if_changed(spec, text)
    print(f"sel: {path} is {images.KINDS[kind]}; its system is {spec}", flush=True)
    return system_of_path(spec)


def _write_if_changed(spec: Path, text: str) -> None:
    """Leave an equal file alone, so that nothing is built again."""
    try:
        spec.parent.mkdir(parents=True, exist_ok=True)
        if not spec.exists() or spec.read_text(encoding="utf-8") != text:
            spec.write_text(text, encoding="utf-8")
    except OSError as error:
        raise os_error_sentence(error, f"cannot write {spec}") from None


def _resolved(text: str, option: str) -> Path:
    """Return the file that a name or a path means."""
    refuse_empty(text, option)
    path = Path(text)
    if fetch.is_name(text) or (":" in text and "/" not in text and not os.path.exists(path)):
        return fetch.resolve(text)
    refuse_irregular(path, f"{option} {text}")
    return path.resolve()


def spec_text(
    kind: str, path: Path, address: int | None, initrd: Path | None, cmdline: str | None, memory_bytes: int
) -> str:
    """Return the spec of a one-guest system."""
    image = [f"{kind}: {_quoted(path)}"]
    if address is not None:
        image.append(f"load: {address:#x}")
    if initrd is not None:
        image.append(f"initrd: {_quoted(initrd)}")
    if cmdline is not None:
        image.append(f"cmdline: {_quoted(cmdline)}")
    image_lines = "\n".join(f"      {line}" for line in image)
    return f"""# Written by `sel run --guest`: one guest and the console server.
version: 1
board: qemu-virt-aarch64
console: {{server: console, front: guest}}
processes:
  console:
    source: components/console_server
    devices: {{uart: uart0}}
    timer: true
    heap: 16K
    time: {{priority: 200, budget: 10ms, period: 10ms}}
guests:
  guest:
    image:
{image_lines}
    memory: {memory_bytes >> 20}M
    time: {{priority: 100, budget: 10ms, period: 10ms}}
    vmm: {{time: {{priority: 101, budget: 10ms, period: 10ms}}}}
    power_off: system_off
"""


def in_words_of_options(findings: list[str], spec: Path, options: GuestOptions) -> list[str]:
    """Tell faults found in the written spec as faults of the options that it was written from."""
    lines = spec.read_text(encoding="utf-8").splitlines()
    return [_of_option(finding, str(spec), lines, options) for finding in findings]


def _of_option(finding: str, spec: str, lines: list[str], options: GuestOptions) -> str:
    match = re.fullmatch(rf"{re.escape(spec)}:(\d+):\d+: error (SEL-\w+): (?:guest 'guest': )?(.*)", finding)
    key = lines[int(match[1]) - 1].strip().partition(":")[0] if match else ""
    if match is None or key not in _OPTIONS:
        return finding
    option = _OPTIONS[key]
    value = options.image if option == "--guest" else getattr(options, option[2:].replace("-", "_"))
    text = _RAISE_MEMORY.sub(_memory_remedy, match[3]).replace("a load address", "a --load-address")
    return f"{option} {value}: error {match[2]}: {text}"


def _memory_remedy(match: re.Match[str]) -> str:
    size = parse_size(match[1])
    if size is None or size > LARGEST_MEMORY:
        return f"use a smaller image: --memory is {LARGEST_MEMORY >> 20}M at most"
    return f"give --memory {match[1]} or more"


def _quoted(text: object) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
