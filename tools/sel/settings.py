# SPDX-License-Identifier: BSD-2-Clause
"""settings.cmake as sel reads it: faults told before CMake sees them, and the system that is meant when none is named.

The file is lines `sel_setting(NAME VALUE)` and comments. What names and values there are
is cmake/settings.cmake's to say; it is read here, nothing of it is repeated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sel import ROOT
from sel.errors import BadInput, nearest

FILE = "settings.cmake"
_FORM = "write `sel_setting(NAME VALUE)` in one line"
_LINE = re.compile(r'sel_setting\(\s*(\w+)\s+(?:"([^"]*)"|([^\s()"]+))\s*\)')


@dataclass(frozen=True)
class Setting:
    """A choice and the line it stands in."""

    name: str
    value: str
    line: int


def known_settings(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the names there are, each with its possible values (none: any)."""
    text = (root / "cmake" / FILE).read_text(encoding="utf-8")
    sets = {name: words.split() for name, words in re.findall(r"^set\(SEL_(\w+) ([^()]*)\)", text, re.MULTILINE)}
    return {name: sets.get(f"ALLOWED_{name}", []) for name in sets["SETTINGS"]}


def read_settings(root: Path = ROOT) -> dict[str, Setting]:
    """Return the settings by name; BadInput for the first fault."""
    known = known_settings(root)
    try:
        lines = (root / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BadInput(f"{FILE} is missing; `git restore {FILE}` brings it back") from None
    except UnicodeDecodeError:
        raise BadInput(f"{FILE} is not UTF-8; save it as UTF-8 text, or `git restore {FILE}`") from None
    found: dict[str, Setting] = {}
    for number, line in enumerate(lines, 1):
        setting = _of_line(line, number)
        if setting is not None:
            _check(setting, known, found)
            found[setting.name] = setting
    for name in known:
        if name not in found:
            raise BadInput(f"{FILE}:{len(lines)}: the setting {name} is missing; add for example `sel_setting({name} {_example(name, known)})`")
    return found


def _of_line(line: str, number: int) -> Setting | None:
    text = re.sub(r'^((?:[^"#]|"[^"]*")*)#.*', r"\1", line).strip()
    if not text:
        return None
    match = _LINE.fullmatch(text)
    if match is None:
        raise BadInput(f"{FILE}:{number}: {_fault_of_form(text)}; {_FORM}")
    return Setting(match[1], match[3] if match[2] is None else match[2], number)


def _fault_of_form(text: str) -> str:
    command = text.partition("(")[0].strip()
    if command != "sel_setting":
        return f"'{command[:60]}' is no setting{nearest(command, ['sel_setting'])}"
    if "(" not in text:
        return "there is no opening parenthesis"
    if not text.endswith(")"):
        return "there is no closing parenthesis"
    count = len(text[len("sel_setting(") : -1].split())
    return f"there are {count} words between the parentheses, not a name and a value"


def _check(setting: Setting, known: dict[str, list[str]], found: dict[str, Setting]) -> None:
    place = f"{FILE}:{setting.line}"
    if setting.name not in known:
        raise BadInput(f"{place}: there is no setting '{setting.name}'{nearest(setting.name, known)}; there are: {', '.join(known)}")
    if setting.name in found:
        raise BadInput(f"{place}: {setting.name} is given twice, first in line {found[setting.name].line}; keep one of the two")
    allowed = known[setting.name]
    if allowed and setting.value not in allowed:
        raise BadInput(f"{place}: {setting.name} is '{setting.value}'{nearest(setting.value, allowed)}; it can be: {', '.join(allowed)}")
    if not setting.value:
        raise BadInput(f"{place}: {setting.name} is empty; {_FORM}")


def _example(name: str, known: dict[str, list[str]]) -> str:
    return known[name][-1] if known[name] else "linux"
