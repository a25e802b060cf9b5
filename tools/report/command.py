# SPDX-License-Identifier: BSD-2-Clause
"""What `./sel report` does: read the spec, look for a build of it or make one, collect the data, write what is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from report import built, data, text, trace
from report.authority import Authority
from sel.build import build_lock, build_system
from sel.errors import os_error_sentence
from sel.files import refuse_no_folder
from sel.systems import System


@dataclass(frozen=True)
class ReportOptions:
    """What the command line asks for; the text is printed if nothing else is asked for, or if it is asked for."""

    preset: str
    is_built: bool
    json_file: Path | None
    html_file: Path | None
    is_text: bool
    trace_file: Path | None = None


def report(system: System, shown: str, options: ReportOptions) -> None:
    """Make the report of a system; raises SpecError for a spec that is refused."""
    refuse_no_folder(options.json_file, options.html_file)
    authority = Authority(system.spec, shown, system.board, list(system.settings))
    run = None if options.trace_file is None else trace.summarise(options.trace_file, str(options.trace_file), authority.system.name)
    folder = system.build_folder(options.preset)
    if options.is_built:
        with build_lock(folder):
            build_system(system, options.preset)
    build, built_as = built.find(folder, options.preset, authority.plan)
    collected = data.collect(authority, build, options.preset, built_as, run)
    if options.is_text or (options.json_file is None and options.html_file is None):
        print(text.render(collected), flush=True)
    if options.json_file is not None:
        _write(options.json_file, data.json_text(collected))
    if options.html_file is not None:
        from report import page  # needs packages that the rest does not

        _write(options.html_file, page.render(collected))


def shown_name(given: str, system: System) -> str:
    """How places name the spec: as it was given, or relative to where the command runs."""
    return given if os.path.isfile(given) else os.path.relpath(system.spec)


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise os_error_sentence(error, f"cannot write {path}") from None
    print(f"sel: the report is in {path}", flush=True)
