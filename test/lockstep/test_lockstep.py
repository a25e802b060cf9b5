# SPDX-License-Identifier: BSD-2-Clause
"""The lockstep of kernel and reference model at length: a part of `sel assure`.

In CI a million steps in two processes. `sel assure --hours N` goes on for that long, from the sequences that earlier runs kept in
the cache folder and into it. What was reached is checked too: a generator that got shallow must not pass."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sel.cache import corpus_folder
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
    return corpus_folder("lockstep", abi, str(seed))


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
    if done.returncode != 0:
        pytest.fail(done.stdout[-20000:] + done.stderr, pytrace=False)
    print(done.stdout[-20000:], done.stderr)
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


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--seed", "many"], "--seed many: a number is needed"),
        (["--seed", "-1"], "--seed -1: a number is needed"),
        (["--seconds", "-1"], "--seconds -1: a number is needed"),
        (["--length", "0"], "--length 0: sequences have 1 to 1023 steps"),
        (["--length", "1024"], "--length 1024: sequences have 1 to 1023 steps"),
        (["--steps", "0"], "--steps 0: nothing is run"),
    ],
)
def test_what_would_run_nothing_or_for_ever_is_refused(program: Path, words: list[str], sentence: str) -> None:
    done = subprocess.run([program, "run", *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and sentence in done.stderr and not done.stdout


# --- corpora of earlier runs ---


def _summary(done: subprocess.CompletedProcess[str]) -> tuple[int, int, int]:
    """Sequences run, sequences kept, edges taken."""
    if done.returncode != 0:
        pytest.fail(f"not a run that agrees, see test_kernel_and_model_agree: {done.stdout[:300]}{done.stderr[-300:]}", pytrace=False)
    return tuple(int(re.search(pattern, done.stdout).group(1)) for pattern in (r"in (\d+) sequences", r"kept (\d+)", r"(\d+) of \d+ edges"))  # type: ignore[return-value]


def test_a_run_goes_on_from_what_others_kept(program: Path, tmp_path: Path) -> None:
    """What is loaded is run: its edges are known from then on, and what adds nothing is not kept again."""
    first = _run(program, "run", "--seed", "7", "--steps", "3000", "--save", str(tmp_path))
    _, kept, edges = _summary(first)
    assert first.returncode == 0 and len(list(tmp_path.iterdir())) == kept
    (tmp_path / "twice.steps").write_bytes((tmp_path / "0000.steps").read_bytes())
    second = _run(program, "run", "--seed", "8", "--steps", "0", "--corpus", str(tmp_path))
    assert second.returncode == 0 and _summary(second) == (kept + 1, kept, edges)
    third = _run(program, "run", "--seed", "8", "--steps", "6000", "--corpus", str(tmp_path), "--save", str(tmp_path))
    assert third.returncode == 0 and _summary(third)[1] > kept and _summary(third)[2] > edges
    assert len(list(tmp_path.glob("[0-9]*.steps"))) == _summary(third)[1]


def test_files_that_are_kept_no_more_go(program: Path, tmp_path: Path) -> None:
    """Otherwise each run would begin with all that any has ever kept."""
    old = tmp_path / "0900.steps"
    old.write_bytes(_one_file(program))
    done = _run(program, "run", "--seed", "7", "--steps", "3000", "--save", str(tmp_path))
    assert done.returncode == 0 and not old.exists() and len(list(tmp_path.iterdir())) == _summary(done)[1]


def test_a_difference_leaves_the_corpus_and_comes_back_from_it(program: Path, tmp_path: Path) -> None:
    """By a kernel with a bug: what was kept before is saved, and its steps, once in the corpus, are the first to be tried."""
    twin = program.with_name("lockstep_bug_8")
    failed, corpus = tmp_path / "failed.steps", tmp_path / "corpus"
    corpus.mkdir()
    done = _run(twin, "run", "--seed", "1", "--steps", "1000000", "--save", str(corpus), "--failed", str(failed))
    assert done.returncode == 1 and "they differ after these" in done.stdout and list(corpus.iterdir())
    failed.rename(corpus / "9999.steps")
    kept = {path: path.read_bytes() for path in corpus.iterdir()}
    again = _run(twin, "run", "--seed", "2", "--steps", "1000000", "--corpus", str(corpus), "--save", str(corpus))
    assert again.returncode == 1 and again.stdout.startswith("a sequence of the corpus: kernel and model differ after")
    assert {path: path.read_bytes() for path in corpus.iterdir()} == kept


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_search_saves_what_it_kept(program: Path, tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen([program, "run", "--seconds", "600", "--save", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    while process.poll() is None and sum(map(int, Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[11:13])) < 50:
        time.sleep(0.05)  # until it has computed for half a second
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and f"lockstep: stopped by signal {int(number)}" in said
    assert list(tmp_path.glob("*.steps"))


def test_a_report_that_cannot_be_written_is_told_before_hours_are_lost(program: Path, tmp_path: Path) -> None:
    done = _run(program, "run", "--seconds", "600", "--report", str(tmp_path / "no" / "report"))
    assert done.returncode == 2 and "No such file or directory" in done.stderr and not done.stdout


@pytest.mark.parametrize("option", ["--save", "--failed"])
def test_a_place_that_cannot_be_written_is_told_before_hours_are_lost(program: Path, tmp_path: Path, option: str) -> None:
    done = _run(program, "run", "--seconds", "600", option, str(tmp_path / "no" / "such"))
    assert done.returncode == 2 and "No such file or directory" in done.stderr and not done.stdout


def test_undefined_behaviour_leaves_the_steps_that_led_there(program: Path, tmp_path: Path) -> None:
    """The sanitizer ends the program: it has told its place, seed, sequence and steps, and what was kept is saved."""
    twin = program.with_name("lockstep_bug_10")
    failed, corpus = tmp_path / "failed.steps", tmp_path / "corpus"
    corpus.mkdir()
    done = _run(twin, "run", "--seed", "3", "--steps", "1000000", "--save", str(corpus), "--failed", str(failed))
    told = re.search(r"the sanitizer's report is of seed 3, sequence (\d+), step (\d+)", done.stdout)
    assert done.returncode not in (0, 2) and "shift exponent 64 is too large" in done.stderr and told is not None
    assert int(told[1]) == 1 or list(corpus.glob("*.steps"))
    assert f"steps: {failed} " in done.stdout
    again = _run(twin, "replay", str(failed))
    assert again.returncode != 0 and "shift exponent 64 is too large" in again.stderr
    failed.rename(corpus / "9999.steps")
    kept = {path: path.read_bytes() for path in corpus.iterdir()}
    loading = _run(twin, "run", "--seed", "4", "--steps", "1000000", "--corpus", str(corpus), "--save", str(corpus))
    assert "(of the corpus), step" in loading.stdout and {path: path.read_bytes() for path in corpus.iterdir()} == kept
    shown = _run(program, "show", str(corpus / "9999.steps"))
    assert shown.returncode == 0 and re.search(rf"^ *{told[2]}  ", shown.stdout, re.MULTILINE)


def test_corpora_of_other_abis_are_named(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are left alone, not passed over."""
    monkeypatch.setenv("SEL_CACHE", str(tmp_path))
    folder = _corpus_folder(program, 1)
    old = folder.parents[1] / ("0" * 16) / "1" / "0000.steps"
    old.parent.mkdir(parents=True)
    old.touch()
    with pytest.warns(UserWarning, match=rf"1 inputs of other ABIs lie in {folder.parents[1]} \(0{{16}}\) and are not used"):
        assert _corpus_folder(program, 1) == folder


def test_a_difference_is_printed_as_a_test_that_compiles(program: Path, tmp_path: Path) -> None:
    """Put where it says, with its line in main; nothing in it is left of what the bug does not need."""
    done = _run(program.with_name("lockstep_bug_3"), "run", "--seed", "1", "--steps", "1000000", "--failed", str(tmp_path / "failed.steps"))
    told = done.stdout[done.stdout.index("static void a_difference_found") : done.stdout.index("\nsteps: ")]
    function, line = told.rsplit("\n\n", 1)
    cases = (ROOT / "test/model/cases_test.c").read_text(encoding="utf-8")
    source = tmp_path / "cases_test.c"
    source.write_text(cases.replace("int main(void)", f"{function}\n\nint main(void)").replace("tests[] = {\n", f"tests[] = {{\n{line}\n"), encoding="utf-8")
    database = json.loads((program.parents[3] / "compile_commands.json").read_text(encoding="utf-8"))
    entry = next(entry for entry in database if entry["file"].endswith("test/model/cases_test.c"))
    command = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
    command = [str(source) if word == entry["file"] else word for word in command[: command.index("-o")]] + ["-fsyntax-only", str(source)]
    compiled = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr
    assert ".preempt_after" not in function
