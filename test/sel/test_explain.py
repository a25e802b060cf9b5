# SPDX-License-Identifier: BSD-2-Clause
"""`sel explain`: by id, by a pasted line, by the list. What the page says is held by test/capdl/test_errors_page.py."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest
from conftest import ROOT
from ruamel.yaml import YAML
from sel import explain, packages, sections
from sel.errors import BadEnvironment, BadInput

Sel = Callable[..., "subprocess.CompletedProcess[str]"]
ERRORS = YAML(typ="safe").load((ROOT / "libsel/abi/errors.yaml").read_text(encoding="utf-8"))["errors"]
PAGE = sections.read_page()


def headings(text: str) -> list[str]:
    """The ids whose sections were printed."""
    return re.findall(r"^([A-Z][A-Z0-9_-]+): ", text, re.MULTILINE)


def test_a_message_is_explained_with_an_example(sel: Sel) -> None:
    done = sel("explain", "sel-s009", COLUMNS="60")
    assert done.returncode == 0 and done.stdout.endswith("\nsel: result=ok log=-\n")
    lines = done.stdout.splitlines()
    assert lines[0] == "SEL-S009: a key that the language does not have"
    assert [line.split()[0] for line in lines if re.match(r"  [A-Z]\w+: ", line)] == ["Rule:", "Why:", "Cause:", "Remedy:"]
    assert "    -    stak: 32K" in lines and "    +    stack: 32K" in lines and "     board: qemu-virt-aarch64" in lines
    assert max(map(len, lines)) <= 60 and "```" not in done.stdout and "\x1b" not in done.stdout


def test_files_of_an_example_are_shown_by_name(sel: Sel) -> None:
    """A spec, then the protocol that it names; and a protocol alone."""
    lines = sel("explain", "SEL-P014", COLUMNS="100").stdout.splitlines()
    spec, beside = lines.index("  Example, refused with the lines marked -, mended by those marked +:"), lines.index("  Beside it greet.yaml:")
    assert lines[spec + 1 : spec + 4] == ["", "     version: 1", "     board: qemu-virt-aarch64"] and spec < beside
    assert lines[beside + 1 :] == ["", "     version: 1", "     roles: [admin]", "     methods: {set_greeting: {may_call: [admin]}}", "sel: result=ok log=-"]
    lines = sel("explain", "SEL-P010", COLUMNS="100").stdout.splitlines()
    alone = lines.index("  Example, a protocol calls.yaml, refused with the lines marked -, mended by those marked +:")
    assert lines[alone + 1 :] == ["", "     version: 1", "    -methods: {}", "    +methods: {ping: {}}", "sel: result=ok log=-"]


PASTED = {
    "a compiler's line": (["/tmp/s.yaml:3:5: error SEL-S009: process 'a': unknown key 'INVALID_CAP'; permitted here: source"], ["SEL-S009"]),
    "its words apart": ("x.yaml:7:34: error SEL-S014: process 'a': budget 20ms is larger".split(), ["SEL-S014"]),
    "several lines": (["the spec is refused, 3 errors:\na:1:1: error SEL-S011: x\na:2:1: error SEL-S010: x\na:3:1: error SEL-S011: x"], ["SEL-S011", "SEL-S010"]),
    "a fault of an option": (["--guest /x/Image: error SEL-S057: the kernel needs"], ["SEL-S057"]),
    "several ids": (["SEL-S001", "busy", "Memory"], ["SEL-S001", "BUSY", "MEMORY"]),
    "names of C": (["SEL_ERROR_PEER_DIED", "fault_system_call", "SEL_CALL_NOT_ALLOWED"], ["PEER_DIED", "SYSTEM_CALL", "NOT_ALLOWED"]),
    "an error of a call": (["NOT_ALLOWED"], ["NOT_ALLOWED"]),
    "an id twice": (["SEL-S001", "sel-s001"], ["SEL-S001"]),
    "a fault": (["roottask: fault: process a_b: write without the right to it, pc 0x1010000028 work+0x8, address 0x1010000000, esr 0x9200004f"], ["MEMORY"]),
    "a process that stops": (["[  1.2] roottask: fault: process w: breakpoint instruction 0x1, pc 0x0, esr 0x1"], ["EXCEPTION"]),
    "a status": (["client: call echo: the receiver has no scheduling context and is given none"], ["NO_TIME"]),
    "a refusal": (["x: map: frame_map: argument 1 (vspace): the capability is a CNode, a VSpace is needed"], ["WRONG_TYPE"]),
    "a sentence alone": (["the operation was cancelled"], ["CANCELLED"]),
}


@pytest.mark.parametrize("name", PASTED)
def test_what_is_pasted_is_found(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, ids = PASTED[name]
    explain.explain(words, assume_yes=False)
    assert headings(capsys.readouterr().out) == ids


def test_a_kernel_error_is_told_by_the_abi(capsys: pytest.CaptureFixture[str]) -> None:
    """Number, details, who gives it (one of the methods and one of the calls), and the ABI's own sentence on one of them."""
    explain.explain(["BUSY"], assume_yes=False)
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("BUSY: argument {argument}: the object is in use Error 18 of the kernel.")
    assert "Details: argument." in text and re.search(r"Given by: .*\btcb_configure\b.*\bsel_recv\b", text)
    assert "tcb_configure: BUSY while the thread runs or waits." in text


def filled(sentence: str, argument: str) -> str:
    """A sentence as libsel's printer writes it, with made-up details."""
    return re.sub(r"\{\w+(:\w+)?\}", "0x7", sentence.replace("argument {argument}", argument))


@pytest.mark.parametrize("argument", ["argument 3 (buffer)", "argument 9", "the invoked capability"])
def test_every_sentence_of_the_kernels_errors_is_found(argument: str) -> None:
    known = sections.kernel_errors()
    assert list(known) == [error["name"] for error in ERRORS]
    for error in ERRORS[1:]:  # OK is printed by nobody
        line = f"worker: doing a thing: tcb_configure: {filled(error['sentence'], argument)}"
        assert [section.id for section in sections.in_error_lines(line, known)] == [error["name"]]


def test_every_cause_the_roottask_tells_is_found(tmp_path: Path) -> None:
    """The lines are printed by its own code; of an access the reason has words, too."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}"}
    for command in (["abigen", "generate", "--out", str(tmp_path)], ["capdl", "spec-header", "--out", str(tmp_path / "gen/roottask_spec.h")]):
        subprocess.run(["/usr/bin/python3", "-m", *command], env=environment, check=True)
    sources = [ROOT / name for name in ("test/sel/fault_lines.c", "roottask/fault.c", "libsel/sel/format.c")]
    subprocess.run(["clang-19", f"-I{ROOT}", f"-I{ROOT}/libsel", f"-I{tmp_path}", *map(str, sources), "-o", str(tmp_path / "lines")], check=True)
    printed = subprocess.run([str(tmp_path / "lines")], capture_output=True, text=True, check=True).stdout.splitlines()
    assert {line.split()[0] for line in printed} == set(PAGE) - {id for id in PAGE if id.startswith("SEL-")} - {"VM_EXIT"} - set(sections.call_errors())
    for line in printed:
        label, _, report = line.partition(" ")
        assert [section.id for section in sections.in_fault_lines(report, PAGE)] == [label], report
        if reason := re.search(r": (?:read|write|instruction fetch) (.+?), pc ", report):
            assert f"`{reason[1]}`" in PAGE["MEMORY"].text


def test_the_list_has_every_id_once(sel: Sel) -> None:
    """A line each, cut to the terminal's width."""
    done = sel("explain", COLUMNS="60")
    *lines, last = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [*PAGE, *(error["name"] for error in ERRORS)]
    assert last == "sel: result=ok log=-" and max(map(len, lines)) <= 60


def test_messages_of_the_compiler_need_no_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(names: tuple[str, ...], assume_yes: bool) -> None:
        raise BadEnvironment("packages are missing")

    monkeypatch.setattr(packages, "ensure", refuse)
    for words in (["SEL-S030"], ["a.yaml:1:1: error SEL-S030: x"], ["TIMEOUT"]):
        explain.explain(words, assume_yes=False)
    assert headings(capsys.readouterr().out) == ["SEL-S030", "SEL-S030", "TIMEOUT"]
    with pytest.raises(BadEnvironment):
        explain.explain(["BUSY"], assume_yes=False)


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    explain.explain(["SEL-S009"], assume_yes=False)
    out = capsys.readouterr().out
    assert "    \x1b[31m-    stak: 32K\x1b[0m\n    \x1b[32m+    stack: 32K\x1b[0m\n" in out and out.startswith("\x1b[1mSEL-S009: ")
    monkeypatch.setenv("NO_COLOR", "1")
    explain.explain(["SEL-S009"], assume_yes=False)
    assert "\x1b" not in capsys.readouterr().out


def test_what_is_unknown_is_quoted_short() -> None:
    with pytest.raises(BadInput) as error:
        explain.explain(["x " * 500], assume_yes=False)
    assert str(error.value).startswith("nothing is known of 'x x x") and len(str(error.value)) < 400
