# SPDX-License-Identifier: BSD-2-Clause
"""The entry of `sel`: chooses the command, ends with one machine-readable line.

Whatever happens, the last line is `sel: result=WORD log=PATH` (on standard error where a
shell executes the output, or JSON has it to itself), the exit code says the same, and a
traceback goes to a file.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Callable, TextIO

from sel import ROOT
from sel.errors import (
    BUG, ENVIRONMENT, FAILED, OK, RESULT_WORDS, BadInput, SelError, Stopped, is_foreseen, nearest, os_error_sentence,
)
from sel.files import refuse_empty, refuse_foreign
from sel.options import (
    COMMANDS, assure_parser, bench_parser, build_parser, check_parser, clean_parser, completion_parser, diff_parser, doctor_parser, expand_parser, explain_parser, fdt_parser,
    new_parser, overview, protocol_parser, report_parser, run_parser, sdk_parser, test_parser, who_parser, why_parser,
)
from sel.profile_options import ProfileOptions
from sel.sdk import make_sdk, refuse_in_sdk


def _command_run(arguments: list[str]) -> Path | None:
    from sel import gdb_guest
    from sel.guest_spec import GuestOptions
    from sel.run import RunOptions, run

    values = run_parser().parse(arguments)
    return run(
        RunOptions(
            system=values.system, board=values.board, preset=values.preset, steps=values.steps, timeout_s=values.timeout,
            dry_run=values.dry_run, gdb=values.gdb, audit=values.audit, assume_yes=values.yes,
            guest=_guest_options(values, GuestOptions), profile=_profile_options(values), watchdog_s=_watchdog(values), trace=_trace(values),
            settings=values.set,
            gdb_guest=gdb_guest.parse(values.gdb_guest) if values.gdb_guest else None,
        )
    )


def _watchdog(values: argparse.Namespace) -> float | None:
    for option, why in (("gdb", "stops it"), ("dry_run", "does not boot it")):
        if values.watchdog is not None and getattr(values, option):
            raise BadInput(f"--watchdog watches a machine that runs, and --{option.replace('_', '-')} {why}: give one of them")
    return values.watchdog


def _trace(values: argparse.Namespace) -> Path | None:
    for option, why in (("dry_run", "does not boot it"), ("profile", "counts by another clock")):
        if values.trace is not None and getattr(values, option):
            raise BadInput(f"--trace records what the machine does, and --{option.replace('_', '-')} {why}: give one of them")
    return _path(values.trace)


def _profile_options(values: argparse.Namespace) -> ProfileOptions | None:
    if values.profile is None:
        for option in ("since", "json"):
            if getattr(values, f"profile_{option}") is not None:
                raise BadInput(f"--profile-{option} is about a profile; give --profile exits with it")
        return None
    for option, why in (("gdb", "stops it"), ("dry_run", "does not boot it"), ("audit", "ends it before a guest runs")):
        if getattr(values, option):
            raise BadInput(f"--profile counts what the machine executes, and --{option.replace('_', '-')} {why}: give one of them")
    return ProfileOptions(values.profile_since, _path(values.profile_json))


def _guest_options(values: argparse.Namespace, kind: Callable) -> object | None:
    given = {
        name: getattr(values, name)
        for name in ("initrd", "cmdline", "memory", "load_address")
        if getattr(values, name) is not None
    }
    if values.guest is None:
        if given:
            option = "--" + next(iter(given)).replace("_", "-")
            raise BadInput(f"{option} describes a guest; give --guest IMAGE with it")
        return None
    return kind(image=values.guest, **given)


def _command_build(arguments: list[str]) -> Path | None:
    from sel import packages
    from sel.build import build_lock, build_system
    from sel.systems import check_preset, chosen_system, with_settings

    values = build_parser().parse(arguments)
    preset = check_preset(values.preset)
    system = with_settings(chosen_system(values.system), values.set).on_board(values.board)
    packages.ensure(packages.BUILD, values.yes)
    with build_lock(system.build_folder(preset)):
        folder = build_system(system, preset)
    print(f"sel: {system.name} is in {folder}")
    return folder / "build.log"


def _command_expand(arguments: list[str]) -> Path | None:
    from sel import packages
    from sel.expand import expand
    from sel.systems import chosen_system, with_settings

    values = expand_parser().parse(arguments)
    if values.out is not None:
        refuse_empty(values.out, "--out")
    system = with_settings(chosen_system(values.system), values.set).on_board(values.board)
    packages.ensure(packages.BUILD, values.yes)
    out = expand(system, _path(values.out))
    print(f"sel: {system.name} in expanded form is {out}")
    return None


def _command_check(arguments: list[str]) -> Path | None:
    from sel.spec_commands import check, shown_spec
    from sel.systems import chosen_system, with_settings

    values = check_parser().parse(arguments)
    system = with_settings(chosen_system(values.system), values.set).on_board(values.board)
    check(system, shown_spec(values.system, system), values.yes)
    return None


def _command_fdt(arguments: list[str]) -> Path | None:
    from sel.spec_commands import fdt, shown_spec
    from sel.systems import find_system, with_settings

    values = fdt_parser().parse(arguments)
    if values.out is not None:
        refuse_empty(values.out, "--out")
    system = with_settings(find_system(values.system), values.set).on_board(values.board)
    fdt(system, shown_spec(values.system, system), values.guest, _path(values.out), values.yes)
    return None


def _command_protocol(arguments: list[str]) -> Path | None:
    from sel.spec_commands import protocol

    values = protocol_parser().parse(arguments)
    for word, name in ((values.file, "FILE"), (values.out, "--out")):
        if word is not None:
            refuse_empty(word, name)
    protocol(values.file, _path(values.out), values.yes)
    return None


def _command_new(arguments: list[str]) -> None:
    from sel import packages
    from sel.new import NewOptions, check_kind, new

    values = new_parser().parse(arguments)
    options = NewOptions(values.kind, values.name, values.parent, values.add_to, values.guest)
    check_kind(options)  # before anything is installed
    packages.ensure(packages.BUILD, values.yes)
    new(options)


def _command_test(arguments: list[str]) -> Path | None:
    from sel.testing import run_tests

    values = test_parser().parse(arguments)
    return run_tests(values.part, assume_yes=values.yes, list_only=values.list)


def _command_assure(arguments: list[str]) -> Path | None:
    from sel.assure import AssureOptions, assure

    values = assure_parser().parse(arguments)
    refuse_in_sdk("./sel assure")
    if values.mutants:
        return _mutants(values)
    for option in ("seed", "count", "of"):
        if getattr(values, option) is not None:
            raise BadInput(f"--{option} says which mutants are drawn; give --mutants with it")
    return assure(AssureOptions(values.part, values.ci, values.hours, values.yes, values.list))


def _mutants(values: argparse.Namespace) -> Path:
    from sel import packages

    if values.part or values.list:
        raise BadInput(f"--mutants goes alone, without {values.part[0] if values.part else '--list'}")
    packages.ensure((*packages.BUILD, *packages.TEST), values.yes)
    from mutants import command  # needs the packages

    chosen = {"seed": command.DEFAULT_SEED, "count": command.DEFAULT_COUNT, "of": command.DEFAULT_SUBJECT}
    chosen |= {name: given for name in chosen if (given := getattr(values, name)) is not None}
    return command.mutants(chosen["of"], chosen["seed"], chosen["count"])


#: Options of `./sel bench` that are about measuring the rows.
_BENCH_ROWS = ("rows", "json", "html", "lines", "record", "record_budgets", "record_costs")


def _command_bench(arguments: list[str]) -> Path | None:
    from sel import packages

    values = bench_parser().parse(arguments)
    if values.system is not None:
        return _bench_system(values)
    refuse_in_sdk("./sel bench without a SYSTEM")
    if values.ms is not None:
        raise BadInput("--ms is for a composed system: ./sel bench SYSTEM --ms N")
    if (values.trace or values.diff) and any(getattr(values, name) for name in _BENCH_ROWS):
        raise BadInput(f"--{'trace' if values.trace else 'diff'} goes alone")
    packages.ensure((*packages.BUILD, *packages.RUN), values.yes)
    from bench.command import BenchOptions, bench  # needs the packages

    bench(
        BenchOptions(
            values.rows, _path(values.json), _path(values.html), values.trace, values.diff and (Path(values.diff[0]), Path(values.diff[1])),
            values.record, values.record_budgets, values.record_costs, values.lines, values.board,
        )
    )
    return None


def _bench_system(values: argparse.Namespace) -> None:
    from sel import packages
    from sel.systems import find_system

    given = [name for name in (*_BENCH_ROWS, "trace", "diff") if name != "json" and getattr(values, name)]
    if given:
        raise BadInput(f"--{given[0].replace('_', '-')} is for the rows of the benchmark itself; with a SYSTEM leave it out (its options are --ms, --board and --json)")
    find_system(values.system)  # before anything is installed
    packages.ensure((*packages.BUILD, *packages.RUN), values.yes)
    from bench.command import bench_one_system  # needs the packages

    bench_one_system(values.system, values.ms, _path(values.json), values.board)


def _command_report(arguments: list[str]) -> Path | None:
    from sel import packages
    from sel.questions import sentences
    from sel.systems import check_preset, chosen_system, with_settings

    values = report_parser().parse(arguments)
    preset = check_preset(values.preset)
    system = with_settings(chosen_system(values.system), values.set).on_board(values.board)
    packages.ensure((*(packages.BUILD if values.build else ()), *(packages.REPORT_PAGE if values.html else ())), values.yes)
    with sentences(values.yes):
        from report.command import ReportOptions, report, shown_name  # needs the packages

        report(system, shown_name(values.system or "", system), ReportOptions(preset, values.build, _path(values.json), _path(values.html), values.text, _path(values.trace)))
    return None


def _command_why(arguments: list[str]) -> Path | None:
    from sel import questions

    values = why_parser().parse(arguments, is_mixed=True)
    questions.why(values.words, values.board, values.set, values.json, values.yes, values.statement, values.image)
    return None


def _command_who(arguments: list[str]) -> Path | None:
    from sel import questions

    values = who_parser().parse(arguments, is_mixed=True)
    questions.who(values.words, values.board, values.set, values.json, values.yes)
    return None


def _command_diff(arguments: list[str]) -> Path | None:
    from sel import questions

    values = diff_parser().parse(arguments, is_mixed=True)
    questions.diff(values.words, values.set, values.json, values.yes)
    return None


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _command_explain(arguments: list[str]) -> Path | None:
    from sel.explain import explain

    values = explain_parser().parse(arguments)
    explain(values.id, values.yes)
    return None


def _command_completion(arguments: list[str]) -> Path | None:
    from sel.completion import answer, script

    values = completion_parser().parse(arguments)
    print(script(values.shell) if values.words is None else answer(values.shell, values.words), end="", flush=True)
    return None


def _command_doctor(arguments: list[str]) -> Path | None:
    from sel.doctor import doctor

    doctor_parser().parse(arguments)
    doctor()
    return None


def _command_sdk(arguments: list[str]) -> Path | None:
    values = sdk_parser().parse(arguments)
    folder = make_sdk(values.folder)
    print(f"sel: {folder} can be moved; {folder}/sel is its command")
    return None


def _command_clean(arguments: list[str]) -> Path | None:
    from sel.clean import clean

    values = clean_parser().parse(arguments)
    clean(values.system, values.all, values.cache)
    return None


_ACTIONS = {
    "run": _command_run, "build": _command_build, "expand": _command_expand, "check": _command_check, "fdt": _command_fdt, "protocol": _command_protocol,
    "new": _command_new, "test": _command_test, "bench": _command_bench,
    "assure": _command_assure, "report": _command_report, "why": _command_why, "who": _command_who, "diff": _command_diff, "explain": _command_explain,
    "completion": _command_completion, "sdk": _command_sdk, "clean": _command_clean, "doctor": _command_doctor,
}
#: Commands whose answer as JSON stands alone on standard output: what else there is to say goes to standard error.
_QUESTIONS = ("why", "who", "diff")


def _dispatch(arguments: list[str]) -> Path | None:
    if not arguments:
        raise BadInput(f"which command?\n{overview()}")
    if arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return None
    action = _ACTIONS.get(arguments[0])
    if action is None:
        what = "option" if arguments[0].startswith("-") else "command"
        raise BadInput(
            f"there is no {what} '{arguments[0]}'{nearest(arguments[0], COMMANDS)}; commands: {', '.join(COMMANDS)}"
        )
    return action(arguments[1:])


_STOPPING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def _ignore_signals() -> None:
    """From here on the command ends by itself."""
    for each in _STOPPING:
        signal.signal(each, signal.SIG_IGN)


def _on_signal(number: int, _frame: object) -> None:
    _ignore_signals()
    raise Stopped(f"stopped by {signal.Signals(number).name}")


def _write_traceback() -> Path:
    name = f"sel-bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    text = " ".join(sys.argv) + "\n" + traceback.format_exc()
    for folder in (ROOT / "build", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
            return folder / name
        except OSError:
            continue
    return Path("-")


def _lacking_module(error: ModuleNotFoundError) -> SelError | None:
    from sel.packages import lacking_module

    try:
        return lacking_module(error)
    except SelError as another:  # this is no Debian, which says all
        return another


def _guarded(arguments: list[str], told: TextIO) -> tuple[int, Path | None]:
    """Run a command; return its exit code and log, with every error said as a sentence."""
    try:
        refuse_foreign(arguments)
        log = _dispatch(arguments)
        _ignore_signals()
        return OK, log
    except SelError as error:
        print(f"sel: {error}", file=told, flush=True)
        return error.code, error.log
    except KeyboardInterrupt:
        print("sel: interrupted", file=told, flush=True)
        return FAILED, None
    except SystemExit as end:
        # argparse ends --help this way.
        return (OK if not end.code else FAILED), None
    except BrokenPipeError:
        raise
    except OSError as error:
        sentence = os_error_sentence(error, "an operation failed")
        print(f"sel: {sentence}", file=told, flush=True)
        return sentence.code, None if is_foreseen(error) else _write_traceback()
    except Exception as error:  # noqa: BLE001 - the last resort of the whole command
        if isinstance(error, ModuleNotFoundError) and (sentence := _lacking_module(error)) is not None:
            print(f"sel: {sentence}", file=told, flush=True)
            return sentence.code, None
        path = _write_traceback()
        print(f"sel: this is a bug in sel itself; please report it with the file {path}", file=told, flush=True)
        return BUG, path


def _prepare_streams() -> None:
    """Give closed standard streams a place, so that no file takes their number, and let no name break the output."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _silence_output() -> None:
    """What is still to be written to standard output goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_output_taken(arguments: list[str]) -> bool:
    """Whether a shell or a program reads standard output: what sel itself says does not belong there."""
    if arguments[:1] == ["fdt"]:
        return not any(word.startswith("--out") for word in arguments)
    return arguments[:1] == ["completion"] or (arguments[:1] != [] and arguments[0] in _QUESTIONS and "--json" in arguments)


def main(arguments: list[str]) -> int:
    """Run sel; return its exit code."""
    _prepare_streams()
    for number in _STOPPING:
        signal.signal(number, _on_signal)
    try:
        told = sys.stderr if _is_output_taken(arguments) else sys.stdout
        code, log = _guarded(arguments, told)
        print(f"sel: result={RESULT_WORDS[code]} log={log if log is not None else '-'}", file=told, flush=True)
    except BrokenPipeError:
        _silence_output()
        code = FAILED
    except OSError as error:
        # Of standard output: every other one has been told there.
        _silence_output()
        code = ENVIRONMENT
        print(f"sel: standard output cannot be written: {error.strerror}\nsel: result={RESULT_WORDS[code]} log=-", file=sys.stderr)
    return code
