# SPDX-License-Identifier: BSD-2-Clause
"""`sel completion`: what is offered where, and that bash itself takes it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pexpect
import pytest
from conftest import ROOT
from sel import completion, options, sections, systems, testing
from sel.errors import Failed

Sel = Callable[..., "subprocess.CompletedProcess[str]"]


def offered(*words: str) -> list[str]:
    """What zsh and fish are offered for the last of words."""
    return [line.partition("\t")[0] for line in completion.answer("zsh", list(words)).splitlines()]


def test_commands_are_offered_with_their_help() -> None:
    assert offered("") == list(options.COMMANDS)
    assert completion.answer("fish", ["doc"]) == f"doctor\t{options.COMMANDS['doctor']}\n"
    assert offered("no_such", "") == [] and offered("no_such") == []


def test_every_command_has_a_parser() -> None:
    assert list(options.PARSERS) == list(options.COMMANDS)
    assert [make().prog for make in options.PARSERS.values()] == [f"./sel {name}" for name in options.COMMANDS]


@pytest.mark.parametrize("command", options.COMMANDS)
def test_every_option_is_offered(command: str) -> None:
    """All that its help names; what was given already and takes effect once is left out."""
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", options.PARSERS[command]().format_help().partition("\n\n")[0])) | {"-h", "--help"}
    assert named <= set(offered(command, "-"))
    assert "--yes" not in offered(command, "--yes", "-")


def test_a_script_may_have_the_same_step_again() -> None:
    assert "--expect" in offered("run", "--expect", "x", "-") and "--gdb" not in offered("run", "--gdb", "-")


def test_what_stands_for_a_value_is_listed() -> None:
    """A new option says in completion.py what its value may be: something to be listed, a file, or free text."""
    known = {*(name.split()[-1] for name in completion.VALUES), *completion.FILES_TOO, *completion.FREE}
    for command, make in options.PARSERS.items():
        for action in make()._actions:
            takes_value = not isinstance(action.nargs, int) or action.nargs > 0
            if takes_value and action.choices is None:
                assert set(completion.words_of_help(action)) <= known, f"{command} {action.option_strings or action.dest}"


def test_values_come_from_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that is new in the tree is offered at once, and so is what was built."""
    assert offered("run", "--gdb", "") == systems.known_systems() == offered("bench", "--ms", "5", "")
    (tmp_path / "systems/brand_new").mkdir(parents=True)
    (tmp_path / "systems/brand_new/system.yaml").touch()
    (tmp_path / "build/old/debug").mkdir(parents=True)
    monkeypatch.setattr(systems, "ROOT", tmp_path)
    monkeypatch.setattr(completion, "ROOT", tmp_path)
    assert offered("build", "") == ["brand_new"] and offered("clean", "") == ["old"]


VALUES = {
    "preset": (("run", "--preset", ""), list(systems.PRESETS)),
    "preset in one word": (("run", "--preset=re"), ["--preset=release"]),
    "board": (("build", "--board", ""), ["qemu-virt-aarch64", "xlnx-zcu102"]),
    "choice": (("run", "--profile", ""), ["exits"]),
    "part": (("test", "capdl", "che"), ["checks"]),
    "assured part": (("assure", "--ci", ""), testing.known_assure_parts()),
    "shell": (("completion", ""), ["bash", "zsh", "fish"]),
    "message": (("explain", "SEL-S001", "SEL-E00"), [f"SEL-E00{number}" for number in range(1, 10)]),
    "kernel's error": (("explain", "PEER"), ["PEER_DIED"]),
    "code": (("assure", "--mutants", "--of", "k"), ["kernel"]),
    "file": (("bench", "--json", "x"), [completion.FILES]),
    "two files": (("bench", "--diff", "a", ""), [completion.FILES]),
    "behind two files": (("bench", "--diff", "a", "b", "lin"), ["linux"]),
    "image or file": (("run", "--guest", "build:"), ["build:busybox-initrd", completion.FILES]),
    "path of a spec": (("run", "./sys"), [completion.FILES]),
    "free text": (("run", "--expect", ""), []),
    "parameter": (("expand", "--set", ""), []),
    "system to expand": (("expand", "--set", "a=1", "lin"), ["linux"]),
    "nothing more": (("run", "linux", ""), []),
    "unknown option": (("run", "--no-such", "lin"), ["linux"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    words, expected = VALUES[name]
    assert offered(*words) == expected


def test_rows_are_those_of_the_table() -> None:
    text = (ROOT / "systems/bench/rows.yaml").read_text(encoding="utf-8")
    rows = re.findall(r"^  (\w+):", text, re.MULTILINE)
    assert offered("bench", "--trace", "") == offered("bench", "--rows", "") == rows and len(rows) > 50


def test_ids_are_told_with_their_titles() -> None:
    title = sections.read_page()["SEL-S009"].title
    assert completion.answer("zsh", ["explain", "SEL-S009"]) == f"SEL-S009\t{title}\n"


def test_a_lack_offers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told by the command itself, not in the middle of a line that is typed."""
    from bench import rows

    def broken() -> list:
        raise Failed("the table is damaged")

    monkeypatch.setattr(rows, "load_rows", broken)
    assert offered("bench", "--trace", "") == []


def in_bash(line: str) -> list[str]:
    """What bash's own machinery is given for a line, by the script, without a terminal."""
    words = re.findall(r"[:=]|[^\s:=]+", line) + ([""] if line.endswith(" ") else [])
    program = (
        f"source <(./sel completion bash 2>/dev/null); COMP_LINE={json.dumps(line)}; COMP_POINT=${{#COMP_LINE}}; "
        f"COMP_WORDS=({' '.join(map(json.dumps, words))}); COMP_CWORD={len(words) - 1}; compopt() {{ :; }}; "
        "_sel ./sel; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    return subprocess.run(["bash", "--norc", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


BASH = {
    "./sel do": ["doctor"],
    "./sel run --gdb ": systems.known_systems(),
    "./sel run --preset=de": ["debug"],
    "./sel run --preset=": list(systems.PRESETS),
    "./sel run --guest debian-12:I": ["Image"],
    "./sel run --send 'a b": [""],
    "./sel run --expect login: --send 'it''s \"x' lin": ["linux"],
    "SEL_QEMU=./q ./sel run bus": ["busybox"],
    "./sel bench --json READ": ["README.md"],
    "./sel run ./systems/min": ["./systems/minimal"],
}


@pytest.mark.parametrize("line", BASH)
def test_bash(line: str) -> None:
    assert in_bash(line) == BASH[line]


def test_bash_at_a_terminal() -> None:
    """With readline: a word is completed, also behind `=` and `:`, where bash begins a new word; a folder gets its slash."""
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], cwd=str(ROOT), encoding="utf-8", timeout=30, env={"PATH": "/usr/bin:/bin", "TERM": "dumb", "PS1": "> "})
    shell.sendline("source <(./sel completion bash)")
    shell.expect("sel: result=ok log=-")
    for typed, whole in (
        ("./sel doc", "./sel doctor "), ("./sel run --preset=de", "./sel run --preset=debug "),
        ("./sel run --guest debian-12:I", "./sel run --guest debian-12:Image "), ("./sel run ./sys", "./sel run ./systems/"),
    ):
        shell.send(f"{typed}\t")
        shell.expect_exact(whole)
        shell.sendcontrol("u")
    shell.close(force=True)


@pytest.mark.parametrize("shell", options.SHELLS)
def test_the_script_parses(shell: str, sel: Sel, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"this machine has no {shell}")
    (tmp_path / "script").write_text(sel("completion", shell).stdout, encoding="utf-8")
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_what_a_shell_executes_is_the_script_alone(sel: Sel) -> None:
    """Everything else, errors too, goes to standard error."""
    done = sel("completion", "bash")
    assert done.stdout == completion.script("bash") and done.stderr == "sel: result=ok log=-\n"
    done = sel("completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, "") and "invalid choice: 'tcsh' (choose from bash, zsh, fish)" in done.stderr
    assert done.stderr.endswith("\nsel: result=input log=-\n")
    done = sel("completion", "zsh", "--words", "run", "--preset", "rel")
    assert done.stdout == "release\t\n"
