# SPDX-License-Identifier: BSD-2-Clause
"""The mutants that no test can notice, each with its reason: test/mutants/equivalent.yaml.

An entry names a change by function and by the text of the changed lines before and after, so that it holds as long as
the lines are the same, wherever they move to; a changed line makes it stale, which is an error.
"""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mutants.draw import Mutant
from sel.errors import BadInput

#: At most this share of those drawn may be explained.
SHARE_MAX = 0.03

_KEYS = ("file", "function", "before", "after", "why")

Key = tuple[str, str, str, str]


def key_of(mutant: Mutant) -> Key:
    """Return what an entry says to name this mutant."""
    return mutant.path, mutant.function, mutant.before(), mutant.after()


def read(path: Path) -> dict[Key, str]:
    """Return the reasons by their mutants; BadInput when an entry is not whole."""
    if not path.exists():
        return {}
    try:
        entries = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or []
    except YAMLError as error:
        raise BadInput(f"{path} is no YAML: {error}") from None
    if not isinstance(entries, list):
        raise BadInput(f"{path}: it is a list of entries, not {type(entries).__name__}")
    reasons: dict[Key, str] = {}
    for number, entry in enumerate(entries, 1):
        _check(path, number, entry)
        path_name, function, before, after, why = (" ".join(str(entry[key]).split()) for key in _KEYS)
        reasons[path_name, function, before, after] = why
    return reasons


def _check(path: Path, number: int, entry: object) -> None:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        has = ", ".join(map(str, entry)) if isinstance(entry, dict) else type(entry).__name__
        raise BadInput(f"{path}: entry {number} has {has}; each has exactly {', '.join(_KEYS)}")
    if not str(entry["why"] or "").strip():
        raise BadInput(f"{path}: entry {number} gives no reason; say in `why` what makes the mutant no different to any test")


def stale(reasons: dict[Key, str], pool: list[list[Mutant]]) -> list[Key]:
    """Return the entries whose mutant is none of the pool."""
    known = {key_of(mutant) for mutants in pool for mutant in mutants}
    return [key for key in reasons if key not in known]
