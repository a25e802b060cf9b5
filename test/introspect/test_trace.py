# SPDX-License-Identifier: BSD-2-Clause
"""The recorded trace: nothing lost unsaid, and both formats as their own readers see them."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import time
from pathlib import Path

import pytest
from conftest import KNOT, ROOT, build
from icount.measure import DETERMINISTIC
from introspect import ctf, perfetto
from introspect.built import Files
from introspect.layout import Layout
from introspect.model import Processor
from introspect.qmp import monitor
from introspect.reader import read_state
from introspect.record import Record, qemu_arguments
from introspect.telling import Telling, Told

#: Entries of four words; a ring of 8.
LAYOUT = Layout(
    {"trace_entry": {"size": 32, "fields": {name: [8 * i, ["int", 8]] for i, name in enumerate(("time", "kind", "a", "b"))}}},
    {"trace_ring": [0, ["array", 8, ["struct", "trace_entry"]]]}, {"trace_kind": {"TRACE_SYSCALL": 0, "TRACE_IRQ": 3, "TRACE_SWITCH": 4}},
)
END = 0


def planted(tmp_path: Path, *pieces: tuple[int, int]) -> Record:
    """A record of pieces (number of the first, how many); entry n is an interrupt n at time 10 n."""
    data = b"".join(struct.pack("<QQ", first, count) + b"".join(struct.pack("<4Q", 10 * n, 3, n, 0) for n in range(first, first + count)) for first, count in pieces)
    (tmp_path / "events.bin").write_bytes(data)
    return Record(tmp_path / "events.bin", LAYOUT)


def test_a_whole_record(tmp_path: Path) -> None:
    record = planted(tmp_path, (0, 3), (3, 2), (5, END))
    assert [(each.time, each.kind, each.a) for each in record.events()] == [(0, "irq", 0), (10, "irq", 1), (20, "irq", 2), (30, "irq", 3), (40, "irq", 4)]
    assert record.sentence() == "5 events, none lost"


def test_what_was_lost_is_counted_and_stands_where_it_was(tmp_path: Path) -> None:
    record = planted(tmp_path, (0, 2), (6, 1), (7, END))
    assert [(each.kind, each.a) for each in record.events()] == [("irq", 0), ("irq", 1), ("lost", 4), ("irq", 6)]
    assert record.sentence() == "3 events, 4 lost"


def test_the_beginning_can_be_lost(tmp_path: Path) -> None:
    assert planted(tmp_path, (4, 1), (5, END)).sentence() == "1 event, 4 lost"


def test_a_killed_qemu_is_told(tmp_path: Path) -> None:
    assert planted(tmp_path, (0, 2)).sentence() == "2 events, none lost; QEMU was killed: the last ones are missing"


def test_half_an_entry_is_none(tmp_path: Path) -> None:
    planted(tmp_path, (0, 3))
    file = tmp_path / "events.bin"
    file.write_bytes(file.read_bytes()[:-8])
    assert Record(file, LAYOUT).count == 2


def test_a_reset_begins_anew(tmp_path: Path) -> None:
    record = planted(tmp_path, (0, 4), (0, 2), (2, END))
    assert [each.a for each in record.events()] == [0, 1]
    assert record.sentence() == "2 events, none lost; the machine was reset: what was before is left out"


TOLD = [
    Told(1000, "switch", "idle", "", "a"), Told(1500, "syscall", "a", "call b"), Told(2000, "switch", "a", "", "b"), Told(2250, "irq", "b", "interrupt 33"),
    Told(3000, "switch", "b", "", "idle"), Told(3500, "irq", "idle", "interrupt 27"), Told(4000, "lost", "idle", "7 events are missing here"),
]


def test_perfetto_shows_who_ran_how_long_and_what_happened(tmp_path: Path) -> None:
    """At 1 MHz a tick is a microsecond."""
    perfetto.write(tmp_path / "trace.json", TOLD, 1_000_000, "made")
    rows = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    tracks = {row["pid"]: row["args"]["name"] for row in rows if row["name"] == "process_name"}
    assert {(tracks[row["pid"]], row["name"], row["ts"], row["dur"]) for row in rows if row["ph"] == "X"} == {
        ("core 0", "a", 1000, 1000), ("a", "running", 1000, 1000), ("core 0", "b", 2000, 1000), ("b", "running", 2000, 1000),
    }
    assert [(tracks[row["pid"]], row["cat"], row["name"], row["ts"]) for row in rows if row["ph"] == "i"] == [
        ("a", "syscall", "call b", 1500), ("b", "irq", "interrupt 33", 2250), ("idle", "irq", "interrupt 27", 3500), ("idle", "lost", "7 events are missing here", 4000),
    ]


def test_slices_of_odd_ticks_meet(tmp_path: Path) -> None:
    """At 3 Hz no tick is a whole number of nanoseconds."""
    perfetto.write(tmp_path / "trace.json", [Told(n, "switch", "ab"[n % 2], "", "ab"[(n + 1) % 2]) for n in range(1, 20)], 3, "made")
    core = [row for row in json.loads((tmp_path / "trace.json").read_text())["traceEvents"] if row["ph"] == "X" and row["pid"] == 1]
    assert len(core) == 18
    for before, after in zip(core, core[1:], strict=False):
        assert round((before["ts"] + before["dur"]) * 1000) == round(after["ts"] * 1000)


def babeltrace(folder: Path) -> list[str]:
    done = subprocess.run(["babeltrace2", "--clock-seconds", "--no-delta", str(folder)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_babeltrace_reads_what_was_written(tmp_path: Path) -> None:
    ctf.write(tmp_path / "trace.ctf", TOLD, 1_000_000, 'a "system"')
    assert babeltrace(tmp_path / "trace.ctf") == [
        '[0.001000000] switch: { from = "idle", to = "a" }',
        '[0.001500000] syscall: { thread = "a", what = "call b" }',
        '[0.002000000] switch: { from = "a", to = "b" }',
        '[0.002250000] irq: { thread = "b", what = "interrupt 33" }',
        '[0.003000000] switch: { from = "b", to = "idle" }',
        '[0.003500000] irq: { thread = "idle", what = "interrupt 27" }',
        '[0.004000000] lost: { thread = "idle", what = "7 events are missing here" }',
    ]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ROOT / "sel"), "run", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=250)


def told_by(lines: list[str]) -> list[str]:
    """babeltrace2's lines as `kind THREAD WHAT` and `switch FROM>TO`."""
    fields = (re.search(r'(\w+): { \w+ = "(.*)", \w+ = "(.*)" }$', line) for line in lines)
    return [f"{each[1]} {each[2]}{'>' if each[1] == 'switch' else ' '}{each[3]}" for each in fields if each]


def test_a_run_s_trace_tells_what_its_processes_did(tmp_path: Path) -> None:
    done = run(str(KNOT), "--preset", "test", "--trace", str(tmp_path / "knot.json"), "--expect", "sent 4,", "--timeout", "100")
    assert done.returncode == 0, done.stdout
    said = re.search(rf"^sel: trace: (\d+) events, none lost; {tmp_path}/knot\.json \(Perfetto\) and {tmp_path}/knot\.ctf \(CTF\)$", done.stdout, re.MULTILINE)
    assert said, done.stdout
    told = told_by(babeltrace(tmp_path / "knot.ctf"))
    assert len(told) == int(said[1])
    assert told.count("switch echo_client>echo_server") >= 3 and told.count("syscall echo_client wait notification") >= 3
    assert "ipc asked asker.second, badge 1" in told
    rows = json.loads((tmp_path / "knot.json").read_text())["traceEvents"]
    assert sum(row["ph"] == "i" for row in rows) == sum(not each.startswith("switch") for each in told)
    tracks = {row["args"]["name"] for row in rows if row["name"] == "process_name"}
    assert tracks >= {"core 0", "roottask", "asker", "asked", "echo_client", "echo_server"}


def test_a_system_that_switches_itself_off_has_its_names(tmp_path: Path) -> None:
    """A guest asks for SYSTEM_OFF (PSCI), and the system goes off with it."""
    source, elf, image = tmp_path / "off.S", tmp_path / "off.elf", tmp_path / "off.bin"
    source.write_text(".global _start\n_start:\n  mov w0, #8\n  movk w0, #0x8400, lsl #16\n  hvc #0\n1: b 1b\n")
    subprocess.run(["clang-19", "--target=aarch64-none-elf", "-nostdlib", "-fuse-ld=lld-19", "-static", str(source), "-o", str(elf)], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", str(elf), str(image)], check=True)
    done = run("--guest", str(image), "--memory", "64M", "--trace", str(tmp_path / "off.json"), "--timeout", "100")
    assert done.returncode == 0 and "names could not be read" not in done.stdout, done.stdout
    lines = babeltrace(tmp_path / "off.ctf")
    assert any(re.search(r'vm_exit: { thread = "guest", what = "HVC at 0x', line) for line in lines), lines[-20:]
    assert any('switch: { from = "guest", to = "vmm_guest" }' in line for line in lines)


#: A second of echo_client's life (components/echo_client), its budget never ending: its call and the answer take the fastpath, which leaves the switches alone.
PERIOD = [
    "irq idle interrupt 26", "timer idle ", "switch idle>echo_client", "switch echo_client>echo_server", "switch echo_server>echo_client",
    "syscall echo_client call console", "syscall echo_client call timer", "syscall echo_client wait notification", "switch echo_client>idle",
]


def test_nothing_is_lost_when_the_ring_goes_round(tmp_path: Path) -> None:
    """Time that is counted in instructions passes at once: thousands of periods in a moment, more events than the ring has, and each period like the other."""
    built = build(KNOT, "debug")
    files = Files(built, ROOT)
    layout = files.built.layout
    machine = json.loads((built / "run.json").read_text())["machine"]
    raw, console, socket = tmp_path / "events.bin", tmp_path / "console", tmp_path / "monitor"
    command = ["qemu-system-aarch64", *machine, *DETERMINISTIC, "-serial", f"file:{console}", "-kernel", str(built / "image.bin"), "-qmp", f"unix:{socket},server=on,wait=off"]
    with subprocess.Popen([*command, *qemu_arguments(layout, tmp_path, raw)], stdin=subprocess.DEVNULL) as process:
        try:
            while not (console.exists() and b"sent 4000," in console.read_bytes()):
                assert process.poll() is None
                time.sleep(0.1)
            with monitor(socket) as (connection, folder):
                connection.ask("stop")
                state = read_state(connection.memory(folder), files.built, Processor())
                connection.ask("quit")
            process.wait(timeout=30)
        finally:
            process.kill()
    record = Record(raw, layout)
    ring = layout.variables["trace_ring"][1][1]
    assert (record.count, record.lost, record.has_end) == (state.event_count, 0, True) and state.event_count > ring
    events = list(record.events())
    assert [each.time for each in events] == sorted(each.time for each in events)
    told = [f"{each.kind} {each.thread}{f'>{each.to}' if each.to else f' {each.what}'}" for each in Telling.of_state(state, files.built).stream(events)]
    start = told.index("switch echo_client>idle") + 1
    assert told[start : start + 3000 * len(PERIOD)] == 3000 * PERIOD
    assert told.count("switch asker>asked") == 1 and told.count("ipc asked asker.second, badge 1") == 1


@pytest.mark.parametrize(("given", "sentence"), [
    (("--preset", "release", "--trace", "t.json"), "--trace needs a kernel that keeps a trace, and this preset's does not: take --preset debug or test, or set TRACE to on"),
    (("--trace", "no/such/t.json"), "no/such/t.json cannot be written: there is no folder no/such"),
    (("--trace", "."), "--trace '.' is no name for a file, such as trace.json"),
    (("--trace", "t.ctf"), "--trace 't.ctf' is no name for a file"),
    (("--trace", "t.json", "--dry-run"), "--trace records what the machine does, and --dry-run does not boot it: give one of them"),
])
def test_traces_that_cannot_be(given: tuple[str, ...], sentence: str) -> None:
    done = run(str(KNOT), *given)
    assert done.returncode == 2 and sentence in done.stdout, done.stdout


def test_a_run_that_is_stopped_leaves_its_trace(tmp_path: Path) -> None:
    """By a signal, in the middle."""
    command = [str(ROOT / "sel"), "run", str(KNOT), "--preset", "test", "--trace", str(tmp_path / "t.json")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        said = ""
        for line in started.stdout:
            said += line
            if "sent 2," in line:
                started.terminate()
    assert re.search(r"^sel: trace: \d+ events, none lost; \S+/t\.json \(Perfetto\)", said, re.MULTILINE), said
    assert 'from = "echo_client", to = "echo_server"' in "\n".join(babeltrace(tmp_path / "t.ctf"))
