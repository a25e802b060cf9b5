# SPDX-License-Identifier: BSD-2-Clause
"""Loops that the compiler has made where the source has none (zeroing a structure): their turns are read from the code itself.

Only the plainest form is taken: one register that starts with a constant directly in front of the loop, moves by a constant each turn, and is
compared with a constant where the loop goes back. Everything else needs an annotation.
"""

from __future__ import annotations

import re

from bounds.flow import Function
from bounds.loops import Loop
from bounds.program import INSTRUCTION_BYTES, Program
from bounds.tables import find_back, moved_constant, number, writes


def counted_turns(program: Program, function: Function, loop: Loop) -> int | None:
    """How often the body of such a loop is executed; None if it is no such loop."""
    if len(loop.latches) != 1 or not _is_entered_from_above(function, loop):
        return None
    latch = next(iter(loop.latches))
    compare = program.code.get(latch - INSTRUCTION_BYTES)
    if program.code[latch].name != "b.ne" or compare is None or compare.address not in loop.nodes:
        return None
    subtracted = compare.name == "subs" and re.fullmatch(r"([wx]\d+), ([wx]\d+), #(\d+)", compare.operands)
    compared = compare.name == "cmp" and re.fullmatch(r"([wx]\d+), #(\d+)", compare.operands)
    if subtracted and subtracted[1] == subtracted[2]:
        register, step, end = subtracted[1], -int(subtracted[3]), 0
    elif compared:
        register, end = compared[1], int(compared[2])
        step = _step(program, loop, register)
    else:
        return None
    if sum(writes(program.code[node], register) for node in loop.nodes) != 1 or not step:
        return None
    last = find_back(program, loop.header, register)
    begin = None if last is None else moved_constant(last)
    if begin is None or (end - begin) % step or (end - begin) // step <= 0:
        return None
    return (end - begin) // step


def _is_entered_from_above(function: Function, loop: Loop) -> bool:
    ways_in = [node for node, following in function.next.items() if loop.header in following and node not in loop.latches]
    return ways_in == [loop.header - INSTRUCTION_BYTES]


def _step(program: Program, loop: Loop, register: str) -> int:
    """The constant that one addition in the loop adds to the register; 0 if there is no such addition."""
    for node in loop.nodes:
        instruction = program.code[node]
        match = re.fullmatch(r"([wx]\d+), ([wx]\d+), #(\d+)", instruction.operands)
        if match and match[1] == match[2] and number(match[1]) == number(register) and instruction.name in ("add", "sub"):
            return int(match[3]) if instruction.name == "add" else -int(match[3])
    return 0
