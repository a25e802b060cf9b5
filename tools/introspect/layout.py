# SPDX-License-Identifier: BSD-2-Clause
"""Where a linked kernel has its variables, and its structures their fields: plain data that goes through JSON.

Made from the kernel's debug information by dwarf.py. gdb's Python uses it too: only the standard library here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: Types are lists: ["int", bytes], ["struct", name], ["array", count, type]; pointers and enumerations are ints.
Type = list


@dataclass(frozen=True)
class Layout:
    """`structures`: name -> {"size": bytes, "fields": {field: [offset, type]}}; `variables`: name -> [address, type]; `enumerations`: name -> {enumerator: value}; `code`: where the
    kernel's instructions begin and end."""

    structures: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, list]
    enumerations: Mapping[str, Mapping[str, int]]
    code: tuple[int, int] = (0, 0)

    def size(self, kind: Type) -> int:
        """Bytes of a type."""
        if kind[0] == "int":
            return kind[1]
        if kind[0] == "array":
            return kind[1] * self.size(kind[2])
        return self.structures[kind[1]]["size"]

    def offset(self, structure: str, field: str) -> int:
        """Bytes from a structure's start to a field of it."""
        return self.structures[structure]["fields"][field][0]

    def has(self, variable: str) -> bool:
        """Whether the kernel has such a variable."""
        return variable in self.variables

    def address(self, variable: str) -> int:
        """Where a variable is."""
        return self.variables[variable][0]

    def number(self, enumeration: str, enumerator: str) -> int:
        """The value of an enumerator."""
        return self.enumerations[enumeration][enumerator]

    def word(self, enumeration: str, value: int) -> str:
        """An enumerator's name without what all of its enumeration share, in small letters: `reply` of THREAD_REPLY; the number of a value that has none."""
        names = self.enumerations[enumeration]
        shared = len(_common_start(list(names)))
        return next((name[shared:].lower() for name, number in names.items() if number == value), str(value))

    def as_json(self) -> dict[str, Any]:
        """As it goes into a file."""
        return asdict(self)


def _common_start(names: list[str]) -> str:
    """Whole words (with their `_`) that all names begin with."""
    first, last = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[: first.rfind("_", 0, length) + 1]
