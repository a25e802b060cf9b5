# SPDX-License-Identifier: BSD-2-Clause
"""./sel as a user has it: build, run, debug; what is built again; what is left behind."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest
from conftest import ROOT, Done

Sel = Callable[..., Done]
HELLO = "hello: selvedge runs"


@pytest.fixture
def own_system(tmp_path: Path) -> Path:
    """A copy of the smallest system somewhere else."""
    folder = tmp_path / "mine"
    shutil.copytree(ROOT / "systems/minimal", folder)
    return folder / "system.yaml"


def test_smallest_system_runs(sel: Sel) -> None:
    done = sel("run", "minimal", "--expect", HELLO, "--timeout", "60")
    assert done.code == 0 and done.text.endswith(f"\nsel: result=ok log={done.log}\n")
    logs = "".join(path.read_text() for path in done.log.glob("*.log"))
    assert re.search(rf"^\[ +\d+\.\d{{6}}\] .*{HELLO}$", logs, re.MULTILINE)


def test_what_never_comes_fails(sel: Sel) -> None:
    done = sel("run", "minimal", "--expect", HELLO, "--expect", "no such text", "--timeout", "5")
    assert done.code == 1 and "--expect 'no such text'" in done.text and HELLO in done.text


def test_profile_needs_a_guest(sel: Sel) -> None:
    done = sel("run", "minimal", "--profile", "exits")
    assert done.code == 2 and "minimal has no guest, so there are no exits to profile" in done.text


def test_dry_run_line_boots_by_itself(sel: Sel) -> None:
    done = sel("run", "minimal", "--dry-run")
    line = next(line for line in done.text.splitlines() if "qemu-system-aarch64" in line)
    command = shlex.split(line)
    assert command[-2] == "-kernel" and command[-1].endswith("/build/minimal/debug/image.bin") and "-S" not in command
    booted = subprocess.run(["timeout", "10", *command], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert HELLO.encode() in booted.stdout


def test_dry_run_line_for_gdb(sel: Sel) -> None:
    """The line that `--gdb` would run: held at its start, with a port that is open at once."""
    done = sel("run", "minimal", "--dry-run", "--gdb")
    command = shlex.split(next(line for line in done.text.splitlines() if "qemu-system-aarch64" in line))
    assert done.code == 0 and command[-5:-1] == ["-S", "-chardev", command[-3], "-gdb"] and command[-1] == "chardev:gdb0"
    assert re.fullmatch(r"socket,path=\S+,server=on,wait=off,id=gdb0", command[-3])


def test_spec_anywhere_builds_only_what_changed(sel: Sel, own_system: Path) -> None:
    first = sel("run", str(own_system), "--expect", HELLO, "--timeout", "60")
    assert first.code == 0
    again = sel("build", str(own_system))
    assert again.code == 0 and not re.search(r"^\[\d", again.text, re.MULTILINE)
    source = own_system.parent / "hello/hello.c"
    source.write_text(source.read_text().replace(HELLO, "hello: changed"))
    changed = sel("run", str(own_system), "--expect", "hello: changed", "--timeout", "60")
    assert changed.code == 0
    steps = re.findall(r"^\[\d+/\d+\] (.*)$", changed.text, re.MULTILINE)
    assert len(steps) <= 4 and sum(".c.obj" in step for step in steps) == 1, steps
    assert any("hello.elf" in step for step in steps) and any("pack" in step or "image" in step for step in steps)


def test_two_runs_at_once(sel: Sel) -> None:
    sel("build", "minimal")
    command = [str(ROOT / "sel"), "run", "minimal", "--expect", HELLO, "--timeout", "60"]
    runs = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    texts = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert len({text.splitlines()[-1] for text in texts}) == 2


def test_tree_stays_clean(tmp_path: Path) -> None:
    """A fresh clone after a build and a run: nothing changed, nothing new but build/, and nothing left in that when it is cleaned."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    def own_sel(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["./sel", *words], cwd=tmp_path / "clone", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=280)

    git("clone", "--quiet", "--shared", str(ROOT), "clone")
    done = own_sel("run", "minimal", "--expect", HELLO, "--timeout", "60")
    assert done.returncode == 0, done.stdout
    assert git("-C", "clone", "status", "--porcelain") == ""
    assert git("-C", "clone", "status", "--porcelain", "--ignored").splitlines() == ["!! build/"]
    assert own_sel("clean", "--all").returncode == 0 and list((tmp_path / "clone/build").iterdir()) == []


def test_second_run_needs_no_network(sel: Sel, tmp_path: Path) -> None:
    """A system with images that was never built before, to its prompt: the cache has all that it needs."""
    assert sel("build", "busybox").code == 0
    shutil.copytree(ROOT / "systems/busybox", tmp_path / "alone")
    alone = ("unshare", "-n") if os.geteuid() == 0 else ("unshare", "-rn")
    done = sel("run", str(tmp_path / "alone"), "--preset", "release", "--expect", "linux:/ # $", "--timeout", "200", prefix=alone)
    assert done.code == 0, done.text


def test_cache_that_cannot_be_used_is_the_environment(sel: Sel, tmp_path: Path) -> None:
    """The spec is right: it is not what is refused."""
    (tmp_path / "cache").touch()
    spec = tmp_path / "system.yaml"  # not built yet: what is built needs no cache
    spec.write_bytes((ROOT / "systems/busybox/system.yaml").read_bytes())
    done = sel("build", str(spec), SEL_CACHE=str(tmp_path / "cache"))
    assert done.code == 3 and done.text.count("could not be had") == 1 and "the spec is refused" not in done.text
    assert f"sel: the image 'build:busybox-initrd' could not be had: the cache {tmp_path}/cache is a file, not a folder" in done.text


def test_cmake_and_ninja_without_sel(tmp_path: Path) -> None:
    folder = tmp_path / "build"
    environment = {**os.environ, "PATH": f"/usr/bin:/bin:{os.environ['PATH']}"}
    for command in (["cmake", "--preset", "release", "-B", folder, "-DSYSTEM=minimal"], ["ninja", "-C", folder]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False, timeout=280)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "image.bin").is_file() and (folder / "kernel.elf").is_file()
    assert re.search(r"kernel size: \d+ hand-written lines \(ceiling 7000\), \d+ generated lines \(ceiling 2500\), \d+ text\+rodata\+data bytes \(ceiling 65536\)$", done.stdout, re.MULTILINE)


class Debugged:
    """A run that waits for gdb, and the command it told to attach with."""

    def __init__(self) -> None:
        self.run = subprocess.Popen([str(ROOT / "sel"), "run", "minimal", "--gdb"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.run.stdout is not None
        self.command = shlex.split(next(line for line in self.run.stdout if "gdb-multiarch" in line))

    def gdb(self, *commands: str) -> str:
        """What gdb says to these commands."""
        words = [word for each in commands for word in ("-ex", each)]
        done = subprocess.run([*self.command, "-batch", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    def end(self) -> str:
        """End the run; returns the rest it printed."""
        self.run.send_signal(signal.SIGTERM)
        return self.run.communicate(timeout=30)[0]


def test_gdb_sees_kernel_and_processes(sel: Sel) -> None:
    sel("build", "minimal")
    debugged = Debugged()
    try:
        said = debugged.gdb("info symbol main", "hbreak main", "continue", "info registers pc", "kill")
    finally:
        rest = debugged.end()
    assert re.search(r"^main in section .*elf/\w+\.elf", said, re.MULTILINE), said
    assert re.search(r"^pc +0x10\w+ .*<main", said, re.MULTILINE), said
    assert "sel: result=" in rest


def test_two_debugged_runs_are_apart(sel: Sel) -> None:
    """Each gdb reaches its own machine: what is written into one is not in the other."""
    sel("build", "minimal")
    first, second = Debugged(), Debugged()
    try:
        assert first.command != second.command
        write = ("hbreak *&boot_main", "continue", "set var *(unsigned long *)0x44000000 = 0x1234567", "p *(unsigned long *)0x44000000", "detach")
        assert "= 19088743" in first.gdb(*write)
        assert "= 19088743" not in second.gdb("hbreak *&boot_main", "continue", "p *(unsigned long *)0x44000000", "kill")
    finally:
        rests = [first.end(), second.end()]
    assert all("sel: result=" in rest for rest in rests)


def test_killed_run_leaves_no_qemu(sel: Sel) -> None:
    sel("build", "minimal")
    run = subprocess.Popen([str(ROOT / "sel"), "run", "minimal", "--gdb"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    script = next(word for word in shlex.split(next(line for line in run.stdout if "gdb-multiarch" in line)) if word.endswith(".gdb"))
    run.kill()
    run.wait()
    socket = re.search(r"target remote (\S+)", Path(script).read_text()).group(1)  # type: ignore[union-attr]
    for _ in range(100):
        found = subprocess.run(["pgrep", "-f", f"path={socket}"], capture_output=True, check=False)
        if found.returncode != 0:
            return
        time.sleep(0.1)
    pytest.fail("QEMU is still there")


BAD = {
    "no spec": ("", "SEL-S"),
    "binary": ("\0\1\2", "SEL-S"),
    "not a mapping": ("- a\n", "SEL-S"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_spec_is_input(sel: Sel, tmp_path: Path, name: str) -> None:
    text, words = BAD[name]
    (tmp_path / "system.yaml").write_text(text)
    done = sel("build", str(tmp_path / "system.yaml"))
    assert done.code == 2 and words in done.text and "Traceback" not in done.text


ODD = {"utf-16": b"\xff\xfe" + "version: 1\n".encode("utf-16-le"), "10 MB": b"# " + b"x" * (10 << 20)}


@pytest.mark.parametrize("name", ODD)
def test_odd_spec_file_is_input(sel: Sel, tmp_path: Path, name: str) -> None:
    (tmp_path / "system.yaml").write_bytes(ODD[name])
    done = sel("build", str(tmp_path / "system.yaml"))
    assert done.code == 2 and "system.yaml" in done.text and "Traceback" not in done.text


GUESTS = {
    "x86 program": (Path("/bin/true").read_bytes(), "x86-64 ELF"),
    "truncated ELF": (b"\x7fELF\x02\x01\x01" + bytes(20), "SEL-S"),
    "too large": (b"\x01\x00\x00\x14" + bytes(64 << 20), "SEL-S057"),
}


@pytest.mark.parametrize("name", GUESTS)
def test_bad_guest_image_is_input(sel: Sel, tmp_path: Path, name: str) -> None:
    data, words = GUESTS[name]
    (tmp_path / "guest.img").write_bytes(data)
    done = sel("run", "--guest", str(tmp_path / "guest.img"), "--memory", "64M")
    assert done.code == 2 and words in done.text and "guest.img" in done.text
    assert "build/guest" not in done.text.partition("is refused")[2].partition("sel: result=")[0]


def test_memory_is_given_as_advised(sel: Sel, tmp_path: Path) -> None:
    (tmp_path / "guest.img").write_bytes(GUESTS["too large"][0])
    command = ("run", "--guest", str(tmp_path / "guest.img"), "--dry-run")
    advice = re.search(r"^--guest \S+guest\.img: error SEL-S057: .*; give (--memory \w+) or more$", sel(*command, "--memory", "64M").text, re.MULTILINE)
    assert advice
    assert sel(*command, *advice[1].split()).code == 0
