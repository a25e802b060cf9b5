# SPDX-License-Identifier: BSD-2-Clause
"""Read the ABI files strictly (YAML 1.2, no duplicate keys, committed shape) and report every problem at file:line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable

import jsonschema
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from abigen import schema

Path_ = tuple[str | int, ...]


class AbiError(Exception):
    """The ABI description is wrong; `problems` are finished sentences that begin with file:line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Source:
    """One parsed file that still knows where each value stands."""

    name: str
    shown: str
    data: CommentedMap

    def line(self, path: Iterable[str | int]) -> int:
        """1-based line of the value at `path` (of its nearest ancestor that has one)."""
        node: Any = self.data
        line = 0
        for step in path:
            if isinstance(node, CommentedMap) and step in node:
                line = node.lc.key(step)[0]
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line = node.lc.item(step)[0]
            else:
                break
            node = node[step]
        return line + 1


@dataclass
class Sources:
    """All files of one ABI description, and the problems found in them so far."""

    files: dict[str, Source]
    problems: list[tuple[str, int, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> CommentedMap:
        return self.files[name].data

    def complain(self, name: str, path: Path_, sentence: str) -> None:
        """Note a problem with the value at `path` of file `name`."""
        source = self.files[name]
        self.problems.append((source.shown, source.line(path), sentence))

    def raise_problems(self) -> None:
        """Raise AbiError with all noted problems, in order of file and line."""
        if self.problems:
            raise AbiError([f"{shown}:{line}: {text}" for shown, line, text in sorted(set(self.problems))])


def parse(path: Path, name: str) -> Source:
    """Parse one file; AbiError on anything that is not one YAML mapping."""
    shown = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AbiError([f"{shown}:1: the file is missing"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AbiError([f"{shown}:1: cannot be read: {error}"]) from None
    try:
        data = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise AbiError([f"{shown}:{mark.line + 1 if mark else 1}: {str(error.problem).splitlines()[0]}"]) from None
    except YAMLError as error:
        raise AbiError([f"{shown}:1: {str(error).splitlines()[0]}"]) from None
    if not isinstance(data, CommentedMap):
        raise AbiError([f"{shown}:1: a mapping is expected at the top"])
    return Source(name, shown, data)


def shape_sentence(error: jsonschema.ValidationError) -> str:
    """The schema's complaint without dumps of whole values."""
    where = ".".join(str(step) for step in error.absolute_path) or "top"
    if error.validator in ("anyOf", "type"):
        return f"{where}: a value of another kind is needed here"
    if error.validator == "pattern":
        return f"{where}: '{error.instance}' does not match {error.validator_value}"
    if error.validator == "enum":
        return f"{where}: '{error.instance}' is not one of {', '.join(str(v) for v in error.validator_value)}"
    if error.validator in ("minItems", "maxItems", "minProperties"):
        return f"{where}: {len(error.instance)} entries, {error.validator} is {error.validator_value}"
    return f"{where}: {error.message}"


def load_sources(folder: Path) -> Sources:
    """Parse and shape-check all files of `folder`."""
    problems: list[str] = []
    files: dict[str, Source] = {}
    for name in schema.FILES:
        try:
            files[name] = parse(folder / name, name)
        except AbiError as error:
            problems += error.problems
    if problems:
        raise AbiError(problems)
    sources = Sources(files)
    for name, shape in schema.FILES.items():
        for error in jsonschema.Draft7Validator(shape).iter_errors(sources[name]):
            sources.complain(name, tuple(error.absolute_path), shape_sentence(error))
    sources.raise_problems()
    return sources
