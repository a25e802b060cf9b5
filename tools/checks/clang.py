# SPDX-License-Identifier: BSD-2-Clause
"""Checks by clang's own tools: format, headers that compile alone, clang-tidy.

The last two take their flags from the compile_commands.json of the builds there are, and
remember clean files by a hash of everything that went in, so that a second run is fast.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from checks.includes import included, resolve
from checks.tree import C_SUFFIXES, Finding, Tree

FORMAT = "clang-format-19"
TIDY = "clang-tidy-19"
_DIAGNOSTIC = re.compile(r"^(?P<path>\S+?):(?P<line>\d+):\d+: (?:fatal )?(?:error|warning): (?P<text>.*)$", re.MULTILINE)


def check_format(tree: Tree) -> list[Finding]:
    """Sources are as clang-format would write them."""
    names = tree.with_suffix(*C_SUFFIXES)
    if not names or not (tree.root / ".clang-format").exists():
        return []
    command = [FORMAT, "--dry-run", "--ferror-limit=1", *names]
    done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
    return [
        Finding(match["path"], int(match["line"]), "format", f"not formatted; run {FORMAT} -i on it")
        for match in _DIAGNOSTIC.finditer(done.stderr)
    ]


@dataclass(frozen=True)
class Command:
    """How one source of the tree is compiled."""

    name: str
    arguments: tuple[str, ...]
    folder: str


def compile_commands(tree: Tree) -> list[Command]:
    """Return the commands of the builds there are; the first build of a source wins."""
    found: dict[str, Command] = {}
    root = tree.root.resolve()
    for path in _databases(tree):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            source = Path(entry["directory"], entry["file"]).resolve()
            name = str(source.relative_to(root)) if source.is_relative_to(root) else "build/"
            if not name.startswith("build/") and name not in found and source.exists():
                arguments = entry.get("arguments") or shlex.split(entry["command"])
                found[name] = Command(name, tuple(arguments), entry["directory"])
    return [found[name] for name in sorted(found)]


def _databases(tree: Tree) -> list[Path]:
    """Return the compile_commands.json of the tree's own systems, of the benchmark for a board, of the host's tests and of the fuzz targets."""
    systems = sorted(path.parent.name for path in (tree.root / "systems").glob("*/system.yaml"))
    folders = [f"{name}/debug" for name in ("linux", *systems)] + ["bench/cycles", "host", "fuzz"]
    paths = [tree.root / "build" / folder / "compile_commands.json" for folder in dict.fromkeys(folders)]
    return [path for path in paths if path.exists()]


def _compiler_and_flags(command: Command) -> tuple[str, ...]:
    """Return a command without the launcher that may stand before the compiler."""
    has_launcher = Path(command.arguments[0]).name == "ccache"
    return command.arguments[1:] if has_launcher else command.arguments


def _flags(command: Command) -> list[str]:
    """Return a command's flags without its source, output and dependency files."""
    flags: list[str] = []
    skip = False
    for argument in _compiler_and_flags(command)[1:]:
        if skip:
            skip = False
        elif argument in ("-o", "-MF", "-MT", "-MQ", "-c"):
            skip = argument != "-c"
        elif argument.startswith("-M") or Path(argument).name == Path(command.name).name:
            continue
        else:
            flags.append(argument)
    return flags


def _closest(name: str, commands: list[Command]) -> Command | None:
    """Return the command of the C source that shares the most folders with a header."""
    parts = name.split("/")

    def shared(command: Command) -> int:
        other = command.name.split("/")
        return next((i for i, (a, b) in enumerate(zip(parts, other)) if a != b), min(len(parts), len(other)))

    # Below test/ each part has flags of its own; those of another part say nothing.
    needed = 2 if parts[0] == "test" else 1
    candidates = [c for c in commands if c.name.endswith(".c") and shared(c) >= needed]
    return max(candidates, key=shared) if candidates else None


class CleanCache:
    """Remembers what was clean: an empty file named by the hash of all that went in."""

    def __init__(self, tree: Tree, tool: str) -> None:
        self.tree = tree
        self.folder = tree.root / "build" / "checks" / tool
        self.folder.mkdir(parents=True, exist_ok=True)
        version = subprocess.run([TIDY, "--version"], capture_output=True, check=False).stdout
        configs = [name for name in tree.files if name.split("/")[-1] == ".clang-tidy"]
        self._base = version + b"".join(name.encode() + (tree.root / name).read_bytes() for name in configs)

    def key(self, name: str, arguments: list[str]) -> Path:
        """Return the marker of a file with all headers of the tree that it reaches."""
        digest = hashlib.sha256(self._base)
        digest.update("\0".join(arguments).encode())
        for each in sorted(_reached(self.tree, name)):
            digest.update(each.encode() + b"\0" + self.tree.text(each).encode() + b"\0")
        return self.folder / digest.hexdigest()


def _reached(tree: Tree, name: str) -> set[str]:
    reached: set[str] = set()
    pending = [name]
    while pending:
        current = pending.pop()
        if current in reached:
            continue
        reached.add(current)
        for _, spelling, is_ours in included(tree, current):
            target = resolve(tree, spelling) if is_ours else None
            if target:
                pending.append(target)
    return reached


def check_headers_alone(tree: Tree) -> list[Finding]:
    """Every header compiles by itself, with the flags of a source beside it."""
    commands = compile_commands(tree)
    cache = CleanCache(tree, "headers")
    jobs = []
    for name in tree.with_suffix(".h"):
        command = _closest(name, commands)
        if command is not None:
            path = str(tree.root / name)
            quiet = ["-fsyntax-only", "-Wno-unused", "-Wno-pragma-once-outside-header"]
            line = [_compiler_and_flags(command)[0], *_flags(command), *quiet, "-x", "c", path]
            jobs.append((name, line, command.folder))
    return _run_all(tree, cache, jobs, "header-alone")


def check_tidy(tree: Tree) -> list[Finding]:
    """clang-tidy has nothing to say about any source that is compiled. (With -p it takes all commands of a database for one source.)"""
    cache = CleanCache(tree, "tidy")
    jobs = []
    for command in compile_commands(tree):
        if command.name.endswith(".c"):
            line = [TIDY, "--quiet", str(tree.root / command.name), "--", *_flags(command)]
            jobs.append((command.name, line, command.folder))
    return _run_all(tree, cache, jobs, "clang-tidy")


def _run_all(tree: Tree, cache: CleanCache, jobs: list[tuple[str, list[str], str]], rule: str) -> list[Finding]:
    """Run what is not known to be clean, on all cores."""
    keyed = [(name, line, folder, cache.key(name, line)) for name, line, folder in jobs]
    open_jobs = [job for job in keyed if not job[3].exists()]
    findings: set[Finding] = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        runs = pool.map(lambda job: subprocess.run(job[1], cwd=job[2], capture_output=True, text=True, check=False), open_jobs)
        for (name, _, _, marker), done in zip(open_jobs, runs):
            if done.returncode == 0:
                marker.touch()
            else:
                findings.update(_findings(tree, name, done.stdout + done.stderr, rule))
    return sorted(findings)


def _findings(tree: Tree, name: str, output: str, rule: str) -> list[Finding]:
    found = []
    for match in _DIAGNOSTIC.finditer(output):
        path = match["path"].removeprefix(f"{tree.root}/")
        found.append(Finding(path, int(match["line"]), rule, match["text"]))
    return found or [Finding(name, 0, rule, (output.strip().splitlines() or ["the tool failed without a word"])[-1])]
