# SPDX-License-Identifier: BSD-2-Clause
"""The report's data of a small system, all expectations worked out from its spec by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from conftest import POLICY, SMALL, spoken, write_spec

from report import data, page, text
from report.authority import Authority


def named(rows: list[dict], name: str) -> dict:
    """The row of that name."""
    return next(row for row in rows if row["name"] == name)


def test_processes_guests_and_vmms_in_the_order_of_the_spec(small: dict) -> None:
    found = [(each["name"], each["kind"], each["place"]) for each in small["processes"]]
    assert found == [
        ("tty", "process", "small.yaml:5"), ("store", "process", "small.yaml:9"), ("user", "process", "small.yaml:13"), ("other", "process", "small.yaml:20"),
        ("vmm_box", "vmm", "small.yaml:27"), ("box", "guest", "small.yaml:27"),
    ]
    assert named(small["processes"], "user")["heap"] == 8192
    assert named(small["processes"], "box")["memory"] == 16 << 20


def test_every_capability_by_name_with_rights_and_place(small: dict) -> None:
    caps = named(small["processes"], "user")["capabilities"]
    assert [(cap["name"], cap["does"], cap["thing"], cap["rights"], cap["badge"], cap["place"]) for cap in caps] == [
        ("notification", "wait on", "user's notification", ["READ", "WRITE"], 0, "small.yaml:13"),
        ("put", "call", "store.keep", ["WRITE"], 1, "small.yaml:15"),
        ("wake", "signal", "other's notification", ["WRITE"], 2, "small.yaml:16"),
        ("timer", "set", "user's timer", [], 0, "small.yaml:17"),
        ("table_doorbell", "signal", "other's notification", ["WRITE"], 8, "small.yaml:36"),
        ("console_peer", "signal", "tty's notification", ["WRITE"], 8, "small.yaml:3"),  # after uart_irq, box, store
    ]
    firmware = named(named(small["processes"], "other")["capabilities"], "smc")
    assert (firmware["does"], firmware["badge"], firmware["place"]) == ("call the firmware function 0x84000000 by", 0x84000000, "small.yaml:24")
    assert named(small["processes"], "box")["capabilities"] == []


def test_mappings_say_what_is_mapped_and_why(small: dict) -> None:
    maps = {each["thing"]: each for each in named(small["processes"], "other")["mappings"]}
    assert (maps["the region table"]["rights"], maps["the region table"]["size"], maps["the region table"]["place"]) == (["READ"], 8192, "small.yaml:35")
    assert (maps["the registers of rtc0"]["attribute"], maps["the registers of rtc0"]["place"]) == ("DEVICE", "small.yaml:23")
    guest = named(small["processes"], "box")["mappings"]
    assert [(each["address"], each["size"], each["is_on_demand"]) for each in guest] == [(0x9000000, 4096, True), (0x40000000, 16 << 20, True)]


def test_channels_signals_and_regions(small: dict) -> None:
    keep, exits = small["channels"]
    assert keep == {
        "name": "store.keep", "server": "store", "separates_clients": True, "protocol": None, "place": "small.yaml:11",
        "clients": [{"process": "user", "name": "put", "badge": 1, "roles": [], "methods": None, "place": "small.yaml:15"}],
    }
    assert (exits["name"], exits["server"], [client["process"] for client in exits["clients"]]) == ("box.exits", "vmm_box", ["box"])
    told = [(each["from"], each["to"], each["bit"], each["place"]) for each in small["signals"] if not each["is_console"]]
    assert told == [("user", "other", "go", "small.yaml:16"), ("user", "other", "table", "small.yaml:36"), ("other", "user", "table", "small.yaml:36")]
    table = named(small["regions"], "table")
    assert (table["size"], table["has_doorbell"], table["place"]) == (8192, True, "small.yaml:32")
    assert [(each["process"], each["rights"], each["place"]) for each in table["members"]] == [("user", ["READ", "WRITE"], "small.yaml:34"), ("other", ["READ"], "small.yaml:35")]
    assert sum(each["is_console"] for each in small["regions"]) == 5


def test_a_protocol_tells_what_each_client_may_call(tmp_path: Path) -> None:
    found = data.collect(Authority(write_spec(tmp_path, spoken(tmp_path)), "small.yaml"), None, "debug", "not built")
    keep = named(found["channels"], "store.keep")
    assert keep["protocol"] == {"name": "vault", "file": "./vault.yaml", "methods": ["look", "open"]}
    assert [(each["process"], each["roles"], each["methods"]) for each in keep["clients"]] == [("user", ["keeper"], ["look", "open"]), ("other", [], ["look"])]
    assert [(each["file"], each["what"]) for each in found["files"]] == [("./vault.yaml", "a protocol"), ("small.yaml", "the spec")]
    line = next(line for line in text.render(found).splitlines() if line.split()[:1] == ["store.keep"])
    assert "user (as keeper: look, open), other (look)" in line and line.split()[2] == "vault"


def test_emulated_devices_of_a_guest(tmp_path: Path) -> None:
    """By the guest's addresses; SPI 2 is interrupt 34."""
    spec = SMALL.replace("    memory: 16M\n", "    memory: 16M\n    devices:\n      rtc: {compatible: 'arm,pl031', address: 0x9010000, interrupt: 2}\n")
    found = data.collect(Authority(write_spec(tmp_path, spec), "small.yaml"), None, "debug", "not built")
    (rtc,) = named(found["processes"], "box")["emulated"]
    assert {key: rtc[key] for key in ("name", "address", "size", "intid", "source", "place")} == {
        "name": "rtc", "address": 0x9010000, "size": 4096, "intid": 34, "source": "vmm/devices/pl031.c", "place": "small.yaml:31",
    }
    assert rtc["compatible"][0] == "arm,pl031" and all(not each["emulated"] for each in found["processes"] if each["name"] != "box")
    lines = text.render(found).splitlines()
    row = lines[lines.index("emulated devices:") + 2].split()
    assert row == ["box", "rtc", "arm,pl031", "0x9010000+4", "KiB", "34", "vmm/devices/pl031.c", "small.yaml:31"]
    assert '<td class="m">vmm/devices/pl031.c</td>' in page.render(found)


def test_devices_and_interrupts_have_their_owners(small: dict) -> None:
    uart, clock = named(small["devices"], "uart0"), named(small["devices"], "rtc0")
    assert (uart["owner"], uart["registers"], uart["is_kernels_console"], uart["place"]) == ("tty", [{"address": 0x9000000, "size": 4096}], True, "small.yaml:7")
    assert (clock["owner"], clock["local_name"], clock["interrupts"]) == ("other", "clock", [34])
    assert named(small["devices"], "gic")["owner"] == "kernel"
    told = {each["intid"]: (each["owner"], each["bit"], each["place"]) for each in small["interrupts"]}
    assert (told[33], told[34]) == (("tty", "uart_irq", "small.yaml:7"), ("other", "clock_irq", "small.yaml:23"))
    assert all(told[intid] == ("kernel", None, None) for intid in (25, 26, 27, 30))


def test_time_adds_up(small: dict) -> None:
    """Shares 10, 20 (the VMM's own), 30, 5 and 10 percent; at the worst everybody above has its budget first, and all of them fit into one period."""
    assert round(small["time"]["utilisation"], 9) == 0.75
    found = {each["name"]: (each["time"]["response_ns"], each["time"]["margin_ns"], each["time"]["place"]) for each in small["processes"]}
    assert found["tty"] == (1_000_000, 9_000_000, "small.yaml:8")
    assert found["user"] == (6_500_000, 3_500_000, "small.yaml:19")
    assert found["other"] == (8_500_000, 11_500_000, "small.yaml:25")
    store = named(small["processes"], "store")["time"]
    assert (store["is_passive"], store["budget_ns"], store["callers"]) == (True, None, ["user"])


def test_memory_map_is_the_boards_whole_ram(small: dict) -> None:
    ram, devices, guest = small["memory"]["spaces"]
    assert (ram["start"], ram["size"]) == (0x40000000, 2 << 30)
    assert sum(piece["size"] for piece in ram["pieces"]) == 2 << 30
    assert [(piece["start"], piece["size"], piece["kind"]) for piece in ram["pieces"][:2]] == [(0x40000000, 2 << 20, "free"), (0x40200000, 16 << 20, "kernel")]
    # The region's 8 KiB; a ring of 24 KiB for the guest, and one of 8 KiB each for store, user, other and the VMM.
    assert named(small["memory"]["parts"], "shared")["size"] == (8 + 24 + 4 * 8) << 10
    assert devices["start"] == 0x8000000 and devices["pieces"][-1]["name"] == "rtc0"
    assert (guest["start"], guest["size"], guest["of"]) == (0x40000000, 16 << 20, "box")


def test_policy_says_what_holds_and_what_breaks_it(small: dict) -> None:
    bound, flow = small["policy"]
    assert (bound["place"], bound["broken_by"]) == ("small.yaml:38", [])
    assert flow["place"] == "small.yaml:39"
    assert len(flow["broken_by"]) == 1 and "user may call store.keep" in flow["broken_by"][0]
    said = text.render(small)
    assert f"holds: {bound['statement']} (small.yaml:38)" in said and f"broken: {flow['statement']} (small.yaml:39)" in said


def test_trusts_name_console_server_and_separator(small: dict) -> None:
    assert [text for text in small["trusts"]["always"] if "tty" in text] == ["whoever prints trusts tty: it sees and writes all text of all consoles"]
    assert small["trusts"]["by_spec"] == ["store keeps the clients of store.keep apart (small.yaml:11)"]


def test_assurance_tells_this_preset_from_others(small: dict) -> None:
    told = {each["what"]: each["covers"] for each in small["assurance"]}
    assert told["proofs (CBMC)"] == "its sources"
    assert told["coverage"] == "this build"
    assert told["the model on the target"] == "another preset"
    assert "twins" not in told


def test_the_spec_has_its_hash(small: dict) -> None:
    assert small["files"] == [{
        "file": "small.yaml", "what": "the spec", "guest": None, "address": None, "size": len(SMALL + POLICY), "sha256": hashlib.sha256((SMALL + POLICY).encode()).hexdigest(), "sections": None,
    }]


def test_json_is_the_data(small: dict) -> None:
    assert json.loads(data.json_text(small)) == small


def test_a_system_without_anything_but_a_process(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, "version: 1\nboard: qemu-virt-aarch64\nprocesses:\n  one:\n    source: components/echo_server\n    time: {priority: 1, budget: 1ms, period: 2ms}\n")
    found = data.collect(Authority(spec, "small.yaml"), None, "debug", "not built")
    assert found["channels"] == found["signals"] == found["regions"] == found["policy"] == []
    assert "the spec states none" in text.render(found)
