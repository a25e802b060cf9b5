# SPDX-License-Identifier: BSD-2-Clause
"""An interrupt's handler is reached within 5,000 instructions whatever the kernel is doing, in the release preset.

The cases are those of test/system/interrupts (revoke of 10, 1,000 and 50,000 descendants, retype of 64 MiB, delete of a full CNode); there they
run with assertions. The twin, the same kernel without preemption points (rule H9 left out), must fail them, or they would prove nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools")]

from icount.measure import measure  # noqa: E402
from sel.build import build_lock  # noqa: E402
from sel.console import ConsoleDemux  # noqa: E402

SPEC = ROOT / "test" / "system" / "interrupts" / "system.yaml"
CLOSING = r"TESTS [0-9]+ passed, [0-9]+ failed"
SHORT = ("revoke_of_10_descendants_lets_interrupts_through",)
LONG = (
    "revoke_of_50000_descendants_lets_interrupts_through",
    "retype_of_64_mib_lets_interrupts_through",
    "delete_of_a_full_cnode_lets_interrupts_through",
)
#: The twin passes this one too: it does not ask, it serves.
SERVED = "many_threads_that_cannot_run_let_interrupts_through"
CASES = (*SHORT, "revoke_of_1000_descendants_lets_interrupts_through", *LONG, SERVED)


def build(*options: str, folder: Path) -> Path:
    """Build the system of the cases in the release preset; the two workers of the test take turns."""
    configure = ["cmake", "--preset", "release", "-B", str(folder), f"-DSYSTEM={SPEC}", *options]
    with build_lock(folder):
        for command in (configure, ["ninja", "-C", str(folder)]):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def results(folder: Path, scratch: Path) -> dict[str, str]:
    """What each case reported."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    raw = measure([*run["machine"], "-kernel", run["image"]], scratch, CLOSING).output
    text = b"".join(piece.data for piece in ConsoleDemux().feed(raw) if piece.channel == 0).decode("utf-8", errors="replace")
    return dict(re.findall(r"TEST (\w+): (pass|fail)", text))


@pytest.fixture(scope="module")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The kernel as it is."""
    return results(build(folder=ROOT / "build" / "test-systems" / "latency"), tmp_path_factory.mktemp("latency"))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The kernel without preemption points."""
    folder = build("-DSEL_RULE_OFF=9", folder=ROOT / "build" / "test-systems" / "latency-twin")
    return results(folder, tmp_path_factory.mktemp("latency-twin"))


@pytest.mark.parametrize("case", CASES)
def test_interrupts_come_through(prompt: dict[str, str], case: str) -> None:
    """Late by at most 5,000 instructions."""
    assert prompt.get(case) == "pass"


@pytest.mark.parametrize("case", LONG)
def test_without_preemption_points_they_do_not(twin: dict[str, str], case: str) -> None:
    """The case sees a kernel that works on with an interrupt pending."""
    assert twin.get(case) == "fail"


@pytest.mark.parametrize("case", SHORT)
def test_short_work_is_prompt_without_them(twin: dict[str, str], case: str) -> None:
    """The twin differs by nothing else."""
    assert twin.get(case) == "pass"
