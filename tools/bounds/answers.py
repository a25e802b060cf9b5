# SPDX-License-Identifier: BSD-2-Clause
"""What is known of answers along a path: registers known to hold 0 or 1 (DONE, PREEMPTED, false, true).

Only w0 is followed, and the registers that the function moves to w0 in the end. Only plain moves tell, and only branches that test the register
itself narrow: `cbz`, `cbnz`, `tbz #0`, `tbnz #0`, and a comparison directly in front of `b.eq` or `b.ne`. Everything else may go either way.
"""

from __future__ import annotations

import re

from bounds.flow import Function
from bounds.path import Answer
from bounds.program import INSTRUCTION_BYTES, Instruction
from bounds.tables import number, writes

#: Known registers and their values.
State = tuple[tuple[str, int], ...]
NOTHING: State = ()
_ANSWER = "0"
_FOLLOWED_MAX = 3
#: A comparison with a number, or a result that is compared with zero.
_COMPARE = re.compile(r"cmp [wx](\d+), #(\d+)|(?:ands|adds|subs) [wx](\d+), .*")
#: Whether the branch is taken when what it tests is zero.
_IS_TAKEN_AT_ZERO = {"cbz": True, "cbnz": False, "tbz": True, "tbnz": False}


def followed(code: dict[int, Instruction], function: Function) -> frozenset[str]:
    """The registers that are followed in a function."""
    found = [_ANSWER]
    for node in sorted(function.next):
        match = re.fullmatch(r"w0, w(19|2\d)", code[node].operands) if code[node].name == "mov" else None
        if match and match[1] not in found and len(found) < _FOLLOWED_MAX:
            found.append(match[1])
    return frozenset(found)


def answer_of(state: State) -> Answer:
    """What the function is known to answer."""
    return dict(state).get(_ANSWER)


def after(instruction: Instruction, state: State, registers: frozenset[str]) -> State:
    """What is known behind an instruction that is no call."""
    written = next((register for register in registers if writes(instruction, f"x{register}")), None)
    if written is None:
        return state
    known = {register: value for register, value in state if not writes(instruction, f"x{register}")}
    if instruction.name == "mov":
        source = instruction.operands.split(",")[1].strip()
        if source in ("wzr", "xzr", "#0"):
            known[written] = 0
        elif source == "#1":
            known[written] = 1
        elif number(source) in dict(state):
            known[written] = dict(state)[number(source)]
    return tuple(sorted(known.items()))


def behind_call(state: State, answer: Answer) -> State:
    """What is known behind a call with this answer."""
    known = {register: value for register, value in state if register != _ANSWER}
    if answer is not None:
        known[_ANSWER] = answer
    return tuple(sorted(known.items()))


def follow(code: dict[int, Instruction], node: int, following: int, state: State, registers: frozenset[str]) -> State | None:
    """What is known at `following` on a path that comes from `node`; None if it cannot go there."""
    instruction = code[node]
    if instruction.target in (None, node + INSTRUCTION_BYTES):
        return state
    is_taken = following == instruction.target
    if instruction.name in _IS_TAKEN_AT_ZERO:
        register, *rest = instruction.operands.split(", ")
        is_whole = instruction.name.startswith("cb")
        if number(register) not in registers or not (is_whole or rest[0] == "#0"):
            return state
        return _narrow(state, number(register), 0, is_taken == _IS_TAKEN_AT_ZERO[instruction.name], is_whole)
    if instruction.name in ("b.eq", "b.ne"):
        compare = code[node - INSTRUCTION_BYTES]
        match = _COMPARE.fullmatch(f"{compare.name} {compare.operands}")
        if match and (match[1] or match[3]) in registers:
            return _narrow(state, match[1] or match[3], int(match[2] or 0), is_taken == (instruction.name == "b.eq"), True)
    return state


def _narrow(state: State, register: str, value: int, is_equal: bool, is_whole: bool) -> State | None:
    """The register was compared with `value`, all of it or its lowest bit."""
    known = dict(state)
    if register in known:
        return state if (known[register] == value) == is_equal else None
    if is_equal and is_whole and value in (0, 1):
        known[register] = value
    return tuple(sorted(known.items()))
