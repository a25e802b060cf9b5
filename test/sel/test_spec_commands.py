# SPDX-License-Identifier: BSD-2-Clause
"""`sel check`, `fdt` and `protocol` from a project's folder, whatever Python comes first; what `python3 -m capdl` says without its packages."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest
from conftest import ROOT
from sel import build

Sel = Callable[..., "subprocess.CompletedProcess[str]"]

SPEC = """version: 1
board: qemu-virt-aarch64
parameters: {level: 10}
processes:
  a: {source: components/busy, time: {priority: $(level), budget: 1ms, period: 10ms}}
"""
#: An image that needs no download.
GUEST = """guests:
  raw: {image: {raw: ./four.bin}, memory: 64M, time: {priority: 5, budget: 1ms, period: 10ms}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside the clone, with a spec, in which the user is; a `python3` that is no good comes first in PATH."""
    (tmp_path / "s.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to("/bin/false")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_spec_without_fault(sel: Sel, project: Path) -> None:
    done = sel("check", "s.yaml")
    assert done.returncode == 0 and done.stdout == "sel: s.yaml has no fault: 1 process or VMM, 0 guests\nsel: result=ok log=-\n"
    assert sel("check", "minimal").returncode == 0


def test_faults_have_the_name_that_was_given(sel: Sel, project: Path) -> None:
    done = sel("check", "s.yaml", "--set", "level=300")
    assert done.returncode == 2 and re.search(r"^(s\.yaml|--set \S+)\S*: error SEL-S\d+: ", done.stdout, re.MULTILINE), done.stdout
    (project / "s.yaml").write_text(SPEC + "policy:\n  - only: {may_use: uart0, who: [nobody]}\n", encoding="utf-8")
    done = sel("check", "s.yaml", "--board", "xlnx-zcu102")
    assert done.returncode == 2 and re.search(r"^s\.yaml:7:\d+: error SEL-", done.stdout, re.MULTILINE), done.stdout


def test_a_policy_is_part_of_it(sel: Sel, project: Path) -> None:
    """What a build would refuse is refused."""
    text = SPEC.replace("processes:", "processes:\n  b: {source: components/busy, time: {priority: 9, budget: 1ms, period: 10ms}}")
    (project / "s.yaml").write_text(text + "shared:\n  r: {size: 4K, writes: [a], reads: [b]}\npolicy:\n  - no_flow: {from: a, to: [b]}\n", encoding="utf-8")
    done = sel("check", "s.yaml")
    assert done.returncode == 2 and "s.yaml:10:" in done.stdout, done.stdout


def test_a_device_tree_as_source_and_as_blob(sel: Sel, project: Path) -> None:
    (project / "four.bin").write_bytes(b"\0\0\0\x14")
    (project / "s.yaml").write_text(SPEC + GUEST, encoding="utf-8")
    shown = sel("fdt", "s.yaml")
    assert shown.returncode == 0 and shown.stdout.startswith("/dts-v1/;") and shown.stderr == "sel: result=ok log=-\n"
    written = sel("fdt", "s.yaml", "raw", "--out", "raw.dtb")
    assert written.returncode == 0 and written.stdout.endswith("sel: result=ok log=-\n")
    assert (project / "raw.dtb").read_bytes().startswith(b"\xd0\x0d\xfe\xed")
    again = subprocess.run(["dtc", "-q", "-I", "dtb", "raw.dtb"], capture_output=True, text=True, check=True)
    assert again.stdout == shown.stdout


@pytest.mark.parametrize(("words", "said"), {
    "no guest": (("s.yaml",), "s.yaml has no guest"),
    "another": (("linux", "linus"), "there is no guest 'linus' (did you mean 'linux'?)"),
    "no folder": (("linux", "linux", "--out", "no/such.dtb"), "--out no/such.dtb cannot be written"),
}.values())
def test_no_device_tree(sel: Sel, project: Path, words: tuple[str, ...], said: str) -> None:
    done = sel("fdt", *words)
    assert done.returncode == 2 and said in done.stdout + done.stderr


def test_a_protocol_is_checked_and_its_headers_written(sel: Sel, project: Path) -> None:
    shutil.copy(ROOT / "protocols/echo.yaml", project / "echo.yaml")
    done = sel("protocol", "echo.yaml")
    assert done.returncode == 0 and "echo.yaml has no fault: protocol echo, " in done.stdout and not (project / "protocol").exists()
    assert sel("protocol", "echo.yaml", "--out", "none").returncode == 2 and not (project / "none").exists()
    assert sel("protocol", "echo.yaml", "--out", ".").returncode == 0
    assert sorted(path.name for path in (project / "protocol").iterdir()) == ["echo.h", "echo_server.h"]
    (project / "echo.yaml").write_text("version: 1\n", encoding="utf-8")
    done = sel("protocol", "echo.yaml")
    assert done.returncode == 2 and "sel: the protocol is refused" in done.stdout and "\necho.yaml:1:1: error SEL-S011" in done.stdout
    assert sel("protocol", "none.yaml").returncode == 2


def test_capdl_without_its_packages_says_so() -> None:
    """`-S`: a Python that has nothing but its own library."""
    done = subprocess.run([sys.executable, "-S", "-m", "capdl", "check", "x"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3 and done.stdout == ""
    assert re.fullmatch(r"capdl: environment: \S+ has no module '\w+': use \./sel check.*\n", done.stderr)


def test_pages_for_users_name_sel_alone() -> None:
    """`python3 -m capdl` needs a Python and a folder that users need not have."""
    pages = [ROOT / "README.md", *(ROOT / "docs/guide").glob("*.md"), ROOT / "docs/spec/README.md", ROOT / "docs/spec/errors.md"]
    assert [page.name for page in pages if "-m capdl" in page.read_text(encoding="utf-8")] == []


def test_a_note_is_no_fault(sel: Sel, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Linux guest that has just room for what is loaded: told by `check`, and by a build each time."""
    (project / "Image").write_bytes(struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0x200000, 8 << 20, 10, 0, 0, 0, b"ARM\x64", 0))
    (project / "s.yaml").write_text(SPEC + GUEST.replace("raw: ./four.bin", "kernel: ./Image").replace("64M", "12M"), encoding="utf-8")
    done = sel("check", "s.yaml")
    assert done.returncode == 0 and re.match(r"sel: note: guest 'raw' has 12M of memory; .*\nsel: s\.yaml has no fault", done.stdout), done.stdout
    (project / "notes.txt").write_text("one thing\nanother\n", encoding="utf-8")
    build._tell_notes(project / "notes.txt")
    build._tell_notes(project / "none.txt")  # of a build by an earlier version
    assert capsys.readouterr().out == "sel: note: one thing\nsel: note: another\n"
