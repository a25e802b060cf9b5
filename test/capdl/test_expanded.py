# SPDX-License-Identifier: BSD-2-Clause
"""The expanded form: read back it gives the same system byte for byte, it names where things come from, and lines added by hand work."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import ROOT, elf_bytes, write_images
from ruamel.yaml import YAML
from test_compose import PAIR, SYSTEM, write
from test_expand import LARGE, SMALL, emit_system
from test_guest_devices import ADDER
from test_protocols import SIGN, SPEC

from capdl import check, cli, language, linked
from capdl import plan as planning
from capdl.abi import Abi, load_default
from capdl.authority import command
from capdl.authority.analysis import Analysis
from capdl.authority.why import VERBS, targets

NATIVE = [name for name in ("minimal", "bench") if (ROOT / "systems" / name / "system.yaml").exists()]
BY_HAND = SMALL + """  b:
    source: components/busy
    serves: {s: {}}
    time: {priority: 10, budget: 1ms, period: 10ms, refills: 4}
    capabilities: {heap: {object: a.stack, rights: [read]}, again: {object: b.s, rights: [write], badge: 7}}
"""
#: Protocols with roles, a trust, licences, and a policy.
TALK = SPEC.replace("raw: {}", "raw: {takes_capabilities: true, separates_clients: true}").replace("authority: [cnode]", "authority: [cnode]\n    licence: MIT") + """policy:
  - only: {may_read: guest, who: []}
  - max: {who: ["licence:MIT"], share: 40%}
"""
HARD_TEXTS = LARGE.replace("cmdline: quiet", 'cmdline: "$$(a) \\"b\\" \\\\ \\xa0 é"').replace("image: {raw: guest.bin,", "image: {initrd: initrd.gz, raw: guest.bin,")


#: Regions with and without a doorbell, one called like rings, console rings, a guest, and a policy of all kinds.
REGIONS = """version: 1
board: qemu-virt-aarch64
console: {server: console, separates_clients: true}
processes:
  console: {source: components/console_server, devices: {uart: uart0}, timer: true, time: {priority: 200, budget: 1ms, period: 10ms}}
  clock: {source: components/busy, devices: {rtc: rtc0}, serves: {calls: {separates_clients: true}}, signals: {alarm: control.alarm}, time: {priority: 90, budget: 1ms, period: 10ms}}
  gauge: {source: components/busy, uses: {clock: clock.calls}, licence: MIT, time: {priority: 80, budget: 1ms, period: 10ms}}
  control: {source: components/busy, events: [stop, alarm], uses: {clock: clock.calls}, time: {priority: 70, budget: 1ms, period: 10ms}}
guests:
  g:
    image: {raw: guest.bin}
    memory: 4M
    licence: GPL-2.0-only
    time: {priority: 50, budget: 1ms, period: 10ms}
    devices: {own: {compatible: "example,adder", address: 0xc000000, source: ./adder.c}, rtc: {compatible: "arm,pl031", address: 0x9010000, interrupt: 2}}
shared:
  samples: {size: 8K, writes: [gauge], reads: [control], doorbell: true}
  table: {size: 4K, writes: [gauge, control], reads: [clock]}
  all: {size: 4K, writes: [gauge], reads: [control, clock], doorbell: true}
  console_log: {size: 4K, writes: [clock], reads: [console]}
policy:
  - no_flow: {from: g, to: [control]}
  - no_path: {between: [g, gauge], except_through: [control, clock]}
  - no_shared_memory: {between: ["licence:GPL-2.0-only", "licence:MIT"]}
  - only: {may_write: samples, who: [gauge]}
  - only: {may_read: table, who: [gauge, control, clock]}
  - only: {may_call: clock.calls, who: [gauge, control]}
  - only: {may_signal: control.alarm, who: [clock], except_through: [clock]}
  - only: {may_signal: control.stop, who: []}
  - only: {may_use: rtc0, who: [clock], except_through: [clock]}
  - only: {may_stop: clock, who: []}
  - max: {who: [g], share: 60%, memory: 5M, response: 8ms}
"""
BROKEN = """  - no_flow: {from: control, to: [g]}
  - no_path: {between: [g, clock]}
  - no_shared_memory: {between: [gauge, "licence:GPL-2.0-only", clock]}
  - only: {may_read: table, who: [gauge]}
  - only: {may_signal: control.alarm, who: []}
  - max: {who: [g], share: 1%, memory: 1M, response: 1ms}
"""


def expand(spec: Path, out: Path) -> Path:
    """Write a spec in expanded form."""
    assert cli.main(["expand", str(spec), "--out", str(out)]) == 0
    return out


def built(spec: Path, folder: Path) -> dict[str, bytes]:
    """What is built of a spec with stand-in programs."""
    emit_system(spec, folder)
    kernel = folder / "kernel.elf"
    kernel.write_bytes(elf_bytes([(0x40200000, 5, b"K" * 5000, 5000)], 0x40200000))
    out = folder / "out"
    linked.pack(out / "system.json", kernel, out / "image.bin", load_default())
    names = [*(name for name in ("system.cdl", "spec.bin", "image.bin")), *(str(path.relative_to(out)) for path in sorted((out / "gen").glob("*/sel_spec.*")))]
    return {name: (out / name).read_bytes() for name in names}


def specs(folder: Path) -> dict[str, Path]:
    """Systems that together use all of the language."""
    write_images(folder)
    files = {"large/system.yaml": LARGE, "hand/system.yaml": BY_HAND, "texts/system.yaml": HARD_TEXTS, "talk/system.yaml": TALK, "talk/sign.yaml": SIGN,
             "regions/system.yaml": REGIONS, "regions/adder.c": ADDER}
    for name, text in files.items():
        write(folder, {name: text})
        write_images(folder / name.split("/")[0])
    write(folder, {"parts/system.yaml": SYSTEM, "parts/parts/pair.yaml": PAIR, "parts/parts/worker": "", "parts/other": ""})
    return {name: folder / name / "system.yaml" for name in ("large", "hand", "texts", "parts", "talk", "regions")} | {name: ROOT / "systems" / name / "system.yaml" for name in NATIVE}


@pytest.mark.parametrize("name", ["large", "hand", "texts", "parts", "talk", "regions", *NATIVE])
def test_the_same_system(name: str, tmp_path: Path) -> None:
    """system.cdl, spec.bin, image.bin and what every program is compiled with."""
    spec = specs(tmp_path)[name]
    expanded = expand(spec, tmp_path / "elsewhere" / "expanded.yaml")
    one, two = built(spec, tmp_path / "one"), built(expanded, tmp_path / "two")
    assert one.keys() == two.keys()
    assert [each for each in one if one[each] != two[each]] == []


@pytest.mark.parametrize("name", ["large", "hand", "texts", "parts", "talk", "regions"])
def test_expanding_again_changes_nothing(name: str, tmp_path: Path) -> None:
    first = expand(specs(tmp_path)[name], tmp_path / "x" / "one.yaml")
    assert expand(first, tmp_path / "x" / "two.yaml").read_text(encoding="utf-8") == first.read_text(encoding="utf-8")


def said(answers: dict[str, str]) -> dict[str, str]:
    """Answers without the places: those of keys that the expanded form has lines for are the lines'."""
    return {question: re.sub(r" \(\S+:\d+(, \S+:\d+)*\)|(?<=- )s\.yaml:\d+:\d+", "", text) for question, text in answers.items()}


def asked(analysis: Analysis, names: list[str]) -> dict[str, str]:
    """All that can be asked of a system about some names."""
    found = {name: command.who(analysis, name).text() for name in (*names, "time", "memory", "licences", "trusts", "policy")}
    subjects, kinds = analysis.facts.subjects, targets(analysis.facts)
    fitting = {"can-call": ("subject", "service"), "can-signal": ("subject", "event"), "can-stop": ("subject",), "reaches": ("subject", "region", "service", "event", "device")}
    for verb in VERBS:
        for target in names:
            if kinds.get(target) in fitting.get(verb, ("subject", "region")):
                found |= {f"{each} {verb} {target}": command.why(analysis, each, verb, target).text() for each in subjects if each != target}
    return found


@pytest.mark.parametrize("name", ["parts", "talk", "regions", "large"])
def test_the_same_answers(name: str, tmp_path: Path, abi: Abi) -> None:
    """`who`, `why`, `diff` and the policy know of the expansion what they know of the spec, in its words."""
    spec = specs(tmp_path)[name]
    if name == "regions":
        spec.write_text(REGIONS + BROKEN, encoding="utf-8")
    systems = [check.load_system(each, "s.yaml", abi.limits(), reads_images=False) for each in (spec, expand(spec, spec.parent / "expanded.yaml"))]
    one, two = (Analysis(system, planning.make(system, abi)[0]) for system in systems)
    names = [*targets(one.facts), *(item.name for item in one.facts.plan.objects)]
    first, second = said(asked(one, names)), said(asked(two, names))
    assert {question: (text, second[question]) for question, text in first.items() if text != second[question]} == {}
    assert command.diff(one, two).text() == command.diff(two, one).text() == "nothing differs."
    assert [(region.name, region.size, set(region.writers), set(region.readers), region.has_doorbell) for region in systems[0].shared] == [
        (region.name, region.size, set(region.writers), set(region.readers), region.has_doorbell) for region in systems[1].shared]
    results = [[(each["statement"], len(each["broken_by"])) for each in command.report(analysis)["policy"]] for analysis in (one, two)]  # type: ignore[arg-type, attr-defined]
    assert results[0] == results[1]


def test_a_guest_on_another_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A GICv2 has registers for guests, where a guest's device tree has them: 0x08010000. A line that maps them elsewhere, or none, is refused."""
    write_images(tmp_path)
    text = "version: 1\nboard: xlnx-zcu102\nguests:\n  g: {image: {raw: guest.bin}, memory: 4M, time: {priority: 1, budget: 1ms, period: 10ms}}\n"
    first = expand(write(tmp_path, {"s.yaml": text}), tmp_path / "one.yaml")
    assert expand(first, tmp_path / "two.yaml").read_bytes() == first.read_bytes()
    line = next(line for line in first.read_text(encoding="utf-8").splitlines() if "space: g.vspace" in line and "gic.guest_cpu_interface" in line)
    for changed, id in ((line.replace("0x8010000", "0x8020000"), "SEL-S119"), ("", "SEL-S114")):
        assert changed != line
        (tmp_path / "two.yaml").write_text(first.read_text(encoding="utf-8").replace(line, changed), encoding="utf-8")
        assert cli.main(["check", str(tmp_path / "two.yaml")]) == 2
        assert f": error {id}: " in capsys.readouterr().err


def test_the_form_fits_the_schema(tmp_path: Path, abi: Abi) -> None:
    """An editor knows the expanded form, too."""
    schema = language.json_schema(abi.limits())
    for name, spec in specs(tmp_path).items():
        written = rows(expand(spec, tmp_path / f"{name}.yaml").read_text(encoding="utf-8"))
        jsonschema.validate(written, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**written, "shared": {}}, schema)


def rows(text: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(text)


def test_every_capability_and_object_is_there(tmp_path: Path) -> None:
    """Those of system.json but what follows from linked programs, CNodes of processes and VSpaces."""
    spec = specs(tmp_path)["large"]
    written = rows(expand(spec, tmp_path / "x.yaml").read_text(encoding="utf-8"))
    system = emit_system(spec, tmp_path / "one")[0]
    caps = {(row["cnode"], row["name"], row["object"]) for row in system["caps"] if row["cnode"]}
    assert {(f"{row['process']}.cnode", row["name"], row["object"]) for row in written["capabilities"]} == caps
    made = {row["name"] for row in system["made"]} | {row["name"] for row in system["fixed"] if row["kind"] == "DEVICE"} | {row["name"] for row in system["irqs"]}
    natives = {row["tcb"].replace(".tcb", ".cnode") for row in system["threads"] if "START" in row["flags"]}
    kept = {name for name in made if ".segment" not in name and not name.endswith(".vspace")} - natives
    assert {row["name"] for row in written["objects"]} == kept


def test_lines_name_where_they_come_from(tmp_path: Path) -> None:
    """The line of the key that asks for it; counted in SYSTEM and PAIR by hand."""
    written = rows(expand(specs(tmp_path)["parts"], tmp_path / "x.yaml").read_text(encoding="utf-8"))
    places = {(row["process"], row["name"]): row["from"] for row in written["capabilities"]}
    base = tmp_path / "parts"
    assert places["logger", "left"] == f"{base}/system.yaml:8:12"
    assert places["left_client", "log"] == places["right_client", "log"] == f"{base}/parts/pair.yaml:15:35"
    assert places["left_server", "table_doorbell_client"] == f"{base}/parts/pair.yaml:18:87"
    assert written["processes"]["right_server"]["from"] == f"{base}/parts/pair.yaml:8:7"
    assert written["processes"]["right_server"]["instance"] == "right"


def test_a_capability_added_by_hand(tmp_path: Path) -> None:
    """It gets the next slot, is known to the program, is in system.cdl, and the rest stays as it was."""
    spec = specs(tmp_path)["hand"]
    expanded = expand(spec, tmp_path / "x.yaml")
    text = expanded.read_text(encoding="utf-8")
    added = text.replace("mappings:\n", "- {process: a, name: stop_b, object: b.tcb}\nmappings:\n", 1)
    expanded.write_text(added, encoding="utf-8")
    before, after = built(spec, tmp_path / "one"), built(expanded, tmp_path / "two")
    assert b"const uint64_t sel_cap_stop_b = 3;" in after["gen/a/sel_spec.c"]
    changed = set(before["system.cdl"].decode().splitlines()) ^ set(after["system.cdl"].decode().splitlines())
    assert changed == {"    3: stop_b = b.tcb"}
    assert before["gen/b/sel_spec.c"] == after["gen/b/sel_spec.c"]


def test_what_is_said_of_protocols_and_licences_is_kept(tmp_path: Path) -> None:
    """Who has which role in SPEC; `raw` speaks none, takes capabilities and is trusted."""
    written = rows(expand(specs(tmp_path)["talk"], tmp_path / "talk" / "x.yaml").read_text(encoding="utf-8"))
    services = {row["name"]: row for row in written["objects"] if row["type"] == "endpoint" and row["name"].startswith("keys.")}
    assert services["keys.sign"]["protocol"] == "sign.yaml" and "protocol" not in services["keys.raw"]
    assert services["keys.raw"]["separates_clients"] is True and "separates_clients" not in services["keys.sign"]
    clients = {(row["process"], row["name"]): row for row in written["capabilities"] if row["object"] == "keys.sign" and row["process"] != "keys"}
    assert {key: row.get("roles") for key, row in clients.items()} == {
        ("control", "key"): ["admin", "user"], ("logger", "sign"): ["user"], ("logger", "second"): ["user"], ("guest", "sign"): None,
    }
    assert written["processes"]["keys"]["licence"] == "MIT" and "licence" not in written["processes"]["control"]


def test_the_policy_holds_of_the_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line added by hand that breaks it is refused, by its place in the expanded form."""
    expanded = expand(specs(tmp_path)["talk"], tmp_path / "talk" / "x.yaml")
    added = "- {process: logger, name: peek, object: guest.stack, rights: [read]}\n"
    text = expanded.read_text(encoding="utf-8").replace("mappings:\n", f"{added}mappings:\n", 1)
    expanded.write_text(text, encoding="utf-8")
    line = text[: text.index(added)].count("\n") + 1
    assert cli.main(["check", str(expanded)]) == 2
    told = capsys.readouterr().err
    assert ": error SEL-A012: policy: logger may read guest: " in told and f"x.yaml:{line})" in told


@pytest.mark.parametrize("is_relative", [True, False])
def test_places_are_shown_in_one_form(is_relative: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """That of the path by which the expanded spec is named, whatever `from` says, from any folder."""
    spec = specs(tmp_path)["regions"]
    spec.write_text(REGIONS + BROKEN, encoding="utf-8")
    expanded = expand(spec, spec.parent / "x.yaml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    start = os.path.relpath(spec.parent) if is_relative else str(spec.parent)
    assert cli.main(["check", f"{start}/x.yaml"]) == 2
    places = re.findall(r"[^\s(]*\.yaml(?=:\d)", capsys.readouterr().err)
    assert set(places) == {f"{start}/x.yaml", f"{start}/{spec.name}"}


@pytest.mark.parametrize("written", ["a.tcb", "s.yaml", "s.yaml:3", "s.yaml:0:1", "s.yaml:3:x", ":1:1"])
def test_from_is_a_place(written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Messages show it, so that anything else is refused."""
    expanded = expand(specs(tmp_path)["hand"], tmp_path / "x.yaml")
    text = re.sub(r'from: "[^"]*"', f'from: "{written}"', expanded.read_text(encoding="utf-8"), count=1)
    expanded.write_text(text, encoding="utf-8")
    assert cli.main(["check", str(expanded)]) == 2
    told = capsys.readouterr().err
    assert f"error SEL-S010: process 'a': 'from' is '{written}', FILE:LINE:COLUMN is needed; write for example `systems/linux/system.yaml:11:3`" in told
    assert told.count("error") == 1


def test_a_changed_form_of_the_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], abi: Abi) -> None:
    """Each line left out, and each word of a line replaced, is told, or accepted and built: never a traceback."""
    text = expand(specs(tmp_path)["large"], tmp_path / "large" / "x.yaml").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    spec = tmp_path / "large" / "y.yaml"
    outcomes = set()
    for number in range(2, len(lines), 5):
        words = re.sub(r"(?<=: )[\w.\"]+(?=[,}\n])", "server.tcb" if number % 2 else "7", lines[number])
        for changed in ("", words, lines[number] * 2):
            spec.write_text("".join([*lines[:number], changed, *lines[number + 1 :]]), encoding="utf-8")
            code = cli.main(["check", str(spec)])
            *told, more = capsys.readouterr().err.splitlines() or [""]
            outcomes.add(code)
            if code == 0:
                emit_system(spec, tmp_path / "built")
            assert (code == 2) == bool(told)
            assert not told or more.startswith("more about this: ")
            assert all(re.match(r"\S+:\d+:\d+: error SEL-[SPA]\d+: .*; ", line) for line in told), told
    assert outcomes == {0, 2}


def test_plan_json_has_places(tmp_path: Path) -> None:
    """For tools: plan.json has the same places."""
    spec = specs(tmp_path)["large"]
    assert cli.main(["plan", str(spec), "--out", str(tmp_path / "p")]) == 0
    plan = json.loads((tmp_path / "p" / "plan.json").read_text(encoding="utf-8"))
    assert {row["place"].rsplit(":", 2)[0] for key in ("objects", "caps", "maps") for row in plan[key]} == {str(spec)}
