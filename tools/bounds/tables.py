# SPDX-License-Identifier: BSD-2-Clause
"""Constant tables behind indirect branches: jump tables of a switch, and tables of function pointers.

The patterns are those of clang 19 for AArch64; another one is refused by the caller, never guessed. Looking back goes through the
instructions in front in the order of addresses: what it finds there is checked to be complete, not that no branch leads in between,
which the compiler's patterns do not have.
"""

from __future__ import annotations

import re

from bounds.errors import Unbounded
from bounds.program import INSTRUCTION_BYTES, Instruction, Program

_SEARCH_MAX = 400
_WRITE_NOTHING = frozenset(
    "b br ret eret cbz cbnz tbz tbnz cmp cmn tst ccmp ccmn nop msr dsb dmb isb clrex hint wfi wfe sev sevl brk udf dc ic tlbi at sys prfm".split()
)
#: A base register that moves along: [x0, #8]! or [x0], #8.
_WRITE_BACK = re.compile(r"\[(\w+)[^\]]*\]!|\[(\w+)\],")
_LOAD_SIZES = {"ldrb": (1, False), "ldrh": (2, False), "ldrsb": (1, True), "ldrsh": (2, True), "ldrsw": (4, True)}


def number(register: str) -> str:
    """A register's number, whatever width it is used with."""
    return register[1:] if re.fullmatch(r"[wx]\d+", register) else register


def writes(instruction: Instruction, register: str) -> bool:
    """Whether the instruction may write the register (by number). A call may write all that a callee need not keep."""
    name, operands = instruction.name, instruction.operands
    wanted = number(register)
    base = _WRITE_BACK.search(operands)
    if base and wanted in (number(base[1] or ""), number(base[2] or "")):
        return True
    if name in ("bl", "blr", "smc", "hvc", "svc"):
        return wanted.isdigit() and int(wanted) <= 18
    if name in _WRITE_NOTHING or name.startswith(("b.", "st")) and not name.startswith(("stxr", "stlxr", "stxp", "stlxp")):
        return False
    outputs = operands.split(",")[: 2 if name.startswith(("ldp", "ldxp", "ldaxp")) else 1]
    return wanted in (number(output.strip()) for output in outputs)


def find_back(program: Program, address: int, register: str) -> Instruction | None:
    """The instruction in front of `address` that last wrote `register`; None if a call or a label's table comes first."""
    for step in range(1, _SEARCH_MAX):
        instruction = program.code.get(address - step * INSTRUCTION_BYTES)
        if instruction is None:
            return None
        if writes(instruction, register):
            return instruction
        if instruction.address in program.functions:
            return None
    return None


def address_in(program: Program, address: int, register: str) -> int | None:
    """The constant address `register` holds at `address`: from adr, or adrp and add."""
    last = find_back(program, address, register)
    if last is None:
        return None
    if last.name in ("adr", "adrp"):
        return last.target
    match = re.fullmatch(r"([wx]\d+), ([wx]\d+), #(\d+)", last.operands)
    if last.name == "add" and match:
        base = address_in(program, last.address, match[2])
        return None if base is None else base + int(match[3])
    return None


def moved_constant(instruction: Instruction) -> int | None:
    """The number that a move puts into its register."""
    match = re.fullmatch(r"\w+, (?:#(\d+)|[wx]zr)", instruction.operands) if instruction.name == "mov" else None
    return None if match is None else int(match[1] or 0)


def table_behind(program: Program, branch: Instruction) -> str | None:
    """The name of the constant table from which the pointer of an indirect call was loaded."""
    load = find_back(program, branch.address, branch.operands)
    match = load and load.name == "ldr" and re.fullmatch(r"x\d+, \[(x\d+), x\d+, lsl #3\]", load.operands)
    if not load or not match:
        return None
    base = address_in(program, load.address, match[1])
    return None if base is None else program.object_at(base)


def jump_targets(program: Program, branch: Instruction) -> list[int]:
    """Where a switch's `br` may go; nothing if it is no switch."""
    add = find_back(program, branch.address, branch.operands)
    match = add and add.name == "add" and re.fullmatch(r"(x\d+), (x\d+), ([wx]\d+)(?:, (?:lsl|uxtw|sxtw) #(\d))?", add.operands)
    if not add or not match:
        return []
    scale = int(match[4] or 0)
    load = find_back(program, add.address, match[3])
    if load is None or load.name not in _LOAD_SIZES:
        return []
    size, is_signed = _LOAD_SIZES[load.name]
    inner = re.fullmatch(r"[wx]\d+, \[(x\d+), ([wx]\d+)(?:, (?:lsl|uxtw|sxtw)(?: #\d)?)?\]", load.operands)
    base = _branch_base(program, add, match[2])
    table = address_in(program, load.address, inner[1]) if inner else None
    if inner is None or base is None or table is None:
        return []
    targets = set()
    for index in range(_entry_count(program, load, inner[2])):
        offset = program.read(table + index * size, size)
        offset -= (1 << 8 * size) if is_signed and offset >> (8 * size - 1) else 0
        targets.add(base + (offset << scale))
    if any(target not in program.code for target in targets):
        raise Unbounded(f"the jump table of {program.place(branch.address)} leads where no code is")
    return sorted(targets)


def _branch_base(program: Program, add: Instruction, register: str) -> int | None:
    return address_in(program, add.address, register)


def _entry_count(program: Program, load: Instruction, register: str) -> int:
    """From the check in front of the table: cmp index, #last; b.hi."""
    for step in range(1, _SEARCH_MAX):
        instruction = program.code.get(load.address - step * INSTRUCTION_BYTES)
        if instruction is None:
            break
        if instruction.name == "cmp":
            match = re.fullmatch(r"([wx]\d+), #(\d+)", instruction.operands)
            if match and number(match[1]) == number(register):
                behind = range(instruction.address + INSTRUCTION_BYTES, load.address, INSTRUCTION_BYTES)
                if next((n for n in (program.code[a].name for a in behind) if n.startswith("b.")), None) == "b.hi":
                    return int(match[2]) + 1
        if writes(instruction, register):
            moved = re.fullmatch(r"[wx]\d+, ([wx]\d+)", instruction.operands) if instruction.name == "mov" else None
            if moved is None:
                break
            register = moved[1]
    raise Unbounded(f"the size of the jump table at {program.place(load.address)} is not known: no `cmp, b.hi` in front of it")
