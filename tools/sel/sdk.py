# SPDX-License-Identifier: BSD-2-Clause
"""`sel sdk DIR`: a copy of this tree to build systems with, without what only its own development needs.

The copy knows no path of its origin: it can be moved, packed and handed on. It builds the same
bytes as the tree it was made from.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterable

from sel import ROOT
from sel.errors import BadInput, os_error_sentence
from sel.files import refuse_empty

#: What stays behind: tests, what they alone use, and what has been built.
LEFT_OUT = frozenset(
    {".ci", ".git", ".gitignore", "CONTRIBUTING.md", "build", "test", "tools/bounds", "tools/coverage_report", "tools/mutants"}
)


def is_sdk(root: Path = ROOT) -> bool:
    """Tell a copy from a clone of the repository."""
    return not (root / "test").is_dir()


def refuse_in_sdk(what: str, root: Path = ROOT) -> None:
    """BadInput in a copy: `what`, as a sentence's subject, is about Selvedge's own tests."""
    if is_sdk(root):
        raise BadInput(f"{what} needs the tests of Selvedge itself, which an SDK leaves out; use a clone of the repository")


def make_sdk(name: str, root: Path = ROOT) -> Path:
    """Copy the tree to the new folder `name`; returns its path. BadInput if it is there already, or inside the tree."""
    refuse_empty(name, "DIR")
    target = Path(name).resolve()
    if target.is_relative_to(root):
        raise BadInput(f"{target} is inside the tree that would be copied; name a folder outside of {root}")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"{target} is there already; name a new folder, or empty it")

    def left_out(folder: str, names: Iterable[str]) -> set[str]:
        inside = Path(folder).relative_to(root)
        return {each for each in names if (inside / each).as_posix() in LEFT_OUT or each == "__pycache__"}

    try:
        shutil.copytree(root, target, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    except shutil.Error as error:
        source, _, reason = error.args[0][0]
        raise BadInput(f"{source} cannot be copied: {reason}") from None
    except OSError as error:
        raise os_error_sentence(error, f"{target} cannot be written") from None
    return target
