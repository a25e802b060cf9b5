# SPDX-License-Identifier: BSD-2-Clause
"""Expansion: stable, complete, without overlaps; what spec.bin says equals what system.json says."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, elf_bytes, write_images
from spec_reader import read_spec

from capdl import abi as abi_file
from capdl import build, check, elf, layout, linked, spec_format
from capdl.abi import Abi
from capdl.plan import make

FLAG = {constant.name: constant.number for constant in spec_format.CONSTANTS}

SMALL = """version: 1
board: qemu-virt-aarch64
processes:
  a:
    source: components/busy
    time: {priority: 10, budget: 1ms, period: 10ms}
"""

LARGE = """version: 1
board: qemu-virt-aarch64
console: {server: console, front: first}
processes:
  console:
    source: components/console_server
    devices: {uart: uart0, clock: rtc0}
    time: {priority: 200, budget: 1ms, period: 10ms}
  server:
    source: components/echo_server
    serves: {echo: {protocol: echo}, other: {protocol: echo}}
    time: {priority: 80, passive: true}
  client:
    source: components/echo_client
    uses: {echo: server.echo, again: server.echo}
    signals: {kick: sink.go}
    timer: true
    smc: [0x84000000]
    untyped: [1M, 64K]
    authority: [cnode, tcb, sched_control, irq_control]
    time: {priority: 70, budget: 500us, period: 10ms}
  sink:
    source: components/busy
    events: [stop, go]
    heap: 64K
    fpu: true
    time: {priority: 60, budget: 500us, period: 10ms}
guests:
  first:
    image: {kernel: Image, initrd: initrd.gz, cmdline: quiet}
    memory: 66M
    time: {priority: 100, budget: 4ms, period: 10ms}
  second:
    image: {elf: guest.elf}
    memory: 3080K
    time: {priority: 101, budget: 1ms, period: 10ms}
  third:
    image: {raw: guest.bin, load: 0x40080000}
    memory: 16M
    time: {priority: 99, budget: 1ms, period: 10ms}
shared:
  table: {size: 8K, writes: [client], reads: [sink, server], doorbell: true}
  pair: {size: 64K, writes: [client, sink], doorbell: true}
"""


def program(base: int, code_pages: int = 2, data: int = 5000, bss: int = 9000) -> bytes:
    """A program of three segments, as libsel/process.ld lays them out."""
    read_only = base + code_pages * 4096
    writable = read_only + 4096
    return elf_bytes([(base, 5, b"c" * (code_pages * 4096 - 8), code_pages * 4096 - 8), (read_only, 4, b"r" * 100, 100), (writable, 6, b"d" * data, data + bss)], base)


def emit_system(spec: Path, folder: Path, programs: dict[str, bytes] | None = None, audit: bool = False) -> tuple[dict[str, Any], bytes]:
    """Plan and emit a spec with stand-in programs; returns system.json and spec.bin."""
    abi = abi_file.load_default()
    system = check.load_system(spec, spec.name, abi.limits())
    out, elves = folder / "out", folder / "out" / "elf"
    elves.mkdir(parents=True, exist_ok=True)
    build.plan(system, abi, out / "gen")
    (elves / "roottask.elf").write_bytes(program(layout.window(0)))
    for index, process in enumerate(system.processes):
        (elves / f"{process.name}.elf").write_bytes((programs or {}).get(process.name) or program(layout.window(index + 1)))
    linked.emit(out / "gen" / "plan.json", elves, out, abi, audit)
    return json.loads((out / "system.json").read_text(encoding="utf-8")), (out / "spec.bin").read_bytes()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """The large system in a folder with its images."""
    write_images(tmp_path)
    spec = tmp_path / "system.yaml"
    spec.write_text(LARGE, encoding="utf-8")
    return spec


def test_same_input_same_bytes(large: Path, tmp_path: Path) -> None:
    """Two runs in two folders write the same bytes."""
    results = []
    for name in ("one", "two"):
        emit_system(large, tmp_path / name)
        out = tmp_path / name / "out"
        files = sorted(path for path in out.rglob("*") if path.is_file())
        results.append({str(path.relative_to(out)): path.read_bytes() for path in files})
    assert results[0] == results[1]
    assert {"spec.bin", "system.cdl", "system.json", "gen/plan.json", "gen/plan.cmake"} <= results[0].keys()


def test_hash_seed_does_not_matter(large: Path, tmp_path: Path) -> None:
    """Python's own randomness changes nothing: two interpreters with different seeds plan the same."""
    plans = []
    for seed in ("1", "2"):
        out = tmp_path / f"seed{seed}"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-m", "capdl", "plan", str(large), "--out", str(out)], env=environment, check=True)
        plans.append({path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()})
    assert plans[0] == plans[1]


def test_second_run_touches_nothing(large: Path, tmp_path: Path) -> None:
    """Unchanged outputs keep their time, so that ninja rebuilds nothing."""
    emit_system(large, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file() and path.suffix != ".elf"}
    emit_system(large, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def expected_rights(abi: Abi, names: list[str]) -> int:
    """An empty list of rights means: as its source has them."""
    return abi.right(*names) if names else abi.all_rights


def test_spec_bin_equals_system_json(large: Path, tmp_path: Path, abi: Abi) -> None:
    """Every table, read back by a reader of its own, says what system.json says."""
    system, data = emit_system(large, tmp_path)
    spec = read_spec(data)
    slots = dict(system["slot"])
    slots.update({f"kernel.{name.lower()}": number for name, number in abi.data["initial_slots"].items()})
    slots[None] = 0

    assert [row["name"] for row in spec["part"]] == [part["name"] for part in system["parts"]]
    assert [(row["slot"], row["part"], row["size_bits"]) for row in spec["untyped"]] == [(row["slot"], row["part_index"], row["size_bits"]) for row in system["untypeds"]]
    made = [(row["slot"], row["count"], row["untyped"], abi.object_type(row["type"]), row["size_bits"], row["name"]) for row in system["made"]]
    assert [(row["slot"], row["count"], row["untyped"], row["type"], row["size_bits"], row["name"]) for row in spec["object"]] == made
    fixed = [(row["address"], row["slot"], row["count"], int(row["kind"] == "PAYLOAD"), row["size_bits"], row["name"]) for row in system["fixed"]]
    assert [(row["address"], row["slot"], row["count"], row["kind"], row["size_bits"], row["name"]) for row in spec["fixed_frame"]] == fixed
    caps = [
        (slots[row["object"]] + row["first"] + at, slots[row["cnode"]], row["slot"] + at, expected_rights(abi, row["rights"]), row["badge"], row["name"], row["move"] << 8)
        for row in system["caps"] for at in range(row["count"])
    ]
    assert [(row["source"], row["cnode"], row["index"], row["rights"], row["badge"], row["name"], row["flags"]) for row in spec["capability"]] == caps
    maps = [(row["address"], row["slot"], slots[row["vspace"]], row["count"], row["size_bits"], abi.right(*row["rights"])) for row in system["maps"]]
    assert [(row["vaddr"], row["frame_slot"], row["vspace_slot"], row["count"], row["size_bits"], row["rights"]) for row in spec["mapping"]] == maps
    copies = [(row["offset"], slots[row["source"]], slots[row["frame"]], row["length"]) for row in system["copies"]]
    assert [(row["source"], row["source_slot"], row["frame_slot"], row["length"]) for row in spec["copy"]] == copies
    scheds = [(row["budget_ns"], row["period_ns"], slots[row["context"]], slots[row["thread"]], slots[row["home"]]) for row in system["scheds"]]
    assert [(row["budget_ns"], row["period_ns"], row["slot"], row["thread_slot"], row["home_slot"]) for row in spec["sched"]] == scheds
    threads = [(row["name"], row["pc"], row["sp"], slots[row["tcb"]], slots[row["fault"]], slots[row["vcpu"]], row["priority"]) for row in system["threads"]]
    assert [(row["name"], row["pc"], row["sp"], row["tcb_slot"], row["fault_slot"], row["vcpu_slot"], row["priority"]) for row in spec["thread"]] == threads
    assert len(spec["irq_bind"]) == len(system["irq_binds"]) == 2
    assert len(spec["timer_bind"]) == len(system["timer_binds"]) == 1 + 3


def test_audit_flag(large: Path, tmp_path: Path) -> None:
    """Only the audit's build carries the flag."""
    assert read_spec(emit_system(large, tmp_path)[1])["header"]["flags"] == 0
    assert read_spec(emit_system(large, tmp_path, audit=True)[1])["header"]["flags"] == 1


def place_objects(spec: dict[str, Any]) -> dict[int, list[tuple[int, int]]]:
    """Do what Retype does: each Untyped hands out its memory upwards, objects aligned to their size."""
    fill: dict[int, int] = {}
    ranges: dict[int, list[tuple[int, int]]] = {}
    for row in spec["object"]:
        size = 1 << row["size_bits"]
        for _ in range(row["count"]):
            start = -(-fill.get(row["untyped"], 0) // size) * size
            fill[row["untyped"]] = start + size
            ranges.setdefault(row["untyped"], []).append((start, start + size))
    return ranges


def check_allocation(spec: dict[str, Any]) -> None:
    """No Untyped overflows, no slot is used twice, slots stay below the end, Untypeds fall in size, no part mixes with another."""
    for index, ranges in place_objects(spec).items():
        assert ranges[-1][1] <= 1 << spec["untyped"][index]["size_bits"]
    sizes = [row["size_bits"] for row in spec["untyped"]]
    assert sizes == sorted(sizes, reverse=True)
    slots: list[int] = [row["slot"] for row in spec["untyped"]] + [row["slot"] for row in spec["irq_handler"]]
    for row in spec["object"] + spec["fixed_frame"]:
        slots += range(row["slot"], row["slot"] + row["count"])
    slots += [row["index"] for row in spec["capability"] if row["cnode"] == 0]
    header = spec["header"]
    slots += range(header["skip_slot"], header["skip_slot"] + header["skip_count"])
    assert len(slots) == len(set(slots))
    assert max(slots) < header["slots_end"]
    assert min(slots) >= layout.ROOT_FIRST_SLOT
    for cnode in {row["cnode"] for row in spec["capability"]} - {0}:
        index = [row["index"] for row in spec["capability"] if row["cnode"] == cnode]
        assert len(index) == len(set(index)) and min(index) > 0


def check_mappings(spec: dict[str, Any]) -> None:
    """In one VSpace no two mappings overlap; a slot maps once; a size_bits mapping is aligned."""
    used_slots: list[int] = []
    by_space: dict[int, list[tuple[int, int]]] = {}
    for row in spec["mapping"]:
        assert row["vaddr"] % (1 << row["size_bits"]) == 0
        by_space.setdefault(row["vspace_slot"], []).append((row["vaddr"], row["vaddr"] + (row["count"] << row["size_bits"])))
        if not row["flags"] & FLAG["MAPPING_ON_DEMAND"]:
            used_slots += range(row["frame_slot"], row["frame_slot"] + row["count"])
    assert len(used_slots) == len(set(used_slots))
    for ranges in by_space.values():
        ranges.sort()
        assert all(first[1] <= second[0] for first, second in zip(ranges, ranges[1:]))


def check_tables(spec: dict[str, Any], abi: Abi) -> None:
    """Each VSpace has room for exactly the page tables its mappings need, and not twice as much."""
    for space in (row for row in spec["object"] if row["type"] in (abi.object_type("VSPACE"), abi.object_type("VSPACE_GUEST"))):
        tables: set[tuple[int, int]] = set()
        for row in (row for row in spec["mapping"] if row["vspace_slot"] == space["slot"]):
            for at in range(row["count"]):
                address = row["vaddr"] + (at << row["size_bits"])
                tables.add((30, address >> 30))
                if row["size_bits"] == 12:
                    tables.add((21, address >> 21))
        pages = (1 << space["size_bits"]) // 4096
        assert 2 + len(tables) <= pages
        assert pages == 4 or pages < 2 * (2 + len(tables))


def check_fixed(spec: dict[str, Any]) -> None:
    """Fixed Frames rise by kind and address, aligned, without overlap, behind spec.bin."""
    rows = [(row["kind"], row["address"], row["count"] << row["size_bits"], row["size_bits"]) for row in spec["fixed_frame"]]
    assert rows == sorted(rows)
    for kind, address, _, bits in rows:
        assert address % (1 << bits) == 0
    for first, second in zip(rows, rows[1:]):
        assert first[0] != second[0] or first[1] + first[2] <= second[1]


def test_large_system_is_sound(large: Path, tmp_path: Path, abi: Abi) -> None:
    """The hand-written large system keeps all rules."""
    spec = read_spec(emit_system(large, tmp_path)[1])
    check_allocation(spec)
    check_mappings(spec)
    check_tables(spec, abi)
    check_fixed(spec)


def random_spec(chance: random.Random) -> str:
    """A random system of processes and guests."""
    lines = ["version: 1", "board: qemu-virt-aarch64", "processes:"]
    count = chance.randint(1, 12)
    for number in range(count):
        lines += [f"  p{number}:", "    source: components/busy", f"    time: {{priority: {chance.randint(0, 254)}, budget: 1ms, period: {chance.randint(1, 50)}ms}}"]
        lines.append(f"    stack: {4 * chance.randint(1, 128)}K")
        lines.append(f"    heap: {4 * chance.randint(0, 600)}K")
        lines.append(f"    free_slots: {chance.choice([0, 1, 16, 200, 5000])}")
        lines.append(f"    timer: {chance.choice(['true', 'false'])}")
        lines.append(f"    untyped: [{', '.join(f'{1 << chance.randint(2, 9)}K' for _ in range(chance.randint(0, 3)))}]")
        lines.append(f"    serves: {{{', '.join(f's{at}: {{}}' for at in range(chance.randint(0, 3)))}}}")
    lines.append("guests:")
    for number in range(chance.randint(1, 3)):
        lines += [f"  g{number}:", "    image: {raw: guest.bin}", f"    memory: {4 * chance.randint(2048, 30000)}K", "    time: {priority: 9, budget: 1ms, period: 10ms}"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(25))
def test_random_systems_never_overlap(seed: int, tmp_path: Path, abi: Abi) -> None:
    """Allocation, slots, mappings and page tables of random systems keep all rules."""
    chance = random.Random(seed)
    write_images(tmp_path)
    spec_path = tmp_path / "system.yaml"
    spec_path.write_text(random_spec(chance), encoding="utf-8")
    system = check.load_system(spec_path, "system.yaml", abi.limits())
    programs = {
        process.name: program(layout.window(index + 1), chance.randint(1, 40), chance.randint(1, 9000), chance.randint(0, 300000))
        for index, process in enumerate(system.processes)
    }
    spec = read_spec(emit_system(spec_path, tmp_path, programs)[1])
    check_allocation(spec)
    check_mappings(spec)
    check_tables(spec, abi)
    check_fixed(spec)


def test_each_part_has_its_own_untypeds(large: Path, tmp_path: Path) -> None:
    """Objects of a part lie in Untypeds of that part only; a guest and its VMM are one part."""
    system, data = emit_system(large, tmp_path)
    spec = read_spec(data)
    for row in spec["object"]:
        part = spec["part"][spec["untyped"][row["untyped"]]["part"]]["name"]
        owner = row["name"].split(".")[0]
        assert part == {"vmm_first": "first", "vmm_second": "second", "vmm_third": "third"}.get(owner, owner)


def test_spare_page_tables(tmp_path: Path, abi: Abi) -> None:
    """Five pages (header, root, three tables) and eleven spare ones make 64 KiB instead of 32."""
    spec = tmp_path / "system.yaml"
    sizes = []
    for extra in ("", "    page_tables: 11\n"):
        spec.write_text(SMALL + extra, encoding="utf-8")
        rows = read_spec(emit_system(spec, tmp_path)[1])["object"]
        sizes += [row["size_bits"] for row in rows if row["name"] == "a.vspace"]
    assert sizes == [15, 16]


def test_pristine_images_are_shared(tmp_path: Path) -> None:
    """Two guests of the same image have one copy of it in the payload."""
    write_images(tmp_path)
    spec = tmp_path / "system.yaml"
    guest = "  {}: {{image: {{raw: guest.bin}}, memory: 16M, time: {{priority: 9, budget: 1ms, period: 10ms}}}}\n"
    spec.write_text("version: 1\nboard: qemu-virt-aarch64\nguests:\n" + guest.format("x") + guest.format("y"), encoding="utf-8")
    system, _ = emit_system(spec, tmp_path)
    image = [chunk for chunk in system["chunks"] if chunk["what"].startswith("image.") and chunk["size"] == 8192]
    assert len(image) == 1


def test_uart_page_is_mapped_on_demand(tmp_path: Path) -> None:
    """The UART's page: written by the VMM, for its guest to be read only, only by the VMM's own doing, and nobody else's."""
    write_images(tmp_path)
    spec = tmp_path / "system.yaml"
    spec.write_text("version: 1\nboard: qemu-virt-aarch64\nguests:\n  x: {image: {raw: guest.bin}, memory: 16M, time: {priority: 9, budget: 1ms, period: 10ms}}\n",
                    encoding="utf-8")
    system, data = emit_system(spec, tmp_path)
    rows = [(row["vspace"], row["address"], row["rights"], row["on_demand"]) for row in system["maps"] if row["object"] == "x.uart_page"]
    assert rows == [("vmm_x.vspace", layout.window(1) + layout.UART_PAGE, ["READ", "WRITE"], False), ("x.vspace", 0x9000000, ["READ"], True)]
    caps = {row["name"]: (row["cnode"], row["object"], row["rights"]) for row in system["caps"] if row["object"] in ("x.uart_page", "x.vspace")}
    assert caps == {"guest_vspace": ("vmm_x.cnode", "x.vspace", ["WRITE"]), "uart_page": ("vmm_x.cnode", "x.uart_page", ["READ"])}
    flagged = [row["vaddr"] for row in read_spec(data)["mapping"] if row["flags"] == FLAG["MAPPING_ON_DEMAND"]]
    assert 0x9000000 in flagged


def test_memory_of_a_guest_is_given_by_its_vmm(large: Path, tmp_path: Path, abi: Abi) -> None:
    """3080K are one Frame of 2 MiB and 258 of 4 KiB: mapped in the VMM, for the guest on demand, and a capability each for the VMM to do so with."""
    system, data = emit_system(large, tmp_path)
    rows = [(row["vspace"], row["address"], row["object"], row["count"], row["on_demand"]) for row in system["maps"] if row["object"].startswith("second.ram")]
    assert rows == [
        ("second.vspace", 0x40000000, "second.ram", 1, True), ("second.vspace", 0x40200000, "second.ram_tail", 258, True),
        ("vmm_second.vspace", 0x40000000, "second.ram", 1, False), ("vmm_second.vspace", 0x40200000, "second.ram_tail", 258, False),
    ]
    caps = [(row["cnode"], row["name"], row["object"], row["rights"], row["count"]) for row in system["caps"] if row["object"].startswith("second.ram")]
    all_rights = ["READ", "WRITE", "EXECUTE"]
    assert caps == [("vmm_second.cnode", "ram", "second.ram", all_rights, 1), ("vmm_second.cnode", "ram_tail", "second.ram_tail", all_rights, 258)]
    spec = read_spec(data)
    cnode = system["slot"]["vmm_second.cnode"]
    given = [(row["index"], row["source"] - system["slot"]["second.ram_tail"]) for row in spec["capability"] if row["cnode"] == cnode and row["name"] == "ram_tail"]
    first = given[0][0]
    assert given == [(first + at, at) for at in range(258)]
    source = (tmp_path / "out" / "gen" / "vmm_second" / "sel_spec.c").read_text(encoding="utf-8")
    assert f"{{.address = 0x40200000, .first_cap = {first}, .count = 258, .size_bits = 12}}" in source


def test_writable_data_is_copied(large: Path, tmp_path: Path) -> None:
    """The copy rows cover the bytes of each writable segment, from payload pages that hold them."""
    system, data = emit_system(large, tmp_path)
    chunks = {chunk["what"]: chunk for chunk in system["chunks"]}
    for row in system["copies"]:
        chunk = chunks[row["source"]]
        assert row["offset"] <= chunk["offset"] < row["offset"] + 4096
        assert row["length"] == chunk["offset"] - row["offset"] + chunk["size"]
        path = tmp_path / "out" / chunk["file"]
        assert path.read_bytes()[chunk["file_offset"] : chunk["file_offset"] + chunk["size"]] == b"d" * chunk["size"]


def test_plan_survives_json(large: Path, tmp_path: Path, abi: Abi) -> None:
    """Reading plan.json back gives the same plan."""
    from capdl.plan_data import from_dict

    system = check.load_system(large, "system.yaml", abi.limits())
    plan = make(system, abi)[0]
    assert from_dict(json.loads(plan.json_text())).json_text() == plan.json_text()


def test_programs_are_read(tmp_path: Path) -> None:
    """Segments come back as they were linked."""
    path = tmp_path / "x.elf"
    path.write_bytes(program(0x1010000000))
    segments = elf.load(path).segments
    assert [(item.address, item.is_writable, item.is_executable, item.data_pages, item.pages) for item in segments] == [
        (0x1010000000, False, True, 2, 2), (0x1010002000, False, False, 1, 1), (0x1010003000, True, False, 2, 4),
    ]
    assert ROOT.is_dir()
