# SPDX-License-Identifier: BSD-2-Clause
"""From a spec's file to the model of a spec without faults, in whichever form it is."""

from __future__ import annotations

from pathlib import Path

from capdl import language
from capdl.checker import Checker
from capdl.compose import compose
from capdl.expanded_read import ExpandedReader, is_expanded
from capdl.limits import Limits
from capdl.model import System
from capdl.spec_read import SpecReader


def load_system(
    spec: Path, shown: str, limits: Limits, board: str | None = None, settings: list[str] | None = None, reads_images: bool = True,
) -> System:
    """Load and check a spec with the values of `--set NAME=VALUE`; raises SpecError with every fault of the first stage that has one.

    Without its images a guest has nothing to boot: enough for questions.
    """
    checker = Checker(spec, shown, board, reads_images)
    composed = compose(spec, shown, settings or [], language.part(limits), checker.reporter)
    checker.folders = composed.folders
    reader = ExpandedReader(checker, limits) if is_expanded(composed.tree) else SpecReader(checker, limits)
    system = reader.read(composed.tree)
    system.files.extend(composed.files)
    return system
