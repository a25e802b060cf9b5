# SPDX-License-Identifier: BSD-2-Clause
"""The machine as the QEMU that is there takes it: what a newer one needs besides, and the plugins' interface."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from icount.measure import build_plugin
from sel.machine import qemu_version
from sel.systems import read_run_file


@pytest.fixture
def qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A QEMU that tells a version, `8.2.1` until the file is written anew."""
    program = tmp_path / "qemu"
    monkeypatch.setenv("SEL_QEMU", str(program))
    be(program, "8.2.1")
    return program


def be(program: Path, version: str) -> None:
    """Make it of another version."""
    program.write_text(f"#!/bin/sh\necho QEMU emulator version {version}\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.parametrize(("version", "machine"), [("7.2.22", ["-M", "x"]), ("8.1.0", ["-M", "x"]), ("8.2.0", ["-M", "x", "-a"]), ("10.0.13", ["-M", "x", "-a", "-b", "c"])])
def test_words_for_newer_versions(tmp_path: Path, qemu: Path, version: str, machine: list[str]) -> None:
    be(qemu, version)
    (tmp_path / "run.json").write_text(json.dumps({"machine": ["-M", "x"], "machine_since": {"8.2": ["-a"], "10.0": ["-b", "c"]}}), encoding="utf-8")
    assert read_run_file(tmp_path) == {"machine": machine}


def test_a_machine_that_is_the_same_for_all_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEL_QEMU", "/none/qemu")
    (tmp_path / "run.json").write_text('{"machine": ["-M", "x"], "machine_since": {}}', encoding="utf-8")
    assert read_run_file(tmp_path)["machine"] == ["-M", "x"]


@pytest.mark.parametrize(("version", "interface"), [("7.2.22", 1), ("8.2.0", 1), ("9.0.1", 3), ("10.0.13", 3)])
@pytest.mark.parametrize("name", ["calls", "events", "exits", "profile", "rows", "stretches", "uart_times"])
def test_plugins_are_built_for_the_qemu_that_loads_them(tmp_path: Path, qemu: Path, name: str, version: str, interface: int) -> None:
    """An inline sum is no function of newer versions: QEMU would refuse the plugin."""
    be(qemu, version)
    assert qemu_version(str(qemu))[0] == int(version.split(".")[0])
    plugin = build_plugin(tmp_path, name)
    wanted = subprocess.run(["llvm-nm-19", "--undefined-only", "--dynamic", str(plugin)], capture_output=True, text=True, check=True).stdout
    assert interface == 1 or "insn_exec_inline" not in wanted
    assert "qemu_plugin_register_vcpu_tb_trans_cb" in wanted
