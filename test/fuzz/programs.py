# SPDX-License-Identifier: BSD-2-Clause
"""The fuzz programs: which there are, how they are built (CMake, build/fuzz) and run.

A run is a fixed number of executions from a fixed seed, or a time; what it finds is said in
one sentence with the input's file and the command that repeats it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build" / "fuzz"
FOUND = BUILD / "found"
SEED = 1
#: An input that takes longer (seconds) is a find: the slowest takes a tenth of one.
INPUT_LIMIT_S = 25
TAIL_LINES = 12


class ProgramError(Exception):
    """A program cannot be built or run; the text is a sentence."""


@dataclass(frozen=True)
class Target:
    """A target's longest input, and executions beyond its corpus in a regression run."""

    max_bytes: int
    runs: int


TARGETS = {
    "kernel_decode": Target(1920, 1500),
    "vmm_exit": Target(2560, 5000),
    "vmm_gic": Target(2560, 1000),
    "vmm_gicv2": Target(2560, 1000),
    "vmm_devices": Target(2400, 20000),
    "vmm_memory": Target(640, 20000),
    "vmm_rings": Target(512, 40000),
    "boot_image": Target(1024, 100000),
    "roottask_spec": Target(400, 5000),
}


def twins() -> dict[str, str]:
    """Return the target of every planted-bug twin."""
    return {twin["name"]: twin["target"] for twin in json.loads((HERE / "twins.json").read_text(encoding="utf-8"))}


def prepare() -> None:
    """Configure, and generate what the sources include: enough for whoever reads their compile_commands.json."""
    _make("fuzz_gen")


def build() -> None:
    """Build all programs."""
    _make("all")


def _make(goal: str) -> None:
    """Several callers wait for one another."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["cmake", "-S", str(HERE), "-B", str(BUILD), "-G", "Ninja"], ["ninja", "-C", str(BUILD), "-j2", goal]):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            if done.returncode != 0:
                tail = "\n".join(done.stdout.splitlines()[-TAIL_LINES:])
                raise ProgramError(f"the fuzz targets do not build ({' '.join(command)}):\n{tail}")


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `find` is the input it stopped at, `said` everything it printed."""

    program: str
    code: int
    said: str
    find: Path | None
    processor_s: float

    def executions(self) -> int:
        """Return how many inputs it ran; 0 after a find."""
        return next((int(count) for count in re.findall(r"^stat::number_of_executed_units: (\d+)$", self.said, re.MULTILINE)), 0)

    def sentence(self) -> str:
        """Say what was found and how to see it again."""
        reason = next(iter(re.findall(r"^(?:fuzz: .*|.*runtime error: .*|==\d+==ERROR: .*|kernel panic: .*|\[ .*|SUMMARY: .*)$", self.said, re.MULTILINE)), "it ended without a reason")
        if self.find is None:
            return f"fuzz target {self.program} ended with code {self.code}: {reason}"
        return f"fuzz target {self.program} found: {reason}\n  input: {self.find}\n  again: {BUILD / self.program} {self.find}"


def run(program: str, folders: list[Path], limits: list[str], environment: dict[str, str] | None = None) -> Outcome:
    """Run a program over folders of inputs; new ones go to the first."""
    target = TARGETS[twins().get(program.removeprefix("twin_"), program)]
    FOUND.mkdir(parents=True, exist_ok=True)
    prefix = FOUND / f"{program}-"
    command = [
        str(BUILD / program), *limits, f"-seed={SEED}", f"-max_len={target.max_bytes}", f"-timeout={INPUT_LIMIT_S}",
        f"-artifact_prefix={prefix}", "-print_final_stats=1", *map(str, folders),
    ]
    before_s = _processor_s()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env={**os.environ, **(environment or {})}, check=False,
    )
    written = re.search(r"Test unit written to (\S+)", done.stdout)
    return Outcome(program, done.returncode, done.stdout, Path(written.group(1)) if written else None, _processor_s() - before_s)


def _processor_s() -> float:
    """Time on the processor, not on the clock: what a run on a busy machine was worth."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def merge(target: str, kept: Path, folder: Path, has_counts: bool) -> None:
    """Put into `kept` few inputs that together reach every edge, with has_counts also about as often, as all of them do."""
    done = run(target, [kept, folder], ["-set_cover_merge=1", f"-use_counters={int(has_counts)}"])
    if done.code != 0:
        raise ProgramError(f"the corpus of {target} cannot be merged: {done.sentence()}")
