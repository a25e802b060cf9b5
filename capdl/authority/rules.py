# SPDX-License-Identifier: BSD-2-Clause
"""Statements of a policy as plain data, names resolved."""

from __future__ import annotations

from dataclasses import dataclass

from capdl.diagnostics import Place


@dataclass(frozen=True)
class Rule:
    """One statement: `kind` is a word of policy_keys.STATEMENTS, `text` says it; what it does not need is empty or None.

    no_flow: from `sources` to `targets`. no_path, no_shared_memory: between `sources`, each a group of which no two
    members are compared. only: `verb` and `target`, permitted to `sources`. max: of `sources`.
    """

    kind: str
    place: Place
    text: str
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    except_through: tuple[str, ...] = ()
    verb: str = ""
    target: str = ""
    share_percent: int | None = None
    memory: int | None = None
    response_ns: int | None = None
