# SPDX-License-Identifier: BSD-2-Clause
"""Generated specs: every one is accepted or refused as throw_specs.py says; it throws 10,000 when asked by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import write_images
from spec_grammar import KINDS, Grammar
from throw_specs import faults_of

SPECS, GROUPS = 500, 10


@pytest.mark.parametrize("group", range(GROUPS))
def test_generated_specs(group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, none over 2 s, every refusal with id, place and remedy; valid ones are accepted and so is their expanded form."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path)
    found = {seed: faults for seed in range(group, SPECS, GROUPS) if (faults := faults_of(seed))}
    assert found == {}


def test_the_generator_is_one_of_its_seed() -> None:
    """The same seed, the same files; all kinds come about."""
    kinds = Counter(Grammar(seed).kind for seed in range(SPECS))
    assert kinds.keys() == set(KINDS) and min(kinds.values()) >= 20
    assert all(Grammar(seed).files() == Grammar(seed).files() for seed in range(50))
