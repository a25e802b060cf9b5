# SPDX-License-Identifier: BSD-2-Clause
"""`sel new`: a component, a device or a system to begin with, that builds, boots and has a test.

The files come from new_templates/. Everything that can be refused is refused before the first one is written; what
fails after that is taken away again. A part is put into a spec by add_to.py and add_device.py.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from sel import ROOT
from sel.errors import BadInput, nearest, os_error_sentence
from sel.files import refuse_empty

if TYPE_CHECKING:
    from sel.add_to import Addition

KINDS = ("component", "device", "system")
TEMPLATES = Path(__file__).resolve().parent / "new_templates"
#: Where a part goes that nobody gives a place.
HOMES = {"component": ROOT / "components", "device": ROOT / "vmm" / "devices", "system": ROOT / "systems"}
COLUMNS = 120

#: Target path -> template; `NAME` in a path is the name.
FILES = {
    "component": {
        "CMakeLists.txt": "CMakeLists.txt.j2",
        "NAME.yaml": "protocol.yaml.j2",
        "NAME.c": "server.c.j2",
        "test/system.yaml": "test_system.yaml.j2",
        "test/caller/CMakeLists.txt": "CMakeLists.txt.j2",
        "test/caller/caller.c": "caller.c.j2",
        "test/test_NAME.py": "test.py.j2",
    },
    "device": {
        "NAME.c": "device.c.j2",
        "NAME_test.c": "device_test.c.j2",
        "test/system.yaml": "device_system.yaml.j2",
        "test/guest.c": "device_guest.c.j2",
        "test/test_NAME.py": "device_test.py.j2",
    },
    "system": {
        "system.yaml": "system.yaml.j2",
        "NAME.yaml": "protocol.yaml.j2",
        "server/CMakeLists.txt": "CMakeLists.txt.j2",
        "server/server.c": "server.c.j2",
        "caller/CMakeLists.txt": "CMakeLists.txt.j2",
        "caller/caller.c": "caller.c.j2",
        "test_NAME.py": "test.py.j2",
    },
}
#: Of a folder outside the tree only: inside, the tree's own serves.
OUTSIDE_FILES = {".gitignore": "gitignore.j2"}
#: Names of processes in the templates.
TAKEN = ("caller", "server")


@dataclass(frozen=True)
class NewOptions:
    """What is asked for."""

    kind: str
    name: str
    parent: str | None = None
    spec: str | None = None
    guest: str | None = None

    @property
    def compatible(self) -> str:
        """A device's compatible string; `example` is the vendor of what has none (Devicetree Specification, vendor prefixes)."""
        return f"example,{self.name.replace('_', '-')}"


def new(options: NewOptions) -> Path:
    """Make the part, put it into a spec if asked, say what to do next; return its folder."""
    check_kind(options)
    check_name(options.name)
    folder = _place(options)
    addition = _addition(options, folder) if options.spec is not None else None
    texts = _texts(options, folder)
    try:
        folder.mkdir()
    except OSError as fault:
        raise os_error_sentence(fault, f"{folder} cannot be made", folder) from None
    try:
        _write(folder, texts)
        if addition is not None:
            addition.write()
    except BaseException as fault:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(fault, OSError):
            raise os_error_sentence(fault, f"{folder} cannot be made", folder) from None
        raise
    _tell(options, folder, getattr(addition, "guest", ""))
    return folder


def _addition(options: NewOptions, folder: Path) -> Addition:
    """What is to be put into a spec."""
    from sel.add_device import DeviceAddition
    from sel.add_to import ProcessAddition

    assert options.spec is not None
    if options.kind == "device":
        return DeviceAddition(options.spec, options.name, folder, options.compatible, options.guest)
    return ProcessAddition(options.spec, options.name, folder)


def check_kind(options: NewOptions) -> None:
    """Raise BadInput for a kind that there is not, or an option that does not go with it."""
    if options.kind not in KINDS:
        raise BadInput(f"there is no new '{options.kind}'{nearest(options.kind, KINDS)}; there are: {', '.join(KINDS)}")
    if options.spec is not None and options.kind == "system":
        raise BadInput("--add-to puts a component or a device into a spec; a system is a spec of its own")
    if options.guest is not None and (options.kind != "device" or options.spec is None):
        raise BadInput("--guest names the guest of --add-to that is given a device")


def check_name(name: str) -> None:
    """Raise BadInput unless a process, a protocol and functions in C can be called so."""
    sys.path.insert(0, str(ROOT))
    from capdl.names import SYSTEM_NAMES  # these need the packages
    from capdl.protocol import RESERVED_PROTOCOLS
    from capdl.protocol_types import RESERVED_WORDS
    from capdl.spec_read import RESERVED_NAMES
    from capdl.value_types import NAME_PATTERN

    refuse_empty(name, "NAME")
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadInput(f"'{name}' is no valid name; use a lower-case letter, then at most 30 lower-case letters, digits or underscores")
    if name in {*RESERVED_NAMES, *SYSTEM_NAMES, *RESERVED_PROTOCOLS, *RESERVED_WORDS, *TAKEN}:
        raise BadInput(f"the name '{name}' is reserved; choose another")


def _place(options: NewOptions) -> Path:
    """The folder to be made; BadInput if there is no room for it."""
    if options.parent is not None:
        refuse_empty(options.parent, "--in")
    parent = HOMES[options.kind] if options.parent is None else Path(options.parent)
    if not parent.is_dir():
        reason = "is no folder" if os.path.lexists(parent) else "does not exist"
        raise BadInput(f"--in {parent} {reason}; make the folder, or name another")
    folder = parent.resolve() / options.name
    if os.path.lexists(folder):
        raise BadInput(f"{folder} exists already; choose another name or remove it")
    if not os.access(folder.parent, os.W_OK | os.X_OK):
        raise BadInput(f"{folder.parent} cannot be written; change its mode or owner, or give --in another folder")
    return folder


def _texts(options: NewOptions, folder: Path) -> dict[str, str]:
    """Every file's path below the folder, and its text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    is_inside = folder.is_relative_to(ROOT)
    files = {path.replace("NAME", options.name): template for path, template in FILES[options.kind].items()}
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    texts = {}
    for path, template in (files if is_inside else {**files, **OUTSIDE_FILES}).items():
        place = (folder / path).parent
        schemas = _schemas_from(place)
        values = {"kind": options.kind, "name": options.name, "component": place.name, "is_inside": is_inside, "schemas": schemas, "wrapped": wrapped, **_device_values(options)}
        texts[path] = environment.get_template(template).render(values)
    return texts


def _schemas_from(place: Path) -> str:
    """The folder of the schemas as a file in `place` names it: relative, unless the two have nothing but the root in common."""
    schemas = ROOT / "docs/spec"
    return str(schemas) if os.path.commonpath([schemas, place]) == "/" else os.path.relpath(schemas, place)


def _device_values(options: NewOptions) -> dict[str, object]:
    """What the templates of a device need besides."""
    from capdl.guest_board import FREE, FREE_SPI

    return {"compatible": options.compatible, "address": f"{FREE[0]:#010x}", "interrupt": FREE_SPI} if options.kind == "device" else {}


def wrapped(head: str, words: Sequence[str], tail: str) -> str:
    """Return `head`, words with commas between, and `tail`; lines are filled and aligned as clang-format does."""
    lines = [head]
    for number, word in enumerate(words):
        piece = word + (tail if number + 1 == len(words) else ",")
        space = "" if lines[-1] in (head, " " * len(head)) else " "
        if len(lines[-1] + space + piece) > COLUMNS and space:
            lines.append(" " * len(head))
            space = ""
        lines[-1] += space + piece
    return "\n".join(lines)


def _write(folder: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def _tell(options: NewOptions, folder: Path, guest: str) -> None:
    """Say what there is now, which guest has a new device, and the next commands."""
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    spec = shown / ("system.yaml" if options.kind == "system" else "test/system.yaml")
    command = "./sel" if Path("sel").resolve() == ROOT / "sel" else str(ROOT / "sel")
    if options.kind == "device":
        _tell_device(options, guest, shown, spec, command)
        return
    print(f"sel: {shown} has a new {options.kind}; its calls are in {shown / options.name}.yaml")
    if options.spec is not None:
        print(f"sel: process '{options.name}' is in {options.spec}; a client is given it by `uses: {{calls: {options.name}.calls}}`")
    print(f"sel: boot it: {command} run {spec}")
    print(f"sel: test it: {command} test {shown}")


def _tell_device(options: NewOptions, guest: str, shown: Path, spec: Path, command: str) -> None:
    """The same of a device, whose test makes the guest that is booted."""
    print(f"sel: {shown} has a new device, \"{options.compatible}\"; it is described in {shown / options.name}.c")
    if options.spec is not None:
        print(f"sel: guest '{guest}' of {options.spec} has it as '{options.name}', at the address and interrupt that stand there")
    print(f"sel: test it: {command} test {shown}")
    print(f"sel: boot it, then: {command} run {spec}")
