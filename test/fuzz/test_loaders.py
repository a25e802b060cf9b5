# SPDX-License-Identifier: BSD-2-Clause
"""What reads files in Python, under deterministic mutation: whatever the bytes, a diagnosed error or a result, never another exception.

Each loader gets inputs made from whole ones: bits flipped, numbers replaced by awkward ones, parts
cut, doubled, exchanged. The seed and the number of the input are in the message of a failure, and the
input itself is kept. With SEL_ASSURE_HOURS the loop is longer, not timed, and begins at a number by chance.
"""

from __future__ import annotations

import os
import random
import struct
import zlib
from pathlib import Path
from typing import Callable

import pytest
from capdl import elf, guest_image, yaml_source
from capdl.diagnostics import Reporter, SpecError
from programs import FOUND
from sel import guest_spec, images
from sel.errors import SelError

HOURS = float(os.environ.get("SEL_ASSURE_HOURS") or 0)
COUNT = 1500 * (1 + int(20 * HOURS))
FIRST = int.from_bytes(os.urandom(5), "little") if HOURS else 0
MEMORY = 64 << 20
AWKWARD = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 32, 1 << 39, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
YAML_WORDS = (b"{", b"}", b"[", b"]", b": ", b"- ", b"#", b"'", b'"', b"&a", b"*a", b"!t", b"|", b">", b"? ", b"%", b"\t", b"\n", b"\xe2\x80\xa8", b"\xff", b"\0", b"<<", b"---")

SYSTEM = Path(__file__).resolve().parents[2] / "systems"


def elf_file() -> bytes:
    """Two segments, a symbol table: small enough that most bytes mean something."""
    names = b"\0_start\0$x\0work\0.symtab\0.strtab\0"
    symbols = bytes(24) + b"".join(struct.pack("<IBBHQQ", at, 0x12, 0, 1, 0x40080000 + at, 4) for at in (1, 8, 11))
    at_names, at_symbols = 512, 512 + len(names)
    at_sections = at_symbols + len(symbols)
    sections = bytes(64)
    sections += struct.pack("<IIQQQQIIQQ", 16, 2, 0, 0, at_symbols, len(symbols), 2, 1, 8, 24)
    sections += struct.pack("<IIQQQQIIQQ", 24, 3, 0, 0, at_names, len(names), 0, 0, 1, 0)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0x40080000, 64, at_sections, 0, 64, 56, 2, 64, 3, 2)
    segments = b"".join(struct.pack("<IIQQQQQQ", 1, 5, 256 * i, 0x40080000 + 4096 * i, 0x40080000 + 4096 * i, 128, 256, 4096) for i in range(2))
    return (header + segments).ljust(at_names, b"\x1f") + names + symbols + sections


def linux_file() -> bytes:
    """A Linux Image with an EFI header of two sections."""
    data = bytearray(struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0x200000, 0x10000, 10, 0, 0, 0, b"ARM\x64", 64).ljust(512, b"\xa5"))
    data[0:2] = b"MZ"
    struct.pack_into("<4sHH", data, 64, b"PE\0\0", 0xAA64, 2)
    struct.pack_into("<H", data, 64 + 20, 16)
    for index in range(2):
        struct.pack_into("<II", data, 64 + 24 + 16 + 40 * index + 16, 128, 128 * index)
    return bytes(data)


def gzip_file() -> bytes:
    """A Linux Image, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(linux_file()) + packer.flush()


def mutated(data: bytes, chance: random.Random, words: tuple[bytes, ...]) -> bytes:
    """One to six edits."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(made) + 1)
        kind = chance.randrange(7)
        if kind == 0 and at < len(made):
            made[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            size = chance.choice((1, 2, 4, 8))
            made[at : at + size] = (chance.choice(AWKWARD) + chance.choice((0, 0, 1, -1)) & (1 << 8 * size) - 1).to_bytes(size, "little")
        elif kind == 2:
            del made[at : at + chance.choice((1, 4, 64, 4096))]
        elif kind == 3:
            made[at:at] = made[at : at + chance.randint(1, 64)]
        elif kind == 4:
            other = chance.randrange(len(made) + 1)
            made[at : at + 8], made[other : other + 8] = made[other : other + 8], made[at : at + 8]
        elif words:
            made[at:at] = chance.choice(words)
        elif at < len(made):
            made[at] = chance.choice((0, 0xFF, chance.randrange(256)))
    return bytes(made)


def take_linux(data: bytes, _: Path) -> None:
    """The placement must hold the bytes it was given."""
    placement = guest_image.place_linux(guest_image.unpack(data), data[:100], MEMORY)
    assert all(len(piece.data) <= piece.memory_size for piece in placement.pieces)


def take_elf(data: bytes, _: Path) -> None:
    placement = guest_image.place_elf(guest_image.unpack(data))
    assert placement.pieces


def take_raw(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    guest_image.place_raw(guest_image.unpack(guest_image.read(path)), None, None, MEMORY)
    guest_image.describe(data)


def take_program(data: bytes, path: Path) -> None:
    """A linked program of a system, with all its contents."""
    path.write_bytes(data)
    program = elf.load(path)
    for segment in program.segments:
        assert segment.pages >= 0


def take_kind(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    assert images.kind_of(path) in images.KINDS


def take_yaml(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    reporter = Reporter()
    yaml_source.load(path, "s.yaml", reporter)


def take_words(data: bytes, _: Path) -> None:
    """Sizes and addresses as they stand on a command line."""
    text = data.decode("latin-1")[:40]
    guest_spec.parse_size(text)
    for parse in (guest_spec.parse_memory, guest_spec.parse_address):
        try:
            parse(text)
        except SelError:
            pass


Loader = Callable[[bytes, Path], None]
LOADERS: dict[str, tuple[Loader, Callable[[], bytes], tuple[bytes, ...]]] = {
    "linux": (take_linux, linux_file, ()),
    "linux-gzip": (take_linux, gzip_file, ()),
    "elf": (take_elf, elf_file, ()),
    "raw": (take_raw, gzip_file, ()),
    "program": (take_program, elf_file, ()),
    "kind": (take_kind, elf_file, (b"\x1f\x8b", b"ARM\x64", b"MZ", b"#!")),
    "kind-gzip": (take_kind, gzip_file, ()),
    "yaml": (take_yaml, lambda: (SYSTEM / "linux" / "system.yaml").read_bytes(), YAML_WORDS),
    "words": (take_words, lambda: b"512M 0x40080000", (b"G", b"K", b"-", b"_", b"0b", b"1" * 30, b"\xb2", b"\xe9")),
}
DIAGNOSED = (guest_image.ImageError, SpecError, SelError)


@pytest.mark.parametrize("name", LOADERS)
def test_only_diagnosed_errors(name: str, tmp_path: Path) -> None:
    take, make, words = LOADERS[name]
    whole = make()
    refused = 0
    for number in range(FIRST, FIRST + COUNT):
        data = mutated(whole, random.Random(f"{name} {number}"), words)
        try:
            take(data, tmp_path / "input")
        except DIAGNOSED:
            refused += 1
        except Exception as error:  # noqa: BLE001 - every other exception is the find
            FOUND.mkdir(parents=True, exist_ok=True)
            kept = FOUND / f"loader-{name}-{number}"
            kept.write_bytes(data)
            raise AssertionError(f"the loader '{name}' let {type(error).__name__} out ({error})\n  input: {kept}\n  again: its seed is '{name} {number}'") from error
    print(f"{name}: {COUNT} inputs from number {FIRST} on, {refused} refused")
    assert refused if name != "words" else refused == 0


def test_the_whole_inputs_are_taken(tmp_path: Path) -> None:
    """Otherwise the loop would mutate what is refused at its first byte."""
    for name, (take, make, _) in LOADERS.items():
        if name != "words":
            take(make(), tmp_path / "input")


def test_an_unknown_exception_is_a_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug of this loop: a loader that trusts an offset."""
    monkeypatch.setattr(guest_image, "_check_pe_size", lambda data: struct.unpack_from("<Q", data, struct.unpack_from("<I", data, 60)[0]))
    with pytest.raises(AssertionError, match="let error out"):
        test_only_diagnosed_errors("linux", tmp_path)
