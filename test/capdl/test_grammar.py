# SPDX-License-Identifier: BSD-2-Clause
"""Generated specs: every one is accepted or refused as throw_specs.py says; 10,000 others are thrown by `./sel assure specs` (test/specs)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from spec_grammar import KINDS, ODD_TEXTS, Grammar
from throw_specs import faults_of_all, prepare

SPECS, GROUPS = 500, 10


@pytest.mark.parametrize("group", range(GROUPS))
def test_generated_specs(group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, none over 2 s, every refusal with id, place and remedy; valid ones are accepted and so is their expanded form."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    assert faults_of_all(range(group, SPECS, GROUPS)) == {}


def test_odd_texts_are_thrown() -> None:
    """Wherever a file or folder is named, and in specs that are right besides."""
    texts = ["".join(Grammar(seed).files().values()) for seed in range(SPECS)]
    assert {odd: count for odd in ODD_TEXTS if (count := sum(odd in text for text in texts)) < 2} == {}
    near = [text for seed, text in enumerate(texts) if Grammar(seed).kind == "nearly valid"]
    for key in ("source", "raw", "include"):
        assert any(re.search(rf"\b{key}: \[?({'|'.join(map(re.escape, ODD_TEXTS))})", text) is not None for text in near), key


def test_the_generator_is_one_of_its_seed() -> None:
    """The same seed, the same files; all kinds come about."""
    kinds = Counter(Grammar(seed).kind for seed in range(SPECS))
    assert kinds.keys() == set(KINDS) and min(kinds.values()) >= 20
    assert all(Grammar(seed).files() == Grammar(seed).files() for seed in range(50))
