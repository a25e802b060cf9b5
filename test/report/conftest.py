# SPDX-License-Identifier: BSD-2-Clause
"""A small system written by hand, with the line of everything in it known; its build of made-up programs; a browser."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from browser import Browser  # noqa: E402

from capdl import abi as abi_file, build, check, layout, linked  # noqa: E402
from report import built, data  # noqa: E402
from report.authority import Authority  # noqa: E402

SMALL = """\
version: 1
board: qemu-virt-aarch64
console: {server: tty, front: box}
processes:
  tty:
    source: components/echo_server
    devices: {uart: uart0}
    time: {priority: 200, budget: 1ms, period: 10ms}
  store:
    source: components/echo_server
    serves: {keep: {separates_clients: true}}
    time: {priority: 80, passive: true}
  user:
    source: components/echo_server
    uses: {put: store.keep}
    signals: {wake: other.go}
    timer: true
    heap: 8K
    time: {priority: 70, budget: 500us, period: 10ms}
  other:
    source: components/echo_server
    events: [stop, go]
    devices: {clock: rtc0}
    smc: [0x84000000]
    time: {priority: 60, budget: 2ms, period: 20ms}
guests:
  box:
    image: {raw: ./guest.bin}
    memory: 16M
    time: {priority: 100, budget: 3ms, period: 10ms}
shared:
  table:
    size: 8K
    writes: [user]
    reads: [other]
    doorbell: true
"""
KEPT = """\
policy:
  - max: {who: [user], share: 10%}
"""
POLICY = f"""{KEPT}  - no_flow: {{from: [user], to: [store]}}
"""
GUEST = bytes(range(256)) * 32


def spoken(folder: Path) -> str:
    """The small spec with a protocol on its service: two methods, of which one is for user alone."""
    (folder / "vault.yaml").write_text("version: 1\nroles: [keeper]\nmethods: {look: {}, open: {may_call: [keeper]}}\n", encoding="utf-8")
    text = SMALL.replace("keep: {separates_clients: true}", "keep: {protocol: ./vault.yaml, roles: {keeper: [user]}}")
    return text.replace("  other:\n", "  other:\n    uses: {see: store.keep}\n", 1)


def write_spec(folder: Path, text: str) -> Path:
    """A spec file, and beside it the image that its guests boot."""
    (folder / "guest.bin").write_bytes(GUEST)
    spec = folder / "small.yaml"
    spec.write_text(text, encoding="utf-8")
    return spec


@pytest.fixture
def small(tmp_path: Path) -> dict:
    """The data of the small system, of its spec alone."""
    authority = Authority(write_spec(tmp_path, SMALL + POLICY), "small.yaml")
    return data.collect(authority, *built.find(tmp_path / "nothing", "debug", authority.plan)[:1], "debug", "not built")


def elf_bytes(segments: list[tuple[int, int, bytes, int]], entry: int) -> bytes:
    """An AArch64 ELF file of (address, flags, content, memory size) segments, each at a page of the file."""
    headers, content = bytearray(), bytearray()
    for address, flags, part, memory in segments:
        headers += struct.pack("<IIQQQQQQ", 1, flags, 4096 + len(content), address, address, len(part), memory, 4096)
        content += part.ljust(-(-len(part) // 4096) * 4096, b"\0")
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, entry, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    return (header + headers).ljust(4096, b"\0") + bytes(content)


def program(base: int, number: int) -> bytes:
    """A program of 100 + number bytes of code, 40 of read-only data, 8 of data and 1000 zeroed."""
    code = struct.pack("<I", 0xD503201F) * 25 + bytes(number)
    return elf_bytes([(base, 5, code, len(code)), (base + 0x1000, 4, bytes(40), 40), (base + 0x2000, 6, bytes(8), 1008)], base)


@pytest.fixture
def planted(tmp_path: Path) -> tuple[Path, Path]:
    """The small system's spec, and a folder with a build of it: capdl's own, of programs that nobody compiled."""
    spec, folder = write_spec(tmp_path, SMALL + KEPT), tmp_path / "build"
    abi = abi_file.load_default()
    build.plan(check.load_system(spec, str(spec), abi.limits()), abi, folder / "gen")
    (folder / "elf").mkdir()
    for number, name in enumerate(("roottask", "tty", "store", "user", "other", "vmm_box")):
        (folder / "elf" / f"{name}.elf").write_bytes(program(layout.window(number), number))
    (folder / "kernel.elf").write_bytes(elf_bytes([(0x40200000, 5, bytes(5000), 5000), (0x40202000, 6, bytes(16), 4096)], 0x40200000))
    linked.emit(folder / "gen" / "plan.json", folder / "elf", folder, abi, False)
    linked.pack(folder / "system.json", folder / "kernel.elf", folder / "image.bin", abi)
    return spec, folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Headless Chromium."""
    found = Browser(tmp_path_factory.mktemp("browser"))
    yield found
    found.close()
