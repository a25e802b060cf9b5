# SPDX-License-Identifier: BSD-2-Clause
"""A system of parts runs, every capability that it has by hand is there as the spec says, and its expanded form is the same image."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import ROOT, build, sel_run

SPEC = Path(__file__).resolve().parent / "parts" / "system.yaml"


def test_both_instances_run() -> None:
    """Each client gets its own server's answers; the one with the longer period, too."""
    run = sel_run(SPEC, "--expect", "left_client:sent 2, got 3", "--expect", "right_client:sent 2, got 3")
    assert run.code == 0, run.output[-2000:]


def test_capabilities_by_hand_are_made() -> None:
    """The live state has each with the rights and badge of the spec."""
    run = sel_run(SPEC, "--audit")
    assert run.code == 0 and "mappings compared, 0 differences" in run.console("kernel"), run.output[-2000:]


def test_expanded_form_is_the_same_image(tmp_path: Path) -> None:
    """Built with the project's compiler and linker, from a file elsewhere."""
    expanded = tmp_path / "expanded.yaml"
    done = subprocess.run([str(ROOT / "sel"), "expand", str(SPEC), "--out", str(expanded)], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    one, two = build(SPEC), build(expanded)
    for name in ("system.cdl", "spec.bin", "image.bin"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
