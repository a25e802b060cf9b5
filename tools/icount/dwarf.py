# SPDX-License-Identifier: BSD-2-Clause
"""Where a linked kernel's structures have their fields, and the values of its enumerators, by its debug information."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile
from sel.errors import Failed


def read_types(kernel: Path, fields: Mapping[str, Collection[str]], enumerators: Collection[str] = ()) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Structure -> field -> offset in bytes, and enumerator -> value, of those asked for (by structure: `fields`); Failed when one is not there."""
    offsets: dict[str, dict[str, int]] = {}
    values: dict[str, int] = {}
    try:
        with kernel.open("rb") as stream:
            for unit in ELFFile(stream).get_dwarf_info().iter_CUs():
                for die in unit.iter_DIEs():
                    name = name_of(die)
                    if die.tag == "DW_TAG_structure_type" and name in fields and "DW_AT_declaration" not in die.attributes:
                        offsets.setdefault(name, _members(die))
                    elif die.tag == "DW_TAG_enumerator" and name in enumerators:
                        values[name] = die.attributes["DW_AT_const_value"].value
                if len(offsets) == len(fields) and len(values) == len(enumerators):
                    break
    except (OSError, ELFError) as error:
        raise Failed(f"{kernel} cannot be read: {error}") from None
    lacking = [f"{name}.{field}" for name, wanted in fields.items() for field in wanted if field not in offsets.get(name, {})]
    lacking += [name for name in enumerators if name not in values]
    if lacking:
        raise Failed(f"{kernel} says nothing of {', '.join(lacking)}; set DEBUG_INFO to on in settings.cmake and build again")
    return offsets, values


def name_of(die: DIE) -> str:
    """An entry's name, or nothing."""
    attribute = die.attributes.get("DW_AT_name")
    return attribute.value.decode() if attribute else ""


def _members(die: DIE) -> dict[str, int]:
    members = (child for child in die.iter_children() if child.tag == "DW_TAG_member" and name_of(child))
    return {name_of(each): each.attributes["DW_AT_data_member_location"].value for each in members}
