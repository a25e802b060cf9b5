# SPDX-License-Identifier: BSD-2-Clause
"""`sel test`: runs every part with its own runner, some at once (lanes.py), and adds up what they say.

A part is a folder under test/ with pytest files, or one of two that are not folders:
`checks` (tools/checks) and `unit` (all C tests of the CMake preset `host`, by CTest). A folder anywhere with
pytest files is a part for whoever names its path; its tests find this command in the variable SEL.
Folders named in ASSURE_PARTS take long and belong to `sel assure` (assure.py), which runs them by `run_parts` too.
What cannot be counted is red: no tests, no report, a runner's crash, a silent program.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sel import PYTHON, ROOT, packages
from sel.build import build_lock, child_environment, configure_and_build
from sel.errors import BadInput, Failed, SelError, Stopped, nearest
from sel.lanes import Lost, run_at_once
from sel.sdk import refuse_in_sdk

#: One test of C code or Python may take so long (host seconds); a system test includes Linux booting, beside other tests.
CTEST_LIMIT_S = 120
PYTEST_LIMIT_S = 600
#: No part may take longer: what hangs beyond its own limits ends here.
PART_LIMIT_S = 1200
#: All parts of `sel test` together, on two cores as they usually are: what takes longer is no test that anybody runs before a push.
PROMISED_S = 1200
#: A machine may be half as fast, and is to be told what is red: only beyond so many times the promise the rest is not run.
SLOWEST = 2
#: Those that take longest begin first, so that none is left alone at the end.
ASSURE_PARTS = ("proof", "guide_long", "coverage", "lockstep", "figures", "bounds", "mutants", "beside", "fuzz", "board", "specs")
JOBS = 2
#: Parts at one time, and tests of a part: they wait, for an emulator's clock, a program's end or the last of their cases, nearly as long as they compute.
LANES = 2
PYTEST_WORKERS = 2
#: Where a part's tests have their files if so many bytes are free there: they make tens of thousands, which a disk takes minutes to forget.
_MEMORY_FOLDER = Path("/dev/shm")
_MEMORY_FREE = 4 << 30

#: Parts in the order in which a failure is cheapest to learn.
_ORDER = ("checks", "unit", "capdl", "sel")


@dataclass
class Count:
    """What a part's report says."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Count") -> None:
        """Add another part's numbers."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


@dataclass(frozen=True)
class Limits:
    """What every part of one command runs with: host seconds a pytest case, a part and all parts may take, and variables it sees."""

    case_s: int = PYTEST_LIMIT_S
    part_s: int = PART_LIMIT_S
    promised_s: int | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def total_s(self) -> int | None:
        """What all parts may take."""
        return None if self.promised_s is None else SLOWEST * self.promised_s

    def left_after(self, seconds: float) -> Limits:
        """Return the limits of a part that begins so long after the first."""
        return self if self.total_s is None else replace(self, part_s=min(self.part_s, math.ceil(self.total_s - seconds)))


def _folders(root: Path) -> list[str]:
    return [path.name for path in sorted((root / "test").glob("*/")) if _is_pytest_folder(path)]


def known_assure_parts(root: Path = ROOT) -> list[str]:
    """Return the names of the parts of `sel assure`."""
    folders = _folders(root)
    return [name for name in ASSURE_PARTS if name in folders]


def known_parts(root: Path = ROOT) -> list[str]:
    """Return the names of all parts of `sel test`."""
    parts = [name for name in _folders(root) if name not in ASSURE_PARTS]
    if (root / "tools/checks/run").exists():
        parts.append("checks")
    if (root / "CMakePresets.json").exists():
        parts.append("unit")
    return sorted(set(parts), key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


def _is_pytest_folder(folder: Path) -> bool:
    return any(folder.rglob("test_*.py")) or any(folder.rglob("*_test.py"))


def run_tests(wanted: list[str], assume_yes: bool = False, list_only: bool = False) -> Path | None:
    """Run the parts and print the sum; raises Failed when anything is red."""
    known = known_parts()
    folders = [word for word in wanted if word not in known and ("/" in word or os.path.isdir(word))]
    for word in folders:
        _refuse_without_tests(word)
    names = [part for part in wanted if part not in folders]
    if names or not folders:
        refuse_in_sdk("./sel test without a folder")
    chosen = choose(names, known) if names or not folders else []
    if list_only:
        print("\n".join(known))
        return None
    packages.ensure((*packages.BUILD, *packages.RUN, *packages.TEST, *packages.DEBUG), assume_yes)
    environment = (("SEL", str(ROOT / "sel")),)
    return run_parts([*chosen, *(str(Path(word).resolve()) for word in folders)], Limits(promised_s=PROMISED_S, environment=environment))


def _refuse_without_tests(folder: str) -> None:
    """Raise BadInput unless it is a folder with pytest files."""
    if not os.path.isdir(folder):
        raise BadInput(f"there is no folder {folder} with tests; parts have names, which --list tells")
    if not _is_pytest_folder(Path(folder)):
        raise BadInput(f"the folder {folder} has no pytest file: test_NAME.py or NAME_test.py")


def choose(wanted: list[str], known: list[str]) -> list[str]:
    """Return those of `known` that are wanted, all if none is; BadInput for a name that is not there."""
    for name in wanted:
        if name not in known:
            raise BadInput(f"there is no test part '{name}'{nearest(name, known)}; there are: {', '.join(known)}")
    return [part for part in known if not wanted or part in wanted]


def run_parts(names: list[str], limits: Limits) -> Path:
    """Run parts, some at once, and print the sum; raises Failed when anything is red."""
    reports = ROOT / "build" / "test"
    reports.mkdir(parents=True, exist_ok=True)
    total = Count()
    red = []
    began = time.monotonic()

    def add(name: str, count: Count) -> None:
        total.add(count)
        if count.failed:
            red.append(name)
        print(f"sel: part {name}: {describe(count)}", flush=True)

    def lose(loss: Lost) -> Count:
        print(f"sel: {loss}", flush=True)
        return Count(failed=1)

    run_at_once({name: partial(_run_in_time, name, reports, limits, began) for name in names}, LANES, add, lose)
    if total.skipped:
        print(f"sel: {total.skipped} tests were skipped", flush=True)
    took_s = time.monotonic() - began
    if limits.promised_s is not None and took_s > limits.promised_s:
        print(f"sel: note: this took {_in_minutes(round(took_s / 6) * 6)}, more than the {_in_minutes(limits.promised_s)} that two cores usually need", flush=True)
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    if not names:
        raise Failed("there is no part to run")
    if red:
        raise Failed(f"red parts: {', '.join(red)}; the reports are in {reports}", reports)
    return reports


def _run_in_time(name: str, reports: Path, limits: Limits, first: float) -> Count:
    """Run a part, of which the first began at that time, if there is time left; that all parts took too long is said."""
    began = time.monotonic()
    left = limits.left_after(began - first)
    over = f"all parts together may take {_in_minutes(limits.total_s or 0)}, they are over"
    if left.part_s <= 0:
        print(f"sel: part {name} was not run: {over}", flush=True)
        return Count(failed=1)
    count = _run_part(name, reports, left)
    if left.part_s < limits.part_s and time.monotonic() - began >= left.part_s:
        print(f"sel: part {name} was ended: {over}", flush=True)
        count.failed = max(count.failed, 1)
    return count


def _in_minutes(seconds: int) -> str:
    return f"{seconds / 60:g} minutes"


def describe(count: Count) -> str:
    """Return `N passed, N failed`, and the skipped ones if there are any."""
    skipped = f" ({count.skipped} skipped)" if count.skipped else ""
    return f"{count.passed} passed, {count.failed} failed{skipped}"


def _run_part(name: str, reports: Path, limits: Limits) -> Count:
    print(f"sel: part {name}", flush=True)
    stem = name if "/" not in name else f"{Path(name).name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    report = reports / f"{stem}.xml"
    report.unlink(missing_ok=True)
    try:
        if name == "checks":
            code = _call([PYTHON, str(ROOT / "tools/checks/run"), "--junit", str(report)], reports / "checks.log", limits)
        elif name == "unit":
            code = _run_ctest(report, reports, limits)
        else:
            code = run_pytest(ROOT / "test" / name, report, reports / f"{stem}.log", limits)
    except Stopped:
        raise  # an interruption says nothing about the tests
    except SelError as error:
        print(f"sel: {error}", flush=True)
        return Count(failed=1)
    return judge(name, code, report, needs_output=name == "unit")


def build_host() -> Path:
    """Build all C tests that run on this machine; return their folder."""
    folder = ROOT / "build" / "host"
    with build_lock(folder):
        configure_and_build(folder, "host", [], folder / "build.log")
    return folder


def _run_ctest(report: Path, reports: Path, limits: Limits) -> int:
    folder = build_host()
    command = ["ctest", "--test-dir", str(folder), "--parallel", str(JOBS), "--timeout", str(CTEST_LIMIT_S)]
    return _call([*command, "--output-on-failure", "--no-tests=error", "--output-junit", str(report)], reports / "unit.log", limits)


def run_pytest(folder: Path, report: Path, log: Path, limits: Limits = Limits()) -> int:
    """Run pytest over one folder. What red tests leave in their folders stays there, and where that is is said."""
    root = ROOT if folder.is_relative_to(ROOT) else folder
    command = [
        PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(PYTEST_WORKERS),
        "--timeout", str(limits.case_s), "--timeout-method", "signal", f"--junitxml={report}", f"--rootdir={root}", str(folder),
    ]
    scratch = _memory_folder(report)
    if scratch is None:
        return _call(command, log, limits)
    try:
        code = _call([*command, f"--basetemp={scratch}"], log, limits)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)  # interrupted: nobody asked for it, and it is memory
        raise
    if code == 0:
        shutil.rmtree(scratch, ignore_errors=True)
    elif scratch.exists():
        print(f"sel: what its tests left is in {scratch}, until they run again", flush=True)
    return code


def _memory_folder(report: Path) -> Path | None:
    """A new folder in memory for the files of the tests that write this report; None if memory has no place for them that is for programs too."""
    folder = _MEMORY_FOLDER / f"sel-test-{os.getuid()}-{hashlib.sha256(bytes(report)).hexdigest()[:12]}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        found = os.statvfs(_MEMORY_FOLDER)
        if found.f_flag & os.ST_NOEXEC or found.f_bavail * found.f_frsize < _MEMORY_FREE:
            return None
        folder.mkdir(mode=0o700)
    except OSError:
        return None
    return folder


def _call(command: list[str], log: Path, limits: Limits = Limits()) -> int:
    """Run a runner with its output on the screen and in log; 124 when it did not end."""
    environment = {**child_environment(), **dict(limits.environment), "PYTHONPATH": f"{ROOT}/tools:{ROOT}"}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            ["timeout", "--kill-after=10", str(limits.part_s), *command], cwd=ROOT, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        assert process.stdout is not None
        try:
            while data := os.read(process.stdout.fileno(), 1 << 16):
                stream.write(data)
                os.write(1, data)
        except BaseException:
            process.terminate()
            raise
        finally:
            code = process.wait()
    return code


def judge(name: str, code: int, report: Path, needs_output: bool = False) -> Count:
    """Return a part's numbers from its report; anything that does not add up is a failure."""
    try:
        count, silent = read_report(report, needs_output)
    except (OSError, ElementTree.ParseError):
        print(f"sel: part {name} left no report (its runner ended with code {code})", flush=True)
        return Count(failed=1)
    for case in silent:
        print(f"sel: part {name}: {case} passed without a word; a test that ran says so", flush=True)
    if count.passed + count.failed == 0:
        print(f"sel: part {name} ran no test", flush=True)
        count.failed += 1
    if code != 0 and count.failed == 0:
        print(f"sel: the runner of part {name} ended with code {code} although its tests passed", flush=True)
        count.failed += 1
    return count


def read_report(report: Path, needs_output: bool) -> tuple[Count, list[str]]:
    """Count a JUnit file; with needs_output a case that passed and printed nothing has failed."""
    count = Count()
    silent = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            count.failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            count.skipped += 1
        elif needs_output and not (case.findtext("system-out") or "").strip():
            silent.append(case.get("name") or "?")
            count.failed += 1
        else:
            count.passed += 1
    return count, silent
