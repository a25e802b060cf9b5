# SPDX-License-Identifier: BSD-2-Clause
"""The lockstep of kernel and reference model at length: a part of `sel assure`.

In CI a million steps in two processes. `sel assure --hours N` goes on for that long, from the sequences that earlier runs kept in
the cache folder and into it. What was reached is checked too: a generator that got shallow must not pass."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from sel.cache import cache_folder
from sel.testing import build_host

ROOT = Path(__file__).resolve().parents[2]
STEPS = 500_000
HOURS = float(os.environ.get("SEL_ASSURE_HOURS", "0"))
#: Results that need what the lockstep's world has not: 2,048 VSpaces.
OUT_OF_REACH = {("untyped_retype", "NO_SPACE_ID")}
#: Results that half a million steps may miss: rare ones. More than these is a shallow generator.
MISSED_MAX = 8
#: System calls of a run that took a fastpath; a third of these calls are made to take the long way instead (STEP_LONG_WAY).
FASTPATHS_MIN = 1000


@pytest.fixture(scope="module")
def program() -> Path:
    """The program, freshly built."""
    return build_host() / "test/unit/part_model/lockstep"


def _run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)


def _corpus_folder(program: Path, seed: int) -> Path:
    """Kept sequences of this ABI: those of another one stay where they are."""
    names = (program.parents[3] / "gen/model_names.h").read_text(encoding="utf-8")
    abi = next(line.split()[-1] for line in names.splitlines() if "STEP_ABI_HASH" in line)
    folder = cache_folder() / "lockstep" / abi / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _reached(report: Path) -> tuple[set[tuple[str, str]], set[str], set[str]]:
    """Pairs (operation, status), states reached, and states not reached."""
    pairs, states, missed = set(), set(), set()
    for line in report.read_text(encoding="utf-8").splitlines():
        kind, *words = line.split()
        if kind == "pair":
            pairs.add((words[0], words[1]))
        else:
            (states if int(words[1]) else missed).add(words[0])
    return pairs, states, missed


def _promised(program: Path) -> set[tuple[str, str]]:
    """Every (operation, error) of the ABI."""
    data = json.loads((program.parents[3] / "gen/errors_pairs.json").read_text(encoding="utf-8"))
    return {(pair["invocation"], pair["error"]) for pair in data["pairs"] if pair["error"] != "INVALID_METHOD"} - OUT_OF_REACH


@pytest.mark.parametrize("seed", [1, 2])
def test_kernel_and_model_agree(program: Path, tmp_path: Path, seed: int) -> None:
    """From each seed on; a difference is shown shrunk, as text, as a CMocka test and as a file."""
    folder = _corpus_folder(program, seed)
    report = tmp_path / "reach.txt"
    options = ["--seed", str(seed), "--report", str(report), "--failed", str(folder.parent / f"failed-{seed}.steps")]
    if HOURS:
        seed_of_run = str(int.from_bytes(os.urandom(4), "little"))
        options += ["--seed", seed_of_run, "--seconds", str(int(HOURS * 3600)), "--corpus", str(folder), "--save", str(folder)]
    else:
        options += ["--steps", str(STEPS)]
    done = _run(program, "run", *options)
    print(done.stdout[-20000:], done.stderr)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
    assert int(re.search(r"(\d+) fastpaths", done.stdout).group(1)) > FASTPATHS_MIN
    pairs, _, missed_states = _reached(report)
    missed = sorted(f"{operation} {status}" for operation, status in _promised(program) - pairs)
    print(f"not reached: {', '.join(missed)}")
    assert not missed_states, f"states that no sequence reached: {', '.join(sorted(missed_states))}"
    assert len(missed) <= MISSED_MAX, f"results that no sequence reached: {', '.join(missed)}"


# --- files of steps ---


def _one_file(program: Path) -> bytes:
    """A file of the committed corpus."""
    return sorted((ROOT / "test/model/corpus").glob("*.steps"))[0].read_bytes()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: b"NOTSTEPS" + data[8:], "no file of steps"),
        (lambda data: data[:8] + b"\x63\0\0\0" + data[12:], "steps in format 99, this program reads format 1"),
        (lambda data: data[:12] + b"\0" * 8 + data[20:], "steps of another ABI"),
        (lambda data: data[:40], "damaged, or no step in it"),
        (lambda data: data[:12], "no file of steps"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(program: Path, tmp_path: Path, change, sentence: str) -> None:
    """Never run, never passed silently."""
    path = tmp_path / "one.steps"
    path.write_bytes(change(_one_file(program)))
    done = _run(program, "replay", str(path))
    assert done.returncode == 2
    assert sentence in done.stderr and done.stderr.startswith(str(path))


def test_a_missing_file_and_a_bad_option_are_sentences(program: Path, tmp_path: Path) -> None:
    """Exit status 2, one line."""
    assert _run(program, "replay", str(tmp_path / "none.steps")).returncode == 2
    done = _run(program, "run", "--seed", "many")
    assert done.returncode == 2 and "a number is needed" in done.stderr
