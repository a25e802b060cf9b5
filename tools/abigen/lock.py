# SPDX-License-Identifier: BSD-2-Clause
"""libsel/abi/abi.lock: every number, name and layout of the ABI, one sorted line each, so that a change shows in review."""

from typing import Any

from abigen.emit_json import abi_dict
from abigen.model import Abi

HEADER = "# Flattening of libsel/abi/*.yaml. An ABI change is accepted by `PYTHONPATH=tools python3 -m abigen lock`.\n"
TEXT_ONLY = {"source", "sentence"}


def _flatten(prefix: str, value: Any, out: dict[str, str]) -> None:
    if isinstance(value, dict):
        if "name" in value and "low" in value:
            out[prefix] = f"word {value['word']} bits {value['low'] + value['width'] - 1}:{value['low']}"
            return
        for key, inner in value.items():
            if key not in TEXT_ONLY:
                _flatten(f"{prefix}.{key}" if prefix else str(key), inner, out)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for i, inner in enumerate(value):
            key = inner["name"] if "low" in inner else f"{i + 1}"
            _flatten(f"{prefix}.{key}", inner, out)
    elif isinstance(value, list):
        out[prefix] = " ".join(str(v) for v in value) or "-"
    else:
        out[prefix] = str(value)


def flatten(abi: Abi) -> dict[str, str]:
    """Dotted name -> value, for everything that is ABI (sentences and explanations are not)."""
    out: dict[str, str] = {}
    _flatten("", abi_dict(abi), out)
    return out


def lock_text(abi: Abi) -> str:
    """The lock file's content."""
    return HEADER + "".join(f"{key} = {value}\n" for key, value in sorted(flatten(abi).items()))


def parse_lock(text: str) -> dict[str, str]:
    """Back from the file's text; lines that are no entry are ignored."""
    entries = (line.split(" = ", 1) for line in text.splitlines() if " = " in line and not line.startswith("#"))
    return {key: value for key, value in entries}


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Sentences: added, changed, removed."""
    lines = []
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            lines.append(f"added    {key} = {new[key]}")
        elif key not in new:
            lines.append(f"removed  {key} = {old[key]}")
        elif old[key] != new[key]:
            lines.append(f"changed  {key}: {old[key]} -> {new[key]}")
    return lines
