# SPDX-License-Identifier: BSD-2-Clause
"""Small programs for the bounds tool: assembled or compiled here, linked as the kernel is, and looked at."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from bounds.__main__ import analyse  # noqa: E402
from bounds.annotations import Annotations  # noqa: E402
from bounds.entries import Result  # noqa: E402
from bounds.evaluate import compiled_values  # noqa: E402
from bounds.flow import Function, Graph  # noqa: E402
from bounds.loops import Loop  # noqa: E402
from bounds.path import Lengths, longest_of  # noqa: E402
from bounds.paths import Paths  # noqa: E402
from bounds.program import Frame, Program  # noqa: E402
from bounds.sources import Sources  # noqa: E402

COMPILER = ["clang-19", "--target=aarch64-none-elf", "-march=armv8-a", "-ffreestanding", "-mgeneral-regs-only", "-fno-pic", "-g"]
LINKER = ["-nostdlib", "-static", "-fuse-ld=lld", "-Wl,--build-id=none"]


class GivenBounds:
    """In place of annotations: bounds of loops by the label of their header."""

    def __init__(self, program: Program, bounds: dict[str, int]) -> None:
        self._bounds = {program.symbol(label): bound for label, bound in bounds.items()}
        self.asked: set[int] = set()

    def turns(self, loop: Loop, function: Function, *_: object) -> int:
        """As Annotations.turns."""
        self.asked.add(loop.header)
        return self._bounds[loop.header]

    def note_cost(self, *_: object) -> None:
        """Not kept."""

    def same_source(self, *_: object) -> set[int]:
        """No loop is another's part."""
        return set()

    def arguments_wanted(self, *_: object) -> set[int]:
        """None depends on an argument."""
        return set()

    def callers_wanted(self, *_: object) -> frozenset[str]:
        """None depends on a caller."""
        return frozenset()

    def without(self, _: Frame) -> frozenset[str]:
        """No path is ruled out."""
        return frozenset()


Assemble = Callable[[str], Program]


@pytest.fixture
def assemble(tmp_path: Path) -> Assemble:
    """Assemble a program; its functions are the labels that `function NAME` begins."""

    def build(text: str) -> Program:
        source, program = tmp_path / "program.S", tmp_path / "program.elf"
        macro = ".macro function name\n.global \\name\n.type \\name, %function\n\\name:\n.endm\n"
        source.write_text(macro + ".text\n" + text, encoding="utf-8")
        run([*COMPILER, str(source), *LINKER, "-Wl,-e,0x210000", "-o", str(program)])
        return Program(program, tmp_path)

    return build


def run(command: list[str], limit_s: int = 60) -> None:
    """A command that must work."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=limit_s)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def lengths_of(program: Program, name: str, bounds: dict[str, int] | None = None) -> Lengths:
    """The lengths of a function of an assembled program."""
    graph = Graph(program, lambda _: None)
    return Paths(graph, GivenBounds(program, bounds or {})).lengths(program.symbol(name))  # type: ignore[arg-type]


def numbers(lengths: Lengths) -> dict[str, int]:
    """Those that there are."""
    found = {
        "through": longest_of(lengths.through), "head": lengths.head, "between": lengths.between, "tail": longest_of(lengths.tail),
        "out": lengths.out, "out_tail": lengths.out_tail,
    }
    return {kind: path.length for kind, path in found.items() if path is not None}


class Compiled:
    """A compiled C program with its annotations."""

    def __init__(self, folder: Path, text: str, *options: str) -> None:
        source, program = folder / "program.c", folder / "program.elf"
        source.write_text(text, encoding="utf-8")
        run([*COMPILER, *options, f"-ffile-prefix-map={folder}/=", str(source), *LINKER, "-Wl,-e,entry", "-o", str(program)])
        self.program = Program(program, folder)
        sources = Sources(folder, lambda file, texts: compiled_values(COMPILER, str(folder), folder / file, texts))
        self.annotations = Annotations(self.program, sources)
        self.graph = Graph(self.program, self.annotations.tables)
        self.paths = Paths(self.graph, self.annotations)

    def lengths(self, name: str = "entry") -> dict[str, int]:
        """Of one function."""
        return numbers(self.paths.lengths(self.program.symbol(name)))


Compile = Callable[..., Compiled]


@pytest.fixture
def compile_c(tmp_path: Path) -> Compile:
    """Compile a C program with -O2, or with the options given."""

    def build(text: str, *options: str) -> Compiled:
        return Compiled(tmp_path, text, *(options or ("-O2",)))

    return build


@lru_cache
def kernel_build(preset: str, spec: Path = ROOT / "test" / "system" / "interrupts" / "system.yaml", name: str = "interrupts") -> Path:
    """A build of a system, made once; the workers of pytest-xdist wait for each other."""
    folder = ROOT / "build" / "bounds" / preset / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".bounds_lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(["cmake", "--preset", preset, "-S", str(ROOT), "-B", str(folder), f"-DSYSTEM={spec}"], 300)
        run(["ninja", "-C", str(folder)], 600)
    return folder


@lru_cache
def analysed(build: Path) -> tuple[Program, Graph, Annotations, list[Result]]:
    """What is computed of a build, once a worker."""
    return analyse(build)
