# SPDX-License-Identifier: BSD-2-Clause
"""`./sel report` as a person calls it: what is printed and written, exit codes, sentences."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from conftest import POLICY, ROOT, SMALL, write_spec


def sel(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `./sel report` in a folder."""
    return subprocess.run(
        [str(ROOT / "sel"), "report", *arguments], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, **environment}, check=False, timeout=250)


def test_text_has_every_section_and_names_places(tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL + POLICY)
    done = sel(tmp_path, "small.yaml")
    assert done.returncode == 0
    titles = ("processes", "authority", "channels", "shared memory", "devices", "interrupts", "time", "memory map", "trusts", "policy", "assurance", "files")
    assert [line.rstrip(":") for line in done.stdout.splitlines() if line.rstrip(":") in titles and line.endswith(":")] == list(titles)
    assert "not built with the preset debug" in done.stdout
    assert any(line.split() == ["put", "W", "call", "store.keep", "small.yaml:15"] for line in done.stdout.splitlines())
    assert done.stdout.splitlines()[-1] == "sel: result=ok log=-"


def test_files_are_the_same_bytes_each_time_and_stand_alone(tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL + POLICY)
    written = []
    for seed in ("1", "2"):
        done = sel(tmp_path, "small.yaml", "--json", f"{seed}.json", "--html", f"{seed}.html", PYTHONHASHSEED=seed)
        assert done.stdout.splitlines() == [f"sel: the report is in {seed}.json", f"sel: the report is in {seed}.html", "sel: result=ok log=-"]
        written.append([(tmp_path / f"{seed}.{kind}").read_bytes() for kind in ("json", "html")])
    assert written[0] == written[1]
    assert json.loads(written[0][0])["system"]["name"] == "small"
    assert str(tmp_path).encode() not in written[0][0] + written[0][1]


def test_text_beside_a_file_if_asked_for(tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL)
    done = sel(tmp_path, "small.yaml", "--json", "out.json", "--text")
    assert "memory map:" in done.stdout and (tmp_path / "out.json").is_file()


def test_wrong_input_is_told_in_sentences(tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL.replace("store.keep", "store.kept"))
    for arguments, code, sentence in (
        (("small.yaml",), 2, "error SEL-S022: process 'user'"),
        (("nothing.yaml",), 2, "the spec file nothing.yaml does not exist"),
        (("linux", "--preset", "quick"), 2, "there is no preset 'quick'"),
        (("linux", "--pdf", "x"), 2, "sel report has no option --pdf"),
        (("minimal", "--json", "no/such/folder/x.json"), 2, "no/such/folder/x.json cannot be written: there is no folder no/such/folder"),
        (("minimal", "--html", "."), 3, "cannot write .: Is a directory"),
    ):
        done = sel(tmp_path, *arguments)
        assert (done.returncode, sentence in done.stdout) == (code, True), done.stdout
        assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "x.json").exists()


def test_every_system_of_the_tree_has_a_report(tmp_path: Path) -> None:
    for name in sorted(path.parent.name for path in (ROOT / "systems").glob("*/system.yaml")):
        done = sel(tmp_path, name, "--html", f"{name}.html")
        assert done.returncode == 0, done.stdout
        assert f"<h1>{name}</h1>" in (tmp_path / f"{name}.html").read_text(encoding="utf-8")


def test_another_board_than_the_specs(tmp_path: Path) -> None:
    """Its devices, its memory: what a build for it would have."""
    write_spec(tmp_path, SMALL.replace("devices: {clock: rtc0}", "timer: true"))
    done = sel(tmp_path, "small.yaml", "--board", "xlnx-zcu102", "--json", "there.json")
    assert done.returncode == 0, done.stdout
    told = json.loads((tmp_path / "there.json").read_text(encoding="utf-8"))
    assert told["system"]["board"] == "xlnx-zcu102"
    assert [each["compatible"] for each in told["devices"] if each["owner"] == "kernel"] == ["arm,gic-400"]
    assert sel(tmp_path, "small.yaml", "--board", "zcu102").returncode == 2
