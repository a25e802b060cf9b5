# SPDX-License-Identifier: BSD-2-Clause
"""Types of arguments and results of a protocol's methods: how each is written, what it is in C, how many words it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from capdl.diagnostics import listing
from capdl.value_types import BAD, Context, Int, Key, Keys, Type, describe
from capdl.yaml_source import Mapping, Node, Scalar

SCALAR, BYTES, BYTES_MAX, STRING_MAX, CAPABILITY = "scalar", "bytes", "bytes_max", "string_max", "cap"
WORD_BYTES = 8
#: Beyond any message: whether a method's fields fit into one is counted in words (protocol.py).
FIELD_BYTES_MAX = 4096

SCALARS = {f"{letter}{bits}": (f"{'u' if letter == 'u' else ''}int{bits}_t", bits, letter == "i") for letter in "ui" for bits in (8, 16, 32, 64)}
SCALARS["bool"] = ("bool", 1, False)

#: C keywords, and macros and names of the headers that every generated file includes.
RESERVED_WORDS = frozenset(
    "alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern false float for goto if inline int long "
    "nullptr register restrict return short signed sizeof static thread_local true typedef typeof union unsigned void volatile while "
    "static_assert struct switch linux unix errno".split()
)


@dataclass(frozen=True)
class Field:
    """An argument or result. `size` is in bytes: exact for BYTES, the bound for BYTES_MAX and STRING_MAX (without its end)."""

    kind: str
    name: str = ""
    c_type: str = ""
    bits: int = 0
    is_signed: bool = False
    size: int = 0

    def named(self, name: str) -> Field:
        """The same, with its name."""
        return replace(self, name=name)

    @property
    def is_sized(self) -> bool:
        """Is its length a word of the message?"""
        return self.kind in (BYTES_MAX, STRING_MAX)

    @property
    def has_header_word(self) -> bool:
        """Does it take one of the words at the start: a value or a length?"""
        return self.kind == SCALAR or self.is_sized

    @property
    def has_bytes(self) -> bool:
        """Does it take words behind those?"""
        return self.kind in (BYTES, BYTES_MAX, STRING_MAX)

    @property
    def words_max(self) -> int:
        """Words of a message it takes at most."""
        return self.has_header_word + (-(-self.size // WORD_BYTES) if self.has_bytes else 0)

    def get_parameters(self) -> list[str]:
        """Names of its parameters in C."""
        return [self.name, f"{self.name}_size"] if self.kind == BYTES_MAX else [self.name]


@dataclass(frozen=True)
class FieldType(Type):
    """A type by its word, or one with a size: `{bytes: 32}`."""

    wanted = f"one of {listing([*SCALARS, CAPABILITY])}, or {{bytes: N}}, {{bytes_max: N}}, {{string_max: N}}"
    example = "u32"

    def check(self, node: Node, context: Context) -> Any:
        if isinstance(node, Scalar) and node.text in SCALARS and not node.quoted:
            c_type, bits, is_signed = SCALARS[node.text]
            return Field(SCALAR, c_type=c_type, bits=bits, is_signed=is_signed)
        if isinstance(node, Scalar) and node.text == CAPABILITY and not node.quoted:
            return Field(CAPABILITY, c_type="sel_cap_t")
        if not isinstance(node, Mapping) or len(node.items) != 1:
            context.reporter.add("SEL-P012", node.place, context.subject, name=context.key, found=_what(node), wanted=self.wanted)
            return BAD
        found = _SIZED.check(node, context)
        given = [(kind, found.get_data(kind)) for kind in (BYTES, BYTES_MAX, STRING_MAX) if found[kind].given]
        return Field(given[0][0], c_type="char" if given[0][0] == STRING_MAX else "uint8_t", size=given[0][1]) if given else BAD

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": [*SCALARS, CAPABILITY]}, {**_SIZED.schema(), "minProperties": 1, "maxProperties": 1}]}


def _what(node: Node) -> str:
    """What stands in place of a type."""
    if isinstance(node, Mapping):
        return "a mapping of several" if node.items else "an empty mapping"
    is_quoted = isinstance(node, Scalar) and node.quoted
    return describe(node) + (" in quotes" if is_quoted else "")


_SIZED = Keys((
    Key(BYTES, Int(1, FIELD_BYTES_MAX), "exactly so many bytes"),
    Key(BYTES_MAX, Int(1, FIELD_BYTES_MAX), "up to so many bytes"),
    Key(STRING_MAX, Int(1, FIELD_BYTES_MAX), "text of up to so many bytes, none of them zero"),
))
FIELD = FieldType()
