# SPDX-License-Identifier: BSD-2-Clause
"""Values of annotations' expressions, from the compiler itself: the file is compiled as the build compiles it, with one constant behind it
for each expression, and the constants are read from the result."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

from bounds.errors import Unbounded
from bounds.sources import Evaluator

_DROPPED = {"-c", "-g", "-flto", "-O0", "-O1", "-O2", "-O3", "-Os", "-Oz", "-Werror"}


def evaluator(root: Path, commands: Path) -> Evaluator:
    """Evaluates by the build's own compile commands (compile_commands.json)."""
    try:
        entries = json.loads(commands.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unbounded(f"{commands} cannot be read: {error}; build with CMake first") from None

    def evaluate(file: str, expressions: list[str]) -> list[int]:
        path = (root / file).resolve()
        entry = next((e for e in entries if (Path(e["directory"]) / e["file"]).resolve() == path), None)
        if entry is None:
            raise Unbounded(f"{file} has bounds, but {commands} does not compile it: put a header's loops under a plain number, or move them")
        return compiled_values(_flags(shlex.split(entry["command"])), entry["directory"], path, expressions)

    return evaluate


def _flags(words: list[str]) -> list[str]:
    """The compiler and the options that decide what the code means."""
    kept, skip = [], False
    for word in words:
        if skip or word in _DROPPED:
            skip = False
        elif word == "-o":
            skip = True
        elif not (word.endswith((".c", ".o")) and not word.startswith("-")) and "ccache" not in word:
            kept.append(word)
    return kept


def compiled_values(compiler: list[str], folder: str, path: Path, expressions: list[str]) -> list[int]:
    """Values of C expressions at the end of the file `path`."""
    constants = "".join(f"const unsigned long long bounds_value_{i} = ({text});\n" for i, text in enumerate(expressions))
    command = [*compiler, "-w", "-O0", "-S", "-emit-llvm", "-x", "c", "-o", "-", "-"]
    given = f'#include "{path}"\n{constants}'
    done = subprocess.run(command, input=given, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    found = dict(re.findall(r"^@bounds_value_(\d+) = .*constant i64 (-?\d+)", done.stdout, re.MULTILINE))
    if done.returncode != 0 or len(found) != len(expressions):
        said = next((line for line in done.stderr.splitlines() if "error:" in line), "the compiler gives no constant")
        raise Unbounded(f"{path.name}: the bounds {', '.join(expressions)} cannot be evaluated: {said.split('error:')[-1].strip()}")
    return [int(found[str(i)]) for i in range(len(expressions))]
