# SPDX-License-Identifier: BSD-2-Clause
"""Forms: commands and pieces of specs that a page shows as a pattern, with names in the place of values.

Nothing is run. The commands and options must be there, and the keys and kinds of values those of the committed schemas,
where nothing that must be given has to be.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from blocks import Block
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from sel.options import PARSERS  # noqa: E402  (the path is set above)

_COMMAND = re.compile(r"(?:\./|\S*/)sel (\w+)")
_OPTION = re.compile(r"(?<![\w-])--[\w-]+")


def faults_of_form(block: Block) -> Iterator[tuple[int, str]]:
    """What is wrong with a form: lines of the page, and sentences."""
    return _faults_of_commands(block) if block.language == "sh" else _faults_of_keys(block)


def _faults_of_commands(block: Block) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(block.lines, block.line + 1):
        text = re.sub(r"\s# .*", "", line)
        found = _COMMAND.search(text)
        if found is None:
            continue
        if found[1] not in PARSERS:
            yield number, f"sel has no command '{found[1]}'"
            continue
        known = {option for action in PARSERS[found[1]]()._actions for option in action.option_strings}
        yield from ((number, f"sel {found[1]} has no option {option}") for option in _OPTION.findall(text) if option not in known)


def _faults_of_keys(block: Block) -> Iterator[tuple[int, str]]:
    value = YAML(typ="safe").load("\n".join(block.lines))
    kind = "protocol" if "methods" in value else "system"
    schema = _without_required(json.loads((ROOT / f"docs/spec/{kind}.schema.json").read_text(encoding="utf-8")))
    for fault in jsonschema.Draft7Validator(schema).iter_errors(value):
        yield block.line + 1, f"{'.'.join(map(str, fault.absolute_path)) or 'the top'}: {fault.message}"


def _without_required(schema: Any) -> Any:
    """A schema of which nothing has to be given; what decides between two forms stays."""
    if isinstance(schema, dict):
        return {key: value if key == "if" else _without_required(value) for key, value in schema.items() if key != "required" or not isinstance(value, list)}
    return [_without_required(value) for value in schema] if isinstance(schema, list) else schema
