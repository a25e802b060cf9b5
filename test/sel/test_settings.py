# SPDX-License-Identifier: BSD-2-Clause
"""settings.cmake: every fault is a sentence with its line; SYSTEM is what runs when nothing is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sel import ROOT, build, options, systems
from sel.errors import BadInput
from sel.settings import known_settings, read_settings


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with the settings of this one and the systems `demo` and `minimal`."""
    (tmp_path / "cmake").mkdir()
    shutil.copy(ROOT / "cmake/settings.cmake", tmp_path / "cmake")
    shutil.copy(ROOT / "settings.cmake", tmp_path)
    for name in ("demo", "minimal"):
        (tmp_path / "systems" / name).mkdir(parents=True)
        (tmp_path / "systems" / name / "system.yaml").touch()
    monkeypatch.setattr(systems, "ROOT", tmp_path)
    monkeypatch.setattr(systems, "read_settings", lambda: read_settings(tmp_path))
    return tmp_path


def change(tree: Path, old: str, new: str) -> int:
    """Replace the line that begins so; return its number."""
    lines = (tree / "settings.cmake").read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(old))
    lines[at] = new
    (tree / "settings.cmake").write_text("\n".join(lines) + "\n")
    return at + 1


FAULTS = {
    "unknown name": ("sel_setting(TRACE", "sel_setting(TRAC on)", "there is no setting 'TRAC' (did you mean 'TRACE'?); there are: SYSTEM, ASSERT, TRACE, POISON, CYCLES, OPTIMIZE, DEBUG_INFO, AUDIT"),
    "bad value": ("sel_setting(TRACE", "sel_setting(TRACE onn) # x", "TRACE is 'onn' (did you mean 'on'?); it can be: on, off, preset"),
    "no parenthesis": ("sel_setting(TRACE", "sel_setting(TRACE on", "there is no closing parenthesis; write `sel_setting(NAME VALUE)` in one line"),
    "no opening one": ("sel_setting(TRACE", "sel_setting", "there is no opening parenthesis; write `sel_setting(NAME VALUE)` in one line"),
    "no value": ("sel_setting(TRACE", "sel_setting(TRACE)", "there are 1 words between the parentheses, not a name and a value; write"),
    "two values": ("sel_setting(TRACE", "sel_setting(TRACE on off)", "there are 3 words between the parentheses, not a name and a value; write"),
    "twice": ("sel_setting(POISON", "sel_setting(TRACE off)", "TRACE is given twice, first in line 7; keep one of the two"),
    "other command": ("sel_setting(TRACE", "sel_settin(TRACE on)", "'sel_settin' is no setting (did you mean 'sel_setting'?); write `sel_setting(NAME VALUE)` in one line"),
    "word": ("sel_setting(TRACE", "TRACE = on", "'TRACE = on' is no setting; write"),
    "empty": ("sel_setting(SYSTEM", 'sel_setting(SYSTEM "")', "SYSTEM is empty; write"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_told_with_its_line(name: str, tree: Path) -> None:
    old, new, words = FAULTS[name]
    line = change(tree, old, new)
    with pytest.raises(BadInput) as fault:
        read_settings(tree)
    assert str(fault.value).startswith(f"settings.cmake:{line}: {words}")


def test_missing_line(tree: Path) -> None:
    change(tree, "sel_setting(AUDIT", "# nothing")
    with pytest.raises(BadInput) as fault:
        read_settings(tree)
    assert str(fault.value) == "settings.cmake:12: the setting AUDIT is missing; add for example `sel_setting(AUDIT off)`"


def test_missing_file(tree: Path) -> None:
    (tree / "settings.cmake").unlink()
    with pytest.raises(BadInput, match="settings.cmake is missing; `git restore settings.cmake` brings it back"):
        read_settings(tree)


def test_settings_of_this_tree() -> None:
    assert list(read_settings()) == list(known_settings()) and known_settings()["OPTIMIZE"] == ["0", "1", "2", "3", "s", "z", "preset"]


def test_quotes_spaces_and_comments(tree: Path) -> None:
    change(tree, "sel_setting(SYSTEM", '  sel_setting( SYSTEM  "my # system.yaml" )  # a comment with ) and "')
    assert read_settings(tree)["SYSTEM"].value == "my # system.yaml"


def test_no_build_begins_with_faulty_settings(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(tree, "sel_setting(TRACE", "sel_setting(TRACE maybe)")
    monkeypatch.setattr(build, "read_settings", lambda: read_settings(tree))
    monkeypatch.setattr(build, "_run", lambda *_: pytest.fail("CMake was run"))
    with pytest.raises(BadInput, match="TRACE is 'maybe'"):
        build.configure_and_build(tree, "debug", [], tree / "log")


def test_system_of_the_settings_is_the_default(tree: Path) -> None:
    change(tree, "sel_setting(SYSTEM", "sel_setting(SYSTEM demo)")
    assert systems.chosen_system(None).name == "demo" and systems.chosen_system("minimal").name == "minimal"
    parser = options.build_parser()
    assert "SYSTEM of settings.cmake, now demo" in " ".join(parser.format_help().split())
    assert parser.parse([]).system is None


def test_path_in_the_settings_is_relative_to_the_tree(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    change(tree, "sel_setting(SYSTEM", "sel_setting(SYSTEM systems/demo/system.yaml)")
    assert systems.chosen_system(None).spec == tree / "systems/demo/system.yaml"


def test_unknown_system_in_the_settings(tree: Path) -> None:
    line = change(tree, "sel_setting(SYSTEM", "sel_setting(SYSTEM dmo)")
    with pytest.raises(BadInput) as fault:
        systems.chosen_system(None)
    assert str(fault.value) == f"settings.cmake:{line}: SYSTEM is what is built when nothing is named: there is no system 'dmo' (did you mean 'demo'?); systems/ has: demo, minimal"
