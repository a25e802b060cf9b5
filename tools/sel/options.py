# SPDX-License-Identifier: BSD-2-Clause
"""The command line's options: one parser a command, errors as sentences.

An unknown option is answered with its name, the nearest one and the list there is.
Options are never abbreviated, so that a new one cannot change an old script.
"""

from __future__ import annotations

import argparse
from typing import Callable, NoReturn

from sel.errors import BadInput, nearest
from sel.systems import PRESETS, default_in_words

COMMANDS = {
    "run": "build a system and boot it under QEMU",
    "build": "build a system",
    "expand": "write a system's spec in expanded form: every object and capability",
    "check": "say the faults of a system's spec, without a build",
    "fdt": "show the device tree that a guest of a system gets",
    "protocol": "check a protocol file, or write its C headers",
    "new": "make a component, a device or a system to begin with",
    "test": "run the tests, one part of them, or those of a folder",
    "bench": "count the instructions of each operation, or of a system's round trips",
    "assure": "check at length: lockstep with the model, proofs, fuzzing, bounds",
    "report": "all of a system on one page: graph, authority, memory, time, policy, sizes, hashes",
    "why": "can one process or guest do something to another in a system, by what path, or why not",
    "who": "who holds a device, an interrupt, memory, a channel or time of a system, and from where",
    "diff": "what a change of a spec gives and takes: authority, memory, time",
    "explain": "say what a message means: the rule, why, how to mend it",
    "completion": "print what makes a shell complete this command's words",
    "sdk": "copy what building systems needs to a folder of its own",
    "clean": "remove what builds and runs have left in build/",
    "doctor": "say what this machine lacks",
}


#: Shells that completion is made for.
SHELLS = ("bash", "zsh", "fish")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are SelErrors."""

    def error(self, message: str) -> NoReturn:
        # Python 3.13 lists choices without quotation marks, older ones with them: here they are always without.
        head, choose, choices = message.partition("(choose from ")
        message = head + choose + choices.replace("'", "")
        raise BadInput(f"sel {self.prog.split()[-1]}: {message}; see ./sel {self.prog.split()[-1]} --help")

    def parse(self, arguments: list[str], is_mixed: bool = False) -> argparse.Namespace:
        """Parse; what is left over is an unknown option or one word too many. Options may stand between the words if `is_mixed`."""
        values, left = self.parse_known_intermixed_args(arguments) if is_mixed else self.parse_known_args(arguments)
        if not left:
            return values
        word = left[0].split("=")[0]
        command = self.prog.split()[-1]
        known = sorted(option for action in self._actions for option in action.option_strings)
        if word.startswith("-"):
            raise BadInput(
                f"sel {command} has no option {word}{nearest(word, known)}; there are: {', '.join(known)}"
            )
        raise BadInput(f"sel {command}: '{word}' is one argument too many; see ./sel {command} --help")


class AppendStep(argparse.Action):
    """Collects --expect and --send into one list, in their order."""

    def __call__(self, parser, namespace, values, option_string=None):  # type: ignore[no-untyped-def]
        steps = getattr(namespace, "steps", None) or []
        steps.append((str(option_string).lstrip("-"), values))
        namespace.steps = steps


class Formatter(argparse.HelpFormatter):
    """Help that shows which of an option's values may be left out."""

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        if action.nargs == "+" and isinstance(action.metavar, tuple):
            return f"{action.metavar[0]} {' '.join(f'[{each}]' for each in action.metavar[1:])}"
        return super()._format_args(action, default_metavar)


def _parser(command: str) -> Parser:
    parser = Parser(prog=f"./sel {command}", description=COMMANDS[command], allow_abbrev=False, formatter_class=Formatter)
    parser.add_argument("--yes", action="store_true", help="install missing packages without asking")
    return parser


def _add_board(parser: Parser) -> None:
    parser.add_argument("--board", metavar="BOARD", help="a folder under platform/, in place of the board that the spec names")


def _add_system(parser: Parser) -> None:
    parser.add_argument(
        "system", nargs="?", metavar="SYSTEM",
        help=f"a name under systems/ or the path of a spec file (default: {default_in_words()})",
    )
    _add_board(parser)
    parser.add_argument("--preset", default="debug", metavar="PRESET", help=f"one of {', '.join(PRESETS)} (default: debug); cycles: release for a real board, whose processes may read the cycle counter (`./sel build bench --preset cycles` measures by it)")


def _add_set(parser: Parser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="give a parameter of the spec a value (repeat it for others)")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e7:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return seconds


def run_parser() -> Parser:
    """Return the parser of `sel run`."""
    parser = _parser("run")
    _add_system(parser)
    _add_set(parser)
    script = parser.add_argument_group("scripts (any number, in the order given)")
    script.add_argument(
        "--expect", action=AppendStep, metavar="[CONSOLE:]REGEX",
        help="wait for a text on that console, after the previous match there; default any console, after the script's previous match",
    )
    script.add_argument(
        "--send", action=AppendStep, metavar="[CONSOLE:]TEXT",
        help=r"type a text, default to the front console; \n \r \t \e \0 \\ and \xNN (one byte) are known, Enter is added unless \c ends it",
    )
    script.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="give up after so long (a script: 300)")
    parser.set_defaults(steps=[])
    parser.add_argument("--dry-run", action="store_true", help="build, print the QEMU line, do not boot")
    parser.add_argument("--gdb", action="store_true", help="wait for gdb, with all symbols loaded and commands about processes (info sel-processes)")
    parser.add_argument(
        "--gdb-guest", nargs="+", metavar=("NAME", "PORT"),
        help="let gdb debug that guest alone, by a TCP port of this machine (default: 1234, 0 any that is free); it waits there before its first instruction; SYSTEM stands before this option",
    )
    parser.add_argument("--audit", action="store_true", help="compare the live capabilities with the spec")
    seeing = parser.add_argument_group("what happens (docs/design/seeing.md; Ctrl-] w shows at any time who waits for whom)")
    seeing.add_argument(
        "--watchdog", type=_seconds, metavar="SECONDS",
        help="show once who waits for whom, when for so long no console has said anything and no thread has handed over to another, or a deadlock has stood so long",
    )
    seeing.add_argument(
        "--trace", metavar="FILE",
        help="record the kernel's trace (presets debug and test) from reset to the end; FILE is for ui.perfetto.dev, a folder beside it (.ctf) for babeltrace2",
    )
    profile = parser.add_argument_group("what runs (QEMU counts instructions and is slower; the machine's clock is not the host's)")
    profile.add_argument("--profile", choices=("exits",), help="at the end print each guest's exits: how many, why, at what cost")
    profile.add_argument("--profile-since", metavar="REGEX", help="leave out what came before this text on any console")
    profile.add_argument("--profile-json", metavar="FILE", help="write the report as JSON, too")
    guest = parser.add_argument_group("any image as the only guest")
    guest.add_argument("--guest", metavar="IMAGE", help="an arm64 Linux Image, ELF file or raw binary, or a name such as debian-12:Image")
    guest.add_argument("--initrd", metavar="FILE", help="its initial RAM disk")
    guest.add_argument("--cmdline", metavar="TEXT", help="its command line")
    guest.add_argument("--memory", metavar="SIZE", help="its memory (default: 512M)")
    guest.add_argument("--load-address", metavar="ADDRESS", help="where a raw binary is loaded (default: 0x40080000)")
    return parser


def build_parser() -> Parser:
    """Return the parser of `sel build`."""
    parser = _parser("build")
    _add_system(parser)
    _add_set(parser)
    return parser


def expand_parser() -> Parser:
    """Return the parser of `sel expand`."""
    parser = _parser("expand")
    parser.add_argument("system", nargs="?", metavar="SYSTEM", help=f"a name under systems/ or the path of a spec file (default: {default_in_words()})")
    parser.add_argument("--out", metavar="FILE", help="where to write it (default: build/SYSTEM/expanded.yaml)")
    _add_board(parser)
    _add_set(parser)
    return parser


def check_parser() -> Parser:
    """Return the parser of `sel check`."""
    parser = _parser("check")
    parser.epilog = "All faults of a stage are told: the YAML; keys and values; names and meaning; objects and capabilities; the policy. A later stage is checked when the earlier ones have no fault."
    parser.add_argument("system", nargs="?", metavar="SYSTEM", help=f"a name under systems/ or the path of a spec file (default: {default_in_words()})")
    _add_board(parser)
    _add_set(parser)
    return parser


def fdt_parser() -> Parser:
    """Return the parser of `sel fdt`."""
    parser = _parser("fdt")
    parser.add_argument("system", metavar="SYSTEM", help="a name under systems/ or the path of a spec file")
    parser.add_argument("guest", nargs="?", metavar="GUEST", help="the guest's name in the spec (default: the only one)")
    parser.add_argument("--out", metavar="FILE", help="write it as the blob that the guest gets, in place of printing it as source")
    _add_board(parser)
    _add_set(parser)
    return parser


def protocol_parser() -> Parser:
    """Return the parser of `sel protocol`."""
    parser = _parser("protocol")
    parser.add_argument("file", metavar="FILE", help="a protocol, such as protocols/echo.yaml")
    parser.add_argument("--out", metavar="DIR", help="write protocol/NAME.h and protocol/NAME_server.h in this folder, which is there")
    return parser


def new_parser() -> Parser:
    """Return the parser of `sel new`."""
    parser = _parser("new")
    parser.add_argument("kind", metavar="KIND", help="component (a server with a protocol, and a client that tests it), device (emulated by the VMM for a guest) or system (server and client, composed)")
    parser.add_argument("name", metavar="NAME", help="of the folder and its main file; of a component, its process")
    parser.add_argument("--in", dest="parent", metavar="DIR", help="make the folder NAME there (default: components/, vmm/devices/ or systems/ of this tree)")
    parser.add_argument("--add-to", metavar="SPEC", help="put the component or device into this spec as well: a path, or a name under systems/")
    parser.add_argument("--guest", metavar="NAME", help="with --add-to, the guest that is given the device (default: the only one)")
    return parser


def test_parser() -> Parser:
    """Return the parser of `sel test`."""
    parser = _parser("test")
    parser.add_argument("part", nargs="*", metavar="PART", help="parts to run (default: all; --list names them), or folders anywhere with pytest files")
    parser.add_argument("--list", action="store_true", help="name the parts there are")
    return parser


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = -1.0
    if not 0 < hours <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not a number of hours above 0 and up to 1000")
    return hours


def assure_parser() -> Parser:
    """Return the parser of `sel assure`."""
    parser = _parser("assure")
    parser.add_argument("part", nargs="*", metavar="PART", help="parts to run (default: all); --list names them")
    parser.add_argument("--list", action="store_true", help="name the parts there are")
    how_far = parser.add_mutually_exclusive_group()
    how_far.add_argument("--ci", action="store_true", help="only what fits into 25 minutes on 2 cores")
    how_far.add_argument("--hours", type=_hours, metavar="N", help="parts that search at random go on for N hours from their saved corpora")
    mutation = parser.add_argument_group("how many small changes to the code the tests notice (alone, in place of the parts)")
    how_far.add_argument("--mutants", action="store_true", help="draw changes at random, try each; 95%% must be caught")
    mutation.add_argument("--seed", type=_whole(0, 1 << 64), metavar="S", help="draw others (default: 1); the same number draws the same")
    mutation.add_argument("--count", type=_whole(1, 1_000_000), metavar="N", help="so many (default: 500)")
    mutation.add_argument("--of", metavar="CODE", help="change this code (default: kernel)")
    return parser


def _whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from least to most."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} to {most}")
        return int(text)

    return read


def bench_parser() -> Parser:
    """Return the parser of `sel bench`."""
    parser = _parser("bench")
    parser.add_argument(
        "system", nargs="?", metavar="SYSTEM",
        help="measure the round trips of a composed system, a name under systems/ or the path of a spec file, instead of the rows",
    )
    parser.add_argument("--ms", type=_whole(1, 1_000_000), metavar="N", help="run it for N milliseconds of the machine's own time (default: 10000)")
    _add_board(parser)
    parser.add_argument("--rows", metavar="PATTERN", help="only rows whose names match a shell pattern (several: with commas between)")
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the results as one page with plots")
    parser.add_argument("--lines", action="store_true", help="count 64-byte lines of code and data as well, in a second run")
    parser.add_argument("--record", action="store_true", help="add the medians to test/bench/history.json")
    parser.add_argument("--record-budgets", action="store_true", help="write the counts to test/bench/budgets.yaml")
    parser.add_argument("--record-costs", action="store_true", help="write the paths, by phases, to docs/design/costs.md")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--trace", metavar="ROW", help="print one executed path of a row, instruction by instruction, and nothing else")
    other.add_argument("--diff", nargs=2, metavar=("A.json", "B.json"), help="compare two results that --json wrote, and nothing else")
    return parser


def explain_parser() -> Parser:
    """Return the parser of `sel explain`."""
    parser = _parser("explain")
    parser.add_argument(
        "id", nargs="*", metavar="ID",
        help="ids of messages (SEL-S009), faults (MEMORY) or the kernel's errors (INVALID_CAP), or a whole line of output in quotes; without one the list of all",
    )
    return parser


def completion_parser() -> Parser:
    """Return the parser of `sel completion`."""
    parser = _parser("completion")
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
    parser.add_argument("--words", nargs=argparse.REMAINDER, metavar="WORD", help="print what could stand for the last of these words after ./sel instead (the script asks this)")
    return parser


def report_parser() -> Parser:
    """Return the parser of `sel report`."""
    parser = _parser("report")
    _add_system(parser)
    _add_set(parser)
    parser.add_argument("--build", action="store_true", help="build the system first; without a build sizes, programs and hashes are left out")
    parser.add_argument("--text", action="store_true", help="print the report, also if a file is asked for (without one it is printed anyway)")
    parser.add_argument("--json", metavar="FILE", help="write its data as JSON (docs/design/report.md tells every key)")
    parser.add_argument("--html", metavar="FILE", help="write it as one page that needs no other file and no network")
    parser.add_argument("--trace", metavar="FILE", help="tell a run of the system, too, which `./sel run SYSTEM --trace FILE` recorded: who had the core when, and did what")
    return parser


def _question_parser(command: str, words: str, text: str) -> Parser:
    parser = _parser(command)
    parser.usage = f"./sel {command} {words} [OPTION ...]"
    parser.add_argument("words", nargs="*", metavar="WORD", help=text)
    parser.add_argument("--json", action="store_true", help="answer as JSON, alone on standard output")
    _add_set(parser)
    return parser


def why_parser() -> Parser:
    """Return the parser of `sel why`."""
    parser = _question_parser(
        "why", "SYSTEM A [VERB] B",
        "SYSTEM as for run; A a process, guest or VMM; VERB one of can-read, can-write, can-call, can-signal, can-stop, reaches (default); B one of them, or a region, "
        "service (PROCESS.SERVICE), event or device. Exit code 0: it can; 1: it cannot",
    )
    _add_board(parser)
    parser.add_argument("--statement", metavar="FILE", help="write that it can never be, with the argument, to file; then exit code 0: it cannot; 1: it can, nothing is written")
    parser.add_argument("--image", action="append", default=[], metavar="FILE", help="a built image.bin of this spec, whose hash the statement names")
    return parser


def who_parser() -> Parser:
    """Return the parser of `sel who`."""
    parser = _question_parser(
        "who", "SYSTEM RESOURCE",
        "RESOURCE: a device, a guest's emulated device, an interrupt (irq33), a shared region, a service, an event, a process, guest or VMM, an object by its name in system.cdl, "
        "or one of time, memory, licences, trusts, policy. Exit code 1: policy, and it does not hold",
    )
    _add_board(parser)
    return parser


def diff_parser() -> Parser:
    """Return the parser of `sel diff`."""
    return _question_parser("diff", "OLD NEW", "two systems or specs; REV:PATH is a spec at a git revision. Exit code 0: no authority gained; 1: some, or the policy demands less")


def clean_parser() -> Parser:
    """Return the parser of `sel clean`."""
    parser = _parser("clean")
    parser.add_argument("system", nargs="?", metavar="SYSTEM", help="a system, the path of its spec, or the name of a folder in build/")
    parser.add_argument("--all", action="store_true", help="all folders of build/, the compiler's cache among them")
    parser.add_argument("--cache", action="store_true", help="the downloaded images, too; without this they stay")
    return parser


def sdk_parser() -> Parser:
    """Return the parser of `sel sdk`."""
    parser = _parser("sdk")
    parser.add_argument("folder", metavar="DIR", help="a new folder; it can be moved afterwards")
    return parser


def doctor_parser() -> Parser:
    """Return the parser of `sel doctor`."""
    return _parser("doctor")


#: The parser of each command.
PARSERS: dict[str, Callable[[], Parser]] = {
    "run": run_parser, "build": build_parser, "expand": expand_parser, "check": check_parser, "fdt": fdt_parser, "protocol": protocol_parser, "new": new_parser, "test": test_parser, "bench": bench_parser, "assure": assure_parser,
    "report": report_parser, "why": why_parser, "who": who_parser, "diff": diff_parser, "explain": explain_parser, "completion": completion_parser, "sdk": sdk_parser, "clean": clean_parser, "doctor": doctor_parser,
}


def overview() -> str:
    """Return the help of the command as a whole."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, what in COMMANDS.items()]
    return "usage: ./sel COMMAND [OPTION ...]\n\n" + "\n".join(lines) + "\n\n./sel COMMAND --help tells its options."
