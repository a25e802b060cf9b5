# SPDX-License-Identifier: BSD-2-Clause
"""A case whose text never comes says who waits for whom."""

from __future__ import annotations

import json

import conftest
import pytest
from conftest import ROOT, boot, build


def test_a_boot_that_hangs_says_who_waits_for_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "RUN_TIMEOUT_S", 15)
    folder = build(ROOT / "test" / "introspect" / "knot" / "system.yaml", preset="debug")
    machine = json.loads((folder / "run.json").read_text(encoding="utf-8"))["machine"]
    said = boot(machine, folder / "image.bin", "never said")
    assert "asked: calls back\n" in said
    assert "\n'never said' did not come; deadlock: asked -> asker.second -> asked\nwho waits for whom, " in said
