# SPDX-License-Identifier: BSD-2-Clause
"""What an AArch64 instruction does that a path's cost depends on, beside being executed: loads, stores, writes of system registers, barriers.

Names and operands are llvm-objdump's. A load or store counts the 64-bit words it moves, at least one. The numbers go to the plugin
(tools/icount/rows.c) as 16 bits an instruction: words loaded in bits 0..3, words stored in 4..7, then a bit each for the rest.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SYSTEM_WRITE, BARRIER, EXCEPTION, LOOK, EXIT = (1 << bit for bit in range(8, 13))
#: DC ZVA writes one block of DCZID_EL0.BS: 64 bytes on Cortex-A57 (Arm 100048, DCZID_EL0).
_ZVA_WORDS = 8
_MOST_WORDS = 15
_BARRIERS = {"dsb", "dmb", "isb", "sb", "ssbb", "pssbb", "csdb"}
#: Registers whose reading tells whether an interrupt waits, or takes it (as tools/bounds counts them).
_LOOKS = ("ISR_EL1", "ICC_IAR1_EL1")
_REGISTER_BYTES = {"x": 8, "w": 4, "b": 1, "h": 2, "s": 4, "d": 8, "q": 16}
#: Loads and stores at once (FEAT_LSE).
_ATOMIC = re.compile(r"^(swp|cas|casp|ld(add|clr|eor|set|smax|smin|umax|umin))(a|al|l)?[bh]?$")
_LOAD = re.compile(r"^ld(r|p|ur|tr|np|ar|apr|lar|xr|xp|axr|axp|psw|rsw|\d)|^ldrs|^ldurs|^ldtrs")
_STORE = re.compile(r"^st(r|p|ur|tr|np|lr|llr|lur|xr|xp|lxr|lxp|\d)")


@dataclass(frozen=True)
class Fact:
    """One instruction's part in the sums."""

    loaded: int = 0
    stored: int = 0
    is_system_write: bool = False
    is_barrier: bool = False
    is_exception: bool = False
    is_look: bool = False
    is_exit: bool = False

    def word(self) -> int:
        """The 16 bits for the plugin."""
        flags = SYSTEM_WRITE * self.is_system_write | BARRIER * self.is_barrier | EXCEPTION * self.is_exception | LOOK * self.is_look | EXIT * self.is_exit
        return min(self.loaded, _MOST_WORDS) | min(self.stored, _MOST_WORDS) << 4 | flags


def fact_of(name: str, operands: str) -> Fact:
    """Classify one instruction; what has none of a Fact's properties is an empty one."""
    if name == "msr":
        return Fact(is_system_write=True)
    if name == "wfi" or (name == "mrs" and operands.endswith(_LOOKS)):
        return Fact(is_look=True)
    if name == "eret":
        return Fact(is_exit=True)
    if name in _BARRIERS:
        return Fact(is_barrier=True)
    if name == "dc" and operands.lower().startswith("zva"):
        return Fact(stored=_ZVA_WORDS)
    if _ATOMIC.match(name):
        words = _words(name, operands.split(",", 1)[1] if "," in operands else operands)
        return Fact(loaded=words, stored=words)
    if _LOAD.match(name):
        return Fact(loaded=_words(name, operands))
    if _STORE.match(name):
        return Fact(stored=_words(name, _without_status(name, operands)))
    return Fact()


def _without_status(name: str, operands: str) -> str:
    """Exclusive stores name a register for their success first."""
    return operands.split(",", 1)[1] if re.match(r"^stl?x", name) else operands


def _words(name: str, operands: str) -> int:
    """64-bit words that the registers in front of the address hold, at least one."""
    registers = re.sub(r"\[x?(?:sp|\d+)?.*$", "", operands)
    vector = re.findall(r"v\d+\.(\d*)([bhsd])", registers)
    if vector:
        return max(1, sum(_vector_bytes(count, kind) for count, kind in vector) // 8)
    if name.endswith(("b", "h", "sw")) or re.match(r"^ld\w*s[bh]", name):
        return 1
    plain = [_REGISTER_BYTES[r[0]] for r in re.findall(r"\b([xwbhsdq])(?:\d+|zr)\b", registers)]
    return max(1, sum(plain) // 8)


def _vector_bytes(count: str, kind: str) -> int:
    return (int(count) if count else 1) * _REGISTER_BYTES[kind]


def table(code: Mapping[int, tuple[str, str]], vectors: Iterable[int]) -> tuple[int, int, bytes]:
    """Start, end and facts of a program's code (address -> name, operands); an instruction at one of `vectors` is an exception taken."""
    start, end = min(code), max(code) + 4
    words = [0] * ((end - start) // 4)
    for address, (name, operands) in code.items():
        words[(address - start) // 4] = fact_of(name, operands).word()
    for address in vectors:
        words[(address - start) // 4] |= EXCEPTION
    return start, end, struct.pack(f"<{len(words)}H", *words)
