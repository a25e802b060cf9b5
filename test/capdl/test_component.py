# SPDX-License-Identifier: BSD-2-Clause
"""DRIVES of a component: read as CMake reads it, or the build says so; a device of another kind is refused on the board where it is one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

from capdl import check, component
from capdl.abi import Abi
from capdl.diagnostics import SpecError

#: A CMakeLists.txt, and what of it is understood.
WRITTEN = {
    "none": ("sel_component(NAME x SOURCES x.c)", ()),
    "one": ("sel_component(NAME x SOURCES x.c DRIVES rtc=arm,pl031)", ("rtc=arm,pl031",)),
    "two and a keyword behind": ("sel_component(DRIVES rtc=arm,pl031 uart=arm,pl011 NAME x SOURCES a=b.c)", ("rtc=arm,pl031", "uart=arm,pl011")),
    "lines, quotes, remarks": ("# DRIVES a=b\nsel_component(NAME x # sel_component(DRIVES c=d)\n  SOURCES x.c\n  DRIVES \"rtc=arm,pl031\"\n         # more\n)\n", ("rtc=arm,pl031",)),
    "another call": ("message(DRIVES a=b)\nsel_component(NAME x SOURCES x.c)", ()),
    "a variable": ("set(what rtc=arm,pl031)\nsel_component(NAME x SOURCES x.c DRIVES ${what})", ()),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_read(name: str, tmp_path: Path) -> None:
    text, words = WRITTEN[name]
    (tmp_path / "CMakeLists.txt").write_text(text, encoding="utf-8")
    assert component.drives(tmp_path) == words


@pytest.mark.parametrize("name", WRITTEN)
def test_cmake_reads_the_same_or_says_so(name: str, tmp_path: Path) -> None:
    """By the project's own functions, of which those are cut short that compile."""
    text, words = WRITTEN[name]
    (tmp_path / "x").mkdir()
    (tmp_path / "x/CMakeLists.txt").write_text(text, encoding="utf-8")
    (tmp_path / "x/x.c").touch()
    (tmp_path / "x/a=b.c").touch()
    (tmp_path / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.20)\nproject(p NONE)\ninclude({ROOT}/cmake/component.cmake)\n"
        "function(add_library)\nendfunction()\nfunction(target_include_directories)\nendfunction()\nfunction(target_link_libraries)\nendfunction()\nfunction(add_dependencies)\nendfunction()\n"
        "function(sel_program)\nendfunction()\n"
        f"sel_process(x FOLDER {tmp_path}/x BASE 0{' DRIVES ' + ' '.join(words) if words else ''})\n", encoding="utf-8",
    )
    done = subprocess.run(["cmake", "-G", "Ninja", "-S", str(tmp_path), "-B", str(tmp_path / "build")], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (name != "a variable"), done.stderr
    assert done.returncode == 0 or "DRIVES must be plain words" in done.stderr


@pytest.mark.parametrize(("board", "drives", "remedy"), [
    ("qemu-virt-aarch64", "rtc=arm,pl031", None), ("xlnx-zcu102", "rtc=arm,pl031 rtc=xlnx,zynqmp-rtc", None), ("xlnx-zcu102", "clock=arm,pl031", None),
    ("xlnx-zcu102", "rtc=arm,pl031", "the board xlnx-zcu102 has no such device: take a component that drives 'xlnx,zynqmp-rtc'"),
    ("xlnx-zcu102", "rtc=xlnx,zynqmp-uart", "give it uart0 or uart1"),
])
def test_a_device_of_another_kind_is_refused(board: str, drives: str, remedy: str | None, tmp_path: Path, abi: Abi) -> None:
    (tmp_path / "CMakeLists.txt").write_text(f"sel_component(NAME x SOURCES x.c DRIVES {drives})", encoding="utf-8")
    spec = tmp_path / "s.yaml"
    spec.write_text(
        "version: 1\nboard: qemu-virt-aarch64\nprocesses:\n  x:\n    source: ./\n    devices: {rtc: rtc0}\n    time: {priority: 9, budget: 1ms, period: 10ms}\n", encoding="utf-8",
    )
    if remedy is None:
        check.load_system(spec, "s.yaml", abi.limits(), board)
        return
    with pytest.raises(SpecError) as refused:
        check.load_system(spec, "s.yaml", abi.limits(), board)
    [told] = map(str, refused.value.diagnostics)
    assert told.startswith("s.yaml:6:15: error SEL-S048: process 'x': its device 'rtc' is rtc0, a ") and told.endswith(f"; {remedy}")
