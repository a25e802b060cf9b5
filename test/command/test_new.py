# SPDX-License-Identifier: BSD-2-Clause
"""What `./sel new` makes builds, boots and answers, inside the tree and outside of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from conftest import ROOT, Done

Sel = Callable[..., Done]


@pytest.fixture
def parent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder for new parts."""
    if request.param == "outside":
        yield tmp_path
        return
    folder = ROOT / "build" / f"test-new-{os.getpid()}"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def tidy(folder: Path, *database: str) -> str:
    """What clang-tidy says of the C files below a folder, each with the flags that clangd finds for it, or with those of a build."""
    sources = sorted(folder.rglob("*.c"))
    done = subprocess.run(
        ["clang-tidy-19", f"--config-file={ROOT}/.clang-tidy", "--quiet", *database, *map(str, sources)], capture_output=True, text=True, check=False, cwd=folder,
    )
    return done.stdout + (done.stderr if done.returncode else "")


@pytest.mark.parametrize(("kind", "parent"), [("system", "outside"), ("component", "outside"), ("component", "inside")], indirect=["parent"])
def test_a_new_part_builds_boots_and_answers(kind: str, sel: Sel, parent: Path) -> None:
    """By the commands that it prints; then every source of it is known to clangd and clean."""
    made = sel("new", kind, "alarm", "--in", str(parent))
    assert made.code == 0, made.text
    spec = re.search(r"^sel: boot it: \S+ run (\S+)$", made.text, re.MULTILINE)
    folder = re.search(r"^sel: test it: \S+ test (\S+)$", made.text, re.MULTILINE)
    assert spec and folder and Path(folder[1]).resolve() == parent / "alarm"
    tested = sel("test", folder[1])
    assert tested.code == 0 and f"sel: part {parent}/alarm: 1 passed, 0 failed" in tested.text, tested.text
    done = sel("run", spec[1], "--expect", r"alarm answers: hello, caller \(1\)", "--timeout", "60")
    assert done.code == 0, done.text
    places = [parent / "alarm", *(parent / "alarm").rglob("*")]
    database = []
    if parent.is_relative_to(ROOT):  # the one link there is of whatever was built last, and other tests build beside this one
        places = [Path(done.text.rpartition(" log=")[2].strip()).parents[1]]
        database = ["-p", str(places[0])]
    known = {entry["file"] for place in places if (place / "compile_commands.json").exists() for entry in json.loads((place / "compile_commands.json").read_text())}
    assert {str(path) for path in (parent / "alarm").rglob("*.c")} <= known
    if parent.is_relative_to(ROOT):
        link = ROOT / "build" / "compile_commands.json"
        assert link.is_symlink() and link.readlink().is_relative_to(ROOT / "build")
    assert tidy(parent / "alarm", *database) == ""


def test_a_test_that_gets_no_answer_is_red(sel: Sel, tmp_path: Path) -> None:
    """A server that says another word."""
    assert sel("new", "component", "alarm", "--in", str(tmp_path)).code == 0
    source = tmp_path / "alarm" / "alarm.c"
    source.write_text(source.read_text().replace("sel_text_string(&text, word);", 'sel_text_string(&text, "goodbye");'))
    test = tmp_path / "alarm" / "test" / "test_alarm.py"
    test.write_text(test.read_text().replace('"60"', '"5"'))
    done = sel("test", str(tmp_path / "alarm"))
    assert done.code == 1 and "0 passed, 1 failed" in done.text, done.text


def test_a_part_that_is_added_boots_in_its_system(sel: Sel, tmp_path: Path) -> None:
    """The new process serves a client that was there before."""
    assert sel("new", "system", "home", "--in", str(tmp_path)).code == 0
    spec = tmp_path / "home" / "system.yaml"
    done = sel("new", "component", "alarm", "--in", str(tmp_path / "home"), "--add-to", str(spec))
    assert done.code == 0 and "is given it by `uses: {calls: alarm.calls}`" in done.text, done.text
    spec.write_text(spec.read_text() + "  second:\n    source: ./alarm/test/caller\n    uses: {calls: alarm.calls}\n    time: {priority: 80, budget: 2ms, period: 10ms}\n")
    done = sel("run", str(spec), "--expect", r"second:alarm answers: hello, second \(1\)", "--timeout", "60")
    assert done.code == 0, done.text


def test_a_client_of_another_protocol_is_not_linked(sel: Sel, tmp_path: Path) -> None:
    """The message names the channel, and the protocols that program and spec have for it."""
    for name in ("home", "alarm"):
        assert sel("new", "system", name, "--in", str(tmp_path)).code == 0
    spec = tmp_path / "home" / "system.yaml"
    text = spec.read_text().replace("source: ./caller", "source: ../alarm/caller")
    spec.write_text(text + "  other:\n    source: ../alarm/server\n    serves: {calls: {protocol: ../alarm/alarm.yaml}}\n    time: {priority: 70, passive: true}\n")
    done = sel("build", str(spec))
    assert done.code == 1 and "process 'caller' has SEL_USES_CHANNEL(calls, alarm), but its spec says by `uses` that calls speaks the protocol home" in done.text, done.text


@pytest.mark.parametrize("parent", ["outside", "inside"], indirect=["parent"])
def test_a_new_device_is_tested_and_boots(sel: Sel, parent: Path) -> None:
    """By the commands that it prints, in their order: the test makes the guest that is booted. Then clangd knows its sources, and they are clean."""
    made = sel("new", "device", "adder", "--in", str(parent))
    assert made.code == 0, made.text
    folder = re.search(r"^sel: test it: \S+ test (\S+)$", made.text, re.MULTILINE)
    spec = re.search(r"^sel: boot it, then: \S+ run (\S+)$", made.text, re.MULTILINE)
    assert spec and folder and Path(folder[1]).resolve() == parent / "adder"
    tested = sel("test", folder[1])
    assert tested.code == 0 and f"sel: part {parent}/adder: 2 passed, 0 failed" in tested.text, tested.text
    done = sel("run", spec[1], "--expect", "guest:^pending 0000000001$", "--timeout", "60")
    assert done.code == 0, done.text
    found = next(place / "compile_commands.json" for place in (parent / "adder", ROOT / "build") if (place / "compile_commands.json").exists())
    assert str(parent / "adder/adder.c") in {entry["file"] for entry in json.loads(found.read_text())}
    if not parent.is_relative_to(ROOT):
        assert tidy(parent / "adder") == ""


def test_a_device_that_does_not_add_is_red(sel: Sel, tmp_path: Path) -> None:
    """Its own functions and the guest both tell."""
    assert sel("new", "device", "adder", "--in", str(tmp_path)).code == 0
    source = tmp_path / "adder" / "adder.c"
    source.write_text(source.read_text().replace("device->sum += amount;", "device->sum = amount;"))
    test = tmp_path / "adder" / "test" / "test_adder.py"
    test.write_text(test.read_text().replace('"60"', '"5"'))
    done = sel("test", str(tmp_path / "adder"))
    assert done.code == 1 and "0 passed, 2 failed" in done.text, done.text


def test_a_device_is_added_to_a_guest_and_seen_by_it(sel: Sel, tmp_path: Path) -> None:
    """Beside one that is there; then it is changed, and only it is compiled anew."""
    spec, guest = tmp_path / "adder/test/system.yaml", tmp_path / "adder/test/guest.c"
    assert sel("new", "device", "adder", "--in", str(tmp_path)).code == 0
    assert sel("test", str(tmp_path / "adder")).code == 0
    assert sel("new", "device", "other", "--in", str(tmp_path), "--add-to", str(spec)).code == 0
    assert "other: {compatible: \"example,other\", address: 0x0c010000, interrupt: 113, source: ../../other/other.c}" in spec.read_text()
    guest.write_text(guest.read_text().replace("    put(ENABLE, 1);\n", "    put(ADD + 0x10000, 77);\n    print_number(\"other \", get(SUM + 0x10000));\n    put(ENABLE, 1);\n", 1))
    test = tmp_path / "adder/test/test_adder.py"
    test.write_text(test.read_text().replace("lines = [", 'lines = ["other 0000000077", '))
    assert sel("test", str(tmp_path / "adder")).code == 0
    other = tmp_path / "other/other.c"
    other.write_text(other.read_text().replace("device->sum += amount;", "device->sum += amount + 1;"))
    done = sel("run", str(spec), "--expect", "guest:^other 0000000078$", "--timeout", "60")
    assert done.code == 0, done.text
    assert [step for step in re.findall(r"^\[\d+/\d+\] Building C object (\S+)$", done.text, re.MULTILINE) if "other.c" not in step] == []


def test_the_guide_shows_the_description_that_a_new_device_has(sel: Sel, tmp_path: Path) -> None:
    """Its other blocks are walked through by test/guide."""
    blocks = re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", (ROOT / "docs/guide/vmm-device.md").read_text(), re.MULTILINE | re.DOTALL)
    model = next(content for kind, rest, content in blocks if kind == "c" and "not run" in rest)
    assert sel("new", "device", "ticker", "--in", str(tmp_path)).code == 0
    made = (tmp_path / "ticker/ticker.c").read_text()
    assert re.findall(r"^    (\.\w+) =", model, re.MULTILINE) == re.findall(r"^    (\.\w+) =", made.partition("DEVICE_MODEL")[2], re.MULTILINE)
