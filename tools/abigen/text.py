# SPDX-License-Identifier: BSD-2-Clause
"""Small helpers the emitters share."""

from typing import Iterable

from abigen.model import Field


def banner(inputs: str, about: str) -> list[str]:
    """First lines of a generated C file."""
    return [f"/* Generated from libsel/abi/: {inputs} by tools/abigen: do not edit. */",
            "/* SPDX-License-Identifier: BSD-2-Clause */", f"/* {about} */"]


def join(lines: Iterable[str]) -> str:
    """A file's text from its lines."""
    return "\n".join(lines) + "\n"


def define(name: str, value: int, comment: str = "", width: int = 44) -> str:
    """One #define; large numbers in hexadecimal. No suffix, so that assembly can read it too."""
    shown = str(value) if value < 1 << 16 else hex(value)
    line = f"#define {name:<{width}} {shown}"
    return line + (f" /* {comment} */" if comment else "")


def getter(prefix: str, field: Field) -> list[str]:
    """static inline uint64_t PREFIX_FIELD(uint64_t word)"""
    shifted = f"word >> {field.low}" if field.low else "word"
    value = shifted if field.low + field.width == 64 else f"({shifted}) & {field.mask:#x}" if field.low else f"word & {field.mask:#x}"
    return [f"static inline uint64_t {prefix}_{field.name}(uint64_t word)", "{", f"    return {value};", "}"]


def setter(prefix: str, field: Field) -> list[str]:
    """static inline uint64_t PREFIX_set_FIELD(uint64_t word, uint64_t value)"""
    place = field.mask << field.low
    return [f"static inline uint64_t {prefix}_set_{field.name}(uint64_t word, uint64_t value)", "{",
            f"    return (word & ~{place:#x}ul) | ((value << {field.low}) & {place:#x}ul);", "}"]


def camel(name: str) -> str:
    """SCHED_CONTEXT as people write it: SchedContext; short names stay capitals."""
    short = {"TCB", "VCPU", "SMC"}
    special = {"CNODE": "CNode", "VSPACE": "VSpace", "IRQ_CONTROL": "IRQControl", "IRQ_HANDLER": "IRQHandler",
               "NULL": "empty slot", "VSPACE_GUEST": "guest VSpace"}
    if name in short:
        return name
    return special.get(name, "".join(part.capitalize() for part in name.split("_")))
