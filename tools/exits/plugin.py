# SPDX-License-Identifier: BSD-2-Clause
"""What QEMU is given beside its usual arguments to count the exits of a built system."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from exits.layout import read_layout
from icount.measure import DETERMINISTIC, build_plugin
from icount.profile import load_program
from sel.errors import Failed

#: tools/icount/exits.c
PLUGIN = "exits"
#: The kernel is linked so far above the start of RAM (platform.yaml: text_offset of the Image header).
_TEXT_OFFSET = 0x200000
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
#: Fields of an exit's first word that tell causes apart.
_TELLING = ("reason", "is_write", "is_table_walk", "immediate")
#: A VMM's section with the addresses where it takes an exit (mark_exit() of vmm/main.c), 8 bytes each.
_MARKS = ".sel.exits"


@dataclass(frozen=True)
class Abi:
    """What of the generated ABI an exit's message is read by (gen/abi.json)."""

    words: dict[str, int]
    fields: dict[str, tuple[int, int]]
    reasons: dict[int, str]
    registers: tuple[int, ...]
    pc: int

    def field(self, word: int, name: str) -> int:
        """A field of an exit's first word."""
        low, width = self.fields[name]
        return word >> low & (1 << width) - 1

    @property
    def mask(self) -> int:
        """The telling fields."""
        return sum(((1 << width) - 1) << low for low, width in (self.fields[name] for name in _TELLING))


def load_abi(build: Path) -> Abi:
    """Read a build's ABI."""
    abi = json.loads((build / "gen/abi.json").read_text(encoding="utf-8"))
    names = abi["thread_registers"]
    return Abi(
        {name: index for index, name in enumerate(abi["faults"]["VM_EXIT"]["words"])},
        {field["name"]: (field["low"], field["width"]) for field in abi["exits"]["word"]},
        {number: name for name, number in abi["exits"]["reasons"].items()},
        tuple(names.index(name) for name in abi["message"]["registers"]), names.index("pc"),
    )


def qemu_arguments(run_file: dict, abi: Abi, folder: Path, out: Path) -> list[str]:
    """The plugin, compiled into `folder`, with all it has to know of this system; and a machine that counts instructions."""
    kernel = Path(run_file["kernel_elf"])
    layout = read_layout(kernel)
    numbers = dict(layout.numbers)
    registers = numbers.pop("tcb_registers")
    numbers |= {"tcb_pc": registers + 8 * abi.pc} | {f"message{i}": registers + 8 * register for i, register in enumerate(abi.registers)}
    numbers |= {"word_mask": abi.mask} | {f"word_{name}": abi.words[name] for name in ("address", "pc", "esr")}
    start = layout.text[0] - _TEXT_OFFSET
    ranges = [("kernel", layout.text), ("ram", (start, start + memory_size(run_file["machine"])))]
    ranges += [("process", _code(elf)) for elf in run_file["elves"]]
    places = [("leave", a, 0) for a in layout.leaves] + [("idle", a, 0) for a in layout.idles] + [("mark", *mark) for mark in layout.marks]
    places += [("handler", address, index) for index, elf in enumerate(run_file["elves"]) for address in exit_marks(Path(elf["path"]))]
    arguments = [f"out={out}", *(f"{name}={number:#x}" for name, number in numbers.items()), *(f"{name}={a:#x}:{b:#x}" for name, (a, b) in ranges),
                 *(f"{name}={a:#x}:{b}" for name, a, b in places)]
    return [*DETERMINISTIC, "-plugin", ",".join(part.replace(",", ",,") for part in [str(build_plugin(folder, PLUGIN)), *arguments])]


def memory_size(machine: list[str]) -> int:
    """The bytes that QEMU's -m asks for."""
    text = machine[machine.index("-m") + 1] if "-m" in machine else ""
    if not text[:-1].isdecimal() or text[-1] not in _UNITS:
        raise Failed("the system cannot be profiled: its machine line (platform.yaml, qemu) has no -m with a size such as 2G")
    return int(text[:-1]) * _UNITS[text[-1]]


def _code(elf: dict) -> tuple[int, int]:
    program = load_program(elf["name"], Path(elf["path"]))
    return program.start, program.end


def exit_marks(elf: Path) -> list[int]:
    """Addresses of the instructions that are executed once for each exit that the VMM `elf` takes; none in a process that is no VMM."""
    with elf.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(_MARKS)
        return [address for address, in struct.iter_unpack("<Q", section.data())] if section else []
