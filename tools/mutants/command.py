# SPDX-License-Identifier: BSD-2-Clause
"""`sel assure --mutants`: how many small changes to a body of code the tests notice.

Builds the host's tests with that code as a shared library, once; then each mutant costs the compilation of a file,
one link, and the tests up to the first that notices. Ends with Failed when too many survive.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mutants import coverage, explained, programs
from mutants.draw import Mutant, draw, statements
from mutants.report import Report
from mutants.syntax import Reader
from mutants.trial import Trial
from mutants.workshop import Unit, Workshop
from sel import ROOT
from sel.build import build_lock, configure_and_build
from sel.errors import BadInput, Failed, nearest


@dataclass(frozen=True)
class Subject:
    """A body of code that can be changed: its files, and the libraries of the host build that hold them.

    The first must be there; others take part if the build has them.
    """

    libraries: tuple[str, ...]
    folder: str
    excluded: tuple[str, ...] = ()


#: arch/fake is the tests' machine, not the kernel's; vmm/gdb is in no guest's ordinary VMM; what is generated lies elsewhere.
SUBJECTS = {
    "kernel": Subject(("unit_kernel", "model_kernel"), "kernel/", ("kernel/arch/fake/",)),
    "model": Subject(("model",), "test/model/"),
    "vmm": Subject(("unit_vmm", "unit_vmm_gicv2"), "vmm/", ("vmm/gdb/",)),
}
DEFAULT_SUBJECT = "kernel"
DEFAULT_SEED = 1
DEFAULT_COUNT = 500

_FOLDER = ROOT / "build" / "mutants"
_EQUIVALENT = ROOT / "test" / "mutants" / "equivalent.yaml"


def mutants(subject_name: str, seed: int, count: int) -> Path:
    """Draw and try mutants, one run at a time; return the JSON report, or raise Failed when too few are caught."""
    subject = find_subject(subject_name)
    with build_lock(_FOLDER):
        return _mutants(subject, subject_name, seed, count)


def _mutants(subject: Subject, subject_name: str, seed: int, count: int) -> Path:
    why = reasons()
    folder = build_host()
    workshop = open_workshop(folder, subject)
    pool = read_pool(workshop, subject)
    check_count(count, pool, subject_name)
    check_stale(why, pool, subject)
    print(f"sel: {len(pool)} statements of {subject_name} can be changed in {sum(map(len, pool))} ways; seed {seed}", flush=True)
    trial = prepare(workshop, subject_name)
    report = Report(subject_name, seed, count, why)
    path = _FOLDER / f"{subject_name}-{seed}.json"
    try:
        for result in trial.results(draw(pool, seed), count):
            report.add(result)
    finally:
        report.write(path, trial.uncounted)  # of a run that is stopped, too
    report.show(trial.uncounted)
    if faults := report.faults():
        raise Failed("\n".join(faults), path)
    return path


def find_subject(name: str) -> Subject:
    """Return a subject by its name."""
    if name not in SUBJECTS:
        raise BadInput(f"--of {name}: there is no such code to change{nearest(name, SUBJECTS)}; there is: {', '.join(SUBJECTS)}")
    return SUBJECTS[name]


def reasons() -> dict[explained.Key, str]:
    """Return what is explained, of all code."""
    return explained.read(_EQUIVALENT)


def build_host() -> Path:
    """Build the tests of the host with the code they test in shared libraries; return the folder."""
    folder = _FOLDER / "host"
    with build_lock(folder):
        configure_and_build(folder, "host", ["-DUNIT_SHARED=ON"], folder / "build.log")
    return folder


def open_workshop(folder: Path, subject: Subject) -> Workshop:
    """Return the workshop of the libraries that the build has."""
    absent = [name for name in subject.libraries[1:] if next(folder.rglob(f"lib{name}.so"), None) is None]
    for name in absent:
        print(f"sel: this build has no library {name}: what loads it takes no part", flush=True)
    return Workshop(folder, tuple(name for name in subject.libraries if name not in absent), ROOT)


def read_pool(workshop: Workshop, subject: Subject) -> list[list[Mutant]]:
    """Return the mutants of each statement of the subject."""
    units = [unit for library in workshop.libraries for unit in library.units]
    return pool_of(Reader(ROOT, subject.folder, subject.excluded), units)


def pool_of(reader: Reader, units: list[Unit]) -> list[list[Mutant]]:
    """Return the mutants of each statement that a reader finds in some units."""
    return statements([place for unit in units for place in reader.read(unit.source, list(unit.arguments[1:]))])


def prepare(workshop: Workshop, name: str) -> Trial:
    """Find the programs, see them pass on the unchanged library, and learn which lines each executes."""
    folder = _FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = programs.find(workshop.folder, [library.name for library in workshop.libraries])
    measured = [programs.measure(program, workshop.built, folder) for program in found]
    total = sum(program.processor_s for program in measured)
    print(f"sel: {len(measured)} programs take part, {total:.1f} s of processor time together", flush=True)
    return Trial(workshop, measured, coverage.count(workshop, measured, folder, ROOT), folder)


def check_count(count: int, pool: list[list[Mutant]], name: str) -> None:
    """Refuse to draw more than there are."""
    possible = sum(map(len, pool))
    if count > possible:
        raise BadInput(f"--count {count}: {name} has {len(pool)} statements that can be changed in {possible} ways; ask for fewer")


def check_stale(known: dict[explained.Key, str], pool: list[list[Mutant]], subject: Subject) -> None:
    """Refuse a reason whose mutant is gone."""
    own = {key: why for key, why in known.items() if key[0].startswith(subject.folder)}
    for path, function, before, after in explained.stale(own, pool):
        raise BadInput(
            f"{_EQUIVALENT.relative_to(ROOT)}: the entry for {path}, {function}, fits no mutant any more:\n"
            f"    - {before}\n    + {after}\nthe line has changed; look whether the reason still holds, or take the entry out"
        )
