# SPDX-License-Identifier: BSD-2-Clause
"""The tests that take part: the CTest programs of the host build that are linked with the library under change.

A program notices a mutant when it fails, crashes, or does not end within the processor time it is given; it is stopped at
its first failed test. A program that passes only when something fails (a rule's twin) takes no part.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import shutil
import subprocess
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from sel.build import child_environment
from sel.errors import BadEnvironment, Failed

#: A mutant may take so many times the processor time of the original, and at least so many seconds; then it hangs.
_SLOWER = 4
_LEAST_S = 2
#: The first run has no measure yet.
_FIRST_S = 600
#: Host seconds: for a program that sleeps, which none should.
_ASLEEP_S = 1200
_INVERTED = ("PASS_REGULAR_EXPRESSION", "FAIL_REGULAR_EXPRESSION", "WILL_FAIL", "SKIP_REGULAR_EXPRESSION")
_FAILED_TEST = re.compile(r"\[  FAILED  \] (?:\w+: )?(\w+)")


@dataclass(frozen=True)
class Program:
    """One CTest case."""

    name: str
    command: tuple[str, ...]
    library: str
    environment: tuple[tuple[str, str], ...] = ()
    processor_s: float = 0.0

    @property
    def limit_s(self) -> int:
        """Processor seconds after which it is taken for hanging."""
        return max(_LEAST_S, math.ceil(self.processor_s * _SLOWER)) if self.processor_s else _FIRST_S


@dataclass(frozen=True)
class Verdict:
    """How a program ended: what it noticed, None when it passed."""

    noticed: str | None
    output: str = ""


def find(folder: Path, libraries: list[str]) -> list[Program]:
    """Return the programs that load one of the libraries."""
    done = subprocess.run(
        ["ctest", "--show-only=json-v1", "--test-dir", str(folder)], env=child_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed(f"ctest cannot list the tests of {folder}: {done.stderr.strip()}")
    programs = [program for case in json.loads(done.stdout)["tests"] if (program := _program(case, libraries))]
    for library in libraries:
        if not any(program.library == library for program in programs):
            raise Failed(f"no test of {folder} loads {library}")
    return programs


def _program(case: dict, libraries: list[str]) -> Program | None:
    command = case.get("command", [])
    properties = {each["name"]: each["value"] for each in case.get("properties", [])}
    if not command or any(name in properties for name in _INVERTED):
        return None
    loaded = [library for library in libraries if library in _needed(Path(command[0]))]
    if not loaded:
        return None
    environment = tuple(tuple(each.split("=", 1)) for each in properties.get("ENVIRONMENT", []))
    return Program(case["name"], tuple(command), loaded[0], environment)  # type: ignore[arg-type]


def _needed(program: Path) -> list[str]:
    """Return the libraries that a program names."""
    try:
        with program.open("rb") as stream:
            dynamic = ELFFile(stream).get_section_by_name(".dynamic")
            tags = dynamic.iter_tags() if isinstance(dynamic, DynamicSection) else ()
            return [tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"]
    except (OSError, ELFError):
        return []


def run(program: Program, libraries: list[Path], folder: Path, **more: str) -> Verdict:
    """Run a program with the libraries of some folders, in a folder of its own; more goes into its environment."""
    command = [_prlimit(), f"--cpu={program.limit_s}", "--core=0", *program.command]
    process = subprocess.Popen(
        command, cwd=folder, env=_environment(program, libraries, more), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    asleep = threading.Timer(_ASLEEP_S, process.kill)
    asleep.start()
    try:
        tail, failed = _follow(process)
        code = process.wait()
    finally:
        asleep.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    return Verdict(_noticed(code, failed), tail)


def _follow(process: subprocess.Popen[bytes]) -> tuple[str, str | None]:
    """Read the output up to the first failed test; return its tail and that test's name."""
    assert process.stdout is not None
    tail: list[str] = []
    with process.stdout as stream:
        for raw in stream:
            line = raw.decode("utf-8", errors="replace")
            tail = [*tail[-200:], line]
            if match := _FAILED_TEST.search(line):
                process.kill()
                return "".join(tail), match[1]
    return "".join(tail), None


def _noticed(code: int, failed: str | None) -> str | None:
    if failed is not None:
        return failed
    if code in (-24, -9):  # SIGXCPU, and SIGKILL a second later
        return "does not end"
    if code < 0:
        return f"signal {-code}"
    return f"exit code {code}" if code != 0 else None


def _environment(program: Program, libraries: list[Path], more: dict[str, str]) -> dict[str, str]:
    kept = child_environment()
    kept.update(program.environment)
    kept.update(more)
    kept["LD_LIBRARY_PATH"] = ":".join(map(str, libraries))
    # The frames of a report are not worth a second each.
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        kept[name] = ":".join(filter(None, [os.environ.get(name), "symbolize=0"]))
    return kept


def _prlimit() -> str:
    path = shutil.which("prlimit")
    if path is None:
        raise BadEnvironment("prlimit is missing; it is in Debian's package util-linux")
    return path


def measure(program: Program, libraries: list[Path], folder: Path) -> Program:
    """Run a program once on the unchanged library and note its processor time; Failed unless it passes."""
    before = _children_s()
    verdict = run(program, libraries, folder)
    if verdict.noticed is not None:
        raise Failed(
            f"{program.name} fails before anything is changed ({verdict.noticed}); mend it first:\n{verdict.output[-2000:]}"
        )
    return replace(program, processor_s=max(_children_s() - before, 0.001))


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
