# SPDX-License-Identifier: BSD-2-Clause
"""`sel run`: build a system, boot it, and stay with it to its end.

In a terminal the run is interactive; with a script, or without a terminal, output only.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sel import ROOT, audit, gdb, gdb_guest, machine, packages
from sel.build import build_lock, build_system
from sel.errors import BadInput, Failed, SelError, SpecFaults, Stopped, os_error_sentence
from sel.fault_places import FaultPlaces
from sel.guest_spec import GuestOptions, in_words_of_options, write_guest_system
from sel.logs import Console, Logs, new_run_folder
from sel.profile_options import ProfileOptions
from sel.screen import Screen
from sel.script import Step, compile_pattern, parse_steps, unescape
from sel.session import Session, Settings
from sel.systems import System, check_preset, chosen_system, read_run_file, with_settings
from sel.terminal import HELP, raw_terminal
from sel.trace_options import check_trace

if TYPE_CHECKING:
    from exits.profile import Profile
    from introspect.built import Built, Files
    from introspect.trace import Trace
    from introspect.watch import Watch

#: A script without --timeout gives up after this.
DEFAULT_SCRIPT_TIMEOUT_S = 300.0


@dataclass
class RunOptions:
    """The options of `sel run`."""

    system: str | None = None
    board: str | None = None
    preset: str = "debug"
    steps: list[tuple[str, str]] = field(default_factory=list)
    timeout_s: float | None = None
    dry_run: bool = False
    gdb: bool = False
    audit: bool = False
    assume_yes: bool = False
    guest: GuestOptions | None = None
    profile: ProfileOptions | None = None
    watchdog_s: float | None = None
    trace: Path | None = None
    settings: list[str] = field(default_factory=list)
    gdb_guest: gdb_guest.GdbGuestOptions | None = None


@dataclass
class Plan:
    """A built system, ready to boot."""

    run_file: dict
    consoles: list[Console]
    front: int
    steps: list[Step]
    profile: Profile | None = None
    files: Files | None = None
    trace: Trace | None = None
    relay: gdb_guest.Relay | None = None


def run(options: RunOptions) -> Path | None:
    """Do what the options say; return the folder of the logs."""
    check_preset(options.preset)
    if options.guest is not None and options.system is not None:
        raise BadInput("give a SYSTEM or --guest IMAGE, not both")
    for kind, text in options.steps:
        check = compile_pattern if kind == "expect" else unescape
        check(text)
    if options.profile is not None:
        options.profile.check()
    if options.trace is not None:
        check_trace(options.trace)
    system = _chosen_system(options)
    packages.ensure(_needed_packages(options), options.assume_yes)
    qemu = machine.checked_qemu()
    if options.gdb_guest is not None:
        gdb_guest.check(system, options.gdb_guest.guest)
        system = replace(system, gdb_guest=options.gdb_guest.guest)
    relay = gdb_guest.Relay(options.gdb_guest) if options.gdb_guest is not None and not options.dry_run else None
    try:
        return _run(system, qemu, options, relay)
    finally:
        if relay is not None:
            relay.close()


def _run(system: System, qemu: str, options: RunOptions, relay: gdb_guest.Relay | None) -> Path:
    build = system.build_folder(options.preset)
    with build_lock(build):
        _build(system, options)
        plan = _plan(build, options)
        if options.profile is not None and not any(console.is_guest for console in plan.consoles):
            raise BadInput(f"{system.name} has no guest, so there are no exits to profile")
        if options.dry_run:
            port = gdb.socket_for(build) if options.gdb else None
            command = machine.command_line(qemu, plan.run_file["machine"], Path(plan.run_file["image"]), port)
            print(shlex.join(command))
            return build / "build.log"
        plan.files = _files(build)
        if relay is not None:
            plan.relay, relay.channel = relay, plan.run_file["debugger"]["channel"]
        folder, alive = new_run_folder(build)
        if options.profile is not None:
            from exits.profile import Profile  # needs the packages

            plan.profile = Profile(options.profile, build, plan.run_file, folder)
        if options.trace is not None:
            plan.trace = _trace(options.trace, plan.files, folder)
        image = _own_image(Path(plan.run_file["image"]), folder)
        if options.audit:
            audit.set_flag(image)
    try:
        _boot(qemu, image, folder, plan, options)
    except SelError as error:
        error.log = folder
        raise
    except KeyboardInterrupt:
        raise Stopped("interrupted", folder) from None
    finally:
        image.unlink(missing_ok=True)
        alive.close()
    return folder


def _needed_packages(options: RunOptions) -> tuple[str, ...]:
    own_qemu = "SEL_QEMU" in os.environ
    return (*packages.BUILD, *(() if own_qemu else packages.RUN), *(packages.DEBUG if options.gdb else ()))


def _chosen_system(options: RunOptions) -> System:
    if options.guest is not None:
        if options.settings:
            raise BadInput("--set gives a parameter of a spec a value; --guest has none")
        return write_guest_system(options.guest).on_board(options.board)
    return with_settings(chosen_system(options.system), options.settings).on_board(options.board)


def _build(system: System, options: RunOptions) -> None:
    """Build; faults of a spec that `--guest` wrote are told in the words of the options."""
    try:
        build_system(system, options.preset)
    except SpecFaults as faults:
        if options.guest is None:
            raise
        findings = in_words_of_options(faults.findings, system.spec, options.guest)
        raise SpecFaults(findings, faults.log, "the guest") from None


def _plan(build: Path, options: RunOptions) -> Plan:
    run_file = read_run_file(build)
    consoles = [Console(c["index"], c["name"], c["guest"], c["server"], c["input"]) for c in run_file["consoles"]]
    by_name = {console.name: console.index for console in consoles}
    front = by_name.get(run_file.get("front", ""), 0)
    for key in ("image", "kernel_elf"):
        run_file[key] = str(build / run_file[key])
    for elf in run_file.get("elves", []):
        elf["path"] = str(build / elf["path"])
    return Plan(run_file, consoles, front, parse_steps(options.steps, consoles, front))


def _files(build: Path) -> Files:
    from introspect.built import Files

    try:
        return Files(build, ROOT)
    except OSError as error:
        raise os_error_sentence(error, f"{build} is not whole; build it again") from None


def _trace(file: Path, files: Files, folder: Path) -> Trace:
    from introspect.trace import Trace

    return Trace(file, files, folder, machine.socket_path(folder, "trace"))


def _built(plan: Plan) -> Built | None:
    """What gdb is told of the system, if the kernel has what it takes."""
    try:
        return plan.files.built if plan.files is not None else None
    except Failed as error:
        print(f"sel: gdb will have no commands about processes: {error}", flush=True)
        return None


def _own_image(image: Path, folder: Path) -> Path:
    """Give the run its own name for the image: a later build replaces the other one."""
    own = folder / "image.bin"
    with contextlib.suppress(FileNotFoundError):
        own.unlink()
    try:
        os.link(image, own)
    except OSError:
        shutil.copyfile(image, own)
    return own


def _boot(qemu: str, image: Path, folder: Path, plan: Plan, options: RunOptions) -> None:
    is_interactive = not plan.steps and not options.gdb and sys.stdin.isatty() and sys.stdout.isatty()
    port = gdb.socket_for(folder) if options.gdb else None
    counting = [each for part in (plan.profile, plan.trace) if part is not None for each in part.arguments]
    monitor = machine.socket_path(folder, "monitor")
    command = machine.command_line(qemu, [*plan.run_file["machine"], *counting], image, port, monitor)
    (folder / "qemu.command").write_text(shlex.join(command) + "\n", encoding="utf-8")
    sys.stdout.flush()
    logs = Logs(folder, plan.consoles)
    screen = Screen(sys.stdout.fileno(), plan.consoles, plan.front if is_interactive else None)
    settings = Settings(plan.front, plan.steps, _timeout(options, plan, is_interactive))
    settings.audit = audit.AuditWatch() if options.audit else None
    if plan.profile is not None:
        settings.watch = plan.profile.take
    settings.unread_input = None if is_interactive or options.gdb else _unread_input()
    settings.state = _watch(plan, monitor, folder, options)
    if plan.relay is not None:
        settings.gdb_guest, settings.waits_for_gdb = plan.relay, True
    settings.faults = FaultPlaces({elf["name"]: Path(elf["path"]) for elf in plan.run_file.get("elves", [])})
    qemu_process = machine.Machine(command, folder / "qemu.stderr")
    try:
        if port is not None:
            port.wait_until_open(qemu_process.process)
            _run_with_gdb(qemu_process, logs, screen, settings, gdb.write_script(folder, plan.run_file, port, _built(plan)))
        elif is_interactive:
            _run_interactively(qemu_process, logs, screen, settings)
        else:
            Session(qemu_process, logs, screen, settings).run()
    except Failed as error:
        raise _with_state(error, settings.state, qemu_process, logs) from None
    finally:
        if settings.state is not None:
            settings.state.stop()
        if plan.trace is not None:
            plan.trace.end(qemu_process.process, lambda: logs.write_raw(qemu_process.output.read() or b""))
            machine.remove_socket(plan.trace.socket, folder)
        qemu_process.kill()
        machine.remove_socket(monitor, folder)
        screen.finish()
        logs.close()
        if plan.profile is not None:
            plan.profile.tell()
        if plan.trace is not None:
            plan.trace.tell()
    logs.judge()
    if settings.audit is not None:
        settings.audit.judge()
    if plan.profile is not None:
        plan.profile.judge()
    if plan.trace is not None:
        plan.trace.judge()


def _watch(plan: Plan, monitor: Path, folder: Path, options: RunOptions) -> Watch | None:
    if plan.files is None:
        return None
    from introspect.watch import Watch

    watch = Watch(plan.files, monitor, folder / "state.txt")
    if options.watchdog_s is not None:
        watch.start_watchdog(options.watchdog_s)
    return watch


def _with_state(error: Failed, watch: Watch | None, qemu: machine.Machine, logs: Logs) -> Failed:
    """A failed run's end, with what the machine was about then, if it is still there."""
    if watch is None or isinstance(error, Stopped) or qemu.process.poll() is not None:
        return error
    seen = watch.failed(lambda: logs.write_raw(qemu.output.read() or b""))
    return type(error)(f"{error}\n{seen}", error.log) if seen else error


def _unread_input() -> int | None:
    """Return standard input if it may hold something that nobody will type."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    return sys.stdin.fileno() if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode) else None


def _timeout(options: RunOptions, plan: Plan, is_interactive: bool) -> float | None:
    has_an_end = bool(plan.steps) or options.audit
    if options.timeout_s is None and has_an_end and not is_interactive and not options.gdb:
        return DEFAULT_SCRIPT_TIMEOUT_S
    return options.timeout_s


def _run_interactively(qemu: machine.Machine, logs: Logs, screen: Screen, settings: Settings) -> None:
    name = screen.name_of(settings.front)
    print(f"sel: console {settings.front} ({name}) is in front; {HELP}", flush=True)
    settings.keyboard = sys.stdin.fileno()
    with raw_terminal(settings.keyboard):
        Session(qemu, logs, screen, settings).run()
        screen.notice("the system is off" if qemu.process.poll() is not None else "quit")


def _run_with_gdb(qemu: machine.Machine, logs: Logs, screen: Screen, settings: Settings, script: Path) -> None:
    """In a terminal gdb takes it over and the consoles go to the logs; else say how to attach."""
    settings.waits_for_gdb = True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        gdb.announce(script)
        Session(qemu, logs, screen, settings).run()
        return
    print(f"sel: gdb has this terminal; the consoles are in {logs.folder}", flush=True)
    screen.descriptor = os.open(os.devnull, os.O_WRONLY)
    with _ignored_interrupts():
        debugger = subprocess.Popen(gdb.command(script))
        settings.should_end = lambda: debugger.poll() is not None
        try:
            Session(qemu, logs, screen, settings).run()
        except Failed:
            debugger.wait()
            raise
        finally:
            debugger.wait()


@contextlib.contextmanager
def _ignored_interrupts():  # type: ignore[no-untyped-def]
    """Leave Ctrl-C to gdb; gdb itself must not inherit that it is ignored."""
    import signal

    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
