# SPDX-License-Identifier: BSD-2-Clause
"""docs/spec/errors.md against the compiler: a section for each id, and examples that are refused and accepted as it says."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT, write_images

from capdl import cli, diagnostics
from capdl.abi import Abi

from sel import fetch
from sel.sections import read_page

SECTIONS = read_page()
#: What is wrong with these is not in the text of a spec, or is too long to be shown.
WITHOUT_EXAMPLE = {
    "SEL-S001", "SEL-S002", "SEL-S003", "SEL-S036", "SEL-S045", "SEL-S060", "SEL-S074", "SEL-S075", "SEL-S079", "SEL-S081", "SEL-S092",
    "SEL-S101", "SEL-S102", "SEL-S110", "SEL-S112", "SEL-S149", "SEL-P011",
} | {id for id in diagnostics.TABLE if id.startswith("SEL-E")}
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPEC = "system.yaml"
#: Families of ids in the order of the page: of the spec, of protocols, of policy (authority), of the linked system.
FAMILIES = "SPAE"


def test_every_id_has_a_section() -> None:
    """The page's diagnostics are the table's, in its order; each once (a second heading would hide the first)."""
    told = [id for id in SECTIONS if id.startswith("SEL-")]
    assert sorted(set(diagnostics.TABLE) - set(told)) == [], "write a section for each into docs/spec/errors.md"
    assert sorted(set(told) - set(diagnostics.TABLE)) == [], "these ids are not in capdl/diagnostics.py"
    headings = re.findall(r"^## (\S+): ", (ROOT / "docs/spec/errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(SECTIONS)
    assert told == sorted(told, key=lambda id: (FAMILIES.index(id[4]), id))


def test_every_fault_and_error_of_calls_has_a_section(abi: Abi) -> None:
    """In this order; the errors of calls are what a C program that includes libsel's header can name."""
    command = ["clang-19", "-E", "-dM", "-x", "c", "-"]
    header = re.sub(r"#include <(?:gen|sel)/.*", "", (ROOT / "libsel/sel/protocol.h").read_text(encoding="utf-8"))
    macros = subprocess.run(command, input=header, capture_output=True, text=True, check=True).stdout
    codes = {name: int(code) for name, code in re.findall(r"^#define SEL_CALL_(\w+) (\d+)u$", macros, re.MULTILINE) if name != "ERROR_END"}
    assert [id for id in SECTIONS if not id.startswith("SEL-")] == [*abi.data["faults"], *sorted(codes, key=codes.__getitem__)]


@pytest.mark.parametrize("id", SECTIONS)
def test_a_section_says_rule_reason_cause_and_remedy(id: str) -> None:
    labels = re.findall(r"^- (\w+): ", SECTIONS[id].text, re.MULTILINE)
    assert labels[:4] == ["Rule", "Why", "Cause", "Remedy"] and labels[4:] in ([], ["Words"])
    assert SECTIONS[id].title == SECTIONS[id].title.rstrip(".") and len(SECTIONS[id].title) <= 80


Files = dict[str, str]


def examples(id: str) -> list[tuple[Files, Files]]:
    """Refused and mended files of each example of a section, by name: a spec and the files named behind it, or a file alone."""
    found: list[tuple[Files, Files]] = []
    for info, lines in FENCE.findall(SECTIONS[id].text):
        kind, _, name = info.partition(" ")
        assert kind == "diff" and name != SPEC, f"{id}: an example is a block `diff` for the spec, `diff NAME` for a file of it"
        assert all(line[:1] in ("", " ", "-", "+") for line in lines.splitlines()), f"{id}: a line begins with a blank, - or +"
        if not name or not found:
            found.append(({}, {}))
        for files, other in zip(found[-1], "+-"):
            assert (name or SPEC) not in files
            if text := "".join(f"{line[1:]}\n" for line in lines.splitlines() if line[:1] != other):
                files[name or SPEC] = text
    assert all(refused != mended for refused, mended in found)
    return found


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """A function that compiles an example's spec, or its protocol, beside made-up images and returns the ids it draws."""
    write_images(tmp_path)
    monkeypatch.setattr(fetch, "resolve", lambda name: tmp_path / "Image")

    def compile_files(files: Files) -> set[str]:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        monkeypatch.chdir(folder)
        write_images(folder)
        for name, text in files.items():
            Path(name).write_text(text, encoding="utf-8")
        code = cli.main(["check", SPEC] if SPEC in files else ["protocol", *files, "--out", "gen"])
        found = set(re.findall(r"^\S+: error (SEL-[A-Z]\d{3}): ", capsys.readouterr().err, re.MULTILINE))
        assert code == (2 if found else 0)
        return found

    return compile_files


@pytest.mark.parametrize("id", [id for id in SECTIONS if id.startswith("SEL-")])
def test_examples_are_refused_and_mended(id: str, ids: object) -> None:
    """With the lines marked `-` this id alone is drawn, with those marked `+` none."""
    given = examples(id)
    assert bool(given) == (id not in WITHOUT_EXAMPLE)
    for refused, mended in given:
        assert ids(refused) == {id}
        assert ids(mended) == set()
