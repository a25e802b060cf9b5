# SPDX-License-Identifier: BSD-2-Clause
"""The committed pictures are of their sources as they are now, and each is shown somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pictures
from place import ROOT


def test_pictures_are_of_their_sources() -> None:
    assert pictures.stale() == [], "PYTHONPATH=tools python3 -m pictures"


def test_every_picture_is_shown() -> None:
    links = [(page, link) for page in (ROOT / "docs").rglob("*.md") for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))]
    shown = {(page.parent / link).resolve() for page, link in links}
    assert shown == set(pictures.FOLDER.glob("*.svg"))


def test_a_source_that_changes_makes_its_picture_stale(tmp_path: Path) -> None:
    source = tmp_path / "a.dot"
    source.write_text("digraph a { x -> y; }\n")
    assert pictures.stale(tmp_path) == [source]
    pictures.make(source)
    assert pictures.stale(tmp_path) == [] and "<title>x&#45;&gt;y</title>" in source.with_suffix(".svg").read_text()
    source.write_text("digraph a { x -> z; }\n")
    assert pictures.stale(tmp_path) == [source]
