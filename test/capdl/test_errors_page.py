# SPDX-License-Identifier: BSD-2-Clause
"""docs/spec/errors.md against the compiler: a section for each id, and examples that are refused and accepted as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, write_images

from capdl import check, diagnostics, protocol
from capdl.abi import Abi
from capdl.diagnostics import Reporter, SpecError

from sel import fetch
from sel.sections import read_page

SECTIONS = read_page()
#: What is wrong with these is not in the text of a spec, or is too long to be shown.
WITHOUT_EXAMPLE = {"SEL-S001", "SEL-S002", "SEL-S003", "SEL-S036", "SEL-S045", "SEL-S060", "SEL-P003", "SEL-P011", "SEL-P013", "SEL-P014", "SEL-P016"} | {id for id in diagnostics.TABLE if id.startswith("SEL-E")}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_id_has_a_section() -> None:
    """The page's diagnostics are the table's, in its order; each once (a second heading would hide the first)."""
    told = [id for id in SECTIONS if id.startswith("SEL-")]
    assert sorted(set(diagnostics.TABLE) - set(told)) == [], "write a section for each into docs/spec/errors.md"
    assert sorted(set(told) - set(diagnostics.TABLE)) == [], "these ids are not in capdl/diagnostics.py"
    headings = re.findall(r"^## (\S+): ", (ROOT / "docs/spec/errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(SECTIONS)
    assert told == sorted(told, key=lambda id: (id[4] != "S", id))


def test_every_fault_has_a_section(abi: Abi) -> None:
    assert [id for id in SECTIONS if not id.startswith("SEL-")] == list(abi.data["faults"])


@pytest.mark.parametrize("id", SECTIONS)
def test_a_section_says_rule_reason_cause_and_remedy(id: str) -> None:
    labels = re.findall(r"^- (\w+): ", SECTIONS[id].text, re.MULTILINE)
    assert labels[:4] == ["Rule", "Why", "Cause", "Remedy"] and labels[4:] in ([], ["Words"])
    assert SECTIONS[id].title == SECTIONS[id].title.rstrip(".") and len(SECTIONS[id].title) <= 80


def examples(id: str) -> list[tuple[str, str]]:
    """Refused and mended spec of each example of a section."""
    found = []
    for kind, lines in FENCE.findall(SECTIONS[id].text):
        assert kind == "diff", f"{id}: an example is a block of kind `diff`"
        assert all(line[:1] in ("", " ", "-", "+") for line in lines.splitlines()), f"{id}: a line begins with a blank, - or +"
        old, new = ("".join(f"{line[1:]}\n" for line in lines.splitlines() if line[:1] != other) for other in "+-")
        assert old != new
        found.append((old, new))
    return found


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abi: Abi) -> object:
    """A function that compiles a text, a spec beside made-up images or a protocol file, and returns the ids it draws."""
    write_images(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fetch, "resolve", lambda name: tmp_path / "Image")

    def compile_text(text: str) -> set[str]:
        is_protocol = "\nmethods:" in text
        Path("calls.yaml" if is_protocol else "system.yaml").write_text(text, encoding="utf-8")
        reporter = Reporter()
        try:
            if is_protocol:
                protocol.load(Path("calls.yaml"), "calls.yaml", abi.limits(), reporter)
                return {item.id for item in reporter.diagnostics}
            check.load_system(Path("system.yaml"), "system.yaml", abi.limits())
        except SpecError as error:
            return {item.id for item in error.diagnostics}
        return set()

    return compile_text


@pytest.mark.parametrize("id", [id for id in SECTIONS if id.startswith("SEL-")])
def test_examples_are_refused_and_mended(id: str, ids: object) -> None:
    """With the lines marked `-` this id alone is drawn, with those marked `+` none."""
    given = examples(id)
    assert bool(given) == (id not in WITHOUT_EXAMPLE)
    for refused, mended in given:
        assert ids(refused) == {id}
        assert ids(mended) == set()
