# SPDX-License-Identifier: BSD-2-Clause
"""Trying mutants of the small project: which count, which are caught, and by what."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROOT, find
from mutants import coverage, programs
from mutants.changes import Change, Edit
from mutants.draw import Mutant
from mutants.trial import REFUSED, SAME, Trial
from mutants.workshop import Workshop


@pytest.fixture(scope="module")
def trial(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder = tmp_path_factory.mktemp("trial")
    found = programs.find(workshop.folder, ["libsmall.so"])
    measured = [programs.measure(program, workshop.built, folder) for program in found]
    return Trial(workshop, measured, coverage.count(workshop, measured, folder, ROOT), folder)


def test_programs_are_those_that_load_the_library_and_must_pass(trial: Trial) -> None:
    assert [program.name for program in trial.programs] == ["small"]


def test_a_wrong_result_is_caught_by_name(trial: Trial, pool: list[list[Mutant]]) -> None:
    result = trial.attempt(find(pool, 12, "(void)0;"))
    assert (result.uncounted, result.program, result.noticed) == (None, "small", "within_above")


def test_a_hang_is_caught(trial: Trial, pool: list[list[Mutant]]) -> None:
    mutant = find(pool, 20, "for (int i = 0; i < count; i--) {")
    endless = mutant.source.data.replace(b"int i = 0; i < count; i++", b"volatile int i = 0; i < count;")
    result = trial.attempt(_whole_file(mutant, endless))
    assert (result.uncounted, result.noticed) == (None, "does not end")


def test_a_crash_is_caught(trial: Trial, pool: list[list[Mutant]]) -> None:
    mutant = find(pool, 14, "return 0;")
    result = trial.attempt(_whole_file(mutant, mutant.source.data.replace(b"return value;", b"return *(volatile int *)0;", 1)))
    assert (result.uncounted, result.noticed) == (None, "signal 11")


def test_what_changes_no_object_does_not_count(trial: Trial, pool: list[list[Mutant]]) -> None:
    assert trial.attempt(find(pool, 36, "return value / 1;")).uncounted == SAME


def test_what_does_not_compile_does_not_count(trial: Trial, pool: list[list[Mutant]]) -> None:
    """Its parameter is unused then: an error by the flags the tests are compiled with."""
    assert trial.attempt(find(pool, 36, "return 1;")).uncounted == REFUSED


def test_what_no_test_executes_survives(trial: Trial, pool: list[list[Mutant]]) -> None:
    result = trial.attempt(find(pool, 36, "return value * (1 + 1);"))
    assert (result.uncounted, result.noticed, result.executed_by) == (None, None, 0)


def test_a_run_counts_distinct_mutants_and_leaves_the_tree_alone(trial: Trial, pool: list[list[Mutant]]) -> None:
    before = (ROOT / "test/mutants/small/small.c").read_bytes()
    every = [mutant for mutants in pool for mutant in mutants]
    results = list(trial.results(iter(every), len(every)))
    assert len({result.digest for result in results}) == len(results) < len(every)
    survivors = {(result.mutant.line, result.mutant.after()) for result in results if result.noticed is None}
    assert survivors == {(36, "return value * (1 + 1);"), (36, "return value * (1 - 1);")}  # nothing calls it
    assert (ROOT / "test/mutants/small/small.c").read_bytes() == before


def _whole_file(mutant: Mutant, text: bytes) -> Mutant:
    """A mutant that replaces the whole file, for changes that the mutator would not make."""
    return Mutant(mutant.source, mutant.function, Change("planted", (Edit(0, len(mutant.source.data), text),)), False)
