# SPDX-License-Identifier: BSD-2-Clause
"""capdl: from a system's spec file to the image that boots it.

check SPEC; expand SPEC; plan SPEC, emit and pack (the build's three steps); fdt SPEC GUEST (a guest's device
tree); protocol FILE (a protocol's C headers); schema,
protocol-schema, reference, spec-header, guest-board-header and platform-header (generated files).
Exit codes as `sel` has them: 0 done, 1 failed, 2 the input is wrong, 3 the environment.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capdl import abi as abi_file
from capdl.diagnostics import EnvironmentFault, PlatformError, SpecError
from capdl.files import write_if_changed

if TYPE_CHECKING:
    from capdl.model import System

# Each command imports what it needs: a build runs several, and most of their time would be that of loading what others use.


def _abi(arguments: argparse.Namespace) -> abi_file.Abi:
    return abi_file.load(arguments.abi) if arguments.abi else abi_file.load_default()


def _system(arguments: argparse.Namespace) -> System:
    from capdl import check

    words = list(arguments.set)
    if arguments.set_file:
        words += arguments.set_file.read_text(encoding="utf-8").splitlines()
    return check.load_system(arguments.spec, str(arguments.spec), _abi(arguments).limits(), arguments.board, settings=words)


def _check(arguments: argparse.Namespace) -> int:
    from capdl import build

    system = _system(arguments)
    build.examine(system, _abi(arguments))
    print(f"{arguments.spec}: {len(system.processes)} processes and VMMs, {len(system.guests)} guests")
    return 0


def _expand(arguments: argparse.Namespace) -> int:
    from capdl import plan
    from capdl.expanded_write import expanded_text

    system = _system(arguments)
    made, _ = plan.make(system, _abi(arguments))
    write_if_changed(arguments.out, expanded_text(system, made, arguments.out.parent))
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    from capdl import build, gdb_guest

    system = _system(arguments)
    if arguments.gdb_guest is not None:
        if refusal := gdb_guest.refusal(system, arguments.gdb_guest):
            print(f"{arguments.spec}: {refusal}", file=sys.stderr)
            return 2
        gdb_guest.apply(system, arguments.gdb_guest)
    build.plan(system, _abi(arguments), arguments.out)
    return 0


def _emit(arguments: argparse.Namespace) -> int:
    from capdl import linked

    linked.emit(arguments.plan, arguments.elf, arguments.out, _abi(arguments), arguments.audit)
    return 0


def _pack(arguments: argparse.Namespace) -> int:
    from capdl import linked

    linked.pack(arguments.system, arguments.kernel, arguments.out, _abi(arguments))
    return 0


def _fdt(arguments: argparse.Namespace) -> int:
    from capdl import guest_fdt

    system = _system(arguments)
    guest = next((guest for guest in system.guests if guest.name == arguments.guest), None)
    if guest is None:
        names = ", ".join(guest.name for guest in system.guests) or "(none)"
        print(f"{arguments.spec}: there is no guest '{arguments.guest}'; guests of this system: {names}", file=sys.stderr)
        return 2
    write_if_changed(arguments.out, guest_fdt.of_guest(guest, system.platform))
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    from capdl import language

    text = json.dumps(language.json_schema(_abi(arguments).limits()), indent=2) + "\n"
    write_if_changed(arguments.out, text)
    return 0


def _protocol_schema(arguments: argparse.Namespace) -> int:
    from capdl import protocol

    write_if_changed(arguments.out, json.dumps(protocol.json_schema(), indent=2) + "\n")
    return 0


def _protocol(arguments: argparse.Namespace) -> int:
    from capdl import build, protocol

    build.protocols([protocol.load_alone(arguments.file, str(arguments.file), _abi(arguments).limits())], arguments.out)
    return 0


def _reference(arguments: argparse.Namespace) -> int:
    from capdl.reference import reference_text

    write_if_changed(arguments.out, reference_text(_abi(arguments).limits()))
    return 0


def _spec_header(arguments: argparse.Namespace) -> int:
    from capdl import spec_format

    write_if_changed(arguments.out, spec_format.header_text())
    return 0


def _guest_board_header(arguments: argparse.Namespace) -> int:
    from capdl import guest_board

    write_if_changed(arguments.out, guest_board.header_text())
    return 0


def _platform_header(arguments: argparse.Namespace) -> int:
    from capdl import platform

    write_if_changed(arguments.out, platform.header_text(platform.load(arguments.platform)))
    return 0


def _more_about(findings: list[str]) -> str:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
    try:
        from sel.errors import more_about
    finally:
        sys.path.pop(0)
    return more_about(findings)


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    top = argparse.ArgumentParser(prog="capdl", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, *paths: str, out: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text)
        made.set_defaults(run=run)
        made.add_argument("--abi", type=Path, help="gen/abi.json; by default made from libsel/abi")
        if "spec" in paths:
            made.add_argument("--board", help="a folder under platform/, in place of the board that the spec names")
        for path in paths:
            made.add_argument(path, type=Path, **({"required": True} if path.startswith("--") else {}))
        if out:
            made.add_argument("--out", type=Path, required=True)
        if "spec" in paths:
            made.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="give a parameter of the spec a value; may be repeated")
            made.add_argument("--set-file", type=Path, metavar="FILE", help="the same, one a line of a file")
        return made

    command("check", _check, "check a spec", "spec", out=False)
    command("expand", _expand, "write a spec in expanded form: every object and capability that needs no linked program", "spec")
    command("plan", _plan, "write plan.json, plan.cmake and the processes' sel_spec.c", "spec").add_argument("--gdb-guest", metavar="GUEST", help="build the guest's VMM to answer gdb")
    command("emit", _emit, "write system.cdl, system.json and spec.bin", "--plan", "--elf").add_argument("--audit", action="store_true")
    command("pack", _pack, "write image.bin and run.json", "--system", "--kernel")
    command("fdt", _fdt, "write a guest's device tree", "spec").add_argument("guest")
    command("schema", _schema, "write the JSON schema of a spec")
    command("protocol-schema", _protocol_schema, "write the JSON schema of a protocol")
    command("protocol", _protocol, "write protocol/NAME.h and protocol/NAME_server.h of a protocol file", "file")
    command("reference", _reference, "write the reference of every key")
    command("spec-header", _spec_header, "write gen/roottask_spec.h")
    command("guest-board-header", _guest_board_header, "write gen/guest_board.h")
    command("platform-header", _platform_header, "write gen/platform.h", "--platform")
    return top


def main(words: Sequence[str]) -> int:
    """Run one command."""
    arguments = parser().parse_args(words)
    try:
        return arguments.run(arguments)
    except SpecError as error:
        findings = [str(diagnostic) for diagnostic in error.diagnostics]
        print(*findings, _more_about(findings), sep="\n", file=sys.stderr)
        return 2
    except EnvironmentFault as fault:
        print(f"capdl: environment: {fault}", file=sys.stderr)
        return 3
    except PlatformError as error:
        print(f"capdl: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"capdl: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return 3
