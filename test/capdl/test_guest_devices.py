# SPDX-License-Identifier: BSD-2-Clause
"""Emulated devices that a spec gives a guest: what becomes of them in device tree, VMM and build. What is refused: faulty/s14*."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import libfdt
import pytest
from conftest import ROOT, write_images

from capdl import cli, device_model

SPEC = """\
version: 1
board: qemu-virt-aarch64
guests:
  g:
    image: {kernel: Image}
    memory: 64M
    time: {priority: 10, budget: 1ms, period: 10ms}
    devices:
      rtc: {compatible: "arm,pl031", address: 0x9010000, interrupt: 2, setting: 1764547200}
      first: {compatible: "example,adder", address: 0xc000000, source: own/adder.c}
      second: {compatible: "example,adder", address: 0xc004000, source: own/adder.c}
  bare:
    image: {kernel: Image}
    memory: 64M
    time: {priority: 10, budget: 1ms, period: 10ms}
"""

ADDER = """\
/* DEVICE_MODEL(not) = { .compatible = {"example,not"}, a comment
}; */
#include "vmm/device.h"

DEVICE_MODEL(adder) = {
    .compatible = {"example,adder", // .line = in a comment
                   "example,older"},
    .register_bytes = 16384, /* 0x1000 */
};
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The spec with what it names."""
    write_images(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/adder.c").write_text(ADDER, encoding="utf-8")
    (tmp_path / "system.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path / "system.yaml"


def tree_of(spec: Path, guest: str) -> libfdt.Fdt:
    """A guest's device tree."""
    out = spec.parent / f"{guest}.dtb"
    assert cli.main(["fdt", str(spec), guest, "--out", str(out)]) == 0
    return libfdt.Fdt(out.read_bytes())


def test_a_guests_tree_names_its_devices(spec: Path) -> None:
    """Compatible strings, registers and interrupt; a PrimeCell has a clock besides, as the UART has."""
    fdt = tree_of(spec, "g")

    def cells(path: str, name: str) -> list[int]:
        data = bytes(fdt.getprop(fdt.path_offset(path), name))
        return list(struct.unpack(f">{len(data) // 4}I", data))

    def texts(path: str) -> bytes:
        return bytes(fdt.getprop(fdt.path_offset(path), "compatible"))

    assert texts("/rtc@9010000") == b"arm,pl031\0arm,primecell\0"
    assert cells("/rtc@9010000", "reg") == [0, 0x9010000, 0, 0x1000]
    assert cells("/rtc@9010000", "interrupts") == [0, 2, 4]
    assert cells("/rtc@9010000", "clocks") == cells("/apb-pclk", "phandle")
    assert texts("/first@c000000") == b"example,adder\0example,older\0"
    assert cells("/second@c004000", "reg") == [0, 0xC004000, 0, 0x4000]
    for name in ("interrupts", "clocks"):
        with pytest.raises(libfdt.FdtException):
            fdt.getprop(fdt.path_offset("/second@c004000"), name)
    with pytest.raises(libfdt.FdtException):
        tree_of(spec, "bare").path_offset("/rtc@9010000")


def planned(spec: Path, out: Path) -> dict[str, str]:
    """What the plan tells CMake of the VMMs, and what they are compiled with."""
    assert cli.main(["plan", str(spec), "--out", str(out)]) == 0
    lines = {match[1]: match[0] for match in re.finditer(r"^sel_process\((\w+) .*$", (out / "plan.cmake").read_text(encoding="utf-8"), re.MULTILINE)}
    return {**lines, **{f"{name}.c": (out / name / "sel_spec.c").read_text(encoding="utf-8") for name in lines}}


def test_a_vmm_is_linked_with_its_guests_devices(spec: Path, tmp_path: Path) -> None:
    """Each file once, and only where a guest has it; a file that changes makes a new plan."""
    made = planned(spec, tmp_path / "gen")
    assert re.findall(r"\[===\[(.*?)\]===\]", made["vmm_g"])[1:] == [str(ROOT / "vmm/devices/pl031.c"), str(tmp_path / "own/adder.c")]
    assert "DEVICES" not in made["vmm_bare"] and "device_model" not in made["vmm_bare.c"]
    rows = re.findall(r"\.model = &(\w+), \.address = (\w+), \.setting = (\w+), \.intid = (\w+),", made["vmm_g.c"])
    assert rows == [("device_model_pl031", "0x9010000", "0x692cda80", "34"), ("device_model_adder", "0xc000000", "0x0", "0"), ("device_model_adder", "0xc004000", "0x0", "0")]
    assert f"sel_plan_input([===[{tmp_path}/own/adder.c]===])" in (tmp_path / "gen/plan.cmake").read_text(encoding="utf-8")


def test_the_expanded_form_has_them(spec: Path, tmp_path: Path) -> None:
    """Expanded and read back, elsewhere, the same VMMs and trees are made."""
    (tmp_path / "elsewhere").mkdir()
    expanded = tmp_path / "elsewhere/expanded.yaml"
    assert cli.main(["expand", str(spec), "--out", str(expanded)]) == 0
    one, two = planned(spec, tmp_path / "one"), planned(expanded, tmp_path / "two")
    assert [name for name in one if name.endswith(".c") and re.sub(r"spec of system \w+", "", one[name]) != re.sub(r"spec of system \w+", "", two[name])] == []
    assert [one[name] for name in ("vmm_g", "vmm_bare")] == [two[name] for name in ("vmm_g", "vmm_bare")]
    assert (tmp_path / "one/g.dtb").read_bytes() == (tmp_path / "two/g.dtb").read_bytes()


def test_the_vmms_own_devices() -> None:
    """Found by their first compatible string, from their sources."""
    found = device_model.of_project(ROOT)
    assert found["arm,pl031"].name == "pl031" and found["arm,pl031"].has_interrupt and found["arm,pl031"].register_bytes == 4096
    assert "arm,pl011" not in found  # the board's own


@pytest.mark.parametrize(("data", "reason"), [
    (b"\xff\xfe", "it is not UTF-8 text"),
    (b" " * ((1 << 20) + 1), "it has more than 1048576 bytes"),
    (b"DEVICE_MODEL(a) = {", "it has 0 descriptions `DEVICE_MODEL(name) = {...};`, one is needed"),
    (None, "it cannot be read: Is a directory"),
])
def test_files_that_are_no_source(data: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "device.c"
    if data is None:
        path.mkdir()
    else:
        path.write_bytes(data)
    with pytest.raises(device_model.ModelError) as caught:
        device_model.read(path)
    assert str(caught.value) == reason
