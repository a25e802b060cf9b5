# SPDX-License-Identifier: BSD-2-Clause
"""Runs against a fake QEMU: every end of a run, logs, screen, input."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Callable

import pytest
from sel import audit, machine, session
from sel.audit import AuditWatch
from sel.errors import BadEnvironment, Failed
from sel.lifetime import Lifetime
from sel.logs import Console, Logs, new_run_folder
from sel.screen import Screen
from sel.script import parse_steps

_PAYLOAD_MAGIC = 0x53454C5650415931  # docs/design/system.md, "Image"
CONSOLES = [Console(0, "kernel"), Console(1, "linux", True), Console(2, "heartbeat")]


class Run:
    """One run of a fake QEMU and what it left."""

    def __init__(self, qemu: Path, tmp_path: Path, steps: list[tuple[str, str]], timeout_s: float | None, watch: AuditWatch | None) -> None:
        self.folder, self._alive = new_run_folder(tmp_path)
        self.shown = tmp_path / "shown"
        self.machine = machine.Machine([str(qemu)], self.folder / "qemu.stderr")
        logs = Logs(self.folder, CONSOLES)
        descriptor = os.open(self.shown, os.O_RDWR | os.O_CREAT)
        screen = Screen(descriptor, CONSOLES, None)
        settings = session.Settings(1, parse_steps(steps, CONSOLES, 1), timeout_s, audit=watch)
        try:
            session.Session(self.machine, logs, screen, settings).run()
        finally:
            self.machine.kill()
            screen.finish()
            logs.close()
            self._alive.close()
            os.close(descriptor)

    def log(self, console: str) -> str:
        return (self.folder / f"{console}.log").read_text()


@pytest.fixture
def run(make_qemu: Callable[[str], Path], tmp_path: Path) -> Callable[..., Run]:
    def start(body: str, *steps: tuple[str, str], timeout_s: float | None = 20, watch: AuditWatch | None = None) -> Run:
        return Run(make_qemu(body), tmp_path, list(steps), timeout_s, watch)

    return start


GOOD = r"""
say("early\n\x1e[1@1234567]Linux \x1b[1mboots\x1b[0m\r\n\x1e[2@2000000]tick\n\x1e[1@2500000]~ # ")
got = line()
assert got == "\x1e[1]uname\r", repr(got)
say("uname\r\n\x1e[1@3000000]Linux guest\r\n\x1e[0@4000000]sel: system off\n\x1e[<]")
"""


def test_script_logs_and_screen(run: Callable[..., Run]) -> None:
    done = run(GOOD, ("expect", "linux:# $"), ("send", "uname"), ("expect", "^Linux guest$"), ("expect", "kernel:system off"))
    assert done.log("linux") == "[    1.234567] Linux boots\n[    2.500000] ~ # uname\n[    3.000000] Linux guest\n"
    assert done.log("heartbeat") == "[    2.000000] tick\n"
    assert done.log("kernel") == "[            ] early\n[    4.000000] sel: system off\n"
    assert (done.folder / "uart.raw").read_bytes().startswith(b"early\n\x1e[1@1234567]")
    shown = done.shown.read_text()
    assert "heartbeat | tick\n" in shown and "linux     | Linux boots\n" in shown


def test_the_line_of_the_last_match_is_shown_to_its_end(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly it comes, and whatever others say meanwhile; what follows it is not waited for."""
    monkeypatch.setattr(session, "LINE_LIMIT_S", 60)
    began = time.monotonic()
    body = r'say("\x1e[1@1]keystore answers"); time.sleep(0.4); say("\x1e[2@2]tick\n\x1e[1@3]: hello"); time.sleep(0.4); say(", control\n"); time.sleep(100)'
    done = run(body, ("expect", "linux:answers"))
    assert "linux     | keystore answers: hello, control\n" in done.shown.read_text()
    assert time.monotonic() - began < 50


@pytest.mark.parametrize("end, expected, limit_s", [(" ", "name", 0.2), (" ", "name $", 0.2), (r"\n", r"name\n", 100)])
def test_a_line_without_an_end_is_not_waited_for(end: str, expected: str, limit_s: float, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt ends the run soon, a match that has the line's end at once."""
    monkeypatch.setattr(session, "LINE_LIMIT_S", limit_s)
    began = time.monotonic()
    done = run(rf'say("\x1e[1@1]name{end}"); time.sleep(200)', ("expect", f"linux:{expected}"))
    assert "linux     | name" in done.shown.read_text() and time.monotonic() - began < 90


def test_a_process_that_stops_is_told(run: Callable[..., Run]) -> None:
    """Between the consoles' lines, whichever of them is looked at."""
    done = run(r'say("roottask: fault: process heartbeat: write of unmapped memory, pc 0x1000 main+0x0, address 0x10, esr 0x93890045\r\n")')
    assert "[sel: process heartbeat has stopped: write of unmapped memory]" in done.shown.read_text()


def test_power_off_without_a_script_is_a_good_end(run: Callable[..., Run]) -> None:
    run('say("hello\\n")')


def ends(run: Callable[..., Run], words: str, body: str, *steps: tuple[str, str], timeout_s: float | None = 20) -> str:
    with pytest.raises(Failed) as error:
        run(body, *steps, timeout_s=timeout_s)
    assert words in str(error.value)
    return str(error.value)


def test_hanging_system_ends_by_its_timeout(run: Callable[..., Run]) -> None:
    said = ends(run, "--expect 'never' did not appear within 1 seconds (1 of 2 steps were done)", 'say("\\x1e[1@5]one\\ntwo\\n"); time.sleep(100)', ("expect", "one"), ("expect", "never"), timeout_s=1)
    assert said.endswith("the last lines of console linux were:\n  one\n  two")


def test_expectation_that_fails_shows_every_console(run: Callable[..., Run]) -> None:
    """The awaited one first, then the latest: the reason may stand on the VMM's."""
    body = r'say("\x1e[0@1]banner\n\x1e[<]\x1e[1@5]one\n\x1e[2@6]guest linux: stopped\n\x1e[1@7]two\n"); time.sleep(100)'
    said = ends(run, "did not appear", body, ("expect", "never"), timeout_s=1)
    assert said.endswith(
        "the last lines of console linux were:\n  one\n  two\nlast lines of console heartbeat were:\n  guest linux: stopped\n"
        "last lines of console kernel were:\n  banner"
    )


GUEST_ENDED = r'say("\x1e[0@1]roottask: guest linux stopped after an error\n"); time.sleep(0.2); say("roottask: guest linux powered off\n")'


def test_system_without_anybody_to_wait_for_is_told_once(run: Callable[..., Run]) -> None:
    shown = run(GUEST_ENDED, timeout_s=None).shown.read_text()
    assert shown.count("[sel: guest linux has ended, the system goes on without it; Ctrl-C ends the run]") == 1
    assert "[sel:" not in run(GUEST_ENDED, timeout_s=20).shown.read_text()


def told(consoles: list[Console], *lines: str) -> list[str]:
    lifetime = Lifetime(consoles)
    said = []
    for line in lines:
        for part in (line[:20], line[20:] + "\n"):
            lifetime.take(part.encode())
            said.append(lifetime.sentence())
    return [sentence for sentence in said if sentence]


def test_who_is_awaited() -> None:
    """Guests if there are any, else all processes but the console server; a VMM that ends is its guest's end."""
    native = [Console(0, "kernel"), Console(1, "console", is_server=True), Console(2, "a"), Console(3, "b")]
    assert told(native, "roottask: exit: process a: status 0") == []
    ended = ["roottask: exit: process a: status 0", "roottask: fault: process b: budget used up after 10 us, pc 0x0"]
    assert told(native, *ended) == ["all 2 processes have ended, the system goes on without them"]
    mixed = [Console(0, "kernel"), Console(1, "g", True), Console(2, "h", True), Console(3, "a"), Console(4, "vmm_g"), Console(5, "vmm_h")]
    assert told(mixed, *ended, "roottask: guest g powered off", "roottask: guest h is being reset") == []
    assert told(mixed, "roottask: guest g powered off", "roottask: exit: process vmm_h: aborted") == ["all 2 guests have ended, the system goes on without them"]
    assert told([Console(0, "kernel")], *ended) == []


@pytest.mark.parametrize(("given", "is_told"), [(b"ls\n", True), (b"", False)])
def test_standard_input_that_is_no_terminal(given: bytes, is_told: bool, tmp_path: Path, make_qemu: Callable[[str], Path]) -> None:
    """A pipe or a file with something in it: it is said that nobody types it."""
    from test_terminal import DRIVER, TOOLS

    qemu = make_qemu("time.sleep(1); say('x\\n')")
    code = DRIVER.format(tools=str(TOOLS), folder=str(tmp_path), qemu=str(qemu))
    (tmp_path / "input").write_bytes(given)
    outputs = [subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=False).stdout]
    with (tmp_path / "input").open("rb") as stream:
        outputs.append(subprocess.run([sys.executable, "-c", code], stdin=stream, capture_output=True, check=False).stdout)
    assert [b"[sel: standard input is no terminal and is ignored; --send TEXT types on a console]" in output for output in outputs] == [is_told] * 2
    assert all(b"sel: result=ok" in output for output in outputs)


def test_running_on_is_not_what_was_asked(run: Callable[..., Run]) -> None:
    ends(run, "the system was still running after 1 seconds", 'say("x\\n"); time.sleep(100)', timeout_s=1)


def test_silent_system(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SILENCE_LIMIT_S", 1.0)
    ends(run, "has not said a word", "time.sleep(100)", timeout_s=None)


def test_silent_power_off(run: Callable[..., Run]) -> None:
    ends(run, "switched off without having said a word", "")


def test_early_power_off(run: Callable[..., Run]) -> None:
    ends(run, "the system switched off before --expect 'prompt'; the last lines of console linux were:\n  bye", 'say("\\x1e[1]bye\\n")', ("expect", "prompt"))


def test_kernel_panic_that_halts(run: Callable[..., Run]) -> None:
    said = ends(run, "the kernel panicked", r'say("\x1e[1]text \x1e[0@9]x0 = 5\nsel: kernel panic\n"); time.sleep(100)', ("expect", "prompt"))
    assert "  x0 = 5\n  sel: kernel panic" in said


def test_kernel_panic_that_powers_off(run: Callable[..., Run]) -> None:
    ends(run, "the kernel panicked", r'say("\x1e[0@9]sel: kernel panic\n")', ("expect", "panic"), ("expect", "prompt"))


def test_guest_that_says_panic_is_only_a_guest(run: Callable[..., Run]) -> None:
    run(r'say("\x1e[1]sel: kernel panic\n")')


def test_crashing_qemu(run: Callable[..., Run]) -> None:
    ends(run, "QEMU was ended by SIGSEGV", 'say("x\\n"); os.kill(os.getpid(), signal.SIGSEGV)')


def test_failing_qemu_with_its_complaint(run: Callable[..., Run]) -> None:
    ends(run, "QEMU ended with code 3: qemu: no such device", 'sys.stderr.write("qemu: no such device\\n"); sys.exit(3)')


def test_last_send_gets_time_to_show(run: Callable[..., Run]) -> None:
    done = run(r'say("\x1e[1]# "); line(); time.sleep(0.5); say("\x1e[1]late\n"); time.sleep(100)', ("expect", "#"), ("send", "go"))
    assert "late" in done.log("linux")


def test_long_input_is_not_lost(run: Callable[..., Run]) -> None:
    body = r"""
    time.sleep(0.3)
    got = line()
    say("\x1e[1]got %d\n" % len(got))
    """
    run(body, ("send", "x" * 200_000), ("expect", "got 200005"))


AUDIT = r"""
say("\x1e[0@5]roottask: audit: process echo slot 7: extra capability ENDPOINT\n" * %d)
say("roottask: audit: 20 capabilities and 9 mappings compared, %d differences\n\x1e[<]")
time.sleep(100)
"""


def test_audit_alone_ends_with_its_last_line(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    watch = AuditWatch()
    run(AUDIT % (0, 0), watch=watch)
    watch.judge()
    assert "20 capabilities, 9 mappings" in capsys.readouterr().out


def test_audit_that_finds_something_is_a_failure(run: Callable[..., Run]) -> None:
    watch = AuditWatch()
    run(AUDIT % (2, 2), watch=watch)
    with pytest.raises(Failed) as error:
        watch.judge()
    assert str(error.value).count("slot 7: extra capability ENDPOINT") == 2 and "2 differences" in str(error.value)


def test_audit_that_never_came_is_a_failure() -> None:
    with pytest.raises(Failed, match="ended before the audit did"):
        AuditWatch().judge()


@pytest.mark.parametrize("crc", [0, 1])
def test_audit_flag_in_an_image(tmp_path: Path, crc: int) -> None:
    sys.path.insert(0, str(audit.ROOT))
    from capdl import spec_format

    spec = spec_format.SpecFile(header={item.name: 0 for item in spec_format.HEADER.fields if item.name not in ("magic", "version", "total_bytes")})
    body = spec.write().ljust(4096, b"\0")
    words = [_PAYLOAD_MAGIC, 8192, crc and zlib.crc32(body), *[0] * 5, 4096, len(body), 0, 0, 0, 0]
    # The magic also stands in the kernel's code, not at a page.
    kernel = struct.pack("<QQ", 1, _PAYLOAD_MAGIC).ljust(8192, b"\0")
    image = tmp_path / "image.bin"
    image.write_bytes(kernel + struct.pack("<14Q", *words).ljust(4096, b"\0") + body)
    before = image.read_bytes()
    audit.set_flag(image)
    after = image.read_bytes()
    changed = [at for at in range(len(before)) if before[at] != after[at]]
    names = [item.name for item in spec_format.HEADER.fields]
    offset = struct.calcsize(spec_format.HEADER.code[: 1 + names.index("flags")])
    assert [at for at in changed if at >= 12288] == [12288 + offset]
    if crc:
        assert struct.unpack_from("<Q", after, 8192 + 16)[0] == zlib.crc32(after[12288:])
    else:
        assert len(changed) == 1


def test_two_runs_have_folders_of_their_own(run: Callable[..., Run], tmp_path: Path) -> None:
    first = run('say("1\\n")')
    time.sleep(1.1)
    second = run('say("2\\n")')
    assert first.folder != second.folder and first.log("kernel") != second.log("kernel")
    assert (tmp_path / "log" / "kernel.log").read_text() == second.log("kernel")


def test_old_runs_go_but_living_ones_stay(tmp_path: Path) -> None:
    folder, alive = new_run_folder(tmp_path)
    old = folder.with_name("20000101-000000-1")
    folder.rename(old)
    for day in range(15):
        (tmp_path / "runs" / f"200101{day:02}-000000-1").mkdir()
    _, second = new_run_folder(tmp_path)
    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert old.name in left and "20010100-000000-1" not in left and "20010114-000000-1" in left
    alive.close()
    second.close()


def test_qemu_dies_with_sel(make_qemu: Callable[[str], Path], tmp_path: Path) -> None:
    qemu = make_qemu(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(100)")
    code = f"import sys, time; sys.path.insert(0, {str(Path(machine.__file__).parents[1])!r})\nfrom pathlib import Path\nfrom sel.machine import Machine\nm = Machine([{str(qemu)!r}], Path({str(tmp_path / 'err')!r}))\ntime.sleep(100)"
    parent = subprocess.Popen([sys.executable, "-c", code])
    pid_file = tmp_path / "pid"
    assert wait_for(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_for(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(condition: Callable[[], bool]) -> bool:
    """Wait for something that another process does; give up after many tries."""
    for _ in range(400):
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_qemu_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "qemu-fake"
    monkeypatch.setenv("SEL_QEMU", str(fake))
    with pytest.raises(BadEnvironment, match=f"SEL_QEMU is '{fake}', which is no program that can be run; give the path of a qemu-system-aarch64, or unset SEL_QEMU"):
        machine.checked_qemu()
    for text, words in [("QEMU emulator version 5.2.0 (Debian)", "version 5.2, too old: 7.2"), ("hello", f"does not tell a version; SEL_QEMU is '{fake}': give the path of")]:
        fake.write_text(f"#!/bin/sh\necho '{text}'\n")
        fake.chmod(0o755)
        with pytest.raises(BadEnvironment, match=words):
            machine.checked_qemu()
    fake.write_text("#!/bin/sh\necho 'QEMU emulator version 10.0.2'\n")
    assert machine.checked_qemu() == str(fake)


def test_expectation_of_an_unknown_console_is_hinted_at(run: Callable[..., Run]) -> None:
    for body in ("say('x\\n')", "say('x\\n'); time.sleep(30)"):
        with pytest.raises(Failed, match=r"there is no console 'linx' \(did you mean 'linux'\?\), so 'linx:' was taken as text"):
            run(body, ("expect", "linx: y"), timeout_s=2)


@pytest.mark.parametrize(("front", "is_told"), [(1, False), (2, True)])
def test_interrupt_key_of_a_native_console(front: int, is_told: bool, make_qemu: Callable[[str], Path], tmp_path: Path) -> None:
    """A guest's Ctrl-C is the guest's; on the console of a process the user hears how a run ends."""
    keys, typed = os.pipe()
    os.write(typed, b"\x03")
    folder, alive = new_run_folder(tmp_path)
    qemu = machine.Machine([str(make_qemu("say('x\\n'); os.read(0, 64)"))], folder / "qemu.stderr")
    shown = os.open(tmp_path / "shown", os.O_RDWR | os.O_CREAT)
    logs = Logs(folder, CONSOLES)
    try:
        session.Session(qemu, logs, Screen(shown, CONSOLES, front), session.Settings(front, [], 20, keyboard=keys)).run()
    finally:
        qemu.kill()
        logs.close()
        alive.close()
        for descriptor in (keys, typed, shown):
            os.close(descriptor)
    assert ("Ctrl-] q ends the run" in (tmp_path / "shown").read_text()) == is_told
