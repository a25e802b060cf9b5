# SPDX-License-Identifier: BSD-2-Clause
"""The ABI of a tree is read once and kept, under a name of what it was read from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from sel import PYTHON, ROOT

QUESTION = "import sys; from capdl import abi; print(abi.load_default().limit('PRIORITY_MAX'), 'abigen.commands' in sys.modules)"
GENERATION = "import sys; sys.path.insert(0, 'tools'); from abigen.__main__ import main; print(main(['generate', '--out', sys.argv[1]]), 'abigen.commands' in sys.modules)"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of the project as knows the ABI."""
    for folder in ("capdl", "libsel/abi", "tools/abigen"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def said(tree: Path, program: str = QUESTION, *arguments: str) -> list[str]:
    """The largest priority (or what a generation returned), and whether the sources were read for it."""
    return subprocess.run([PYTHON, "-c", program, *arguments], cwd=tree, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True).stdout.split()


def kept(tree: Path) -> set[Path]:
    return set((tree / "build" / "python").glob("abigen-*.json"))


def test_it_is_read_once(tree: Path) -> None:
    assert [said(tree), said(tree)] == [["255", "True"], ["255", "False"]]


def test_a_source_that_changes_is_read(tree: Path) -> None:
    """Of the ABI, or of what reads it."""
    said(tree)
    before = kept(tree)
    source = min((tree / "libsel" / "abi").glob("*.yaml"))
    source.write_text(source.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert said(tree) == ["255", "True"] and kept(tree) != before and len(kept(tree)) == 1
    source.rename(source.with_name("renamed.yaml"))
    assert subprocess.run([PYTHON, "-c", QUESTION], cwd=tree, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False).returncode != 0
    source.with_name("renamed.yaml").rename(source)
    reader = tree / "tools" / "abigen" / "model.py"
    reader.write_text(reader.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert said(tree)[1] == "True"


@pytest.mark.parametrize("damage", [
    lambda text: text[:1000], lambda text: "{}", lambda text: text.split("\n", 1)[0] + "\n{}", lambda text: text.replace("PRIORITY_MAX", "PRIORITY_MIN", 1), lambda text: "",
])
def test_what_is_damaged_is_made_anew(damage: Callable[[str], str], tree: Path) -> None:
    said(tree)
    path = kept(tree).pop()
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert [said(tree), said(tree)] == [["255", "True"], ["255", "False"]]


EDITED = """
import sys; sys.path.insert(0, "tools")
from pathlib import Path
from abigen import commands, kept
made = commands.outputs
def edit(abi):
    path = kept.ABI_FOLDER / "limits.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("255", "127", 1), encoding="utf-8")
    return made(abi)
commands.outputs = edit
print(commands.run("generate", kept.ABI_FOLDER, Path(sys.argv[1]), None))
"""


def test_what_is_edited_meanwhile_is_not_kept_as_the_new_one(tree: Path, tmp_path: Path) -> None:
    """By an editor, or a checkout beside a build."""
    assert said(tree, EDITED, str(tmp_path / "out")) == ["0"]
    assert "127" in (tree / "libsel/abi/limits.yaml").read_text(encoding="utf-8") and not kept(tree)


def test_a_build_takes_what_another_one_made(tree: Path, tmp_path: Path) -> None:
    """The same files as one that makes them, whatever is there; and no others than of the description as it is now."""
    outs = [tmp_path / "made", tmp_path / "kept", tmp_path / "again"]
    assert said(tree, GENERATION, str(outs[0])) == ["0", "True"]
    (outs[1] / "gen").mkdir(parents=True)
    (outs[1] / "gen" / "err.h").write_text("old", encoding="utf-8")
    assert said(tree, GENERATION, str(outs[1])) == ["0", "False"]
    texts = [{path.relative_to(out): path.read_text(encoding="utf-8") for path in out.rglob("*.*")} for out in outs[:2]]
    assert texts[0] == texts[1] and len(texts[0]) > 15
    source = min((tree / "libsel" / "abi").glob("*.yaml"))
    source.write_text(source.read_text(encoding="utf-8") + "]\n", encoding="utf-8")
    assert said(tree, GENERATION, str(outs[2])) == ["2", "True"] and not outs[2].exists()


def test_a_tree_that_is_only_read_serves(tree: Path) -> None:
    """Nothing can be kept: a file is where the folder would be."""
    (tree / "build").write_text("", encoding="utf-8")
    assert [said(tree), said(tree)] == [["255", "True"], ["255", "True"]]
