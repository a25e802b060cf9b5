# SPDX-License-Identifier: BSD-2-Clause
"""The ABI of a tree is read once and kept, under a name of what it was read from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from capdl import abi
from sel import PYTHON, ROOT

QUESTION = "import sys; from capdl import abi; print(abi.load_default().limit('PRIORITY_MAX'), 'abigen' in sys.modules)"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of the project as knows the ABI."""
    for folder in ("capdl", "libsel/abi", "tools/abigen"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def said(tree: Path) -> list[str]:
    """The largest priority, and whether the sources were read for it."""
    return subprocess.run([PYTHON, "-c", QUESTION], cwd=tree, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True).stdout.split()


def test_it_is_read_once(tree: Path) -> None:
    assert [said(tree), said(tree)] == [["255", "True"], ["255", "False"]]


def test_a_source_that_changes_is_read(tree: Path) -> None:
    """Of the ABI, or of what reads it."""
    said(tree)
    before = abi.kept_at(tree)
    source = min((tree / "libsel" / "abi").glob("*.yaml"))
    source.write_text(source.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert abi.kept_at(tree) != before and said(tree) == ["255", "True"]
    reader = tree / "tools" / "abigen" / "model.py"
    reader.write_text(reader.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert said(tree)[1] == "True"


def test_what_is_damaged_is_made_anew(tree: Path) -> None:
    said(tree)
    abi.kept_at(tree).write_text('{"limits"', encoding="utf-8")
    assert [said(tree), said(tree)] == [["255", "True"], ["255", "False"]]


def test_a_tree_that_is_only_read_serves(tree: Path) -> None:
    """Nothing can be kept: a file is where the folder would be."""
    (tree / "build").write_text("", encoding="utf-8")
    assert [said(tree), said(tree)] == [["255", "True"], ["255", "True"]]
