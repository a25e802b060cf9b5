# SPDX-License-Identifier: BSD-2-Clause
"""10,000 generated specs at the compiler, other ones than those of `./sel test` (test/capdl/test_grammar.py); in CI a few.

Each is accepted or refused as test/capdl/throw_specs.py says: no traceback, none over 2 s of processor time, every refusal with place, id and
remedy; a valid one is accepted, and so is its expanded form. A seed is thrown again by `python3 test/capdl/throw_specs.py --seed N --count 1`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from throw_specs import faults_of_all, prepare

#: The first that `./sel test` does not throw.
FIRST = 500
COUNT = 10_000 if os.environ.get("SEL_ASSURE") == "full" else 200
#: A case each, so that both cores have work to the end.
GROUPS = COUNT // 100


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_hundred_specs(group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    assert faults_of_all(range(FIRST + group, FIRST + COUNT, GROUPS)) == {}
