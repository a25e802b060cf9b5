# SPDX-License-Identifier: BSD-2-Clause
"""Runs one harness: clang-19 preprocesses the real sources, CBMC decides, and the answer is judged.

A proof is good when every property holds, every `REACHED` is reached (nothing holds for lack of a way
there), no loop runs on beyond its bound, and no function without a body was called.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heads import Change, Harness, Twin
from sel import ROOT, cbmc

BUILD = ROOT / "build" / "proof"
#: A file a harness: its properties, of this session.
NAMES = BUILD / "names"
CLANG = "clang-19"
#: Addresses of objects fit the 48 bits of a capability: CBMC numbers its objects from bit 40 on.
OBJECT_BITS = 24
REACHED = "reached: "
_SHOWN_ASSIGNMENTS = 40
#: CBMC's table of results: where the properties that follow are, and a property with what became of it.
_PLACE = re.compile(r"^(\S+) function \S+$")
_PROPERTY = re.compile(r"^\[(\S+)\] (?:line (\d+) )?(.*): (SUCCESS|FAILURE|UNKNOWN|ERROR)$")
#: CBMC's own variables, and those of proof.h.
_NOT_SHOWN = ("__CPROVER", "goto_symex$$", "return_value", "tmp_if_expr", "condition", "consequence")


class BadRun(Exception):
    """A harness could not be run; the text says why."""


@dataclass
class Verdict:
    """What CBMC said of a harness, sorted."""

    broken: list[dict[str, Any]] = field(default_factory=list)
    unreached: list[dict[str, Any]] = field(default_factory=list)
    reached: int = 0
    held: int = 0
    too_small: list[dict[str, Any]] = field(default_factory=list)
    bodiless: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether the property is proved."""
        return not (self.broken or self.unreached or self.too_small or self.bodiless) and self.reached > 0


class Run:
    """The preprocessed sources of a harness, or of one of its twins."""

    def __init__(self, harness: Harness, twin: Twin | None = None) -> None:
        self.harness = harness
        self.loops = "--unwinding-assertions" if twin is None else "--no-unwinding-assertions"
        suffix = "" if twin is None else f"-twin{harness.twins.index(twin) + 1}"
        self.folder = BUILD / f"{harness.name}{suffix}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.names = NAMES / f"{harness.name}.json"
        self.names.parent.mkdir(exist_ok=True)
        self.overlay = self.folder / "changed"
        shutil.rmtree(self.overlay, ignore_errors=True)
        changes = [*harness.hints, *([twin] if twin else [])]
        for change in changes:
            self._change(change)
        changed = {change.file for change in changes}
        kernel = [self.overlay / name if name in changed else _find(name) for name in harness.sources]
        self.inputs = [self._preprocess(source) for source in [harness.path, *kernel]]

    def _change(self, change: Change) -> None:
        """Change a copy of the file, which is found before the original; that one stays as it is."""
        target = self.overlay / change.file
        text = (target if target.exists() else _find(change.file)).read_text(encoding="utf-8")
        count = text.count(change.old)
        if count != 1:
            raise BadRun(f"{self.harness.name}: the text to change occurs {count} times in {change.file}, not once: {change.old}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(change.old, change.new), encoding="utf-8")

    def _preprocess(self, source: Path) -> Path:
        target = self.folder / f"{source.parent.name}-{source.stem}.i"
        folders = [self.overlay, ROOT, BUILD, BUILD / "gen"]
        command = [
            CLANG, "-E", "-std=gnu11", "-DSEL_ARCH_FAKE", "-DSEL_ASSERT", f'-DPROOF_{self.harness.name.upper()}',
            *[word for header in self.harness.first_includes for word in ("-include", header)], *self._renamed(source), *[f"-I{folder}" for folder in folders], str(source), "-o", str(target),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BadRun(f"{self.harness.name}: {source.name} does not preprocess: {done.stderr.strip().splitlines()[:1]}")
        return target

    def _renamed(self, source: Path) -> list[str]:
        """The linked sources' own version of what the harness replaces gets another name."""
        stubbed = self.harness.stubbed
        return [f"-D{stubbed}=real_{stubbed}"] if stubbed and source != self.harness.path else []

    def command(self, *more: str) -> list[str]:
        """Return CBMC's command line."""
        harness = self.harness
        words = [
            *cbmc.command(), *[str(path) for path in self.inputs], "--function", "proof", "--object-bits", str(OBJECT_BITS),
            "--unwind", str(harness.unwind), self.loops, "--drop-unused-functions", *harness.options,
        ]
        if harness.unwindset:
            words += ["--unwindset", ",".join(harness.unwindset)]
        return [*words, *more]

    def decide(self) -> Verdict:
        """Let CBMC decide every property."""
        verdict = Verdict()
        results = self._table()
        self._keep_descriptions({result["property"]: result["description"] for result in results})
        for result in results:
            failed = result["status"] == "FAILURE"
            if result["description"].startswith(REACHED):
                verdict.reached += failed
                if not failed:
                    verdict.unreached.append(result)
            elif not failed:
                verdict.held += 1
            elif ".no-body." in result["property"]:
                verdict.bodiless.append(result["property"].rsplit(".", 1)[1])
            elif "unwind" in result["property"] or "recursion" in result["property"]:
                verdict.too_small.append(result)
            else:
                verdict.broken.append(result)
        return verdict

    def broken_by_twin(self, words: str) -> bool:
        """Tell whether an assertion with these words fails: the first that does is enough, and nothing else is decided."""
        names = [name for name, text in self._descriptions().items() if words in text]
        if not names:
            raise BadRun(f"{self.harness.name}: no assertion says '{words}'")
        messages = self._ask("--stop-on-fail", *[word for name in names for word in ("--property", name)])
        said = {message["cProverStatus"] for message in messages if "cProverStatus" in message}
        if said not in ({"success"}, {"failure"}):
            raise _no_result(self.harness, messages)
        return any(words in message.get("description", "") and message.get("status") == "failed" for message in messages)

    def _descriptions(self) -> dict[str, str]:
        """Return what each property says, by its name: as the harness's proof found them in this session, or a twin before, else asked for.

        A twin changes no assertion of the harness, so they have the same names there; what failed is judged by its text all the same.
        """
        if not self.names.exists():
            properties = [p for message in self._ask("--show-properties") for p in message.get("properties", [])]
            self._keep_descriptions({p["name"]: p["description"] for p in properties})
        known: dict[str, str] = json.loads(self.names.read_text(encoding="utf-8"))
        return known

    def _keep_descriptions(self, known: dict[str, str]) -> None:
        """Twins in other processes see the whole file or none."""
        new = self.folder / "names.new"
        new.write_text(json.dumps(known), encoding="utf-8")
        new.replace(self.names)

    def counterexample(self, name: str) -> list[str]:
        """Return the assignments that lead to the violation of the property with this name."""
        for result in _results(self.harness, self._ask("--property", name, "--trace", "--compact-trace")):
            if result["property"] == name:
                return _short(result.get("trace", []))
        return []

    def _table(self) -> list[dict[str, Any]]:
        """Return every property's result, from CBMC's text: its JSON tells each REACHED's whole trace too, megabytes that nobody reads."""
        done = subprocess.run(self.command(), cwd=ROOT, capture_output=True, text=True, check=False)
        (self.folder / "cbmc.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        _, _, table = done.stdout.partition("\n** Results:\n")
        results, file = [], "?"
        for line in table.splitlines():
            if at := _PLACE.match(line):
                file = at[1]
            elif found := _PROPERTY.match(line):
                name, number, description, status = found.groups()
                results.append({"property": name, "description": description, "status": status, "sourceLocation": {"file": file, "line": number or "?"}})
        said = re.search(r"^\*\* (\d+) of (\d+) failed", table, re.MULTILINE)
        if done.returncode not in (0, 10) or said is None or int(said[2]) != len(results) or {r["status"] for r in results} - {"SUCCESS", "FAILURE"}:
            told = f"{said[2]} properties announced, {len(results)} read" if said else "no table of results"
            raise BadRun(f"{self.harness.name}: CBMC ended with code {done.returncode} ({told}); {self.folder / 'cbmc.txt'} has its words")
        return results

    def _ask(self, *more: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            self.command("--json-ui", *more), cwd=ROOT, capture_output=True, text=True, check=False
        )
        (self.folder / "cbmc.json").write_text(done.stdout, encoding="utf-8")
        try:
            answer: list[dict[str, Any]] = json.loads(done.stdout)
        except ValueError:
            raise BadRun(f"{self.harness.name}: CBMC ended with code {done.returncode} and no report: {done.stderr[-500:]}") from None
        return answer


def _find(name: str) -> Path:
    """Return a source: of the tree, or generated."""
    folders = [BUILD] if name.startswith("gen/") else [ROOT]
    path = folders[0] / name
    if not path.is_file():
        raise BadRun(f"there is no file {name}")
    return path


def _results(harness: Harness, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for message in messages:
        if "result" in message:
            results: list[dict[str, Any]] = message["result"]
            return results
    raise _no_result(harness, messages)


def _no_result(harness: Harness, messages: list[dict[str, Any]]) -> BadRun:
    said = [message.get("messageText", "") for message in messages if message.get("messageType") == "ERROR"]
    return BadRun(f"{harness.name}: CBMC gave no result: {'; '.join(said) or 'it stopped without a word'}")


def place(result: dict[str, Any]) -> str:
    """Return file:line of a property."""
    where = result.get("sourceLocation", {})
    file = where.get("file", "?").removeprefix(f"{ROOT}/")
    return f"{file}:{where.get('line', '?')}"


def _short(trace: list[dict[str, Any]]) -> list[str]:
    """The last value of what the harness itself assigned, and of what the kernel wrote, in order."""
    last: dict[str, str] = {}
    for step in trace:
        if step.get("stepType") != "assignment" or step.get("hidden"):
            continue
        name = step.get("lhs", "")
        value = step.get("value", {})
        if name.startswith(_NOT_SHOWN) or "data" not in value:
            continue
        last.pop(name, None)
        last[name] = f"{name} = {value['data']}   ({place(step)})"
    return list(last.values())[-_SHOWN_ASSIGNMENTS:]
