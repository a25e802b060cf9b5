# SPDX-License-Identifier: BSD-2-Clause
"""The command line as a user meets it: sentences, exit codes, the last line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Callable

import pytest
from sel import PYTHON, ROOT, build, cli, errors, guest_spec, packages, systems
from sel.errors import BadEnvironment, BadInput, Failed

Sel = Callable[..., "subprocess.CompletedProcess[str]"]

BAD_INPUT = {
    "no command": ([], "usage: ./sel COMMAND"),
    "assured part": (["assure", "prof"], "there is no test part 'prof'"),
    "hours": (["assure", "--hours", "0"], "0 is not a number of hours above 0 and up to 1000"),
    "two lengths": (["assure", "--ci", "--hours", "1"], "not allowed with argument --ci"),
    "seed alone": (["assure", "--seed", "3"], "--seed says which mutants are drawn; give --mutants with it"),
    "count of mutants": (["assure", "--mutants", "--count", "0"], "0 is not a whole number from 1 to 1000000"),
    "seed of mutants": (["assure", "--mutants", "--seed", "-1"], "-1 is not a whole number from 0 to"),
    "mutants of nothing": (["assure", "--mutants", "--of", "kernle"], "--of kernle: there is no such code to change (did you mean 'kernel'?)"),
    "mutants and hours": (["assure", "--mutants", "--hours", "1"], "not allowed with argument --mutants"),
    "question of one word": (["why"], "the question is `./sel why SYSTEM A [VERB] B`; given is nothing"),
    "question too short": (["why", "linux", "linux"], "the question is `./sel why SYSTEM A [VERB] B`; given is 2 words: linux linux"),
    "question too long": (["why", "linux", "linux", "can-read", "console", "now"], "given is 5 words: linux linux can-read console now"),
    "question's system": (["why", "linxu", "a", "b"], "there is no system 'linxu' (did you mean 'linux'?)"),
    "question's verb": (["why", "linux", "linux", "can-raed", "console"], "there is no question 'can-raed' (did you mean 'can-read'?)"),
    "question's subject": (["why", "linux", "linxu", "can-read", "console"], "there is no process, guest or VMM 'linxu' (did you mean 'linux'?)"),
    "question's option": (["why", "linux", "linux", "console", "--jsn"], "sel why has no option --jsn (did you mean '--json'?)"),
    "image alone": (["why", "linux", "linux", "console", "--image", "x"], "--image is for a statement; give --statement FILE with it"),
    "statement nowhere": (["why", "linux", "linux", "can-read", "heartbeat", "--statement", "/none/x"], "--statement /none/x cannot be written: No such file or directory"),
    "resource": (["who", "linux", "uart9"], "there is nothing called 'uart9' (did you mean 'uart0'?)"),
    "no resource": (["who", "linux"], "the question is `./sel who SYSTEM RESOURCE`; given is 1 word: linux"),
    "one system to compare": (["diff", "linux"], "the question is `./sel diff OLD NEW`; given is 1 word: linux"),
    "no revision": (["diff", "NONE:systems/linux", "linux"], "NONE:systems/linux: git does not give it: "),
    "clean nothing": (["clean"], "name a SYSTEM, or give --all; build/ has: "),
    "clean both": (["clean", "linux", "--all"], "give a SYSTEM or --all, not both"),
    "clean what is not there": (["clean", "no_such_thing"], "there is nothing of 'no_such_thing' in build/"),
    "command": (["rnu"], "there is no command 'rnu' (did you mean 'run'?); commands: run, build, expand, check, fdt, protocol, new, test, "),
    "option before command": (["--fast"], "there is no option '--fast'"),
    "option": (["run", "--expct", "x"], "sel run has no option --expct (did you mean '--expect'?); there are: --audit"),
    "abbreviated": (["run", "--dry"], "sel run has no option --dry"),
    "far option": (["run", "--bogus"], "sel run has no option --bogus; there are: --audit"),
    "empty system": (["run", ""], "SYSTEM is empty; is a shell variable unset?"),
    "empty system to build": (["build", ""], "SYSTEM is empty"),
    "set and guest": (["run", "--guest", "/bin/true", "--set", "a=1"], "--set gives a parameter of a spec a value; --guest has none"),
    "set of two lines": (["build", "minimal", "--set", "a=1\nb=2"], "a value of --set is one line"),
    "set what is not there": (["expand", "minimal", "--set", "a=1"], "<command-line>: error SEL-S070: there is no parameter 'a'; parameters here: (none)"),
    "empty file to expand to": (["expand", "minimal", "--out", ""], "--out is empty"),
    "folder to expand to": (["expand", "minimal", "--out", "/tmp"], "--out /tmp is a folder; name the file in it"),
    "no folder to expand to": (["expand", "minimal", "--out", "no/such/x.yaml"], "no/such/x.yaml cannot be written: there is no folder no/such"),
    "empty guest": (["run", "--guest", ""], "--guest is empty; is a shell variable unset?"),
    "guest folder": (["run", "--guest", "/tmp"], "--guest /tmp is a folder, not a regular file; name the file in it"),
    "guest device": (["run", "--guest", "/dev/zero"], "--guest /dev/zero is a device, not a regular file"),
    "initrd device": (["run", "--guest", "/bin/true", "--initrd", "/dev/null"], "/dev/null is a device, not a regular file"),
    "spec device": (["build", "/dev/zero"], "the spec file /dev/zero is a device, not a regular file"),
    "long guest": (["run", "--guest", "x" * 5000], "cannot be read: File name too long"),
    "long spec": (["build", "x" * 5000 + ".yaml"], "does not exist; give the path of a system.yaml"),
    "long system": (["build", "x" * 5000], "there is no system 'xxx"),
    "surplus": (["run", "linux", "minimal"], "'minimal' is one argument too many"),
    "no value": (["run", "--expect"], "argument --expect: expected one argument"),
    "timeout": (["run", "--timeout", "soon"], "soon is not a number of seconds"),
    "timeout zero": (["run", "--timeout", "0"], "0 is not a number of seconds"),
    "system": (["build", "no_such_system"], "there is no system 'no_such_system'"),
    "spec": (["run", "./none/system.yaml"], "the spec file ./none/system.yaml does not exist"),
    "preset": (["build", "--preset", "debgu"], "there is no preset 'debgu' (did you mean 'debug'?); there are: debug, release, test, cycles"),
    "message to explain": (["explain", "SEL-S64"], "nothing is known of 'SEL-S64' (did you mean 'SEL-S064'?); there are: SEL-S001 to "),
    "line to explain": (["explain", "x.yaml:3:5: error SEL-S999: process 'a': x"], "nothing is known of 'SEL-S999'"),
    "message of no family": (["explain", "SEL-Z999"], "nothing is known of 'SEL-Z999'; there are: SEL-S001 to "),
    "message of another family": (["explain", "SEL-B013"], "nothing is known of 'SEL-B013' (did you mean 'SEL-S013'?)"),
    "one of two to explain": (["explain", "SEL-S001", "BUZY"], "nothing is known of 'BUZY' (did you mean 'BUSY'?); there are: "),
    "nothing to explain": (["explain", " "], "ID is empty; is a shell variable unset?"),
    "board": (["build", "minimal", "--board", "xlnx-zcu103"], "there is no board 'xlnx-zcu103' (did you mean 'xlnx-zcu102'?); platform/ has: qemu-virt-aarch64, xlnx-zcu102"),
    "regex": (["run", "--expect", "a("], "is not a regular expression"),
    "profile": (["run", "--profile", "exit"], "argument --profile: invalid choice: 'exit' (choose from exits)"),
    "profile's option alone": (["run", "--profile-json", "x"], "--profile-json is about a profile; give --profile exits with it"),
    "profile and gdb": (["run", "--profile", "exits", "--gdb"], "--profile counts what the machine executes, and --gdb stops it: give one of them"),
    "profile and dry run": (["run", "--profile", "exits", "--dry-run"], "and --dry-run does not boot it: give one of them"),
    "profile since": (["run", "--profile", "exits", "--profile-since", "a("], "--profile-since 'a(' is not a regular expression: missing )"),
    "profile nowhere": (["run", "--profile", "exits", "--profile-json", "/none/x"], "/none/x cannot be written: there is no folder /none"),
    "gdb of no guest": (["run", "minimal", "--gdb-guest", "linux"], "--gdb-guest linux: there is no guest 'linux' to debug; guests of this system: (none)"),
    "gdb's port": (["run", "--gdb-guest", "linux", "minimal"], "--gdb-guest linux minimal: minimal is not a port, a whole number from 0 (any that is free) to 65535"),
    "guest option alone": (["run", "--memory", "1G"], "--memory describes a guest; give --guest IMAGE"),
    "guest and system": (["run", "linux", "--guest", "x"], "not both"),
    "guest file": (["run", "--guest", "/none/Image"], "--guest /none/Image: there is no such file"),
    "guest name": (["run", "--guest", "debian-12:Imag"], "did you mean 'debian-12:Image'?"),
    "guest kind": (["run", "--guest", str(cli.ROOT / ".ci/run")], "is a script; an arm64 Linux Image"),
    "memory": (["run", "--guest", "/bin/true", "--memory", "512"], "--memory 512 is not a size"),
    "memory range": (["run", "--guest", "/bin/true", "--memory", "64G"], "--memory 64G is not possible"),
    "memory negative": (["run", "--guest", "/bin/true", "--memory=-5M"], "--memory -5M is negative; write a whole number and its unit"),
    "memory fraction": (["run", "--guest", "/bin/true", "--memory", "1.5G"], "--memory 1.5G is no whole number; write a whole number and its unit"),
    "memory huge": (["run", "--guest", "/bin/true", "--memory", "1" * 30 + "G"], "1G is too large; write a whole number and its unit"),
    "memory large": (["run", "--guest", "/bin/true", "--memory", "1" * 20 + "G"], "G is not possible: the guest's memory is between 2M and"),
    "address negative": (["run", "--guest", "/bin/true", "--load-address=-4"], "--load-address -4 is negative; write it as 0x40080000"),
    "address fraction": (["run", "--guest", "/bin/true", "--load-address", "1.5"], "--load-address 1.5 is no whole number"),
    "address huge": (["run", "--guest", "/bin/true", "--load-address", "0x1" + "0" * 16], "is too large; write it as 0x40080000"),
    "address large": (["run", "--guest", "/bin/true", "--load-address", "9" * 20], "is too large, an address has 64 bits"),
    "address odd": (["run", "--guest", "/bin/true", "--load-address", "0x40080003"], "is not a multiple of 4; write 0x40080000"),
    "address": (["run", "--guest", "/bin/true", "--load-address", "high"], "--load-address high is not a number"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input(name: str, sel: Sel) -> None:
    arguments, words = BAD_INPUT[name]
    done = sel(*arguments)
    assert words in done.stdout
    assert done.returncode == 2
    assert done.stdout.endswith("\nsel: result=input log=-\n")
    assert done.stderr == "" and "Traceback" not in done.stdout


@pytest.mark.parametrize("arguments", [["run", "--guest"], ["run", "--guest", "/dev/null", "--initrd"], ["build"]])
def test_pipe_is_refused_at_once(arguments: list[str], sel: Sel, tmp_path: Path) -> None:
    """Opening it would wait for its writer."""
    (tmp_path / "guest").write_bytes(b"\x7fELF")
    os.mkfifo(tmp_path / "pipe")
    done = sel(*(str(tmp_path / "guest") if word == "/dev/null" else word for word in arguments), str(tmp_path / "pipe"))
    assert done.returncode == 2 and "pipe is a pipe, not a regular file" in done.stdout


def test_help_is_no_failure(sel: Sel) -> None:
    for arguments in (["--help"], ["run", "--help"], ["test", "--help"]):
        done = sel(*arguments)
        assert done.returncode == 0 and done.stdout.endswith("sel: result=ok log=-\n")


def test_modules_are_compiled_once() -> None:
    """The second call takes every module of the tree as the first has left it, and none lies beside its source."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    said = [subprocess.run([PYTHON, "-v", str(ROOT / "sel"), "--help"], env=kept, capture_output=True, text=True, check=True, timeout=60).stderr for _ in range(2)][1]
    compiled = [line for line in said.splitlines() if line.startswith("# code object from ") and str(ROOT / "tools") in line]
    assert [line for line in compiled if ".pyc" not in line] == [] and len(compiled) > 5
    assert all(str(ROOT / "build" / "python") in line for line in compiled), compiled


def test_missing_qemu(sel: Sel) -> None:
    spec = next(iter(systems.known_systems()), None)
    if spec is None:
        pytest.skip("no system in the tree")
    done = sel("run", spec, SEL_QEMU="/none/qemu")
    assert done.returncode == 3 and "sel: SEL_QEMU is '/none/qemu', which is no program" in done.stdout and "apt-get" not in done.stdout


def test_bug_goes_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: list[str]) -> None:
        raise KeyError("inner detail")

    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setitem(cli._ACTIONS, "doctor", broken)
    assert cli.main(["doctor"]) == 4
    out = capsys.readouterr().out
    log = re.search(r"^sel: result=bug log=(.+)$", out, re.MULTILINE)
    assert log and "KeyError: 'inner detail'" in Path(log.group(1)).read_text()
    assert "Traceback" not in out


def test_a_signal_after_the_command_does_not_break_its_end(tmp_path: Path) -> None:
    """It comes while the last line is written: whoever stops a run that is through already."""
    program = tmp_path / "late.py"
    program.write_text(
        f"import builtins, os, signal, sys\nsys.path.insert(0, {str(cli.ROOT / 'tools')!r})\nfrom sel import cli\n"
        "cli._dispatch = lambda arguments: None\nreal = builtins.print\n"
        "def late(*words, **rest):\n    os.kill(os.getpid(), signal.SIGTERM)\n    real(*words, **rest)\n"
        "builtins.print = late\nsys.exit(cli.main(['doctor']))\n", encoding="utf-8")
    done = subprocess.run(["/usr/bin/python3", str(program)], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "sel: result=ok log=-\n", "")


def test_closed_output_is_quiet(tmp_path: Path) -> None:
    done = subprocess.run("./sel --help | true", shell=True, cwd=cli.ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize(("output", "code"), [(">/dev/full", 3), (">&-", 2), (">&- 2>&- <&-", 2)])
def test_output_that_cannot_be_written(output: str, code: int) -> None:
    done = subprocess.run(f"./sel run no_such_system {output}", shell=True, cwd=cli.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code and "Traceback" not in done.stderr
    if code == 3:
        assert done.stderr == "sel: standard output cannot be written: No space left on device\nsel: result=environment log=-\n"


def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    """As a word, and as the folder that a word is relative to."""
    folder = os.fsencode(tmp_path) + b"/bad\xff"
    os.mkdir(folder)
    Path(os.fsdecode(folder), "guest.bin").write_bytes(b"\x7fELF")
    for arguments, shown in (([folder + b"/guest.bin"], "bad\\xff"), ([b"guest.bin"], "bad\\xff"), ([b"x", b"--expect", b"\xff"], "b'\\xff'")):
        done = subprocess.run([os.fsencode(cli.ROOT / "sel"), b"run", b"--guest", *arguments], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and f"{shown}" in done.stdout and "is not UTF-8; rename the file" in done.stdout
        assert done.stderr == "" and done.stdout.endswith("\nsel: result=input log=-\n")


def test_incomplete_tree(tmp_path: Path) -> None:
    shutil.copy(cli.ROOT / "sel", tmp_path / "sel")
    (tmp_path / "tools/sel").mkdir(parents=True)
    for text in ("", "def main(:\n"):
        (tmp_path / "tools/sel/__init__.py").touch()
        (tmp_path / "tools/sel/cli.py").write_text(text)
        done = subprocess.run([tmp_path / "sel", "doctor"], capture_output=True, text=True, check=False)
        assert done.returncode == 3 and done.stdout.startswith("sel: this tree is not complete (") and "`git restore tools`" in done.stdout
        assert done.stderr == "" and done.stdout.endswith("\nsel: result=environment log=-\n")


def test_full_disk_is_the_environment() -> None:
    error = errors.os_error_sentence(OSError(28, "No space left on device", "/build/x"), "cannot build")
    assert isinstance(error, BadEnvironment) and str(error) == "cannot build: the disk is full (/build/x); make room and try again"


def tool(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def fake_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH in which `b` gets installed by apt-get, `a` is and `c` never will be."""
    folder = tmp_path / "bin"
    folder.mkdir()
    mark = tmp_path / "installed"
    tool(folder, "dpkg-query", f'echo "a installed"; echo "c not-installed"; [ -e {mark} ] && echo "b installed"; exit 0')
    tool(folder, "apt-cache", "exit 0")
    tool(folder, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{tmp_path}/calls; touch {mark}')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tmp_path


def test_root_installs_after_saying_so(fake_tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    packages.ensure(("a", "b"), assume_yes=False)
    assert "  apt-get install --no-install-recommends b\n" in capsys.readouterr().out
    assert (fake_tools / "calls").read_text() == "noninteractive install --yes --quiet=2 --no-install-recommends b\n"


def test_user_without_terminal_gets_the_line(fake_tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BadEnvironment, match="run the line above as root"):
        packages.ensure(("a", "b", "c"), assume_yes=False)
    assert "\n  apt-get install --no-install-recommends b c\n" in capsys.readouterr().out
    assert not (fake_tools / "calls").exists()


def test_user_with_yes_installs_by_sudo(fake_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(fake_tools / "bin", "sudo", 'exec "$@"')
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    packages.ensure(("b",), assume_yes=True)
    assert (fake_tools / "calls").exists()


def test_package_that_apt_does_not_install(fake_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(BadEnvironment, match="did not install c"):
        packages.ensure(("c",), assume_yes=False)


def test_nothing_missing_asks_nothing(fake_tools: Path) -> None:
    packages.ensure(("a",), assume_yes=False)
    assert not (fake_tools / "calls").exists()


def test_other_parameters_are_another_build(tmp_path: Path) -> None:
    """Each set of values has a folder of its own, and CMake is told them by a file of lines."""
    system = systems.System("x", tmp_path / "x.yaml")
    one, two = systems.with_settings(system, ["a=1"]), systems.with_settings(system, ["a=1", "b=;[ 2"])
    assert len({each.build_folder("debug") for each in (system, one, two)}) == 3
    assert systems.with_settings(system, []) is system and systems.with_settings(system, ["a=1"]) == one
    assert build._parameters(system, tmp_path) == []
    assert build._parameters(two, tmp_path) == [f"-DPARAMETERS={tmp_path}/parameters.txt"]
    assert (tmp_path / "parameters.txt").read_text() == "a=1\nb=;[ 2\n"


def test_two_specs_of_one_name_do_not_share_a_folder(tmp_path: Path) -> None:
    folders = set()
    for parent in ("one", "two"):
        (tmp_path / parent / "demo").mkdir(parents=True)
        spec = tmp_path / parent / "demo" / "system.yaml"
        spec.touch()
        system = systems.find_system(str(spec))
        assert re.fullmatch(r"demo-[0-9a-f]{8}", system.name)
        assert systems.find_system(str(spec.parent)) == system
        folders.add(system.build_folder("debug"))
    assert len(folders) == 2


def test_systems_of_the_readers_folder_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a spec is a system where it lies; one that is misspelt is found."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/system.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert systems.find_system("home").spec == tmp_path / "home/system.yaml"
    with pytest.raises(BadInput, match=r"there is no system 'hoem' \(did you mean 'home'\?\); systems/ has: .*; beside you are: home$"):
        systems.find_system("hoem")


FAILURES = [
    ("x.yaml:12:7: error SEL-S014: process 'a': budget 20ms", BadInput, "the spec is refused, 1 error:\nx.yaml:12:7: error SEL-S014: process 'a': budget 20ms\nmore about this: ./sel explain SEL-S014"),
    ("x.yaml:1:1: error SEL-S011: a\nx.yaml:2:1: error SEL-S014: b\n", BadInput, "the spec is refused, 2 errors:\nx.yaml:1:1: error SEL-S011: a\nx.yaml:2:1: error SEL-S014: b\nmore about this: ./sel explain SEL-S011 SEL-S014"),
    ("x.yaml:1:1: error SEL-S014: a\nx.yaml:2:1: error SEL-S014: b\n", BadInput, "error SEL-S014: b\nmore about this: ./sel explain SEL-S014"),
    ("capdl: environment: the image 'x' could not be had: no network\nCMake Error at", BadEnvironment, "the image 'x' could not be had: no network"),
    ("kernel/a.c:3:4: error: expected ';'\nFAILED: a.o", Failed, "FAILED: a.o"),
    ("cp: write error: No space left on device", BadEnvironment, "the disk is full"),
]


@pytest.mark.parametrize(("output", "kind", "words"), FAILURES)
def test_build_failures_are_sorted(output: str, kind: type[errors.SelError], words: str, tmp_path: Path) -> None:
    with pytest.raises(kind) as error:
        build._explain_failure(output, "the build", tmp_path / "log")
    assert words in str(error.value) and error.value.log == tmp_path / "log"
    assert str(error.value).endswith(words) or kind is not BadInput
    assert str(error.value).count("./sel explain") == (kind is BadInput)


def test_a_fault_of_a_board_is_told(tmp_path: Path) -> None:
    """In place of CMake's words about it."""
    output = "capdl: /x/platform/mine/platform.yaml: there is no node /uart\nCMake Error at cmake/image.cmake:28 (message):\n  the spec has faults, see above\n"
    with pytest.raises(BadInput) as error:
        build._explain_failure(output, "the configuration", tmp_path / "log")
    assert (str(error.value), error.value.log) == ("/x/platform/mine/platform.yaml: there is no node /uart", tmp_path / "log")


def test_name_missing_in_the_spec_is_told(tmp_path: Path) -> None:
    (tmp_path / "gen/caller").mkdir(parents=True)
    (tmp_path / "gen/caller/sel_spec.c").write_text(
        "extern const uint64_t sel_cap_greet;\nconst uint64_t sel_cap_greet = 3;\nconst uint64_t sel_cap_timer = 4;\nconst uint64_t sel_bit_timer = 1;\n"
    )
    output = "FAILED: elf/caller.elf \nclang ...\nld.lld-19: error: undefined symbol: sel_cap_gret\n>>> referenced by a.c\nld.lld-19: error: undefined symbol: sel_bit_go\n"
    with pytest.raises(Failed) as error:
        build._explain_failure(output, "the build", tmp_path / "build.log")
    assert str(error.value).splitlines()[:2] == [
        "process 'caller' uses SEL_USES_CAP(gret), which its spec does not give (did you mean 'greet'?); it has: greet, timer",
        "process 'caller' uses SEL_USES_BIT(go), which its spec does not give; it has: timer",
    ]
    assert error.value.log == tmp_path / "build.log"


#: What the linker does not find, and the sentence for it.
UNMET = {
    "no such channel": ("sel_channel_lamp.protocol_lamp", "process 'caller' has SEL_USES_CHANNEL(lamp, lamp), but its spec gives it no channel named 'lamp'; it has by `uses`: calls (protocol lamp), log (protocol journal)"),
    "misspelt channel": ("sel_channel_cals.protocol_lamp", "gives it no channel named 'cals' (did you mean 'calls'?); it has by `uses`: calls (protocol lamp), log (protocol journal)"),
    "another protocol": ("sel_channel_log.protocol_lamp", "process 'caller' has SEL_USES_CHANNEL(log, lamp), but its spec says by `uses` that log speaks the protocol journal: write SEL_USES_CHANNEL(log, journal), or name a service of protocol lamp in the spec"),
    "no service": ("sel_service_service.protocol_lamp", "process 'caller' has SEL_SERVES(service, lamp), but its spec gives it no service named 'service'; it has by `serves`: none"),
    "no handler": ("lamp_handle_set", "process 'caller' serves the protocol lamp and lacks the handler of its method 'set': write\n  sel_err_t lamp_handle_set(const struct sel_client *client, bool on)\n"),
}


@pytest.mark.parametrize("name", UNMET)
def test_names_of_services_that_do_not_fit_are_told(name: str, tmp_path: Path) -> None:
    symbol, sentence = UNMET[name]
    for folder in ("gen/caller", "gen/protocol"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "gen/caller/sel_spec.c").write_text("".join(
        f'extern const struct sel_channel sel_channel_{each} __asm__("sel_channel_{each}.protocol_{spoken}");\nconst struct sel_channel sel_channel_{each} = {{.cap = 3}};\n'
        for each, spoken in (("calls", "lamp"), ("log", "journal"))
    ))
    (tmp_path / "gen/protocol/lamp_server.h").write_text("sel_err_t lamp_handle_set(const struct sel_client *client, bool on);\n")
    output = f"FAILED: elf/caller.elf \n: && /usr/bin/clang-19 -o x\nld.lld-19: error: undefined symbol: {symbol}\n>>> referenced by a.c\n"
    with pytest.raises(Failed) as error:
        build._explain_failure(output, "the build", tmp_path / "build.log")
    assert sentence in str(error.value) and "undefined" not in str(error.value)


@pytest.mark.parametrize("symbol", ["sel_no_such_function", "lamp_handle_other", "main"])
def test_another_symbol_is_the_linkers_to_tell(symbol: str, tmp_path: Path) -> None:
    (tmp_path / "gen/caller").mkdir(parents=True)
    (tmp_path / "gen/caller/sel_spec.c").touch()
    with pytest.raises(Failed, match=f"undefined symbol: {symbol}"):
        build._explain_failure(f"FAILED: elf/caller.elf \n: && /usr/bin/clang-19 -o x\nld.lld-19: error: undefined symbol: {symbol}\n", "the build", tmp_path / "build.log")


def test_a_compilers_error_stands_alone_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command line; a path of the user's is relative to where he is, whichever way the compiler was given it."""
    (tmp_path / "project/lamp").mkdir(parents=True)
    folder = tmp_path / "clone/build/x/debug"
    monkeypatch.chdir(tmp_path / "project")
    output = (
        "FAILED: component/c/a.c.obj \nccache /usr/bin/clang-19 --target=aarch64-none-elf -c a.c\n"
        f"In file included from {tmp_path}/project/lamp/lamp.h:3:\n"
        "../../../../project/lamp/lamp.c:10:9: error: call to undeclared function 'x'\n   10 |         x();\n      |         ^\n"
        "./gen/protocol/lamp.h:30:25: note: 'lamp_set' declared here\n1 error generated.\nninja: build stopped: subcommand failed.\n"
    )
    with pytest.raises(Failed) as error:
        build._explain_failure(output, "the build", folder / "build.log")
    assert str(error.value).splitlines() == [
        "the build failed:", "  In file included from lamp/lamp.h:3:", "  lamp/lamp.c:10:9: error: call to undeclared function 'x'", "     10 |         x();", "        |         ^",
        f"  {folder}/gen/protocol/lamp.h:30:25: note: 'lamp_set' declared here", "  1 error generated.",
    ]


def test_crash_on_a_full_disk_is_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that writes through a mapping crashes and does not say why."""
    crash = "PLEASE submit a bug report to LLVM\nninja: build stopped: subcommand failed."
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20 << 10))
    with pytest.raises(BadEnvironment, match=rf"the build failed: the disk is full \({re.escape(str(tmp_path))}, 20K free\); make room"):
        build._explain_failure(crash, "the build", tmp_path / "log")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 30))
    with pytest.raises(Failed):
        build._explain_failure(crash, "the build", tmp_path / "log")


@pytest.mark.parametrize("end", [KeyboardInterrupt(), errors.Stopped("stopped by SIGTERM")])
def test_interrupted_build_names_its_log(end: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise end

    monkeypatch.setattr(build, "_run", interrupted)
    with pytest.raises(errors.Stopped) as stop:
        build.configure_and_build(tmp_path, "debug", [], tmp_path / "build.log")
    assert stop.value.log == tmp_path / "build.log"


@pytest.mark.parametrize(("text", "size"), [("512M", 512 << 20), ("1G", 1 << 30), ("2048K", 2 << 20), ("64MiB", 64 << 20)])
def test_memory_sizes(text: str, size: int) -> None:
    assert guest_spec.parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "M", "1T", "-5M", "3M", "1.5G", "1M"])
def test_refused_memory_sizes(text: str) -> None:
    with pytest.raises(BadInput):
        guest_spec.parse_memory(text)


@pytest.mark.parametrize("module", ["elftools", "libfdt"])
def test_a_python_that_lacks_a_module_is_no_bug(module: str, sel: Sel, tmp_path: Path) -> None:
    """As under another Python than Debian's: the package is named, and how to run the command."""
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError('hidden', name='{module}')\n")
    done = sel("check", "minimal", PYTHONPATH=str(tmp_path))
    first, last = done.stdout.splitlines()
    assert done.returncode == errors.ENVIRONMENT and last == "sel: result=environment log=-"
    assert f"has no module '{module}', which the Debian package {packages.MODULES[module]} brings" in first
    assert "run ./sel by itself, not by another Python" in first


def test_a_module_whose_package_is_missing_is_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", list)
    for module, package in packages.MODULES.items():
        told = str(packages.lacking_module(ModuleNotFoundError("", name=f"{module}.part")))
        assert f"apt-get install --no-install-recommends {package} (./sel doctor" in told
    assert packages.lacking_module(ModuleNotFoundError("", name="sel.nothing")) is None


def test_every_package_of_python_has_its_module() -> None:
    """But pytest's plug-ins, which nothing imports."""
    named = {*packages.BUILD, *packages.QUESTIONS, *packages.REPORT_PAGE, *packages.TEST}
    assert set(packages.MODULES.values()) == {name for name in named if name.startswith("python3-") and not name.startswith("python3-pytest-")}
