# SPDX-License-Identifier: BSD-2-Clause
"""The host's half: the CTest cases of kernel and model, built with clang's coverage in a folder of their own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from coverage_report import llvm
from coverage_report.model import File
from coverage_report.sources import name_of
from sel import ROOT
from sel.build import build_lock, child_environment, configure_and_build
from sel.errors import Failed

JOBS = 2
LIMIT_S = 300
#: Programs that test something else than the kernel (the VMM, libsel, ...) cost time and cover nothing.
DEFINITIONS = ["-DUNIT_KERNEL_ONLY=ON", f"-DCMAKE_C_FLAGS={' '.join(llvm.FLAGS)}"]
#: Twins run a kernel that has lost a rule: what they execute says nothing about the real one.
TWIN = "_twin"
PROFILE = "merged.profdata"


def measure(folder: Path) -> dict[str, File]:
    """Build, run every test, and read what they executed."""
    build = folder / "host"
    with build_lock(build):
        configure_and_build(build, "host", DEFINITIONS, folder / "host-build.log")
        raw = build / "profiles"
        raw.mkdir(exist_ok=True)
        for stale in raw.glob("*.profraw"):
            stale.unlink()
        _run_tests(build, raw, folder / "host-tests.log")
        llvm.merge(sorted(raw.glob("*.profraw")), build / PROFILE)
        return read(folder)


def read(folder: Path) -> dict[str, File]:
    """What the tests executed when they last ran."""
    build = folder / "host"
    if not (build / PROFILE).is_file():
        raise LookupError(f"{build} has no profile: the host's tests have not been run there")
    return llvm.read(programs_of(build), build / PROFILE, lambda path: name_of(path, ROOT, (build,)))


def _run_tests(build: Path, raw: Path, log: Path) -> None:
    command = ["ctest", "--test-dir", str(build), "--parallel", str(JOBS), "--timeout", str(LIMIT_S), "--output-on-failure",
               "--no-tests=error", "--exclude-regex", f"{TWIN}$"]
    environment = {**child_environment(), "LLVM_PROFILE_FILE": f"{raw}/%m.profraw"}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode != 0:
        raise Failed(f"a test failed when built with coverage:\n{done.stdout[-2000:]}", log)


def programs_of(build: Path) -> list[Path]:
    """The programs of all tests but the twins', in a fixed order."""
    command = ["ctest", "--test-dir", str(build), "--show-only=json-v1", "--exclude-regex", f"{TWIN}$"]
    listing = subprocess.run(command, env=child_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    commands = {Path(test["command"][0]) for test in json.loads(listing)["tests"] if test.get("command")}
    return sorted(path for path in commands if path.is_relative_to(build) and path.is_file())
