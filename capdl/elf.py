# SPDX-License-Identifier: BSD-2-Clause
"""Linked programs: their segments as pages, their functions as symbols."""

from __future__ import annotations

import bisect
import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from capdl.diagnostics import Place, SpecError, make
from capdl.layout import PAGE, round_up

_EXECUTE, _WRITE = 1, 2
#: An entry of a symbol table (System V ABI, chapter 4): st_name, st_info, st_other, st_shndx, st_value, st_size.
_SYMBOL = struct.Struct("<IBBHQQ")
_UNDEFINED, _FUNCTION = 0, 2


@dataclass(frozen=True)
class Segment:
    """A loadable segment; address is page aligned, head bytes of the first page are zero."""

    index: int
    address: int
    head: int
    file_offset: int
    file_size: int
    memory_size: int
    is_writable: bool
    is_executable: bool

    @property
    def data_pages(self) -> int:
        """Pages that hold bytes of the file."""
        return round_up(self.head + self.file_size, PAGE) // PAGE if self.file_size else 0

    @property
    def pages(self) -> int:
        """All pages."""
        return round_up(self.head + self.memory_size, PAGE) // PAGE


@dataclass(frozen=True)
class Symbol:
    """A function."""

    address: int
    size: int
    name: str


@dataclass(frozen=True)
class Program:
    """A linked program."""

    path: Path
    entry: int
    segments: tuple[Segment, ...]
    symbols: tuple[Symbol, ...]
    globals: dict[str, int]

    def first_simd(self) -> int | None:
        """Address of the first FP or SIMD instruction, found by the encoding's op0 = x11x (Arm ARM DDI 0487, C4.1)."""
        for segment in self.segments:
            if segment.is_executable:
                data = self.segment_bytes(segment)
                for at in range(segment.head, len(data) - 3, 4):
                    if data[at + 3] & 0x0C == 0x0C and self._is_function(segment.address + at):
                        return segment.address + at
        return None

    def _is_function(self, address: int) -> bool:
        """Constants between functions are no instructions."""
        symbol = self._symbol_at(address)
        return symbol is not None and (not symbol.size or address < symbol.address + symbol.size)

    def _symbol_at(self, address: int) -> Symbol | None:
        index = bisect.bisect_right(self.symbols, address, key=lambda symbol: symbol.address) - 1
        return self.symbols[index] if index >= 0 else None

    def function_at(self, address: int) -> str:
        """Name of the function that holds an address."""
        symbol = self._symbol_at(address)
        return symbol.name if symbol else "(no name)"

    def segment_bytes(self, segment: Segment) -> bytes:
        """The segment's bytes, from the start of its first page."""
        with self.path.open("rb") as file:
            file.seek(segment.file_offset)
            return bytes(segment.head) + file.read(segment.file_size)


def load(path: Path) -> Program:
    """Read a linked AArch64 program."""
    place = Place(str(path))
    if not path.is_file():
        raise SpecError([make("SEL-E001", place, path=path.name)])
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            if elf.elfclass != 64 or not elf.little_endian:
                raise SpecError([make("SEL-E002", place, path=path.name, reason=f"it has {elf.elfclass} bits and is {'little' if elf.little_endian else 'big'}-endian")])
            check_tables(elf, path.stat().st_size)
            if elf["e_machine"] != "EM_AARCH64" or elf["e_type"] != "ET_EXEC":
                raise SpecError([make("SEL-E002", place, path=path.name, reason=f"it is {elf['e_machine']}, {elf['e_type']}")])
            return Program(path, elf["e_entry"], tuple(_segments(elf)), *_symbols(elf))
    except SpecError:
        raise
    except ELFError as error:
        raise SpecError([make("SEL-E002", place, path=path.name, reason=str(error) or "no ELF file")]) from error
    except Exception as error:  # pyelftools ends at damage with whatever its parser stumbles over
        raise SpecError([make("SEL-E002", place, path=path.name, reason="its headers are damaged")]) from error


def check_tables(elf: ELFFile, size: int) -> None:
    """Refuse tables that reach beyond the file: pyelftools would go through their entries, up to 2^64, one by one."""
    tables = [(elf["e_phoff"], elf.num_segments(), elf["e_phentsize"]), (elf["e_shoff"], elf.num_sections(), elf["e_shentsize"])]
    symbols = elf.get_section_by_name(".symtab") if _are_inside(tables, size) else None
    if symbols is not None:
        tables.append((symbols["sh_offset"], symbols["sh_size"], 1))
    if isinstance(symbols, SymbolTableSection):
        tables.append((symbols.stringtable["sh_offset"], symbols.stringtable["sh_size"], 1))
    if not _are_inside(tables, size):
        raise ELFError("a table of its headers reaches beyond its end")


def _are_inside(tables: list[tuple[int, int, int]], size: int) -> bool:
    return all(not count or (entry and offset + count * entry <= size) for offset, count, entry in tables)


def _segments(elf: ELFFile) -> list[Segment]:
    found = []
    for index, header in enumerate(elf.iter_segments()):
        if header["p_type"] != "PT_LOAD" or not header["p_memsz"]:
            continue
        head = header["p_vaddr"] % PAGE
        found.append(Segment(
            index, header["p_vaddr"] - head, head, header["p_offset"], header["p_filesz"], header["p_memsz"],
            bool(header["p_flags"] & _WRITE), bool(header["p_flags"] & _EXECUTE),
        ))
    return found


def _symbols(elf: ELFFile) -> tuple[tuple[Symbol, ...], dict[str, int]]:
    table = elf.get_section_by_name(".symtab")
    functions: dict[int, Symbol] = {}
    names: dict[str, int] = {}
    if isinstance(table, SymbolTableSection):
        strings = table.stringtable.data()
        if table["sh_entsize"] != _SYMBOL.size or table["sh_size"] % _SYMBOL.size:
            raise ELFError(f"its symbol table has {table['sh_size']} bytes in entries of {table['sh_entsize']}, not of {_SYMBOL.size}")
        if table.stringtable["sh_type"] != "SHT_STRTAB" or not strings.endswith(b"\0"):
            raise ELFError("the names of its symbols are no string table")
        for name_at, info, _, section, value, size in _SYMBOL.iter_unpack(table.data()):  # pyelftools, parsing each by itself, would take up to a third of a step's time
            name = strings[name_at : strings.index(b"\0", name_at)].decode("utf-8", "replace")
            if section == _UNDEFINED or not name or name.startswith("$"):
                continue
            names[name] = value
            if info & 0xF == _FUNCTION:
                known = functions.get(value)
                if known is None or name < known.name:
                    functions[value] = Symbol(value, size, name)
    return tuple(functions[address] for address in sorted(functions)), names
