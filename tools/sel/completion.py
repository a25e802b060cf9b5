# SPDX-License-Identifier: BSD-2-Clause
"""Completion of the command's words in bash, zsh and fish.

The script that a shell loads knows no command and no option: it asks the `sel` that is being typed,
`sel completion SHELL --words WORD...`, which answers from its parsers and its tree. So a script that was
loaded once fits every clone and every version.
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass, replace
from typing import Callable, Iterable, Mapping

from sel import ROOT
from sel.errors import SelError
from sel.options import COMMANDS, PARSERS, AppendStep, Parser
from sel.systems import PRESETS, known_boards, known_systems

#: A line of the answer that asks the shell for files.
FILES = ":files"

_BASH = """\
# Completion of sel in bash: source <(./sel completion bash)
_sel() {
    local line typed=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]}
    [[ $current == [:=] ]] && current=
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
        else
            COMPREPLY+=("${line%%$'\\t'*}")
        fi
    done < <("${1/#\\~/$HOME}" completion bash --words "${typed#*"$1"}" 2>/dev/null)
}
complete -F _sel sel
"""

_ZSH = """\
# Completion of sel in zsh, after compinit: source <(./sel completion zsh)
_sel() {
    local line
    local -a found
    local -i files=0
    for line in "${(@f)$("${words[1]/#\\~/$HOME}" completion zsh --words "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == :files ]]; then
            files=1
        elif [[ -n $line ]]; then
            found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
        fi
    done
    (( ${#found} )) && _describe sel found
    (( files )) && _files
}
compdef _sel sel
"""

_FISH = """\
# Completion of sel in fish: ./sel completion fish | source
function __sel_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l command (string replace -r '^~' $HOME -- $words[1])
    for line in ($command completion fish --words $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c sel -f -a '(__sel_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def _named(names: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(names, "")


def _built() -> dict[str, str]:
    return _named(sorted(path.name for path in (ROOT / "build").glob("*/")))


def _parts() -> dict[str, str]:
    from sel.testing import known_parts

    return _named(known_parts())


def _assure_parts() -> dict[str, str]:
    from sel.testing import known_assure_parts

    return _named(known_assure_parts())


def _rows() -> dict[str, str]:
    from bench.rows import load_rows

    return {row.name: row.what for row in load_rows()}


def _ids() -> dict[str, str]:
    from sel.sections import kernel_errors, read_page

    return {section.id: section.title for section in (*read_page().values(), *kernel_errors().values())}


def _images() -> dict[str, str]:
    from sel.fetch import NAMES

    return _named(NAMES)


def _kinds() -> dict[str, str]:
    from sel.new import KINDS

    return _named(KINDS)


def _subjects() -> dict[str, str]:
    from mutants.command import SUBJECTS

    return _named(SUBJECTS)


#: What stands for a value, with a description: by command and the word that the help has for it, or by that word alone.
VALUES: dict[str, Callable[[], Mapping[str, str]]] = {
    "SYSTEM": lambda: _named(known_systems()), "clean SYSTEM": _built, "PRESET": lambda: _named(PRESETS), "BOARD": lambda: _named(known_boards()), "PART": _parts, "assure PART": _assure_parts,
    "ROW": _rows, "PATTERN": _rows, "ID": _ids, "IMAGE": _images, "CODE": _subjects, "KIND": _kinds,
    "SPEC": lambda: _named(known_systems()),
}
#: Values that may be files as well; a system only when no name fits.
FILES_TOO = ("FILE", "DIR", "IMAGE", "SPEC", "A.json", "B.json")
#: Values that only the user knows.
FREE = ("[CONSOLE:]REGEX", "[CONSOLE:]TEXT", "REGEX", "TEXT", "SECONDS", "SIZE", "ADDRESS", "N", "S", "WORD", "NAME", "NAME=VALUE", "PORT", "GUEST")


@dataclass(frozen=True)
class Candidates:
    """Values with a description each, and whether a file would do, too, or the path of a spec."""

    values: Mapping[str, str]
    may_be_file: bool = False
    may_be_path: bool = False


def script(shell: str) -> str:
    """Return the script for a shell."""
    return _SCRIPTS[shell]


def answer(shell: str, words: list[str]) -> str:
    """Return what could stand for the last of words: a line each, `VALUE<tab>DESCRIPTION`; FILES where a file could."""
    words = _split(words[-1]) if shell == "bash" and words else words
    current = words[-1] if words else ""
    found = _candidates(words[:-1], current)
    fitting = {value: text for value, text in found.values.items() if value.startswith(current)}
    # Bash takes what stands before a colon or an equals sign for a word of its own.
    cut = max(current.rfind(":"), current.rfind("=")) + 1 if shell == "bash" else 0
    lines = [f"{value[cut:]}\t{' '.join(text.split())}" for value, text in fitting.items()]
    if found.may_be_file or (found.may_be_path and not fitting):
        lines.append(FILES)
    return "".join(f"{line}\n" for line in lines)


def _split(line: str) -> list[str]:
    """Split a typed line as a shell does, open quotes and all; the last word is empty after a blank."""
    for end in ("", "'", '"'):
        try:
            words = shlex.split(line + end)
        except ValueError:
            continue
        return words if line and not line[-1].isspace() else [*words, ""]
    return line.split()


def _candidates(before: list[str], current: str) -> Candidates:
    """What could stand behind the words before."""
    if not before:
        return Candidates(COMMANDS)
    if before[0] not in PARSERS:
        return Candidates({})
    parser = PARSERS[before[0]]()
    walk = _Walk(parser, before[1:])
    option, equals, _ = current.partition("=")
    if walk.awaited is None and equals and option in walk.options:
        found = _of_value(before[0], walk.options[option], 0)
        return replace(found, values={f"{option}={value}": text for value, text in found.values.items()})
    if walk.awaited is not None:
        return _of_value(before[0], walk.awaited, walk.place)
    if current.startswith("-"):
        return Candidates({name: (action.help or "").replace("%%", "%") for name, action in walk.options.items() if name not in walk.given})
    return _of_value(before[0], walk.positional(), 0)


class _Walk:
    """Where a parser stands after some words: the option that waits for a value, and how many words were no options."""

    def __init__(self, parser: Parser, words: list[str]) -> None:
        self.actions = parser._actions  # argparse has no other way to ask
        self.options = {name: action for action in self.actions for name in action.option_strings}
        self.given: set[str] = set()
        self.awaited: argparse.Action | None = None
        self.place = 0
        self._count = 0
        for word in words:
            self._take(word)

    def _take(self, word: str) -> None:
        if self.awaited is not None:
            self.place += 1
            if self.place == _value_count(self.awaited):
                self.awaited = None
        elif word.partition("=")[0] in self.options:
            option, equals, _ = word.partition("=")
            action = self.options[option]
            if not isinstance(action, AppendStep):
                self.given.update(action.option_strings)
            if not equals and _value_count(action):
                self.awaited, self.place = action, 0
        elif not word.startswith("-"):
            self._count += 1

    def positional(self) -> argparse.Action | None:
        """Return what the next word that is no option stands for."""
        places = [action for action in self.actions if not action.option_strings]
        if self._count < len(places):
            return places[self._count]
        return places[-1] if places and places[-1].nargs == "*" else None


def _value_count(action: argparse.Action) -> int:
    """How many words an option takes at least; what takes all that follow is nothing to walk over."""
    return action.nargs if isinstance(action.nargs, int) else 1 if action.nargs in (None, "+") else 0


def words_of_help(action: argparse.Action) -> tuple[str, ...]:
    """Return the words that the help has for an action's values, one a value."""
    return action.metavar if isinstance(action.metavar, tuple) else (action.metavar or action.dest,)


def _of_value(command: str, action: argparse.Action | None, place: int) -> Candidates:
    """What could stand for a value."""
    if action is None:
        return Candidates({})
    if action.choices is not None:
        return Candidates(_named(map(str, action.choices)))
    names = words_of_help(action)
    name = names[min(place, len(names) - 1)]
    source = VALUES.get(f"{command} {name}") or VALUES.get(name)
    try:
        values = source() if source else {}
    except (ImportError, SelError):
        values = {}  # a lack of the machine or a damaged table is told where it matters
    return Candidates(values, name in FILES_TOO, name == "SYSTEM")
