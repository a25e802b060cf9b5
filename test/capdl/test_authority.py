# SPDX-License-Identifier: BSD-2-Clause
"""Least authority: each process gets what its lines in the spec say, with the rights that needs, and nothing else.

Compared with the rule, not with another output: the audit at boot only says that the live system is the compiled one."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from conftest import write_images
from test_expand import LARGE, emit_system


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The large system of test_expand, compiled once."""
    folder = tmp_path_factory.mktemp("authority")
    write_images(folder)
    (folder / "system.yaml").write_text(LARGE, encoding="utf-8")
    return emit_system(folder / "system.yaml", folder)[0]


def held(system: dict[str, Any], process: str) -> dict[str, tuple[str, set[str], int]]:
    """Capabilities of a process by name: object, rights, badge."""
    return {row["name"]: (row["object"], set(row["rights"]), row["badge"]) for row in system["caps"] if row["cnode"] == f"{process}.cnode"}


def test_a_server_receives_and_its_clients_call(system: dict[str, Any]) -> None:
    """The server cannot send to itself, a client cannot receive, nor send capabilities; each capability to call has a badge of its own."""
    assert held(system, "server")["echo"] == ("server.echo", {"READ"}, 0)
    client = held(system, "client")
    assert {client[name][:2] == ("server.echo", {"WRITE"}) for name in ("echo", "again")} == {True}
    assert 0 not in (client["echo"][2], client["again"][2])
    assert client["echo"][2] != client["again"][2]


def test_capabilities_go_where_a_service_takes_them(tmp_path: Path) -> None:
    """GRANT is on the capabilities to that service and on no other."""
    write_images(tmp_path)
    text = LARGE.replace("other: {protocol: echo}", "other: {takes_capabilities: true}").replace("again: server.echo", "again: server.other")
    (tmp_path / "system.yaml").write_text(text, encoding="utf-8")
    system = emit_system(tmp_path / "system.yaml", tmp_path)[0]
    client = held(system, "client")
    assert client["echo"][:2] == ("server.echo", {"WRITE"})
    assert client["again"][:2] == ("server.other", {"WRITE", "GRANT"})


def test_one_process_receives_from_each_endpoint(system: dict[str, Any]) -> None:
    """READ on an Endpoint is its server's alone (the VMM's, of its guest's exits)."""
    readers = defaultdict(set)
    for row in system["caps"]:
        if row["object"].split(".")[-1] in ("echo", "other", "exits", "fault") and "READ" in row["rights"]:
            readers[row["object"]].add(row["cnode"])
    assert {name: nodes for name, nodes in readers.items() if len(nodes) != 1} == {}
    assert readers["server.echo"] == {"server.cnode"}


def test_a_signal_is_one_event(system: dict[str, Any]) -> None:
    """Who signals may do that only, and sets one bit; the Notification itself is its owner's."""
    name, rights, badge = held(system, "client")["kick"]
    assert (name, rights) == ("sink.notification", {"WRITE"})
    assert badge.bit_count() == 1
    for row in system["caps"]:
        if row["object"].endswith(".notification") and "READ" in row["rights"]:
            assert row["cnode"].split(".")[0] == row["object"].split(".")[0], row
        elif row["object"].endswith(".notification"):
            assert row["rights"] == ["WRITE"] and row["badge"].bit_count() == 1, row


def test_supervisor_badges_tell_processes_apart(system: dict[str, Any]) -> None:
    """All may only send to the roottask, each by a badge that is nobody else's."""
    rows = [row for row in system["caps"] if row["object"] == "roottask.fault"]
    assert {tuple(row["rights"]) for row in rows if row["name"] == "supervisor"} == {("WRITE",)}
    badges = [row["badge"] for row in rows if row["name"] == "supervisor"]
    assert 0 not in badges and len(set(badges)) == len(badges)


def test_shared_memory_is_written_by_writers(system: dict[str, Any]) -> None:
    """And read by readers; nobody else has it."""
    table = {row["vspace"]: set(row["rights"]) for row in system["maps"] if row["object"] == "shared.table"}
    assert table == {"client.vspace": {"READ", "WRITE"}, "sink.vspace": {"READ"}, "server.vspace": {"READ"}}
    pair = {row["vspace"]: set(row["rights"]) for row in system["maps"] if row["object"] == "shared.pair"}
    assert pair == {"client.vspace": {"READ", "WRITE"}, "sink.vspace": {"READ", "WRITE"}}


def test_no_process_writes_what_it_executes(system: dict[str, Any]) -> None:
    """Only a guest's memory is both: the kernel refuses it to others."""
    both = {row["vspace"] for row in system["maps"] if {"WRITE", "EXECUTE"} <= set(row["rights"])}
    assert both == {"first.vspace", "second.vspace", "third.vspace"}


def test_makers_are_given_by_name(system: dict[str, Any]) -> None:
    """A kernel object that makes or shows others goes to who asked for it (`authority`), and to nobody else."""
    makers = {row["cnode"] for row in system["caps"] if row["object"] in ("kernel.sched_control", "kernel.irq_control")}
    assert makers == {"client.cnode"}
    own = [row for row in system["caps"] if row["object"].endswith((".cnode", ".tcb")) and row["name"] in ("cnode", "tcb")]
    assert [row["cnode"] for row in own] == ["client.cnode", "client.cnode"]


def test_a_guest_and_its_vmm_have_all_of_its_memory(system: dict[str, Any]) -> None:
    """As many bytes as the spec says, at the same addresses on both sides; the VMM does not execute them."""
    for name, size in (("first", 66 << 20), ("second", 3080 << 10), ("third", 16 << 20)):
        rows = [row for row in system["maps"] if row["vspace"] == f"{name}.vspace" and "EXECUTE" in row["rights"]]
        assert sum(row["count"] << row["size_bits"] for row in rows) == size
        places = {(row["object"], row["address"], row["count"], row["size_bits"]) for row in rows}
        vmm = {(row["object"], row["address"], row["count"], row["size_bits"]): row["rights"] for row in system["maps"] if row["vspace"] == f"vmm_{name}.vspace"}
        assert {tuple(vmm[place]) for place in places} == {("READ", "WRITE")}


def test_a_vmm_gives_its_own_guests_memory_only(system: dict[str, Any]) -> None:
    """Frames that may be written and executed are in the CNodes of VMMs, each of its own guest; none of them has a VSpace to map them in but the guest's."""
    frames = {row["object"] for row in system["caps"] if "EXECUTE" in row["rights"]}
    assert frames == {"first.ram", "second.ram", "second.ram_tail", "third.ram"}
    for row in (row for row in system["caps"] if row["object"] in frames):
        assert row["cnode"] == f"vmm_{row['object'].split('.')[0]}.cnode"
    for name in ("first", "second", "third"):
        assert [row["object"] for row in system["caps"] if row["cnode"] == f"vmm_{name}.cnode" and row["object"].endswith(".vspace")] == [f"{name}.vspace"]
