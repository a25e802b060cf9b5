# SPDX-License-Identifier: BSD-2-Clause
"""`sel why`, `who` and `diff` as a user meets them: exit codes, JSON alone on standard output, nothing built, no image read."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Callable

Sel = Callable[..., "subprocess.CompletedProcess[str]"]

#: The guest's image is not there: questions do not read it.
SPEC = """version: 1
board: qemu-virt-aarch64
processes:
  a: {source: components/busy, time: {priority: 10, budget: 1ms, period: 10ms}}
  b: {source: components/busy, time: {priority: 10, budget: 1ms, period: 10ms}}
guests:
  g: {image: {kernel: ./missing.Image}, memory: 64M, time: {priority: 5, budget: 1ms, period: 10ms}}
shared:
  r: {size: 4K, writes: [a], reads: [b]}
"""


def write(folder: Path, text: str = SPEC, name: str = "s.yaml") -> str:
    """Write a spec; returns its path."""
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_yes_and_no_are_exit_codes(sel: Sel, tmp_path: Path) -> None:
    spec = write(tmp_path)
    yes, no = sel("why", spec, "b", "can-read", "a"), sel("why", spec, "a", "can-read", "b")
    assert (yes.returncode, no.returncode) == (0, 1)
    assert yes.stdout.splitlines()[0] == "yes: b can read the memory of a." and yes.stdout.endswith("\nsel: result=ok log=-\n")
    assert f"{spec}:9" in yes.stdout
    assert no.stdout.splitlines()[0] == "no: a can never read the memory of b." and no.stdout.endswith("\nsel: a can-read b: no\nsel: result=failed log=-\n")


def test_reaches_is_meant_when_no_verb_is_given(sel: Sel, tmp_path: Path) -> None:
    done = sel("why", write(tmp_path), "a", "b")
    assert done.returncode == 0 and done.stdout.startswith("yes: a reaches b.\n")


def test_parameters_are_set(sel: Sel, tmp_path: Path) -> None:
    """The answer is that of the system with these values."""
    spec = write(tmp_path, SPEC.replace("version: 1", "version: 1\nparameters: {reader: b}").replace("guests:", "  c: {source: components/busy, time: {priority: 10, budget: 1ms, period: 10ms}}\nguests:").replace("reads: [b]", "reads: [$(reader)]"))
    asked = ("why", spec, "c", "can-read", "a")
    assert sel(*asked).returncode == 1 and sel(*asked, "--set", "reader=c").returncode == 0
    unknown = sel("who", spec, "a", "--set", "raeder=c")
    assert unknown.returncode == 2 and "there is no parameter 'raeder'" in unknown.stdout


def test_json_is_alone(sel: Sel, tmp_path: Path) -> None:
    """Wherever the option stands; the last line and a no are on standard error."""
    spec = write(tmp_path)
    for words in (["why", "--json", spec, "a", "can-read", "g"], ["why", spec, "a", "can-read", "g", "--json"], ["why", spec, "--json", "a", "can-read", "g"]):
        done = sel(*words)
        assert done.returncode == 1 and json.loads(done.stdout)["holds"] is False
        assert done.stderr.endswith("sel: result=failed log=-\n")
    done = sel("who", spec, "time", "--json")
    assert done.returncode == 0 and len(json.loads(done.stdout)["contexts"]) == 4
    done = sel("who", spec, "nothing", "--json")
    assert done.returncode == 2 and done.stdout == "" and "there is nothing called 'nothing'" in done.stderr


def test_a_statement_is_written_if_it_is_so(sel: Sel, tmp_path: Path) -> None:
    spec, file = write(tmp_path), tmp_path / "statement.md"
    done = sel("why", spec, "b", "can-read", "a", "--statement", str(file))
    assert done.returncode == 1 and not file.exists() and "sel: nothing is stated, since it can be done" in done.stdout
    done = sel("why", spec, "a", "can-read", "b", "--statement", str(file))
    assert done.returncode == 0 and file.read_text(encoding="utf-8").startswith("# a can never read the memory of b\n")


def test_another_board_than_the_specs(sel: Sel) -> None:
    there = sel("who", "linux", "uart0", "--board", "xlnx-zcu102", "--json")
    here = sel("who", "linux", "irq33", "--board", "xlnx-zcu102")
    assert there.returncode == 0 and here.returncode == 2, here.stdout
    assert sel("who", "linux", "irq33").returncode == 0
    assert sel("why", "linux", "linux", "can-read", "heartbeat", "--board", "xlnx-zcu102").returncode == 1


def test_diff_ends_with_1_if_authority_grew(sel: Sel, tmp_path: Path) -> None:
    less, more = write(tmp_path, SPEC.replace("shared:\n  r: {size: 4K, writes: [a], reads: [b]}\n", ""), "less.yaml"), write(tmp_path)
    assert sel("diff", more, less).returncode == 0
    grown = sel("diff", less, more)
    assert grown.returncode == 1 and f"  - b reads the region r ({more}:9)\n" in grown.stdout and "sel: authority grew\n" in grown.stdout
    strict = write(tmp_path, SPEC + "policy:\n  - only: {may_read: r, who: [b]}\n", "strict.yaml")
    assert sel("diff", more, strict).returncode == 0
    loose = sel("diff", strict, more)
    assert loose.returncode == 1 and "policy:\n  - dropped: only b may read r" in loose.stdout and "sel: the policy demands less\n" in loose.stdout


def test_a_faulty_spec_is_refused_as_in_a_build(sel: Sel, tmp_path: Path) -> None:
    done = sel("who", write(tmp_path, SPEC.replace("reads: [b]", "reads: [c]")), "time")
    assert done.returncode == 2 and "sel: the spec is refused, 1 error:\n" in done.stdout and "error SEL-S021" in done.stdout


def test_a_broken_policy_is_told_and_answered(sel: Sel, tmp_path: Path) -> None:
    """Who mends a policy needs the answers; a build is refused."""
    spec = write(tmp_path, SPEC.replace("./missing.Image", "./x") + "policy:\n  - no_flow: {from: a, to: [b]}\n")
    done = sel("who", spec, "r")
    assert done.returncode == 0 and "sel: note: the policy is broken once" in done.stderr
    broken = sel("who", spec, "policy")
    assert broken.returncode == 1 and "sel: the policy does not hold\n" in broken.stdout
    assert "note: the policy is broken" not in broken.stderr, "it is what is asked"
    assert "broken: no data of a gets to b" in broken.stdout and "error SEL-A010" in broken.stdout


def test_a_policy_that_holds_is_a_yes(sel: Sel, tmp_path: Path) -> None:
    """One that does not is a no, also as JSON; without any there is nothing to break."""
    text = SPEC.replace("./missing.Image", "./x")
    holds, broken = (write(tmp_path, f"{text}policy:\n  - no_flow: {{from: {one}, to: [{other}]}}\n", f"{one}.yaml") for one, other in (("b", "a"), ("a", "b")))
    assert sel("who", holds, "policy").returncode == sel("who", write(tmp_path, text), "policy").returncode == 0
    assert sel("who", broken, "policy", "--json").returncode == 1


def test_a_build_is_refused_by_policy(sel: Sel, tmp_path: Path) -> None:
    """Before anything is compiled, with the path."""
    text = SPEC[: SPEC.index("guests:")] + SPEC[SPEC.index("shared:") :] + "policy:\n  - no_flow: {from: a, to: [b]}\n"
    spec = write(tmp_path, text)
    done = sel("build", spec)
    try:
        assert done.returncode == 2, done.stdout
        assert f"{spec}:9:5: error SEL-A010: policy: data of a can reach b: a writes the region r ({spec}:7), which b reads ({spec}:7)" in done.stdout
    finally:
        folder = next((line.split("log=")[1] for line in done.stdout.splitlines() if "log=/" in line), "")
        if folder:
            shutil.rmtree(Path(folder).parent.parent, ignore_errors=True)
