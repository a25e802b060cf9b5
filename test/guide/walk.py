# SPDX-License-Identifier: BSD-2-Clause
"""Does what a page says, block after block, as its reader would: in a folder of its own, beside a copy of this tree.

A command is one call of bash; folder and exported variables pass from one to the next. A command in a `console` block whose
comment begins with `then` is somebody at a terminal: `$ ./sel run shop # then Ctrl-] w, Ctrl-] q` types the keys, one
after the other, each when the one before it (the first: the run's start) has brought something and nothing more comes.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
from blocks import BadPage, Block, read_blocks
from compare import first_difference, plain_lines
from forms import faults_of_form

#: Host seconds a command may take; a key may take until something comes of it; and nothing may come before the next key is typed.
COMMAND_LIMIT_S = 280
ANSWER_LIMIT_S = 60
QUIET_S = 2.5
PROMPT = "$ "
_KEYS = re.compile(r"\s+# then (.+)$")
_IN_FRONT = "is in front"
_RESULT = re.compile(r"^sel: result=(\w+)")
#: Runs the command "$1" with what the last one left in the file $2; its status is the command's.
_SHELL = """
[ -e "$2" ] && . "$2"
(exit "$3")
eval "$1"
status=$?
{ printf 'cd %q\\n' "$PWD"; export -p; } > "$2"
exit $status
"""


class PageFailed(Exception):
    """What the page says is not so; the text begins with page:line."""


@dataclass(frozen=True)
class Command:
    """A command of a page, with the lines shown below it (None: nothing is said of them)."""

    line: int
    text: str
    shown: tuple[str, ...] | None
    may_fail: bool = False


class Walk:
    """One page, walked through in a folder."""

    def __init__(self, page: str, text: str, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.state = folder.parent / f"{folder.name}.state"
        self.status = 0
        try:
            self.blocks = read_blocks(text)
        except BadPage as fault:
            raise PageFailed(f"{page}:{fault}") from None

    def run(self, with_long: bool) -> int:
        """Do all blocks, or all but the long ones; return how many were done. Raises PageFailed."""
        chosen = [block for block in self.blocks if block.is_run and (with_long or not block.is_long)]
        try:
            for block in chosen:
                self._do(block)
        finally:
            self._end_what_runs()
        return len(chosen)

    def _end_what_runs(self) -> None:
        """End what the page has left behind it in the background, which it does not when it fails: anything that works in its folder."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if Path(os.readlink(process / "cwd")).is_relative_to(self.folder) and int(process.name) != os.getpid():
                    os.kill(int(process.name), signal.SIGTERM)

    def _do(self, block: Block) -> None:
        if block.is_form:
            for line, fault in faults_of_form(block):
                self._fail(line, fault)
            return
        if block.file is not None and block.language not in ("sh", "console"):
            self._change(block) if block.language == "diff" else self._write(block)
            return
        for command in self._commands(block):
            self._call(command)

    def _fail(self, line: int, text: str) -> None:
        raise PageFailed(f"{self.page}:{line}: {text}")

    def _path(self, block: Block) -> Path:
        found = re.search(r"^cd (.+)$", self.state.read_text(), re.MULTILINE) if self.state.exists() else None
        here = subprocess.run(["bash", "-c", f"printf %s {found[1]}"], capture_output=True, text=True, check=True).stdout if found else self.folder
        return Path(here) / str(block.file)

    def _write(self, block: Block) -> None:
        path = self._path(block)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in block.lines), encoding="utf-8")

    def _change(self, block: Block) -> None:
        path = self._path(block)
        if not path.is_file():
            self._fail(block.line, f"a change of {block.file}, which is not there")
        if any(line and line[0] not in " -+" for line in block.lines):
            self._fail(block.line, "a line of a change begins with ' ', '-' or '+'")
        old, new = ("".join(f"{line[1:]}\n" for line in block.lines if line[:1] != mark) for mark in "+-")
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            self._fail(block.line, f"the lines to be changed are {text.count(old)} times in {block.file}; expected once:\n{old}--- the file:\n{text}")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def _commands(self, block: Block) -> Iterator[Command]:
        numbered = [(block.line + 1 + number, line) for number, line in enumerate(block.lines)]
        if block.language == "sh":
            for number, line in numbered:
                if line.strip() and not line.startswith("#"):
                    yield Command(number, line, None)
            return
        if block.lines and not block.lines[0].startswith(PROMPT):
            self._fail(block.line + 1, "a console block begins with `$ `")
        starts = [place for place, (_, line) in enumerate(numbered) if line.startswith(PROMPT)]
        for start, end in zip(starts, [*starts[1:], len(numbered)]):
            shown = tuple(line for _, line in numbered[start + 1 : end])
            number, line = numbered[start]
            asks_status = end < len(numbered) and numbered[end][1] == f"{PROMPT}echo $?"
            yield Command(number, line.removeprefix(PROMPT), shown, asks_status)

    def _call(self, command: Command) -> None:
        output = self._output(command)
        if command.shown is None:
            if self.status != 0:
                self._fail(command.line, f"`{command.text}` ended with status {self.status}:\n{output}")
            return
        shown, came = list(command.shown), plain_lines(output)
        while shown and not shown[-1].strip():
            shown.pop()
        place = first_difference(shown, came)
        if place is not None:
            expected = repr(shown[place]) if place < len(shown) else "the end of the output"
            self._fail(command.line + 1 + place, f"after `{command.text}` expected: {expected}\n--- what came:\n" + "\n".join(came))
        result = next((found[1] for line in reversed(shown) if (found := _RESULT.match(line))), "ok")
        if not command.may_fail and (self.status == 0) != (result == "ok"):
            self._fail(command.line, f"`{command.text}` ended with status {self.status}, which what is shown does not tell:\n" + "\n".join(came))

    def _output(self, command: Command) -> str:
        arguments = ["-c", _SHELL, "bash", command.text, str(self.state), str(self.status)]
        if keys := _KEYS.search(command.text):
            return self._typed(command, arguments, keys[1].split(", "))
        try:
            done = subprocess.run(
                ["bash", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", timeout=COMMAND_LIMIT_S, check=False, env=self._environment(),
            )
        except subprocess.TimeoutExpired as fault:
            self._fail(command.line, f"`{command.text}` did not end within {COMMAND_LIMIT_S} s; it said:\n{fault.stdout!r}")
            raise
        self.status = done.returncode
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """As a reader's shell: no variables of the test's own, and no width but the terminal's (workers of newer pytests are told one)."""
        return {**{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON")) and name not in ("SEL", "COLUMNS", "LINES")}, "PWD": str(self.folder)}

    def _typed(self, command: Command, arguments: list[str], keys: list[str]) -> str:
        child = pexpect.spawn("bash", arguments, cwd=str(self.folder), env=self._environment(), dimensions=(50, 200), timeout=COMMAND_LIMIT_S, encoding="utf-8", codec_errors="replace")
        said = ""
        try:
            child.expect_exact(_IN_FRONT)
            said = child.before + child.after
            seen = 0
            for key in keys:
                _wait_until_quiet(child, seen)
                seen = len(child.buffer)
                child.send(_key(key))
            child.expect(pexpect.EOF)
            said += child.before
        except (pexpect.EOF, pexpect.TIMEOUT):
            self._fail(command.line, f"`{command.text}` took no keys; it said:\n{said}{child.before}")
        finally:
            child.close(force=True)
        self.status = child.exitstatus if child.exitstatus is not None else 1
        return said


def _wait_until_quiet(child: pexpect.spawn, seen: int) -> None:
    """Return when more than `seen` characters are to be read and nothing has come for a while; what has come stays to be read."""
    limit = time.monotonic() + ANSWER_LIMIT_S
    size = -1
    while len(child.buffer) != size or (size <= seen and time.monotonic() < limit):
        size = len(child.buffer)
        child.expect([pexpect.TIMEOUT], timeout=QUIET_S)


def _key(name: str) -> str:
    """`Ctrl-] w` as bytes: words that are no Ctrl-X are typed as they stand."""
    return "".join(chr(ord(word[5]) & 0x1F) if re.fullmatch(r"Ctrl-[A-Z\]]", word) else word for word in name.split())
