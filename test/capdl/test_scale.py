# SPDX-License-Identifier: BSD-2-Clause
"""Time of the compiler: no worse than n log n up to 1,000 processes, and bounded for anything that may be a spec."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Callable

import pytest
from test_expand import emit_system

from capdl import cli, plan
from capdl.abi import Abi
from capdl.check import load_system

_PROCESS = "  p{0}: {{source: components/busy, timer: true, serves: {{s: {{}}}}, uses: {{u: {1}.s}}, events: [e], signals: {{k: {1}.e}}, time: {{priority: 1, budget: 1ms, period: 1s}}}}\n"
HEAD = "version: 1\nboard: qemu-virt-aarch64\n"


def chain(count: int) -> str:
    """Each uses its neighbour."""
    return HEAD + "processes:\n" + "".join(_PROCESS.format(number, f"p{(number + 1) % count}") for number in range(count))


def star(count: int) -> str:
    """All use one, but for that one."""
    return HEAD + "processes:\n" + "".join(_PROCESS.format(number, "p0" if number else "p1") for number in range(count))


def instances(count: int) -> str:
    """Each is an instance of a part, with a region that it shares with a process outside."""
    part = "parts:\n  p:\n    needs: [a]\n    processes:\n" + "    " + _PROCESS.format("", "outside.a").replace("outside.a.s", "outside.a").replace("signals: {k: outside.a.e}, ", "")
    made = "".join(f"  i{number}: {{part: p, connect: {{a: hub.s}}}}\n" for number in range(count - 1))
    return HEAD + part + "processes:\n  hub: {source: components/busy, serves: {s: {}}, time: {priority: 1, budget: 1ms, period: 1s}}\ninstances:\n" + made


def seconds(what: Callable[[], object]) -> float:
    began = time.process_time()
    what()
    return time.process_time() - began


@pytest.mark.parametrize("shape", [chain, star, instances])
def test_time_grows_as_n_log_n(shape: Callable[[int], str], tmp_path: Path, abi: Abi) -> None:
    """From spec to plan: 1,000 processes take at most what n log n makes of 100, and half as much again."""
    taken = {}
    for count in (100, 1000):
        spec = tmp_path / f"{count}.yaml"
        spec.write_text(shape(count), encoding="utf-8")
        taken[count] = min(seconds(lambda spec=spec: plan.make(load_system(spec, spec.name, abi.limits()), abi)) for _ in range(2))
    assert taken[1000] < taken[100] * 10 * (math.log(1000) / math.log(100)) * 1.5, taken


def test_a_thousand_processes_are_built(tmp_path: Path) -> None:
    """All of the tool's steps, with stand-in programs; the expanded form is within the bounds of a spec."""
    spec, expanded = tmp_path / "s.yaml", tmp_path / "e.yaml"
    spec.write_text(star(1000), encoding="utf-8")
    assert len(emit_system(spec, tmp_path)[0]["threads"]) == 1000
    assert cli.main(["expand", str(spec), "--out", str(expanded)]) == 0
    assert cli.main(["check", str(expanded)]) == 0


LARGE = {
    "list": "[" + "1," * 1_900_000 + "]",
    "keys": "{" + "".join(f"a{number}: 1, " for number in range(200_000)) + "}",
    "long text": "- [[[[" + "x" * 4_000_000,
    "faults": "processes:\n" + "  P: {}\n" * 400_000,
    "lines": "a: '" + "\n" * 3_000_000,
    "long names": "version: 1\nboard: qemu-virt-aarch64\nprocesses:\n" + "".join(f"  {'p' * 20_000}{number}: {{}}\n" for number in range(100)),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_files_end_soon(name: str, tmp_path: Path, abi: Abi, capsys: pytest.CaptureFixture[str]) -> None:
    """Up to 4 MiB of anything cost no more than 8,000 good processes do, and give at most 100 faults and what is known of them."""
    spec, good = tmp_path / "s.yaml", tmp_path / "good.yaml"
    spec.write_text(LARGE[name], encoding="utf-8")
    good.write_text(chain(100), encoding="utf-8")
    hundred = seconds(lambda: plan.make(load_system(good, good.name, abi.limits()), abi))
    assert seconds(lambda: cli.main(["check", str(spec)])) < 80 * hundred
    assert 1 <= len(capsys.readouterr().err.splitlines()) <= 102
