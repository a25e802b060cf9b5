# SPDX-License-Identifier: BSD-2-Clause
"""gen/caps.h: a capability's two words, one accessor pair a field, one constructor a type; sizes of objects (kernel only)."""

from abigen.model import Abi, CapType, Field
from abigen.text import banner, join


def _get(name: str, field: Field) -> list[str]:
    shifted = f"cap.word{field.word}" + (f" >> {field.low}" if field.low else "")
    whole = field.low + field.width == 64
    value = shifted if whole else f"({shifted}) & {field.mask:#x}" if field.low else f"{shifted} & {field.mask:#x}"
    return [f"static inline uint64_t {name}_{field.name}(struct cap cap)", "{", f"    return {value};", "}"]


def _set(name: str, field: Field) -> list[str]:
    place = field.mask << field.low
    return [f"static inline struct cap {name}_set_{field.name}(struct cap cap, uint64_t value)", "{",
            f"    cap.word{field.word} = (cap.word{field.word} & ~{place:#x}ul) | ((value << {field.low}) & {place:#x}ul);",
            "    return cap;", "}"]


def _constructor(abi: Abi, cap: CapType) -> list[str]:
    """X_cap_make(object, rights, fields...); an Untyped has no rights, the empty slot has nothing."""
    common = {field.name: field for field in abi.common_fields}
    fields = [common["object"]] + ([] if cap.name == "UNTYPED" else [common["rights"]]) + list(cap.fields)
    if cap.name == "NULL":
        fields = []
    words = {0: f"CAP_TYPE_{cap.name}", 1: "0"}
    for field in fields:
        part = f"((uint64_t){field.name} << {field.low})" if field.low else field.name
        words[field.word] = part if words[field.word] == "0" else f"{words[field.word]} | {part}"
    params = ", ".join(f"uint64_t {field.name}" for field in fields) or "void"
    return [f"static inline struct cap {cap.lower}_cap_make({params})", "{",
            "    return (struct cap){", f"        .word0 = {words[0]},", f"        .word1 = {words[1]},", "    };", "}"]


def _object_sizes(abi: Abi) -> list[str]:
    """A table by object type; types of capabilities that Retype does not make have no size."""
    rows = []
    for made in abi.object_types:
        cap = abi.cap_type(made.cap)
        low, high = cap.size_limits
        rows.append(f"        [OBJECT_TYPE_{made.name}] = {{{low}, {high}, {'true' if cap.size is None else 'false'}}},")
    return ["", "/** Sizes in bits of what Retype makes: [min, max]; is_given: chosen by its argument size_bits. All 0: no such type. */",
            "struct object_sizes {", "    uint8_t min;", "    uint8_t max;", "    bool is_given;", "};", "",
            "static inline struct object_sizes object_sizes(uint64_t object_type)", "{",
            "    static const struct object_sizes sizes[] = {"] + rows + ["    };",
            "    return object_type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[object_type] : (struct object_sizes){0};", "}"]


def caps_h(abi: Abi) -> str:
    """gen/caps.h"""
    lines = banner("caps.yaml", "Layout of capabilities: cap_FIELD for all types, TYPE_cap_FIELD for one; setters return the changed value.")
    lines += ["#pragma once", "", "#include <stdbool.h>", "#include <stdint.h>", "", '#include "gen/abi.h"', "",
              "struct cap {", "    uint64_t word0;", "    uint64_t word1;", "};"]
    for field in abi.common_fields:
        lines += [""] + ([f"/** {field.meaning} */"] if field.meaning else []) + _get("cap", field) + _set("cap", field)
    for cap in abi.cap_types:
        lines += ["", f"/* {cap.name}{': ' + cap.meaning if cap.meaning else ''} */"] + _constructor(abi, cap)
        for field in cap.fields:
            name = f"{cap.lower}_cap"
            lines += ([f"/** {field.meaning} */"] if field.meaning else []) + _get(name, field) + _set(name, field)
    return join(lines + _object_sizes(abi))
