# SPDX-License-Identifier: BSD-2-Clause
"""Which system is meant, and where what is made of it lies.

A system is a name under systems/ or the path of a spec file anywhere. Its outputs
are in build/NAME/PRESET; a path's folder carries a hash, so that two never collide.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sel import ROOT
from sel.errors import BadInput, nearest
from sel.files import refuse_empty, refuse_irregular
from sel.machine import find_qemu, qemu_version
from sel.settings import FILE, read_settings

PRESETS = ("debug", "release", "test", "cycles")


@dataclass(frozen=True)
class System:
    """A composed system, the folder name of its outputs, and what `--set` gives its parameters (NAME=VALUE)."""

    name: str
    spec: Path
    board: str | None = None  # in place of the spec's own
    settings: tuple[str, ...] = ()
    gdb_guest: str | None = None  # the guest whose VMM answers gdb

    def build_folder(self, preset: str) -> Path:
        """Return build/NAME/PRESET, with @BOARD and @gdb-GUEST behind the name where they are not as the spec has it."""
        board = f"@{self.board}" if self.board else ""
        debugged = f"@gdb-{self.gdb_guest}" if self.gdb_guest else ""
        return ROOT / "build" / f"{self.name}{board}{debugged}" / preset

    def on_board(self, board: str | None) -> System:
        """Return the same system for another board, a folder under platform/."""
        if board is None:
            return self
        known = known_boards()
        if board not in known:
            raise BadInput(f"there is no board '{board}'{nearest(board, known)}; platform/ has: {', '.join(known)}")
        return dataclasses.replace(self, board=board)


def known_boards() -> list[str]:
    """Return the names under platform/."""
    return sorted(path.parent.name for path in (ROOT / "platform").glob("*/platform.yaml"))


def known_systems() -> list[str]:
    """Return the names under systems/."""
    return sorted(path.parent.name for path in (ROOT / "systems").glob("*/system.yaml"))


def chosen_system(text: str | None) -> System:
    """Return the named system, or the one of settings.cmake when none is named."""
    if text is not None:
        return find_system(text)
    setting = read_settings()["SYSTEM"]
    is_path = "/" in setting.value or setting.value.endswith((".yaml", ".yml"))
    try:
        return find_system(str(ROOT / setting.value) if is_path else setting.value)
    except BadInput as fault:
        raise BadInput(f"{FILE}:{setting.line}: SYSTEM is what is built when nothing is named: {fault}") from None


def with_settings(system: System, settings: list[str]) -> System:
    """Return the system with values for its parameters; it has outputs of its own. What a setting means is capdl's business."""
    if not settings:
        return system
    for word in settings:
        if "\n" in word or "\r" in word:
            raise BadInput("a value of --set is one line")
    digest = hashlib.sha256("\n".join(settings).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return dataclasses.replace(system, name=f"{system.name}-set-{digest}", settings=tuple(settings))


def default_in_words() -> str:
    """Say for a help text which system is meant when none is named; a fault in the file is told when it matters."""
    try:
        return f"SYSTEM of {FILE}, now {read_settings()['SYSTEM'].value}".replace("%", "%%")
    except BadInput:
        return f"SYSTEM of {FILE}"


def find_system(text: str) -> System:
    """Return the system of that name or path."""
    refuse_empty(text, "SYSTEM")
    if re.fullmatch(r"[\w-]+", text) and os.path.isfile(ROOT / "systems" / text / "system.yaml"):
        return System(text, ROOT / "systems" / text / "system.yaml")
    path = Path(text)
    if os.path.isdir(path) and (path / "system.yaml").exists():
        path = path / "system.yaml"
    if os.path.isfile(path):
        refuse_irregular(path, f"the spec file {text}")
        return system_of_path(path)
    known = known_systems()
    if os.path.exists(path) and not os.path.isdir(path):
        refuse_irregular(path, f"the spec file {text}")
    if "/" in text or text.endswith((".yaml", ".yml")):
        reason = "is a folder without a system.yaml" if os.path.isdir(path) else "does not exist"
        raise BadInput(f"the spec file {text} {reason}; give the path of a system.yaml, or one of: {', '.join(known)}")
    here = sorted(path.parent.name for path in Path().glob("*/system.yaml"))
    beside = f"; beside you are: {', '.join(here)}" if here else ""
    raise BadInput(f"there is no system '{text}'{nearest(text, [*here, *known])}; systems/ has: {', '.join(known) or 'none'}{beside}")


def system_of_path(path: Path) -> System:
    """Return the system of a spec file, whose outputs get a name of their own."""
    spec = path.resolve()
    if spec.parent.parent == ROOT / "systems" and spec.name == "system.yaml":
        return System(spec.parent.name, spec)
    stem = spec.parent.name if spec.name == "system.yaml" else spec.stem
    digest = hashlib.sha256(str(spec).encode()).hexdigest()[:8]
    return System(f"{re.sub(r'[^A-Za-z0-9_-]', '_', stem) or 'system'}-{digest}", spec)


def check_preset(preset: str) -> str:
    """Return preset when it is one that makes a bootable system."""
    if preset not in PRESETS:
        raise BadInput(f"there is no preset '{preset}'{nearest(preset, PRESETS)}; there are: {', '.join(PRESETS)}")
    return preset


def read_run_file(build: Path) -> dict:
    """Return what the build says about booting (run.json), with the machine as the QEMU that is there takes it; BadEnvironment if that cannot be asked."""
    run = json.loads((build / "run.json").read_text(encoding="utf-8"))
    since = run.pop("machine_since")
    if since:
        version = qemu_version(find_qemu())
        run["machine"] += [word for first, words in since.items() if version >= tuple(map(int, first.split("."))) for word in words]
    return run
