# SPDX-License-Identifier: BSD-2-Clause
"""What a resting Linux costs: the system `busybox` with a first process that sleeps, ten and forty seconds of the guest's time between two of its words.
Nothing is typed and nothing is read while it runs, so that the counts are exact. The bounds are the project's own (docs/design/figures.md)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from exits.plugin import exit_marks  # noqa: E402
from icount.measure import Run, measure  # noqa: E402
from sel.systems import find_system  # noqa: E402

#: It begins once the kernel's deferred work is done. The kernel prints its command line: the words are cut in two there.
SLEEP = "/bin/busybox sleep"
SCRIPT = f"{SLEEP} 20; echo word''1; {SLEEP} 10; echo word''2; {SLEEP} 40; echo word''3; {SLEEP} 999"
CMDLINE = f'console=ttyAMA0 rdinit=/bin/sh -- -c "{SCRIPT}"'
WORD1, WORD2, WORD3 = "word1", "word2", "word3"
INSTRUCTIONS_MAX = 2_000_000


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`busybox` with another command line."""
    text = (ROOT / "systems" / "busybox" / "system.yaml").read_text(encoding="utf-8")
    text, count = re.subn(r"cmdline: .*", lambda _: f"cmdline: {json.dumps(CMDLINE)}", text)
    assert count == 1
    path = tmp_path_factory.mktemp("idle") / "system.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The machine until the last word; `watched` counts the exits that reach the VMM."""
    subprocess.run([ROOT / "sel", "build", spec, "--preset", "release", "--yes"], check=True, timeout=600, stdin=subprocess.DEVNULL)
    build = find_system(str(spec)).build_folder("release")
    machine = json.loads((build / "run.json").read_text())["machine"]
    [mark] = exit_marks(build / "elf" / "vmm_linux.elf")
    return measure([*machine, "-kernel", str(build / "image.bin")], tmp_path_factory.mktemp("run"), WORD3,
                   watched_pc=mark)


def test_no_exit_reaches_the_vmm(run: Run) -> None:
    """But those that write the word at the end: a store for each character and a few of the driver's; more time adds none."""
    ten = run.watched_before(WORD2) - run.watched_before(WORD1)
    forty = run.watched_before(WORD3) - run.watched_before(WORD2)
    assert len("word2\r\n") <= ten == forty <= 12


def test_instructions(run: Run) -> None:
    """All that is executed, the guest's own ticks included. The figure is printed here (pytest -s)."""
    instructions = run.time_of(WORD2) - run.time_of(WORD1)
    print(f"ten seconds: {instructions} instructions")
    assert 0 < instructions < INSTRUCTIONS_MAX
