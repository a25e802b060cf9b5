# SPDX-License-Identifier: BSD-2-Clause
"""Generates sel_spec.c and sel_spec.h of each process: its plan as C data (types in libsel/sel/spec.h)."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from capdl import layout
from capdl.guest_image import RAM_BASE
from capdl.plan_data import Link, Plan, PlannedProcess

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@functools.cache
def environment() -> Environment:
    """The templates with the filters that all of them may use."""
    made = Environment(loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    made.filters["hex"] = lambda value: f"{value:#x}"
    made.filters["link"] = _link
    made.filters["c_bool"] = lambda value: "true" if value else "false"
    return made


def _link(link: Link) -> str:
    """A `struct sel_console_link` initialiser."""
    return (
        f"{{.output_base = {link.output[0]:#x}, .output_size = {link.output[1]}, .input_base = {link.input[0]:#x}, .input_size = {link.input[1]}, "
        f".peer_cap = {link.peer_cap}, .own_bit = {link.own_bit:#x}}}"
    )


def process_files(plan: Plan, process: PlannedProcess) -> dict[str, str]:
    """File name -> text for one process."""
    guest = next((guest for guest in plan.guests if guest.vmm == process.name), None)
    values = {"plan": plan, "process": process, "guest": guest, "caps": process.names.caps, "spec": plan.name, "heap_offset": layout.HEAP, "ram_base": RAM_BASE}
    templates = environment()
    files = {}
    for name in ("sel_spec.c", "sel_spec.h"):
        files[name] = templates.get_template(f"{name}.j2").render(values)
    return files
