# SPDX-License-Identifier: BSD-2-Clause
"""Guest images: which kind a file is, what is refused, and the spec written around it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from sel import guest_spec, images
from sel.errors import BadInput
from sel.guest_spec import GuestOptions

LINUX = b"\0" * 56 + b"ARM\x64" + b"\0" * 5000
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 100


def packed(data: bytes) -> bytes:
    """Return a gzip file that is the same in every process of the runner."""
    return gzip.compress(data, mtime=0)


def at(offset: int, magic: bytes) -> bytes:
    return b"\0" * offset + magic + b"\0" * 100


def image(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "guest.img"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("data", "kind"), [(LINUX, "kernel"), (b"MZ" + LINUX[2:], "kernel"), (ELF, "elf"), (b"\x01\0\0\x14", "raw")])
def test_kinds(tmp_path: Path, data: bytes, kind: str) -> None:
    assert images.kind_of(image(tmp_path, data)) == kind
    assert images.kind_of(image(tmp_path, gzip.compress(data))) == kind


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (at(0x202, b"HdrS"), "x86 (bzImage)"),
        (at(0x24, b"\x18\x28\x6f\x01"), "32-bit Arm (zImage)"),
        (at(0x38, b"RSC\x05"), "RISC-V"),
        (b"\x27\x05\x19\x56" + bytes(100), "uImage"),
        (b"\xd0\x0d\xfe\xed" + bytes(100), "device tree"),
        (b"070701" + bytes(100), "--initrd"),
        (packed(b"070701" + bytes(100)), "--initrd"),
        (packed(packed(LINUX)), "compressed twice"),
        (packed(LINUX)[:30], "truncated gzip"),
        (b"\x1f\x8b" + b"\xff" * 50, "damaged or truncated gzip"),
        (b"MZ" + bytes(100), "EFI program"),
    ],
)
def test_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as error:
        images.kind_of(image(tmp_path, data))
    assert words in str(error.value) and "guest.img" in str(error.value)


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder"):
        images.kind_of(tmp_path)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(guest_spec, "ROOT", tmp_path)

    def written(data: bytes, **options: str) -> str:
        system = guest_spec.write_guest_system(GuestOptions(str(image(tmp_path, data)), **options))
        assert system.spec.is_relative_to(tmp_path / "build/guest")
        return system.spec.read_text()

    return written


def test_spec_of_a_linux_image(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "rd").write_bytes(b"x")
    text = write(LINUX, initrd=str(tmp_path / "rd"), cmdline='a="b c"\\d', memory="256M")
    assert f'kernel: "{tmp_path}/guest.img"' in text and f'initrd: "{tmp_path}/rd"' in text
    assert 'cmdline: "a=\\"b c\\"\\\\d"' in text and "memory: 256M\n" in text


def test_spec_of_elf_and_raw(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert f'elf: "{tmp_path}/guest.img"' in write(ELF)
    text = write(b"\x01\0\0\x14")
    assert f'raw: "{tmp_path}/guest.img"' in text and "load:" not in text
    assert "load: 0x41000000\n" in write(b"\x01\0\0\x14", load_address="0x41000000")


@pytest.mark.parametrize(("data", "what"), [(LINUX, "a Linux Image"), (ELF, "an ELF file")])
def test_load_address_is_for_raw(write, data: bytes, what: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match=f"is for raw binaries; .* is {what}"):
        write(data, load_address="0x41000000")


def test_same_guest_keeps_its_spec(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write(LINUX)
    spec = next((tmp_path / "build/guest").glob("*/system.yaml"))
    before = spec.stat().st_mtime_ns
    write(LINUX)
    assert spec.stat().st_mtime_ns == before
    write(LINUX, memory="64M")
    assert len(list((tmp_path / "build/guest").iterdir())) == 2


def test_missing_initrd(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match="--initrd /none/rd: there is no such file"):
        write(LINUX, initrd="/none/rd")


def findings(written: str, spec: Path, *texts: tuple[str, str]) -> list[str]:
    """Faults as capdl tells them, each at the line with a key of a written spec."""
    numbers = {line.strip().partition(":")[0]: number for number, line in enumerate(written.splitlines(), 1)}
    return [f"{spec}:{numbers[key] if key else 1}:5: error {text}" for key, text in texts]


def test_faults_are_told_of_the_options(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """What the user did not write, the generated spec, is not mentioned."""
    options = GuestOptions(image="big.bin", memory="64M", load_address="0x50000000", cmdline="x")
    text = write(b"\x01\0\0\x14", memory="64M", load_address="0x50000000", cmdline="x")
    spec = next((tmp_path / "build/guest").glob("*/system.yaml"))
    found = findings(
        text, spec,
        ("raw", "SEL-S057: guest 'guest': the image needs 100M; raise memory to at least 104M"),
        ("raw", "SEL-S057: guest 'guest': the image needs 1600M; raise memory to at least 1600M"),
        ("raw", "SEL-S058: guest 'guest': a and b overlap; choose a load address behind, such as 0x40080000"),
        ("load", "SEL-S059: guest 'guest': load address 0x50000000 is outside; choose an address inside"),
        ("cmdline", "SEL-S060: guest 'guest': too long; shorten it"),
        ("", "SEL-E004: the system needs 2G"),
    )
    assert guest_spec.in_words_of_options(found, spec, options) == [
        "--guest big.bin: error SEL-S057: the image needs 100M; give --memory 104M or more",
        "--guest big.bin: error SEL-S057: the image needs 1600M; use a smaller image: --memory is 1536M at most",
        "--guest big.bin: error SEL-S058: a and b overlap; choose a --load-address behind, such as 0x40080000",
        "--load-address 0x50000000: error SEL-S059: load address 0x50000000 is outside; choose an address inside",
        "--cmdline x: error SEL-S060: too long; shorten it",
        f"{spec}:1:5: error SEL-E004: the system needs 2G",
    ]
