# SPDX-License-Identifier: BSD-2-Clause
"""A system built to debug a guest: what its plan has besides, and who cannot be debugged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT, write_images

from capdl import abi as abi_file
from capdl import check, cli, gdb_guest, plan
from capdl.authority import policy
from capdl.diagnostics import SpecError
from capdl.expanded_write import expanded_text
from capdl.model import System
from capdl.plan_data import Plan

SPEC = """\
version: 1
board: qemu-virt-aarch64
console: {server: console, front: one}
processes:
  console:
    source: components/console_server
    devices: {uart: uart0}
    timer: true
    heap: 16K
    time: {priority: 200, budget: 1ms, period: 10ms}
guests:
  one:
    image: {raw: guest.bin}
    memory: 16M
    time: {priority: 100, budget: 1ms, period: 10ms}
  two:
    image: {raw: guest.bin}
    memory: 16M
    time: {priority: 100, budget: 1ms, period: 10ms}
"""


def load(folder: Path, abi: abi_file.Abi, text: str = SPEC) -> System:
    write_images(folder)
    (folder / "system.yaml").write_text(text)
    return check.load_system(folder / "system.yaml", "system.yaml", abi.limits())


def planned(folder: Path, abi: abi_file.Abi, debugged: str | None) -> Plan:
    system = load(folder, abi)
    if debugged is not None:
        assert gdb_guest.refusal(system, debugged) is None
        gdb_guest.apply(system, debugged)
    return plan.make(system, abi)[0]


def test_one_vmm_is_another_program_with_a_wire_of_its_own(tmp_path: Path, abi: abi_file.Abi) -> None:
    without, made = planned(tmp_path, abi, None), planned(tmp_path, abi, "two")
    folders = {process.name: Path(process.folder) for process in made.processes}
    assert (folders["vmm_one"], folders["vmm_two"]) == (ROOT / "vmm", ROOT / "vmm" / "gdb")
    # kernel, two guests, the console server, two VMMs come before it.
    assert made.debugger == {"guest": "two", "channel": 6} and without.debugger is None
    link = made.guests[1].debugger
    client = made.get_process("console").clients[-1]
    assert made.guests[0].debugger is None and link is not None
    assert (client["name"], client["channel"], client["guest"]) == ("gdb", 6, False)
    # Either writes what the other reads: as much of the same pages, as far behind their beginning.
    assert (client["link"].input[1], client["link"].output[1]) == (link.output[1], link.input[1])
    assert client["link"].output[0] - client["link"].input[0] == link.input[0] - link.output[0] == link.output[1]


def test_its_authority_is_in_the_plan_and_no_more(tmp_path: Path, abi: abi_file.Abi) -> None:
    """Rings with the console server, and a signal each way."""
    def rows(made: Plan) -> set[str]:
        caps = {f"{cap.cnode}: {cap.name} -> {cap.object} {' '.join(cap.rights)}" for cap in made.caps}
        return caps | {f"{row.vspace}: {row.object} {' '.join(row.rights)}" for row in made.maps}

    assert rows(planned(tmp_path, abi, "two")) - rows(planned(tmp_path, abi, None)) == {
        "vmm_two.cnode: gdb -> console.notification WRITE",
        "console.cnode: console_gdb -> vmm_two.notification WRITE",
        "vmm_two.vspace: shared.console_gdb READ WRITE",
        "console.vspace: shared.console_gdb READ WRITE",
    }
    assert rows(planned(tmp_path, abi, None)) <= rows(planned(tmp_path, abi, "two"))


def test_a_policy_that_holds_without_a_debugger_holds_with_it(tmp_path: Path, abi: abi_file.Abi) -> None:
    """The console server keeps gdb's channel apart as it does all others; one that does not is no better for it."""
    rule = "policy:\n  - no_path: {between: [one, two]}\n"
    trusted = SPEC.replace("front: one}", "front: one, separates_clients: true}") + rule
    for text, holds in ((trusted, True), (SPEC + rule, False)):
        system = load(tmp_path, abi, text)
        gdb_guest.apply(system, "two")
        if holds:
            policy.enforce(system, plan.make(system, abi)[0])
        else:
            with pytest.raises(SpecError):
                policy.enforce(system, plan.make(system, abi)[0])


def test_the_command_line_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_images(tmp_path)
    (tmp_path / "system.yaml").write_text(SPEC)
    words = ["plan", str(tmp_path / "system.yaml"), "--out", str(tmp_path / "gen"), "--gdb-guest"]
    assert cli.main([*words, "two"]) == 0
    assert json.loads((tmp_path / "gen" / "plan.json").read_text())["debugger"]["guest"] == "two"
    assert ".debugger = {.output_base = 0x" in (tmp_path / "gen" / "vmm_two" / "sel_spec.c").read_text()
    assert cli.main([*words, "tow"]) == 2
    assert capsys.readouterr().err == f"{tmp_path}/system.yaml: there is no guest 'tow' to debug (did you mean 'two'?); guests of this system: one, two\n"


def test_who_cannot_be_debugged(tmp_path: Path, abi: abi_file.Abi) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "CMakeLists.txt").touch()
    without_server = load(tmp_path, abi, SPEC.replace("console: {server: console, front: one}\n", ""))
    with_own_vmm = load(tmp_path, abi, SPEC.replace("    memory: 16M\n", "    memory: 16M\n    vmm: {source: own}\n", 1))
    assert gdb_guest.refusal(without_server, "one") == (
        "guest 'one' cannot be debugged: gdb reaches its VMM through the console server, and the system has none; add `console: {server: PROCESS}`"
    )
    assert gdb_guest.refusal(with_own_vmm, "one") == f"guest 'one' cannot be debugged: its VMM, {own}, has no variant that answers gdb ({own}/gdb/CMakeLists.txt)"
    assert gdb_guest.refusal(with_own_vmm, "two") is None


def test_an_expanded_spec_says_everything_itself(tmp_path: Path, abi: abi_file.Abi) -> None:
    system = load(tmp_path, abi)
    text = expanded_text(system, plan.make(system, abi)[0], tmp_path)
    assert gdb_guest.refusal(load(tmp_path, abi, text), "one") == (
        "guest 'one' cannot be debugged: the spec is in expanded form, which says every object and capability; debug the spec that it was written from"
    )
