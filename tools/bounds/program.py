# SPDX-License-Identifier: BSD-2-Clause
"""A linked AArch64 program as the other modules see it: instructions, symbols, constant data, and the source place of each instruction.

Disassembly and source places are LLVM's own tools' work (llvm-objdump, llvm-symbolizer); the ELF file is read by pyelftools.
Not here: what instructions mean for control flow (flow.py) and for the stack (stack.py).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from bisect import bisect_right
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from bounds.errors import Unbounded

_LINE = re.compile(r"^\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(\S+)\s*(.*)$")
INSTRUCTION_BYTES = 4


@dataclass(frozen=True)
class Instruction:
    """One instruction as llvm-objdump spells it; `target` is the address a direct branch names."""

    address: int
    name: str
    operands: str
    target: int | None


@dataclass(frozen=True)
class Frame:
    """One level of inlining: the function as the source names it, and the place in it."""

    function: str
    file: str
    line: int
    column: int


class Program:
    """An ELF file. `root` is the folder its sources' names are relative to."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root
        try:
            with path.open("rb") as stream:
                elf = ELFFile(stream)
                if elf["e_machine"] != "EM_AARCH64":
                    raise Unbounded(f"{path} is a program for {elf['e_machine']}, not for AArch64")
                self._read(elf)
        except (OSError, ELFError) as error:
            raise Unbounded(f"{path} cannot be read as an ELF file: {error}") from None
        if not self.has_lines:
            raise Unbounded(f"{path} has no DWARF line table: build it with -g (-DSEL_DEBUG_INFO=on); the code stays the same")

    def _read(self, elf: ELFFile) -> None:
        sections = [s for s in elf.iter_sections() if s["sh_flags"] & 2 and s["sh_type"] == "SHT_PROGBITS"]
        self._data = [(s["sh_addr"], s.data()) for s in sections]
        self._writable = [(s["sh_addr"], s["sh_addr"] + s["sh_size"]) for s in elf.iter_sections() if s["sh_flags"] & 1]
        self.has_lines = elf.get_section_by_name(".debug_line") is not None
        self.functions: dict[int, str] = {}
        self.labels: dict[int, str] = {}
        self.objects: dict[str, tuple[int, int]] = {}
        self.symbols: dict[str, int] = {}
        table = elf.get_section_by_name(".symtab")
        if table is None:
            raise Unbounded(f"{self.path} has no symbol table: do not strip it")
        for symbol in table.iter_symbols():
            kind, address, name = symbol["st_info"]["type"], symbol["st_value"], symbol.name
            if not name or name.startswith("$") or symbol["st_shndx"] == "SHN_UNDEF":
                continue
            self.symbols.setdefault(name, address)
            if kind == "STT_FUNC":
                self.functions.setdefault(address, name)
            elif kind == "STT_OBJECT":
                self.objects[name] = (address, symbol["st_size"])
            elif kind == "STT_NOTYPE":
                self.labels.setdefault(address, name)

    @cached_property
    def code(self) -> dict[int, Instruction]:
        """All instructions by address."""
        command = ["llvm-objdump-19", "-d", "-z", "--no-print-imm-hex", str(self.path)]
        found = {}
        for line in _run(command).splitlines():
            match = _LINE.match(line)
            if match:
                address, name, operands = int(match[1], 16), match[2], match[3].split("//")[0].strip()
                target = re.search(r"0x([0-9a-f]+)(?: <[^>]*>)?$", operands)
                found[address] = Instruction(address, name, operands, int(target[1], 16) if target else None)
        return found

    @cached_property
    def places(self) -> dict[int, tuple[Frame, ...]]:
        """The source place of each instruction, outermost function first."""
        addresses = "".join(f"{address:#x}\n" for address in self.code)
        command = ["llvm-symbolizer-19", f"--obj={self.path}", "--output-style=JSON", "--inlines"]
        places = {}
        for line in _run(command, addresses).splitlines():
            answer = json.loads(line)
            frames = [Frame(s["FunctionName"], self._source(s["FileName"]), s["Line"], s["Column"]) for s in answer.get("Symbol", [])]
            places[int(answer["Address"], 16)] = tuple(reversed(frames))
        return places

    @cached_property
    def frames_declared(self) -> dict[int, int]:
        """What the compiler says (call frame information): start of a function -> size of its stack frame."""
        frames: dict[int, int] = {}
        start = 0
        for line in _run(["llvm-dwarfdump-19", "--debug-frame", str(self.path)]).splitlines():
            begin = re.search(r"\bFDE\b.*\bpc=([0-9a-f]+)", line)
            row = re.match(r"\s*0x[0-9a-f]+: CFA=WSP(?:\+(\d+))?", line)
            if begin:
                start = int(begin[1], 16)
            elif row:
                frames[start] = max(frames.get(start, 0), int(row[1] or 0))
        return frames

    @cached_property
    def _source_names(self) -> dict[str, str]:
        return {}

    def _source(self, given: str) -> str:
        """The file's name relative to the root: DWARF's may lead through the build folder."""
        if given not in self._source_names:
            name = os.path.relpath(os.path.join(self.root, given), self.root) if given else ""
            parts = name.split("/")
            tails = ["/".join(parts[i:]) for i in range(len(parts))]
            self._source_names[given] = next((t for t in tails if t and (self.root / t).is_file()), name)
        return self._source_names[given]

    def name_of(self, address: int) -> str:
        """The function or label at `address`."""
        return self.functions.get(address) or self.labels.get(address) or f"{address:#x}"

    def symbol(self, name: str) -> int:
        """The address of a symbol; it must exist."""
        if name not in self.symbols:
            raise Unbounded(f"{self.path} has no symbol {name}; is it the kernel's ELF file?")
        return self.symbols[name]

    def read(self, address: int, size: int) -> int:
        """A little-endian number of the program's constant data."""
        for start, data in self._data:
            if start <= address and address + size <= start + len(data):
                return int.from_bytes(data[address - start : address - start + size], "little")
        raise Unbounded(f"{self.path}: no constant data at {address:#x}")

    def pointers(self, pattern: str) -> list[int]:
        """Functions that the constant tables named by the shell pattern point to."""
        found: set[int] = set()
        for name, (address, size) in self.objects.items():
            if not fnmatchcase(name, pattern):
                continue
            if any(start <= address < end for start, end in self._writable):
                raise Unbounded(f"the table {name} is not constant: what it calls cannot be known")
            words = (self.read(address + at, 8) for at in range(0, size - size % 8, 8))
            found |= {word for word in words if word in self.functions}
        return sorted(found)

    def object_at(self, address: int) -> str | None:
        """The data object that begins at `address`."""
        return next((name for name, (start, _) in self.objects.items() if start == address), None)

    def line(self, address: int) -> int:
        """The line of an instruction in the innermost function; 0 if the compiler names none."""
        frames = self.places.get(address, ())
        return frames[-1].line if frames else 0

    def place(self, address: int) -> str:
        """Where an instruction comes from, for people."""
        frames = [frame for frame in self.places.get(address, ()) if frame.line]
        if not frames:
            return f"{address:#x}"
        return f"{frames[-1].file}:{frames[-1].line} ({frames[-1].function}, {address:#x})"

    @cached_property
    def _starts(self) -> list[int]:
        return sorted(self.functions)

    def function_of(self, address: int) -> str:
        """The linked function that contains `address`."""
        index = bisect_right(self._starts, address)
        return self.functions[self._starts[index - 1]] if index else f"{address:#x}"


def _run(command: list[str], given: str = "") -> str:
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    except FileNotFoundError:
        raise Unbounded(f"{command[0]} is missing: install Debian's package llvm-19") from None
    if done.returncode != 0:
        raise Unbounded(f"{command[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
