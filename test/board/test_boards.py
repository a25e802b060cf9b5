# SPDX-License-Identifier: BSD-2-Clause
"""Every board under platform/ boots; on the second one Debian's kernel and what the kernel promises natively, too.

What is tried on qemu-virt-aarch64 in depth (test/system, test/linux, test/guest) is not repeated here: other boards differ by their drivers.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted(path.parent.name for path in (ROOT / "platform").glob("*/platform.yaml"))
SECOND = "xlnx-zcu102"
LIMIT_S = 240


def run(*words: str, preset: str = "release") -> str:
    """`./sel run WORDS`, which must succeed; its output."""
    command = [str(ROOT / "sel"), "run", *words, "--preset", preset, "--yes", "--timeout", str(LIMIT_S)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=LIMIT_S + 300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("board", BOARDS)
def test_minimal_boots(board: str) -> None:
    """The smallest system: kernel, roottask and one process; the kernel names the board it was built for."""
    output = run("minimal", "--board", board, "--expect", "kernel:hello: selvedge runs")
    assert f" on {board}: AArch64 EL2" in output


def test_a_board_does_not_take_anothers_folder() -> None:
    """What is built for the second board lies beside what is built for the spec's own, and starts another machine."""
    machines = {}
    for board in BOARDS:
        run("minimal", "--board", board, "--dry-run")
        machines[board] = json.loads((ROOT / "build" / f"minimal@{board}" / "release" / "run.json").read_text(encoding="utf-8"))["machine"]
    assert machines["qemu-virt-aarch64"][1].startswith("virt,")
    assert machines[SECOND][1].startswith("xlnx-zcu102,")
    assert Path(machines[SECOND][machines[SECOND].index("-dtb") + 1]).is_file()


@pytest.mark.parametrize("theme", ["messages", "registers"])
def test_native_promises_hold_on_the_second_board(theme: str) -> None:
    """Components that check themselves (test/system): calls and capabilities; what a thread finds in its registers."""
    spec = ROOT / "test" / "system" / theme / "system.yaml"
    output = run(str(spec), "--board", SECOND, "--expect", r"TESTS \d+ passed, \d+ failed", preset="test")
    closing = re.search(r"TESTS (\d+) passed, (\d+) failed", output)
    assert closing is not None and int(closing[1]) > 0 and closing[2] == "0", output[-3000:]
    assert "roottask: fault" not in output


def test_linux_on_the_second_board() -> None:
    """Debian's kernel to busybox's prompt, beside native components: timer ticks, typed input, a reset, an end by SYSTEM_OFF and SMC."""
    output = run(
        "linux", "--board", SECOND, "--expect", "linux:/ # ", "--send", "linux:sleep 1; echo sum=$((6*7))", "--expect", "linux:sum=42",
        "--send", "linux:grep -c GIC-0 /proc/interrupts | sed s/^/lines=/", "--expect", "linux:lines=[1-9]",
        "--send", "linux:reboot -f", "--expect", "linux:Booting Linux on physical CPU", "--expect", "linux:/ # ",
        "--send", "linux:poweroff -f", "--expect", "kernel:sel: system off")
    assert "roottask: guest linux powered off" in output
    assert "roottask: fault" not in output
