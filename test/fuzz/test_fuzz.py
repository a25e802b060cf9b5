# SPDX-License-Identifier: BSD-2-Clause
"""The fuzz targets as a test: their corpora are replayed, each goes on for a fixed number of executions, and finds its planted bugs.

With SEL_ASSURE_HOURS=N all targets together run for N hours on two cores from the corpora saved in the
cache folder, and save there what they add.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import corpus
import programs
import pytest
from sel.cache import corpus_folder

HOURS = float(os.environ.get("SEL_ASSURE_HOURS") or 0)
WORKERS = 2
SHARE_S = max(1, int(HOURS * 3600 * WORKERS / len(programs.TARGETS)))
SLACK_S = 600
#: A twin runs longer than its target: the same seed, but what finds the bug may come late.
TWIN_FACTOR = 4


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """All programs, once."""
    programs.build()


def inputs_of(target: str, folder: Path) -> Path:
    """Lay the regression corpus out; a pack that cannot be used fails the test with its sentence."""
    try:
        corpus.spread(corpus.read_pack(corpus.pack_path(target), target), folder)
    except corpus.CorpusError as error:
        pytest.fail(str(error), pytrace=False)
    return folder


def runs_of(target: str, regression: Path, factor: int = 1) -> str:
    """Executions of the whole run: libFuzzer counts the corpus, too."""
    return f"-runs={len(list(regression.iterdir())) + factor * programs.TARGETS[target].runs}"


@pytest.mark.parametrize("target", programs.TARGETS)
def test_corpus_and_some_more(target: str, tmp_path: Path) -> None:
    regression = inputs_of(target, tmp_path / "corpus")
    new = tmp_path / "new"
    new.mkdir()
    outcome = programs.run(target, [new, regression], [runs_of(target, regression)])
    print(f"{target}: {len(list(regression.iterdir()))} inputs replayed, {programs.TARGETS[target].runs} executions more, {outcome.processor_s:.1f} s of processor time")
    if outcome.code != 0:
        pytest.fail(outcome.sentence(), pytrace=False)


@pytest.mark.parametrize("twin", programs.twins())
def test_planted_bug_is_found(twin: str, tmp_path: Path) -> None:
    target = programs.twins()[twin]
    regression = inputs_of(target, tmp_path / "corpus")
    new = tmp_path / "new"
    new.mkdir()
    outcome = programs.run(f"twin_{twin}", [new, regression], [runs_of(target, regression, TWIN_FACTOR)])
    print(outcome.sentence())
    assert outcome.code != 0 and outcome.find, f"the bug planted as '{twin}' was not found by {target}: a target that finds nothing proves nothing"


def test_every_invocation_gets_past_its_checks(tmp_path: Path) -> None:
    """By the corpus alone; the list is printed."""
    regression = inputs_of("kernel_decode", tmp_path / "corpus")
    outcome = programs.run("kernel_decode", [regression], ["-runs=0"], {"SEL_FUZZ_REPORT": "1"})
    lines = re.findall(r"^passed: (\w+) (\d+)$", outcome.said, re.MULTILINE)
    print("\n".join(f"{name} {count}" for name, count in lines))
    invocations = [(name, int(count)) for name, count in lines if not name.startswith("syscall_")]
    assert len(invocations) > 40
    never = [name for name, count in invocations if count == 0]
    assert not never, f"the corpus of kernel_decode never gets past the checks of {', '.join(never)}; run longer and renew it"


@pytest.mark.skipif(not HOURS, reason="only with SEL_ASSURE_HOURS")
@pytest.mark.timeout(SHARE_S + SLACK_S)
@pytest.mark.parametrize("target", programs.TARGETS)
def test_hours(target: str, tmp_path: Path) -> None:
    """Saved corpora of another ABI are other inputs, so their folder carries the ABI's sum."""
    saved = corpus_folder("fuzz", corpus.abi_sum()[:12], target)
    regression = inputs_of(target, tmp_path / "corpus")
    outcome = programs.run(target, [saved, regression], [f"-max_total_time={SHARE_S}"])
    print(f"{target}: {outcome.processor_s:.0f} s of processor time in {SHARE_S} s, {outcome.executions()} executions, {len(list(saved.iterdir()))} inputs in {saved}")
    if outcome.code != 0:
        if outcome.find:
            kept = saved.parent / outcome.find.name
            shutil.copy(outcome.find, kept)
            print(f"kept as {kept}")
        pytest.fail(outcome.sentence(), pytrace=False)
