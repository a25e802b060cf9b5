# SPDX-License-Identifier: BSD-2-Clause
"""The table of what invocations do lacks none of the kernel's, names no other, and says of each right and each capability argument what the ABI says."""

from __future__ import annotations

import pytest
import yaml
from conftest import ROOT
from invocations import ARGUMENTS, CALLS, INVOCATIONS, Row

from capdl.authority.facts import POWERS

ABI = ROOT / "libsel/abi"
OBJECTS = yaml.safe_load((ABI / "objects.yaml").read_text(encoding="utf-8"))["objects"]
SYSCALLS = [row["name"] for row in yaml.safe_load((ABI / "syscalls.yaml").read_text(encoding="utf-8"))["syscalls"]]
EVERY = [(type, row["name"]) for type, rows in OBJECTS.items() for row in rows]


def test_no_invocation_lacks_a_row() -> None:
    """Nor is there a row of an invocation that the kernel has not."""
    assert {(type, name) for type, rows in INVOCATIONS.items() for name in rows} == set(EVERY)
    assert set(CALLS) == set(SYSCALLS)


@pytest.mark.parametrize(("type", "name"), EVERY)
def test_rights_and_arguments_are_the_abi_s(type: str, name: str) -> None:
    """The invoked capability's right, and every argument that is a capability."""
    [row] = [row for row in OBJECTS[type] if row["name"] == name]
    ours: Row = INVOCATIONS[type][name]
    assert ours.needs == "".join(row.get("needs", []))
    assert set(ours.args) == {argument["name"] for argument in row["args"] if argument["type"] == "cap"}
    assert set(ours.args.values()) <= set(ARGUMENTS)


def test_who_acts_hands_and_stops_is_the_same_in_the_analysis() -> None:
    """facts.POWERS says of a type what any row of it says; a FRAME acts by writing, which is no invocation."""
    for type, rows in INVOCATIONS.items():
        power = POWERS.get(type.upper())
        said = (power.controls and type != "frame", power.hands, power.stops and type != "frame") if power else (False, False, False)
        assert said == (any(row.acts for row in rows.values()), any(row.puts for row in rows.values()), any(row.halts for row in rows.values())), type
