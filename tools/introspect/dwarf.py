# SPDX-License-Identifier: BSD-2-Clause
"""The layout of a linked kernel, by its symbol table and debug information."""

from __future__ import annotations

import io

from elftools.common.exceptions import ELFError
from elftools.dwarf.die import DIE
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from icount.dwarf import name_of
from introspect.layout import Layout, Type
from sel.errors import Failed

#: What a state is read from; all that these refer to comes with them.
STRUCTURES = ("tcb", "endpoint", "notification", "reply", "sched_context", "timer", "vcpu", "vspace", "slot")
VARIABLES = ("percpu_area", "space_table", "irq_table", "memory_ram", "ram_count")
ENUMERATIONS = ("thread_state", "endpoint_state", "tcb_slot")
#: There in a kernel built with the trace.
TRACE_VARIABLES = ("trace_ring", "trace_next")
TRACE_ENUMERATION = "trace_kind"


class _Reader:
    """Collects types as they are asked for."""

    def __init__(self) -> None:
        self.structures: dict[str, dict] = {}

    def type_of(self, die: DIE) -> Type:
        """The type that a field, variable, element or qualifier refers to."""
        return self._type(die.get_DIE_from_attribute("DW_AT_type"))

    def _type(self, die: DIE) -> Type:
        if die.tag in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
            return self.type_of(die)
        if die.tag == "DW_TAG_pointer_type":
            return ["int", 8]
        if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
            return ["struct", self.structure(die)]
        if die.tag == "DW_TAG_array_type":
            return self._array(die)
        return ["int", die.attributes["DW_AT_byte_size"].value]

    def _array(self, die: DIE) -> Type:
        kind = self.type_of(die)
        for each in reversed([child for child in die.iter_children() if child.tag == "DW_TAG_subrange_type"]):
            kind = ["array", each.attributes["DW_AT_count"].value if "DW_AT_count" in each.attributes else 0, kind]
        return kind

    def structure(self, die: DIE) -> str:
        """Take a structure in; its name, or one by its place if it has none."""
        name = name_of(die) or f"at {die.offset:#x}"
        if name not in self.structures and "DW_AT_declaration" not in die.attributes:
            self.structures[name] = {"size": die.attributes["DW_AT_byte_size"].value, "fields": {}}
            members = [child for child in die.iter_children() if child.tag == "DW_TAG_member"]
            self.structures[name]["fields"] = {name_of(m): [m.attributes["DW_AT_data_member_location"].value, self.type_of(m)] for m in members}
        return name


def read_layout(kernel: bytes) -> Layout:
    """The layout of a kernel's ELF file; Failed with a sentence when it does not say all."""
    try:
        elf = ELFFile(io.BytesIO(kernel))
        table = elf.get_section_by_name(".symtab")
        symbols = {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()} if table is not None else {}
        layout = _collect(elf, symbols)
    except ELFError as error:
        raise Failed(f"the kernel cannot be read: {error}") from None
    lacking = [name for name in STRUCTURES if name not in layout.structures] + [name for name in VARIABLES if name not in layout.variables]
    lacking += [name for name in ENUMERATIONS if name not in layout.enumerations]
    if lacking:
        raise Failed(f"the kernel says nothing of {', '.join(lacking)}; set DEBUG_INFO to on in settings.cmake and build again")
    return layout


def _collect(elf: ELFFile, symbols: dict[str, int]) -> Layout:
    reader = _Reader()
    variables: dict[str, list] = {}
    enumerations: dict[str, dict[str, int]] = {}
    for unit in elf.get_dwarf_info().iter_CUs():
        for die in unit.get_top_DIE().iter_children():
            name = name_of(die)
            if die.tag == "DW_TAG_structure_type" and name in STRUCTURES:
                reader.structure(die)
            elif die.tag == "DW_TAG_variable" and name in symbols and name in (*VARIABLES, *TRACE_VARIABLES) and "DW_AT_type" in die.attributes:
                variables.setdefault(name, [symbols[name], reader.type_of(die)])
            elif die.tag == "DW_TAG_enumeration_type" and name in (*ENUMERATIONS, TRACE_ENUMERATION):
                enumerations[name] = {name_of(child): child.attributes["DW_AT_const_value"].value for child in die.iter_children()}
    code = [(each["sh_addr"], each["sh_addr"] + each["sh_size"]) for each in elf.iter_sections() if each["sh_flags"] & SH_FLAGS.SHF_EXECINSTR]
    return Layout(reader.structures, variables, enumerations, (min(start for start, _ in code), max(end for _, end in code)))
