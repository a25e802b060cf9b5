# SPDX-License-Identifier: BSD-2-Clause
"""Throws generated specs at the compiler: `python3 test/capdl/throw_specs.py [--count 10000] [--seed 1]` from the root of the project;
`./sel test` throws a few (test_grammar.py), `./sel assure specs` 10,000 others (test/specs).

Each is accepted or refused, within 2 s; a refusal is lines with place, id and remedy; a valid one is accepted, and so is its expanded
form. Exit code 1 and the spec's files in the current folder if not.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[2] / "tools")]

from made_images import write_images  # noqa: E402
from spec_grammar import Grammar, changed_rows  # noqa: E402

from capdl import cli  # noqa: E402

LIMIT_S = 2.0
_LINE = re.compile(r"(\S+?):(\d+):(\d+): error SEL-[SEPA]\d{3}: (.+?); (.+)")


def run(words: list[str]) -> tuple[int, str, str]:
    """Exit code, output and traceback of one command."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            return cli.main(words), told.getvalue(), ""
        except Exception:  # noqa: BLE001 - what is looked for
            return 1, told.getvalue(), traceback.format_exc()


def prepare(folder: Path) -> None:
    """Write the images that specs name into a folder, and what is no regular file."""
    write_images(folder)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "closed").mkdir(mode=0)


def faults_of(seed: int) -> list[str]:
    """What is wrong with the answer to the spec of a seed, which is written into the current folder; nothing if it is right."""
    grammar = Grammar(seed)
    files = grammar.files()
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8", newline="")
    faults, told = _answer_faults("s.yaml", files)
    if grammar.kind == "valid":
        faults += [f"valid, but refused: {told}"] if told else _expanded_faults(seed)
    return faults


def faults_of_all(seeds: Iterable[int]) -> dict[int, list[str]]:
    """What is wrong with the answers to the specs of some seeds."""
    return {seed: faults for seed in seeds if (faults := faults_of(seed))}


def _answer_faults(name: str, files: dict[str, str]) -> tuple[list[str], str]:
    """What is wrong with the answer to a spec, and the answer."""
    began = time.process_time()
    code, told, trace = run(["check", name])
    faults = [trace] if trace else []
    if time.process_time() - began > LIMIT_S:
        faults.append(f"it took {time.process_time() - began:.1f} s")
    if code not in (0, 2) or (code == 2) != bool(told):
        faults.append(f"exit code {code} with {told!r}")
    return faults + [f"not place, id and remedy: {line}" for line in told.splitlines()[:-1] if not _is_diagnostic(line, files)], told


def _is_diagnostic(line: str, files: dict[str, str]) -> bool:
    """A place in one of the files (or in an image that a spec includes as a file), an id, what is wrong, a remedy."""
    match = _LINE.fullmatch(line)
    if match is None:
        return False
    return 1 <= int(match[2]) <= files[match[1]].count("\n") + 1 if match[1] in files else Path(match[1]).is_file()


def _expanded_faults(seed: int) -> list[str]:
    """The expanded form is accepted, and expanding it changes nothing; a changed one is accepted or refused as any spec."""
    for source, target in (("s.yaml", "one.yaml"), ("one.yaml", "two.yaml")):
        code, told, trace = run(["expand", source, "--out", target])
        if code:
            return [f"expanding {source} failed: {told}{trace}"]
    text = Path("one.yaml").read_text(encoding="utf-8")
    faults = [] if text == Path("two.yaml").read_text(encoding="utf-8") else ["expanding the expanded form changes it"]
    for number in range(2):
        changed = changed_rows(text, random.Random(2 * seed + number))
        Path("three.yaml").write_text(changed, encoding="utf-8", newline="")
        faults += _answer_faults("three.yaml", {"three.yaml": changed})[0]
    return faults


def main() -> int:
    """Throw as many as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    here = Path.cwd()
    red = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        prepare(Path(folder))
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            faults = faults_of(seed)
            for fault in faults:
                print(f"seed {seed}: {fault}", flush=True)
            if faults:
                red += 1
                for path in Path(folder).glob("*.yaml"):
                    shutil.copy(path, here / f"seed{seed}.{path.name}")
            for path in Path(folder).glob("*.yaml"):
                path.unlink()
        os.chdir(here)
    print(f"{arguments.count - red} specs answered rightly, {red} not")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
