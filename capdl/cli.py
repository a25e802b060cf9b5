# SPDX-License-Identifier: BSD-2-Clause
"""The tool's commands. Exit codes as `sel` has them: 0 done, 1 failed, 2 the input is wrong, 3 the environment."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from capdl import spec_format
from capdl.files import write_if_changed


def _spec_header(arguments: argparse.Namespace) -> int:
    write_if_changed(arguments.out, spec_format.header_text())
    return 0


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    top = argparse.ArgumentParser(prog="capdl", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("spec-header", help="write gen/roottask_spec.h")
    command.add_argument("--out", type=Path, required=True)
    command.set_defaults(run=_spec_header)
    return top


def main(words: Sequence[str]) -> int:
    """Run one command."""
    arguments = parser().parse_args(words)
    return arguments.run(arguments)
