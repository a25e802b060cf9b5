# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of tools/mutants share: the small project read by the parser, and built once."""

from __future__ import annotations

import pytest
from projects import ROOT, SMALL, build  # it makes tools/ importable

from mutants.draw import Mutant, statements
from mutants.syntax import Reader
from mutants.workshop import Workshop


@pytest.fixture
def pool() -> list[list[Mutant]]:
    """The mutants of each statement of small.c."""
    arguments = ["-std=gnu11", f"-I{ROOT}"]
    return statements(Reader(ROOT, "test/mutants/small/").read(SMALL / "small.c", arguments))


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The small project, built."""
    return Workshop(build(SMALL, tmp_path_factory.mktemp("small")), ("small",), ROOT)
