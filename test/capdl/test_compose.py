# SPDX-License-Identifier: BSD-2-Clause
"""Parameters, includes and parts: what is made of them, worked out by hand; their faults are in faulty/."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from capdl import check, cli, plan
from capdl.abi import Abi
from capdl.diagnostics import SpecError
from capdl.model import System

HEAD = "version: 1\nboard: qemu-virt-aarch64\n"
TIME = "{priority: 1, budget: 1ms, period: 10ms}"
BUSY = f"{{source: components/busy, time: {TIME}}}"
#: A server with a client in the same part, a region between them, a log outside.
PAIR = """version: 1
parts:
  pair:
    parameters: {period: 10ms, source: ./worker}
    needs: [log, watcher]
    offers: {echo: server.echo, go: client.go, client: client}
    processes:
      server:
        source: components/echo_server
        serves: {echo: {}}
        time: {priority: 80, passive: true}
      client:
        source: $(source)
        events: [go]
        uses: {echo: server.echo, log: outside.log}
        time: {priority: 70, budget: 1ms, period: "$(period)"}
    shared:
      table: {size: 4K, writes: [client], reads: [server, outside.watcher], doorbell: true}
"""
SYSTEM = HEAD + f"""include: [parts/pair.yaml]
processes:
  logger:
    source: components/echo_server
    serves: {{log: {{}}}}
    uses: {{left: left.echo}}
    signals: {{start: right.go}}
    time: {{priority: 90, budget: 1ms, period: 10ms}}
  busy: {BUSY}
shared:
  pool: {{size: 4K, writes: [left.client, right_client]}}
instances:
  left: {{part: pair, connect: {{log: logger.log, watcher: logger}}}}
  right: {{part: pair, connect: {{log: logger.log, watcher: busy}}, set: {{period: 5ms, source: ./other}}}}
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files; a name without a suffix becomes a component's folder. Returns the first."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.suffix:
            path.mkdir(exist_ok=True)
            path = path / "CMakeLists.txt"
        path.write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def load(spec: Path, abi: Abi, *words: str) -> System:
    return check.load_system(spec, spec.name, abi.limits(), settings=list(words))


def faults(spec: Path, abi: Abi, *words: str) -> list[str]:
    """The diagnostics of a spec."""
    with pytest.raises(SpecError) as caught:
        plan.make(load(spec, abi, *words), abi)
    return [str(each) for each in caught.value.diagnostics]


@pytest.fixture
def two(tmp_path: Path, abi: Abi) -> System:
    """A system with two instances of the pair."""
    return load(write(tmp_path, {"system.yaml": SYSTEM, "parts/pair.yaml": PAIR, "parts/worker": "", "other": ""}), abi)


def test_instances_have_names_of_their_own(two: System) -> None:
    """The spec's own entries first, then each instance's, as INSTANCE_NAME."""
    assert [process.name for process in two.processes] == ["logger", "busy", "left_server", "left_client", "right_server", "right_client"]
    assert [region.name for region in two.shared] == ["pool", "left_table", "right_table"]


def test_names_inside_a_part_are_its_own(two: System) -> None:
    """What a part names is its own; `outside` is what its instance connects; from outside an instance's offers have names."""
    assert two.get_process("left_client").uses == (("echo", "left_server", "echo"), ("log", "logger", "log"))
    assert two.get_process("right_client").uses == (("echo", "right_server", "echo"), ("log", "logger", "log"))
    assert two.get_process("logger").uses == (("left", "left_server", "echo"),)
    assert two.get_process("logger").signals == (("start", "right_client", "go"),)
    members = {region.name: (region.writers, region.readers) for region in two.shared}
    assert members == {
        "pool": (("left_client", "right_client"), ()),
        "left_table": (("left_client",), ("left_server", "logger")),
        "right_table": (("right_client",), ("right_server", "busy")),
    }


def test_parameters_of_an_instance(two: System) -> None:
    """A default, and a value that the instance sets."""
    assert [two.get_process(name).time.period_ns for name in ("left_client", "right_client")] == [10_000_000, 5_000_000]


def test_paths_count_from_the_file_that_names_them(two: System, tmp_path: Path) -> None:
    """The part's default is beside the part, what the instance sets is beside the instance."""
    assert two.get_process("left_client").source == tmp_path / "parts" / "worker"
    assert two.get_process("right_client").source == tmp_path / "other"
    assert [path.name for path in two.files] == ["system.yaml", "pair.yaml"]


def test_programs_know_no_instance(two: System, abi: Abi) -> None:
    """Every instance has the same program: what is in its own instance has the part's names there, what is outside its full name."""
    names = {process.name: process.names for process in plan.make(two, abi)[0].processes}
    for side, watcher in (("left", "logger"), ("right", "busy")):
        assert {name for name in names[f"{side}_client"].caps if "doorbell" in name} == {f"table_doorbell_{each}" for each in ("server", watcher)}
        assert list(names[f"{side}_client"].regions) == ["pool", "table"]
        assert [name for name in names[f"{side}_server"].badges if "client" in name] == ["echo_client_echo"]
    assert list(names["logger"].badges) == ["log_left_client_log", "log_right_client_log"]
    assert list(names["logger"].regions) == ["left_table"]
    assert list(names["left_server"].badges) == ["echo_logger_left", "echo_client_echo"]


def test_nested_parts(tmp_path: Path, abi: Abi) -> None:
    """A part that holds another passes parameters, connections and offers through."""
    text = HEAD + f"""parts:
  inner:
    parameters: {{priority: }}
    needs: [to]
    offers: {{s: p.s}}
    processes:
      p: {{source: components/busy, serves: {{s: {{}}}}, uses: {{to: outside.to}}, time: {{priority: $(priority), budget: 1ms, period: 10ms}}}}
  outer:
    parameters: {{base: 4}}
    needs: [to]
    offers: {{s: a.s}}
    instances:
      a: {{part: inner, set: {{priority: $(base)1}}, connect: {{to: b.s}}}}
      b: {{part: inner, set: {{priority: $(base)2}}, connect: {{to: outside.to}}}}
processes:
  top: {{source: components/busy, serves: {{t: {{}}}}, uses: {{s: o.s}}, time: {TIME}}}
instances:
  o: {{part: outer, connect: {{to: top.t}}}}
"""
    system = load(write(tmp_path, {"s.yaml": text}), abi)
    found = {process.name: (process.time.priority, [f"{server}.{name}" for _, server, name in process.uses], process.instance) for process in system.processes}
    assert found == {"top": (1, ["o_a_p.s"], ""), "o_a_p": (41, ["o_b_p.s"], "o.a"), "o_b_p": (42, ["top.t"], "o.b")}


def test_set_overrides_a_default(tmp_path: Path, abi: Abi) -> None:
    """By --set as by a default: a number, a text, a value that a later default uses, a text with nothing in it."""
    text = HEAD + """parameters: {milliseconds: 10, period: $(milliseconds)ms, command: "10"}
processes:
  a: {source: components/busy, time: {priority: 1, budget: 1ms, period: $(period)}}
guests:
  g: {image: {raw: guest.bin, cmdline: "$$(is) $(command)"}, memory: 4M, time: {priority: 1, budget: 1ms, period: 10ms}}
"""
    spec = write(tmp_path, {"s.yaml": text})
    (tmp_path / "guest.bin").write_bytes(bytes(4096))
    assert load(spec, abi).guests[0].cmdline == "$(is) 10"
    assert load(spec, abi).processes[0].time.period_ns == 10_000_000
    assert load(spec, abi, "milliseconds=20", "command=").processes[0].time.period_ns == 20_000_000
    assert load(spec, abi, "period=30ms").processes[0].time.period_ns == 30_000_000


def test_quoted_value_is_a_text(tmp_path: Path, abi: Abi) -> None:
    """As everywhere: what is quoted, at the use or where it is set, is no number."""
    for default, use in (('"5"', "$(p)"), ("5", '"$(p)"')):
        text = HEAD + f"parameters: {{p: {default}}}\nprocesses:\n  a: {{source: components/busy, time: {{priority: {use}, budget: 1ms, period: 10ms}}}}\n"
        assert len(faults(write(tmp_path, {"s.yaml": text}), abi)) == 1
    text = HEAD + "parameters: {p: 5}\nprocesses:\n  a: {source: components/busy, time: {priority: $(p), budget: 1ms, period: 10ms}}\n"
    assert load(write(tmp_path, {"s.yaml": text}), abi).processes[0].time.priority == 5


def test_an_included_file_has_parameters_of_its_own(tmp_path: Path, abi: Abi) -> None:
    """The includer sets them, from its own."""
    files = {
        "s.yaml": HEAD + "parameters: {slow: 40ms}\ninclude: [{file: lib/one.yaml, set: {p: $(slow)}}]\n",
        "lib/one.yaml": "version: 1\nparameters: {p: }\nprocesses:\n  a: {source: components/busy, time: {priority: 1, budget: 1ms, period: $(p)}}\n",
    }
    spec = write(tmp_path, files)
    assert load(spec, abi).processes[0].time.period_ns == 40_000_000
    spec.write_text(HEAD + "include: [lib/one.yaml]\n", encoding="utf-8")
    [text] = faults(spec, abi)
    assert "s.yaml:3:11: error SEL-S072: parameter 'p' has no value" in text


@pytest.mark.parametrize(("written", "meant"), [("nix.yaml", ""), ("unit", " (did you mean 'unit.yaml'?)"), ("unti.yaml", " (did you mean 'unit.yaml'?)"), ("unit.yml", " (did you mean 'unit.yaml'?)")])
def test_a_file_that_is_not_there_is_guessed_by_its_name(written: str, meant: str, tmp_path: Path, abi: Abi) -> None:
    """The ending, which all files have, makes none alike."""
    files = {"s.yaml": HEAD + f"include: [{written}]\nprocesses: {{a: {BUSY}}}\n", "02_unit.yaml": "version: 1\n", "unit.yaml": "version: 1\n", "unit.c": ""}
    [text] = faults(write(tmp_path, files), abi)
    assert f"cannot include {written}: there is no such file{meant}; paths" in text


def test_parts_reach_a_file_by_two_ways(tmp_path: Path, abi: Abi) -> None:
    """The same part of the same file is one part; `take: parts` leaves everything else out."""
    library = f"version: 1\nparts: {{p: {{processes: {{x: {BUSY}}}}}}}\nprocesses:\n  example: {BUSY}\n"
    files = {
        "s.yaml": HEAD + "include: [a.yaml, b.yaml]\ninstances: {one: {part: p}}\n",
        "a.yaml": "version: 1\ninclude: [{file: lib.yaml, take: parts}]\ninstances: {two: {part: p}}\n",
        "b.yaml": "version: 1\ninclude: [{file: ./lib.yaml, take: parts}]\n",
        "lib.yaml": library,
    }
    system = load(write(tmp_path, files), abi)
    assert [process.name for process in system.processes] == ["two_x", "one_x"]


def test_a_fault_in_a_part_names_part_and_instance(tmp_path: Path, abi: Abi) -> None:
    """Where it is, which parameter, which part, which instance, and where that is made."""
    files = {"s.yaml": SYSTEM.replace("period: 5ms", "period: 5"), "parts/pair.yaml": PAIR, "parts/worker": "", "other": ""}
    assert faults(write(tmp_path, files), abi) == [
        "parts/pair.yaml:16:51: error SEL-S013: process 'right_client': period is '5', a quantity without a known unit; write a whole number and one of "
        "ns, us, ms, s, min, for example `10ms` (parameter 'period' is set at s.yaml:16:80; in part 'pair', made as 'right' at s.yaml:16:3)"
    ]


def test_multiplying_parts_end(tmp_path: Path, abi: Abi) -> None:
    """Parts sixteen deep that each hold the next twice, and eight times: what the latter would make more (2^30 times) is not begun."""
    taken = []
    for width in (2, 8):
        rows = "".join(f"  p{number}: {{instances: {{" + ", ".join(f"i{each}: {{part: p{number + 1}}}" for each in range(width)) + "}}\n" for number in range(15))
        spec = write(tmp_path / str(width), {"s.yaml": HEAD + f"parts:\n{rows}  p15: {{processes: {{a: {BUSY}}}}}\ninstances: {{x: {{part: p0}}}}\n"})
        start = time.process_time()
        assert re.search(r"SEL-S092: 655\d\d values are made, at most 65536 are possible; instantiate fewer parts", faults(spec, abi)[0])
        taken.append(time.process_time() - start)
    assert taken[1] < 3 * taken[0], taken


def test_capabilities_by_hand(tmp_path: Path, abi: Abi) -> None:
    """Visible to the program by name, in the order of the spec behind all others; a server knows the badge of a client by hand."""
    text = HEAD + f"""processes:
  server: {{source: components/busy, serves: {{s: {{}}}}, heap: 8K, time: {TIME}}}
  monitor:
    source: components/busy
    time: {TIME}
    capabilities:
      watched: {{object: server.tcb}}
      ask: {{object: server.s, rights: [write], badge: 0x10}}
      memory: {{object: server.heap, rights: [read]}}
      space: {{object: server.vspace, rights: [inspect]}}
      kick: {{object: monitor.notification, rights: [write], badge: 2}}
"""
    made = plan.make(load(write(tmp_path, {"s.yaml": text}), abi), abi)[0]
    rows = [(cap.slot, cap.name, cap.object, cap.rights, cap.badge, cap.count) for cap in made.caps if cap.cnode == "monitor.cnode"]
    assert rows == [
        (1, "notification", "monitor.notification", ["READ", "WRITE"], 0, 1), (2, "console", "kernel.console", [], 0, 1),
        (3, "watched", "server.tcb", [], 0, 1), (4, "ask", "server.s", ["WRITE"], 16, 1), (5, "memory", "server.heap", ["READ"], 0, 2),
        (7, "space", "server.vspace", ["INSPECT"], 0, 1), (8, "kick", "monitor.notification", ["WRITE"], 2, 1),
    ]
    monitor, server = made.get_process("monitor").names, made.get_process("server").names
    assert (monitor.caps["memory"], monitor.caps["space"]) == (5, 7)
    assert server.badges == {"s_monitor_ask": 16}


def test_derived_names_that_clash(tmp_path: Path, abi: Abi) -> None:
    """A name that the tool makes is as taken as one of the spec."""
    text = HEAD + f"processes:\n  a: {{source: components/busy, smc: [0x84000000, 0x84000001], serves: {{smc1: {{}}}}, time: {TIME}}}\n"
    assert faults(write(tmp_path, {"s.yaml": text}), abi) == [
        "s.yaml:4:3: error SEL-S027: process 'a': the name 'smc1' is given twice in this process: as a capability and as another capability, made of the spec's names; rename one of the two"
    ]


def test_set_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--set` and a file of such lines reach the plan."""
    text = HEAD + "parameters: {p: 10ms, n: 1}\nprocesses:\n  a: {source: components/busy, time: {priority: $(n), budget: 1ms, period: $(p)}}\n"
    spec = write(tmp_path, {"s.yaml": text, "set.txt": "p=20ms\n"})
    assert cli.main(["plan", str(spec), "--set", "n=7", "--set-file", str(tmp_path / "set.txt"), "--out", str(tmp_path / "out")]) == 0
    thread: dict[str, Any] = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))["threads"][0]
    assert (thread["priority"], thread["period_ns"]) == (7, 20_000_000)


README = (Path(__file__).resolve().parents[2] / "docs" / "spec" / "README.md").read_text(encoding="utf-8")
_LOGGER = f"  logger: {{source: components/echo_server, serves: {{log: {{}}}}, time: {TIME}}}\n"
_WORKER = f"  worker: {{source: components/busy, serves: {{service: {{}}}}, time: {TIME}}}\n"


@pytest.mark.parametrize(("begins", "behind", "processes"), [
    ("parameters: {period", "", ["worker"]),
    ("parts:\n  echo_pair", f"processes:\n{_LOGGER}", ["logger", "left_server", "left_client", "right_server", "right_client"]),
    ("processes:\n  monitor", f"{_WORKER}{_LOGGER}shared:\n  table: {{size: 8K, writes: [worker], reads: [logger]}}\n", ["monitor", "worker", "logger"]),
])
def test_examples_of_the_language(begins: str, behind: str, processes: list[str], tmp_path: Path, abi: Abi) -> None:
    """The blocks of docs/spec/README.md are specs, with what they leave out."""
    block = next(block for block in re.findall(r"```yaml[^\n]*\n(.*?)```", README, re.DOTALL) if block.startswith(begins))
    spec = write(tmp_path, {"s.yaml": HEAD + block.replace("image: }", "image: x}").replace("./worker", "$(image)" if "image" in block else "./worker") + behind})
    for folder in ("x", "worker", "client", "monitor"):
        write(tmp_path, {folder: ""})
    system = load(spec, abi)
    plan.make(system, abi)
    assert [process.name for process in system.processes] == processes
