# SPDX-License-Identifier: BSD-2-Clause
"""Every board under platform/ boots; on the second one Debian's kernel and what the kernel promises natively, too.

What is tried on qemu-virt-aarch64 in depth (test/system, test/linux, test/guest) is not repeated here: other boards differ by their drivers.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools")]

from icount.measure import DETERMINISTIC, wait_for  # noqa: E402
from sel.console import ConsoleDemux  # noqa: E402
from sel.machine import checked_qemu  # noqa: E402

BOARDS = sorted(path.parent.name for path in (ROOT / "platform").glob("*/platform.yaml"))
SECOND = "xlnx-zcu102"
LIMIT_S = 240


def run(*words: str) -> str:
    """`./sel run WORDS`, which must succeed; its output."""
    command = [str(ROOT / "sel"), "run", *words, "--preset", "release", "--yes", "--timeout", str(LIMIT_S)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=LIMIT_S + 300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def boot(spec: Path, board: str, until: str, folder: Path) -> str:
    """Build a system for a board and boot it, until a text comes, with time counted in instructions: its sleeps are as long as they say, whatever else the host does."""
    build = subprocess.run([str(ROOT / "sel"), "build", str(spec), "--board", board, "--preset", "test", "--yes"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S + 300, check=False)
    log = re.search(r"^sel: result=ok log=(\S+)$", build.stdout, re.MULTILINE)
    assert log is not None, build.stdout[-3000:] + build.stderr[-1000:]
    built = Path(log[1]).parent
    machine = json.loads((built / "run.json").read_text(encoding="utf-8"))["machine"]
    console = folder / "console.raw"
    command = [checked_qemu(), *machine, *DETERMINISTIC, "-serial", f"file:{console}", "-kernel", str(built / "image.bin")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            wait_for(process, console, until, LIMIT_S)
        finally:
            process.kill()
    return "".join(piece.data.decode("utf-8", errors="replace") for piece in ConsoleDemux().feed(console.read_bytes()))


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
def test_native_promises_hold_on_the_second_board(theme: str, tmp_path: Path) -> None:
    """Components that check themselves (test/system): calls and capabilities; what a thread finds in its registers."""
    closing_line = r"TESTS (\d+) passed, (\d+) failed"
    output = boot(ROOT / "test" / "system" / theme / "system.yaml", SECOND, closing_line, tmp_path)
    closing = re.search(closing_line, output)
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
