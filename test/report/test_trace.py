# SPDX-License-Identifier: BSD-2-Clause
"""A recorded run in the report, all expectations counted from a trace that is written here by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import SMALL, write_spec
from test_command import sel

from introspect import perfetto
from introspect.telling import Told
from report import trace, words
from sel.errors import BadInput

#: Ticks of a microsecond each, from 100 to 500: user runs 100-200 and 250-260, store 200-250, and then nobody until the end.
EVENTS = [
    Told(100, "switch", "idle", "", "user"), Told(150, "syscall", "user", "call put"), Told(200, "switch", "user", "", "store"), Told(210, "irq", "store", "interrupt 27"),
    Told(250, "switch", "store", "", "user"), Told(255, "syscall", "user", "wait notification"), Told(260, "switch", "user", "", "idle"), Told(500, "timer", "idle", ""),
]


def written(folder: Path, events: list[Told], system: str = "small") -> Path:
    """A trace file as a run leaves it."""
    file = folder / "run.json"
    perfetto.write(file, events, 1_000_000, system)
    return file


def test_who_had_the_core_when_and_did_what(tmp_path: Path) -> None:
    found = trace.summarise(written(tmp_path, EVENTS), "run.json", "small")
    assert (found["start_ns"], found["end_ns"], found["share"], found["gaps"]) == (100_000, 500_000, 160 / 400, 0)
    assert [(each["name"], each["ran_ns"], each["share"], each["runs"], each["longest_ns"], words.events(each)) for each in found["threads"]] == [
        ("user", 110_000, 110 / 400, 2, 100_000, "2 syscall"), ("store", 50_000, 50 / 400, 1, 50_000, "1 irq"), ("idle", 0, 0.0, 0, 0, "1 timer"),
    ]
    user, store, _ = (each["load"] for each in found["threads"])
    assert len(user) == 400 and user == [1.0] * 100 + [0.0] * 50 + [1.0] * 10 + [0.0] * 240
    assert store == [0.0] * 100 + [1.0] * 50 + [0.0] * 250


def test_a_run_that_ends_within_a_piece_fills_a_part_of_it(tmp_path: Path) -> None:
    """800 us, pieces of 2 us: a run of 1 us and one of 3 us, which ends in the middle of the second piece."""
    events = [Told(0, "switch", "idle", "", "a"), Told(1, "switch", "a", "", "idle"), Told(400, "switch", "idle", "", "a"), Told(403, "switch", "a", "", "idle"), Told(800, "timer", "idle", "")]
    load = trace.summarise(written(tmp_path, events), "run.json", "small")["threads"][0]["load"]
    assert (load[0], load[1], load[200], load[201], sum(load)) == (0.5, 0.0, 1.0, 0.5, 2.0)


def test_missing_events_are_told(tmp_path: Path) -> None:
    found = trace.summarise(written(tmp_path, [*EVENTS[:4], Told(230, "lost", "store", "7 events are missing here"), *EVENTS[4:]]), "run.json", "small")
    assert found["gaps"] == 1
    assert found["threads"][1]["events"] == [{"kind": "irq", "count": 1}]


@pytest.mark.parametrize(("content", "sentence"), [
    ("", "run.json:1: this is no trace of Selvedge; give the file that `./sel run SYSTEM --trace FILE` wrote"),
    ("[1, 2]\n", "run.json:1: this is no trace"),
    ('{"traceEvents":[\n]}\n', "run.json:1: this is no trace"),
    ('{"otherData":{"system":"small"},"traceEvents":[\n{"ph":"X","pid":3,"ts":1,"dur":2},\n]}\n', "run.json:2: this is no trace"),
    ('{"otherData":{"system":"small"},"traceEvents":[\n{"ph":"i","cat":"irq","name":"x","pid":"one"}\n]}\n', "run.json:2: this is no trace"),
    ('{"otherData":{"system":"small"},"traceEvents":[\n', "run.json ends in the middle"),
    ('{"otherData":{"system":"small"},"traceEvents":[\n]}\n', "run.json: nobody ran in this trace"),
    ('{"otherData":{"system":"large"},"traceEvents":[\n]}\n', "run.json is a trace of system 'large', the report is of 'small'; record one by `./sel run SYSTEM --trace FILE`"),
])
def test_what_is_no_trace_of_the_system_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        trace.summarise(file, "run.json", "small")
    assert sentence in str(refused.value)


def test_the_command_tells_it_in_all_forms(tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL)
    written(tmp_path, EVENTS)
    done = sel(tmp_path, "small.yaml", "--trace", "run.json", "--text", "--json", "out.json", "--html", "out.html")
    assert done.returncode == 0, done.stdout
    assert any(line.split() == ["user", "27.5", "%", "2", "100", "us", "2", "syscall"] for line in done.stdout.splitlines())
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["trace"]["threads"][0]["runs"] == 2
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert '<rect x="100" width="50" height="1" fill-opacity="1.0"/>' in page and '<a href="#trace">' in page
    missing = sel(tmp_path, "small.yaml", "--trace", "other.json")
    assert (missing.returncode, "other.json: there is no such file" in missing.stdout) == (2, True), missing.stdout


def test_without_a_trace_nothing_is_said_of_one(tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL)
    done = sel(tmp_path, "small.yaml", "--text", "--html", "out.html")
    assert "trace:" not in done.stdout.splitlines()
    assert "Trace of a run" not in (tmp_path / "out.html").read_text(encoding="utf-8")
