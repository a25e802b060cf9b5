# SPDX-License-Identifier: BSD-2-Clause
"""A guest that scrambles every register it may write leaves a native process's output as it is beside a quiet guest. A case takes minutes: part of `sel assure`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "guest"))
import build  # noqa: E402
from test_guests import ROOT, VMM_LIMIT, console_log  # noqa: E402


ROUNDS = re.compile(r"^witness: rounds (\d+) sum (0x[0-9a-f]+)$")
#: Exits of a seed's guest, 100,000 together; a fifth of them in CI. Such an exit takes milliseconds of the emulator's time.
EXITS = 50_000 if os.environ.get("SEL_ASSURE") == "full" else 10_000
#: Rounds while the guest makes its exits, each begun by a switch away from it.
ROUNDS_MIN = EXITS // 50


def witness_lines(folder: Path, guest: str, *flags: str) -> list[str]:
    """What the witness prints beside `guest`, until the guest has come to its end and a little longer."""
    shutil.copyfile(build.build(guest, folder / "images", *flags), folder / "guest.img")
    shutil.copyfile(build.HERE / "witness" / "system.yaml", folder / "system.yaml")
    command = [str(ROOT / "sel"), "run", str(folder / "system.yaml"), "--timeout", str(VMM_LIMIT),
               "--expect", "guest:(^|\\n)end\\n", "--expect", "witness: [^\\n]*\\n"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=VMM_LIMIT + 60, check=False)
    return [line for line in console_log(result, "witness").split("\n") if "witness:" in line]


def sums(lines: list[str]) -> set[str]:
    """The sums of all rounds; no line says anything else."""
    found = [ROUNDS.match(line) for line in lines]
    assert lines and all(found), [line for line, match in zip(lines, found) if not match][:5]
    return {match.group(2) for match in found if match}


@pytest.mark.timeout(VMM_LIMIT)
@pytest.mark.parametrize("seed", [88172645463325252, 362436069])
def test_scrambler_changes_nothing_for_others(tmp_path: Path, seed: int) -> None:
    """Every round until the scrambler's last exit has the sum that rounds beside a quiet guest have."""
    beside_quiet = witness_lines(tmp_path, "exits")
    beside_scrambler = witness_lines(tmp_path, "scrambler", f"-DEXITS={EXITS}", f"-DSEED={seed}")
    assert len(sums(beside_quiet)) == 1
    assert sums(beside_scrambler) == sums(beside_quiet)
    rounds = ROUNDS.match(beside_scrambler[-1])
    assert rounds and int(rounds.group(1)) >= ROUNDS_MIN


def test_crash_is_reported_and_contained(tmp_path: Path) -> None:
    """A guest without exception vectors is stopped; its VMM's console has the reason, the exception and the registers; the witness goes on to its end."""
    shutil.copyfile(build.build("crash", tmp_path / "images"), tmp_path / "guest.img")
    shutil.copyfile(build.HERE / "witness" / "system.yaml", tmp_path / "system.yaml")
    command = [str(ROOT / "sel"), "run", str(tmp_path / "system.yaml"), "--timeout", str(VMM_LIMIT),
               "--expect", "vmm_guest:guest guest: stopped: it cannot fetch its own exception vectors",
               "--expect", r"vmm_guest:last exception: elr_el1 0x4[0-9a-f]{7} esr_el1 0xf2000000 far_el1 0x[0-9a-f]+ spsr_el1 0x[0-9a-f]*[45]\n",
               "--expect", r"vmm_guest:x0 0xc0ffee x1 0x", "--expect", r"vmm_guest:x28 0x\w+ x29 0x\w+ x30 0x\w+\n", "--expect", r"witness: rounds [^\n]*\n"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=VMM_LIMIT + 60, check=False)
    assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-2000:]}"
