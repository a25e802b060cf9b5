# SPDX-License-Identifier: BSD-2-Clause
"""`sel check`, `fdt` and `protocol`: what capdl says of a spec, a guest's device tree or a protocol file, without a build.

A fault is told as in a build, with the place as the user names the file.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from sel.errors import BadEnvironment, BadInput, nearest
from sel.files import refuse_irregular
from sel.questions import sentences
from sel.systems import System

if TYPE_CHECKING:
    from capdl.model import Guest, System as Model


def shown_spec(text: str | None, system: System) -> str:
    """Return the name of a system's spec in messages: as it was given, else relative to where the user is."""
    return text if text is not None and os.path.isfile(text) else os.path.relpath(system.spec)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _model(system: System, shown: str) -> Model:
    """Read and check a spec with its images; call it inside sentences()."""
    from capdl import abi, check as capdl_check

    return capdl_check.load_system(system.spec, shown, abi.load_default().limits(), system.board, settings=list(system.settings))


def check(system: System, shown: str, assume_yes: bool) -> None:
    """`sel check`: everything that a build refuses before it compiles anything, the policy as well."""
    with sentences(assume_yes):
        from capdl import abi, build

        model = _model(system, shown)
        notes = build.examine(model, abi.load_default())
    for note in notes:
        print(f"sel: note: {note}")
    print(f"sel: {shown} has no fault: {_count(len(model.processes), 'process or VMM', 'processes and VMMs')}, {_count(len(model.guests), 'guest')}")


def fdt(system: System, shown: str, name: str | None, out: Path | None, assume_yes: bool) -> None:
    """`sel fdt`: a guest's device tree, printed as source, or to a file as the blob that the guest gets."""
    with sentences(assume_yes):
        from capdl import guest_fdt

        model = _model(system, shown)
        guest = _guest(model, shown, name)
        blob = guest_fdt.of_guest(guest, model.platform)
    if out is None:
        print(_source_of(blob), end="", flush=True)
        return
    try:
        out.write_bytes(blob)
    except OSError as error:
        raise BadInput(f"--out {out} cannot be written: {error.strerror}; name a file in a folder that is there") from None
    print(f"sel: the device tree of {guest.name} is in {out}; `dtc -I dtb {out}` shows it")


def _guest(model: Model, shown: str, name: str | None) -> Guest:
    """Return the guest of that name, or the only one."""
    names = [guest.name for guest in model.guests]
    if name is None and len(names) == 1:
        return model.guests[0]
    there_are = f"{shown} has {'the guests ' + ', '.join(names) if names else 'no guest'}"
    if name is None:
        raise BadInput(f"{there_are}; a device tree is of one guest: ./sel fdt SYSTEM GUEST")
    found = next((guest for guest in model.guests if guest.name == name), None)
    if found is None:
        raise BadInput(f"there is no guest '{name}'{nearest(name, names)}; {there_are}")
    return found


def _source_of(blob: bytes) -> str:
    done = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts"], input=blob, capture_output=True, check=False)
    if done.returncode:
        raise BadEnvironment(f"dtc did not read the device tree: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def protocol(file: str, out: Path | None, assume_yes: bool) -> None:
    """`sel protocol`: check a protocol's file; with a folder, write its C headers there."""
    refuse_irregular(Path(file), f"the protocol file {file}")
    if out is not None and not out.is_dir():
        raise BadInput(f"--out {out} {'is not a folder' if out.exists() else 'is not there'}; name a folder that is there")
    with sentences(assume_yes, "the protocol"):
        from capdl import abi, build
        from capdl import protocol as capdl_protocol

        loaded = capdl_protocol.load_alone(Path(file), file, abi.load_default().limits())
        if out is not None:
            build.protocols([loaded], out)
    print(f"sel: {file} has no fault: protocol {loaded.name}, {_count(len(loaded.methods), 'method')}")
    if out is not None:
        print(f"sel: its headers are in {out / 'protocol'}")
