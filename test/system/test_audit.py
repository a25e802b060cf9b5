# SPDX-License-Identifier: BSD-2-Clause
"""The audit names every difference between the live system and its spec, and nothing else.

Differences are planted by patching spec.bin in a copy of the image: flags of single rows make
the roottask execute something other than what it then expects (capdl/spec_format.py, AUDIT_...).
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path
from typing import Callable

import pytest
from conftest import ROOT, boot, build

from capdl import spec_format

HERE = Path(__file__).resolve().parent
END = r"audit: \d+ capabilities and \d+ mappings compared, \d+ differences"
PAGE = 4096
READ, WRITE = 1, 2
FLAG = {constant.name: constant.number for constant in spec_format.CONSTANTS}
TABLE = {record.name: index for index, record in enumerate(spec_format.TABLES)}

Row = dict[str, int]


class Image:
    """An image whose spec.bin can be changed row by row."""

    def __init__(self, path: Path) -> None:
        self.data = bytearray(path.read_bytes())
        magic = struct.pack("<Q", 0x53454C5650415931)
        self.payload = next(at for at in range(0, len(self.data), PAGE) if self.data[at : at + 8] == magic)
        self.words = list(struct.unpack_from("<14Q", self.data, self.payload))
        self.spec = self.payload + self.words[8]

    def _start(self, table: str) -> tuple[int, int]:
        at = self.spec + spec_format.HEADER.size + 8 * TABLE[table]
        offset, count = struct.unpack_from("<II", self.data, at)
        return self.spec + offset, count

    def rows(self, table: str) -> list[Row]:
        """All rows of a table."""
        record = spec_format.TABLES[TABLE[table]]
        start, count = self._start(table)
        return [dict(zip((item.name for item in record.fields), struct.unpack_from(record.code, self.data, start + i * record.size))) for i in range(count)]

    def put(self, table: str, index: int, row: Row) -> None:
        """Replace a row."""
        record = spec_format.TABLES[TABLE[table]]
        start, _ = self._start(table)
        self.data[start + index * record.size : start + (index + 1) * record.size] = struct.pack(record.code, *row.values())

    def name(self, row: Row) -> str:
        """The row's name."""
        at = self.spec + row["name"]
        return self.data[at : self.data.index(0, at)].decode()

    def save(self, path: Path) -> Path:
        """Write the image with the audit's flag set and a right checksum."""
        names = [item.name for item in spec_format.HEADER.fields]
        values = list(struct.unpack_from(spec_format.HEADER.code, self.data, self.spec))
        values[names.index("flags")] |= FLAG["FLAG_AUDIT"]
        struct.pack_into(spec_format.HEADER.code, self.data, self.spec, *values)
        if self.words[2] != 0:
            crc = zlib.crc32(memoryview(self.data)[self.payload + PAGE : self.payload + self.words[1]])
            struct.pack_into("<Q", self.data, self.payload + 16, crc)
        path.write_bytes(self.data)
        return path


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the system `audit`."""
    return build(HERE / "audit" / "system.yaml", preset="release")


def _audit(built: Path, tmp_path: Path, plant: Callable[[Image], None] | None = None) -> list[str]:
    image = Image(built / "image.bin")
    if plant is not None:
        plant(image)
    machine = json.loads((built / "run.json").read_text(encoding="utf-8"))["machine"]
    output = boot(machine, image.save(tmp_path / "image.bin"), END, built=built)
    lines = re.findall(r"^audit: .*$", output, re.MULTILINE)
    assert lines and re.fullmatch(END, lines[-1]), output[-2000:]
    return lines


def _find(image: Image, table: str, test: Callable[[Row], bool]) -> tuple[int, Row]:
    return next((i, row) for i, row in enumerate(image.rows(table)) if test(row))


def test_a_system_as_its_spec_says_has_no_differences(built: Path, tmp_path: Path) -> None:
    """Everything is compared, nothing found."""
    lines = _audit(built, tmp_path)
    assert len(lines) == 1
    compared = re.findall(r"\d+", lines[0])
    assert int(compared[0]) > 50 and int(compared[1]) > 20 and int(compared[2]) == 0


def test_an_extra_capability_is_named(built: Path, tmp_path: Path) -> None:
    """A capability that is made but not expected."""
    found = {}

    def plant(image: Image) -> None:
        index, row = _find(image, "capability", lambda row: row["cnode"] != 0 and row["badge"] != 0)
        found.update(row)
        image.put("capability", index, row | {"flags": FLAG["AUDIT_PLANTED"]})

    lines = _audit(built, tmp_path, plant)
    assert len(lines) == 2
    assert re.fullmatch(rf"audit: process \w+ slot {found['index']}: extra capability \w+ \S+ \(.*\)", lines[0])


def test_a_missing_capability_is_named(built: Path, tmp_path: Path) -> None:
    """A capability that is expected but not made."""
    expected = []

    def plant(image: Image) -> None:
        index, row = _find(image, "capability", lambda row: row["cnode"] != 0 and row["badge"] != 0)
        expected.append(f"slot {row['index']}: missing capability {image.name(row)}")
        image.put("capability", index, row | {"flags": FLAG["AUDIT_OMITTED"]})

    lines = _audit(built, tmp_path, plant)
    assert len(lines) == 2
    assert lines[0].endswith(expected[0])


def test_a_wider_right_is_named(built: Path, tmp_path: Path) -> None:
    """A capability with more rights than expected."""
    expected = []

    def plant(image: Image) -> None:
        index, row = _find(image, "capability", lambda row: row["cnode"] != 0 and row["rights"] == READ and row["badge"] == 0)
        expected.append(f"slot {row['index']}: wider right ")
        image.put("capability", index, row | {"flags": FLAG["AUDIT_WIDENED"]})

    lines = _audit(built, tmp_path, plant)
    assert len(lines) == 2
    assert expected[0] in lines[0] and "WRITE" in lines[0]


def test_an_extra_mapping_is_named(built: Path, tmp_path: Path) -> None:
    """A mapping that is made but not expected."""
    found = {}

    def plant(image: Image) -> None:
        index, row = _find(image, "mapping", lambda row: row["count"] == 1 and row["rights"] == READ)
        found.update(row)
        image.put("mapping", index, row | {"flags": FLAG["AUDIT_PLANTED"]})

    lines = _audit(built, tmp_path, plant)
    assert len(lines) == 2
    assert re.fullmatch(rf"audit: process \w+ address {found['vaddr']:#x}: extra mapping \S+ \(READ\)", lines[0])


def test_a_wider_mapping_is_named(built: Path, tmp_path: Path) -> None:
    """A page that is writable and should not be."""
    found = {}

    def plant(image: Image) -> None:
        index, row = _find(image, "mapping", lambda row: row["count"] == 1 and row["rights"] == READ)
        found.update(row)
        image.put("mapping", index, row | {"flags": FLAG["AUDIT_WIDENED"]})

    lines = _audit(built, tmp_path, plant)
    assert len(lines) == 2
    assert re.fullmatch(rf"audit: process \w+ address {found['vaddr']:#x}: wider right of mapping \S+ \(WRITE\)", lines[0])


def test_a_missing_mapping_is_named(built: Path, tmp_path: Path) -> None:
    """A mapping that is expected but not made."""
    found = {}

    def plant(image: Image) -> None:
        index, row = _find(image, "mapping", lambda row: row["count"] == 1 and row["rights"] == READ)
        found.update(row)
        image.put("mapping", index, row | {"flags": FLAG["AUDIT_OMITTED"]})

    lines = _audit(built, tmp_path, plant)
    assert len(lines) == 2
    assert re.fullmatch(rf"audit: process \w+ address {found['vaddr']:#x}: missing mapping \S+", lines[0])


def test_root_is_on_the_path() -> None:
    """spec_format is the tree's own, not another installation's."""
    assert Path(spec_format.__file__).is_relative_to(ROOT)
