# SPDX-License-Identifier: BSD-2-Clause
"""Whatever the input, the tool answers with diagnostics: never a traceback, never a hang."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import pytest
from conftest import elf_bytes, linux_image, write_images
from test_expand import LARGE

from capdl import cli, elf, guest_image
from capdl.diagnostics import SpecError

TOKENS = ["{", "}", "[", "]", ":", "-", "#", "'", '"', "&a", "*a", "!t", "|", ">", "?", "%", "@", "`", "\t", "\n", "  ", "0x", "-1", "1e9", "~", "null", "yes", "é", "\u2028", "\x00", "99999999999999999999", "512M", "10ms"]


def mutated(text: str, chance: random.Random) -> str:
    """A few random edits."""
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text))
        kind = chance.randint(0, 3)
        if kind == 0:
            text = text[:at] + chance.choice(TOKENS) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + chance.randint(1, 20) :]
        elif kind == 2:
            end = at + chance.randint(1, 60)
            text = text[:at] + text[at:end] * 2 + text[end:]
        else:
            lines = text.split("\n")
            chance.shuffle(lines)
            text = "\n".join(lines)
    return text


@pytest.mark.parametrize("seed", range(12))
def test_mutated_specs(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty-five random edits a seed; each is accepted or refused with diagnostics only."""
    chance = random.Random(seed)
    write_images(tmp_path)
    monkeypatch.chdir(tmp_path)
    for _ in range(25):
        Path("s.yaml").write_text(mutated(LARGE, chance), encoding="utf-8", newline="")
        code = cli.main(["check", "s.yaml"])
        *lines, last = capsys.readouterr().err.splitlines() or [""]
        assert code in (0, 2)
        assert (code == 2) == bool(lines) == last.startswith("more about this: ./sel explain SEL-S")
        assert all(line.startswith("s.yaml:") and ": error SEL-S" in line for line in lines), lines


@pytest.mark.parametrize("data", [b"", b"\n", b"[", b"{", b"a", b"&", b"*", b"!", b"%", b"- - - - -", b"? ", b": ", b"\xff", b"\xfe\xff", b"a: |\n", b"\xef\xbb\xbf"])
def test_tiny_files(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(data)
    assert cli.main(["check", str(path)]) == 2
    assert capsys.readouterr().err.count("error SEL-S") >= 1


def test_a_folder_is_no_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path)]) == 2
    assert "SEL-S001: cannot be read: Is a directory" in capsys.readouterr().err


#: A spec in which one key names a file or folder, by what is said of one that is no regular file.
_A, _TIME = "processes:\n  a: {source: %s, time: {priority: 1, budget: 1ms, period: 10ms}}\n", "time: {priority: 1, budget: 1ms, period: 10ms}"
NAMING = {
    "include: ['%s']\n" + _A % "components/busy": "SEL-S077: cannot include {0}: it is no regular file; paths are relative to the file that names them",
    _A % "'%s'": "SEL-S030: process 'a': there is no folder {0}; ",
    _A % "./here": "SEL-S031: process 'a': the folder ./here has no CMakeLists.txt; ",
    "processes:\n  a: {source: components/busy, serves: {s: {protocol: '%s'}}, " + _TIME + "}\n": "SEL-P002: process 'a': there is no protocol file {0}: it is no regular file; ",
    "guests:\n  g: {image: {raw: '%s', load: 0x40080000}, memory: 4M, " + _TIME + "}\n": "SEL-S053: guest 'g': {0} cannot be read: it is no regular file; ",
    "guests:\n  g: {image: {kernel: '%s'}, memory: 4M, " + _TIME + "}\n": "SEL-S053: guest 'g': {0} cannot be read: it is no regular file; ",
    "guests:\n  g: {image: {raw: guest.bin, load: 0x40080000}, memory: 4M, devices: {d: {compatible: x, address: 0x9010000, source: '%s'}}, " + _TIME + "}\n":
        "SEL-S141: guest 'g': there is no file {0}: it is no regular file; ",
}


@pytest.mark.parametrize("name", ["./pipe", "/dev/zero"])
@pytest.mark.parametrize("text", NAMING)
def test_no_regular_file_is_read(name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a pipe that nobody writes nor a device without an end; it is said what they are not, also of a component's CMakeLists.txt."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path)
    os.mkfifo("pipe")
    Path("here").mkdir()
    Path("here/CMakeLists.txt").symlink_to("../pipe" if name == "./pipe" else name)
    Path("s.yaml").write_text("version: 1\nboard: qemu-virt-aarch64\n" + (text % name if "%s" in text else text), encoding="utf-8")
    assert cli.main(["check", "s.yaml"]) == 2
    assert NAMING[text].format(name) in capsys.readouterr().err


@pytest.mark.parametrize("text", [each for each in NAMING if "raw: '%s'" not in each and "kernel" not in each])
def test_a_file_larger_than_memory(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with a hole of a terabyte is read as far as its like can be long; that is a fault, or of a CMakeLists.txt none."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path)
    Path("here").mkdir()
    for name in ("huge.yaml", "here/CMakeLists.txt"):
        with open(name, "wb") as file:
            file.truncate(1 << 40)
    Path("s.yaml").write_text("version: 1\nboard: qemu-virt-aarch64\n" + (text % "./huge.yaml" if "%s" in text else text), encoding="utf-8")
    assert cli.main(["check", "s.yaml"]) == (2 if "%s" in text else 0)
    assert ("error SEL-" in capsys.readouterr().err) == ("%s" in text)
    assert cli.main(["check", "huge.yaml"]) == 2
    assert "SEL-S003: the file has 1099511627776 bytes" in capsys.readouterr().err


def test_a_pipe_is_no_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        assert cli.main(["check", str(path)]) == 2
        assert "SEL-S001: cannot be read: it is no regular file; " in capsys.readouterr().err


@pytest.mark.parametrize("text", ["x\\0y", "\\ud800", "x" * 5000, "x/" * 2500])
@pytest.mark.parametrize("spec", [each for each in NAMING if "%s" in each])
def test_no_text_is_a_bug(spec: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Characters and lengths that no file's name has, wherever one is named."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path)
    Path("s.yaml").write_text("version: 1\nboard: qemu-virt-aarch64\n" + (spec % text).replace("'", '"'), encoding="utf-8")
    assert cli.main(["check", "s.yaml"]) == 2
    assert "error SEL-S103: " in capsys.readouterr().err


def test_a_folder_that_cannot_be_seen_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a path that is too long when its folder's is counted, too: what stat() refuses is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "stat", _refusing_stat)
    Path("s.yaml").write_text("version: 1\nboard: qemu-virt-aarch64\ninclude: [closed/x.yaml]\n" + _A % "closed/a", encoding="utf-8")
    assert cli.main(["check", "s.yaml"]) == 2
    assert "SEL-S077: cannot include closed/x.yaml: there is no such file;" in capsys.readouterr().err


_stat = Path.stat


def _refusing_stat(path: Path, **words: bool) -> os.stat_result:
    if "closed" in path.parts:
        raise PermissionError(13, "Permission denied", str(path))
    return _stat(path, **words)


def test_deep_nesting_is_cheap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A million brackets end at the depth limit."""
    path = tmp_path / "s.yaml"
    path.write_bytes(b"a: " + b"[" * 1_000_000)
    assert cli.main(["check", str(path)]) == 2
    assert "SEL-S007" in capsys.readouterr().err


def test_unknown_guest_of_fdt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_images(tmp_path)
    spec = tmp_path / "s.yaml"
    spec.write_text(LARGE, encoding="utf-8")
    assert cli.main(["fdt", str(spec), "frist", "--out", str(tmp_path / "x.dtb")]) == 2
    assert "there is no guest 'frist'; guests of this system: first, second, third" in capsys.readouterr().err
    assert cli.main(["fdt", str(spec), "first", "--out", str(tmp_path / "x.dtb")]) == 0
    assert (tmp_path / "x.dtb").read_bytes()[:4] == b"\xd0\x0d\xfe\xed"


def test_image_too_large_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sparse file of two gigabytes is refused by its size."""
    with (tmp_path / "huge.bin").open("wb") as file:
        file.truncate(2 << 30)
    spec = tmp_path / "s.yaml"
    spec.write_text(LARGE.split("processes:")[0].replace("console: {server: console, front: first}\n", "") + "guests:\n  g:\n    image: {raw: huge.bin}\n    memory: 1G\n    time: {priority: 1, budget: 1ms, period: 1ms}\n", encoding="utf-8")
    assert cli.main(["check", str(spec)]) == 2
    assert "SEL-S053: guest 'g': huge.bin cannot be read: it is larger than 1G; name a readable file" in capsys.readouterr().err


@pytest.mark.parametrize(("offset", "value"), [
    (32, (1 << 48) - 1),  # e_phoff: OSError of a seek
    (40, (1 << 63) - 1),  # e_shoff: OverflowError
    (40, 4032),  # section 0 says how many there are: 2^64 of them were gone through
    (54, 0),  # e_phentsize
])
def test_damaged_elf_headers(offset: int, value: int, tmp_path: Path) -> None:
    """Guest images and linked programs: a diagnosis at once."""
    data = bytearray(elf_bytes([(0x40080000, 5, b"\x1f\x20\x03\xd5" * 6, 24)], 0x40080000))
    struct.pack_into("<Q" if offset < 54 else "<H", data, offset, value)
    struct.pack_into("<IIQQQQIIQQ", data, 4032, 0, 0, 0, 0, 0, (1 << 64) - 1, 0, 0, 0, 0)
    path = tmp_path / "program.elf"
    path.write_bytes(data)
    with pytest.raises(SpecError, match="SEL-E002|damaged|beyond"):
        elf.load(path)
    with pytest.raises(guest_image.ImageError, match="SEL-S053"):
        guest_image.place_elf(bytes(data))


def with_symbols(entry_size: int = 24, names_type: int = 3, names: bytes = b"\0_start\0.symtab\0.strtab\0", names_size: int | None = None) -> bytearray:
    """A program with one function and one object by name."""
    data = bytearray(elf_bytes([(0x40080000, 5, b"\x1f\x20\x03\xd5" * 6, 24)], 0x40080000))
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, 0x40080000, 24) + struct.pack("<IBBHQQ", 2, 0x11, 0, 1, 0x40080010, 4)
    at = len(data)
    sections = bytes(64) + struct.pack("<IIQQQQIIQQ", 8, 2, 0, 0, at, len(symbols), 2, 1, 8, entry_size)
    sections += struct.pack("<IIQQQQIIQQ", 16, names_type, 0, 0, at + len(symbols), len(names) if names_size is None else names_size, 0, 0, 1, 0)
    data += symbols + names
    struct.pack_into("<Q", data, 40, len(data))
    struct.pack_into("<HHH", data, 58, 64, 3, 2)
    return data + sections


@pytest.mark.parametrize(("data", "words"), [
    (with_symbols(entry_size=12), "its symbol table has 72 bytes in entries of 12, not of 24"),
    (with_symbols(names=b"\0_start\0.symtab\0.strtab"), "the names of its symbols are no string table"),
    (with_symbols(names_type=8), "the names of its symbols are no string table"),
    (with_symbols(names_size=1 << 40), "a table of its headers reaches beyond its end"),
    (b"\x7fELF\x02\x02" + with_symbols()[6:], "it has 64 bits and is big-endian"),
    (b"\x7fELF\x01\x01" + with_symbols()[6:], "E002"),
], ids=["entries", "no end", "no bytes", "beyond", "big-endian", "32 bits"])
def test_odd_symbol_tables(data: bytes, words: str, tmp_path: Path) -> None:
    """Each is said; a name without an end is not read on into what lies behind it."""
    path = tmp_path / "program.elf"
    path.write_bytes(with_symbols())
    program = elf.load(path)
    assert program.symbols == (elf.Symbol(0x40080000, 24, "_start"),) and program.globals == {"_start": 0x40080000, "start": 0x40080010}
    path.write_bytes(data)
    with pytest.raises(SpecError, match=words):
        elf.load(path)


def test_linux_image_beyond_all_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A text_offset near 2^64 is refused as any other image outside the guest's memory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.img").write_bytes(linux_image(text_offset=(1 << 64) - 8))
    Path("s.yaml").write_text("version: 1\nboard: qemu-virt-aarch64\nguests:\n  g:\n    image: {kernel: odd.img}\n    memory: 64M\n    time: {priority: 1, budget: 1ms, period: 1ms}\n", encoding="utf-8")
    assert cli.main(["check", "s.yaml"]) == 2
    assert "guest 'g'" in capsys.readouterr().err


def test_odd_names_reach_no_generated_file(tmp_path: Path) -> None:
    """A folder's name cannot end a comment or a CMake string."""
    from capdl.spec_read import system_name

    assert system_name(tmp_path / 'a * "b"\n' / "system.yaml") == "a____b__"
    assert system_name(tmp_path / "my system.v2.yaml") == "my_system.v2"
