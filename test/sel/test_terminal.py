# SPDX-License-Identifier: BSD-2-Clause
"""Interactive runs in a real pseudo-terminal: keys, consoles, and the terminal afterwards."""

from __future__ import annotations

import os
import signal
import sys
import termios
from pathlib import Path
from typing import Callable

import pexpect
import pytest
from sel.terminal import PREFIX, Key, KeyReader
from test_session import is_running, wait_for

TOOLS = Path(__file__).resolve().parents[2] / "tools"

DRIVER = """
import sys; sys.path.insert(0, {tools!r})
from pathlib import Path
from sel import cli, logs, run, systems
consoles = [
    logs.Console(0, "kernel", takes_input=False), logs.Console(1, "linux", True), logs.Console(2, "heartbeat"), logs.Console(3, "silent", takes_input=False)
]
plan = run.Plan({{"machine": [], "image": "none"}}, consoles, 1, [])
def start(arguments):
    folder, alive = logs.new_run_folder(Path({folder!r}))
    run._boot({qemu!r}, Path("none"), folder, plan, run.RunOptions())
cli._ACTIONS["run"] = start
sys.exit(cli.main(["run"]))
"""

ECHO = r"""
open({pid!r}, "w").write(str(os.getpid()))
say("\x1e[0@1]kernel banner\n\x1e[<]\x1e[2@2]tick one\n\x1e[1@3]login: ")
data = b""
while True:
    data = os.read(0, 100)
    if not data: break
    say("<" + data.decode("latin-1").replace("\x1e", "RS").encode("unicode_escape").decode() + ">")
    if b"off" in data: break
"""


@pytest.fixture
def session(make_qemu: Callable[[str], Path], tmp_path: Path) -> Callable[[], pexpect.spawn]:
    def start() -> pexpect.spawn:
        qemu = make_qemu(ECHO.format(pid=str(tmp_path / "pid")))
        code = DRIVER.format(tools=str(TOOLS), folder=str(tmp_path), qemu=str(qemu))
        child = pexpect.spawn(sys.executable, ["-c", code], timeout=20, encoding="utf-8")
        child.expect("login: ")
        return child

    return start


def qemu_pid(tmp_path: Path) -> int:
    return int((tmp_path / "pid").read_text())


def is_sane(child: pexpect.spawn) -> bool:
    flags = termios.tcgetattr(child.child_fd)[3]
    return bool(flags & termios.ICANON and flags & termios.ECHO and flags & termios.ISIG)


def test_keys_consoles_and_quit(session: Callable[[], pexpect.spawn], tmp_path: Path) -> None:
    child = session()
    assert not is_sane(child)
    child.send("ab")
    child.expect_exact("<RS[1]ab>")
    child.send("\x03")
    child.expect_exact("<\\x03>")
    child.send("\x1d\x1d")
    child.expect_exact("<\\x1d>")
    child.send("\x1d2")
    child.expect_exact("console 2: heartbeat")
    child.expect_exact("tick one")
    child.send("x")
    child.send("\x1dn")
    child.expect_exact("console 3: silent")
    child.send("\x1dn")
    child.expect_exact("console 0: kernel")
    child.expect_exact("kernel banner")
    child.send("\x1dp\x1dp")
    child.expect_exact("console 2: heartbeat")
    child.send("\x1d7")
    child.expect_exact("there is no console 7")
    child.send("\x1d?")
    child.expect_exact("q quit")
    child.expect_exact("consoles: 0 kernel, 1 linux, 2 heartbeat, 3 silent")
    child.send("\x1da")
    child.expect_exact("all consoles")
    child.send("\x1dq")
    child.expect_exact("sel: result=ok log=")
    child.expect(pexpect.EOF)
    assert is_sane(child)
    assert wait_for(lambda: not is_running(qemu_pid(tmp_path)))


def test_console_without_a_reader_says_so(session: Callable[[], pexpect.spawn]) -> None:
    """Nothing is sent; back among all consoles, input goes to the front console whatever was shown before."""
    child = session()
    child.send("\x1d3")
    child.expect_exact("console 3: silent")
    child.send("lost")
    child.expect_exact("[sel: console silent takes no input]")
    child.send("\x1d0a")
    child.expect_exact("[sel: console kernel takes no input]")
    child.send("\x1da")
    child.expect_exact("all consoles")
    child.send("ls")
    child.expect_exact("<RS[1]ls>")
    assert "<" not in child.before
    child.send("\x1dq")
    child.expect_exact("sel: result=ok")


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "T"


def make_sane(child: pexpect.spawn) -> None:
    """What a shell does with the terminal of a job that has stopped."""
    mode = termios.tcgetattr(child.child_fd)
    mode[3] |= termios.ICANON | termios.ECHO | termios.ISIG
    termios.tcsetattr(child.child_fd, termios.TCSANOW, mode)


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_stopped_run_goes_on_raw(session: Callable[[], pexpect.spawn], number: signal.Signals) -> None:
    child = session()
    os.kill(child.pid, number)
    assert wait_for(lambda: is_stopped(child.pid))
    assert is_sane(child) == (number == signal.SIGTSTP)
    make_sane(child)
    os.kill(child.pid, signal.SIGCONT)
    assert wait_for(lambda: not is_sane(child))
    child.send("\x03")
    child.expect_exact("\\x03>")
    child.send("\x1dq")
    child.expect_exact("sel: result=ok")
    assert wait_for(lambda: is_sane(child))


def test_power_off_ends_the_session(session: Callable[[], pexpect.spawn]) -> None:
    child = session()
    child.send("off")
    child.expect_exact("the system is off")
    child.expect_exact("sel: result=ok")
    assert wait_for(lambda: is_sane(child))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_terminal_is_restored_however_it_ends(session: Callable[[], pexpect.spawn], tmp_path: Path, number: signal.Signals) -> None:
    child = session()
    os.kill(child.pid, number)
    assert wait_for(lambda: is_sane(child))
    assert wait_for(lambda: not is_running(qemu_pid(tmp_path)))
    if number != signal.SIGKILL:
        child.expect_exact("sel: result=failed")


def test_dying_qemu_is_said_in_a_sane_terminal(session: Callable[[], pexpect.spawn], tmp_path: Path) -> None:
    child = session()
    os.kill(qemu_pid(tmp_path), signal.SIGKILL)
    child.expect_exact("QEMU was ended by SIGKILL")
    child.expect_exact("sel: result=failed")
    assert is_sane(child)


def test_prefix_split_from_its_key() -> None:
    reader = KeyReader()
    assert list(reader.feed(b"a" + bytes([PREFIX]))) == [Key(b"a")]
    assert list(reader.feed(b"qb")) == [Key(b"", "q"), Key(b"b")]
