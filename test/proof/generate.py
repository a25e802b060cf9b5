# SPDX-License-Identifier: BSD-2-Clause
"""What the proofs take from the generated ABI: a proof a capability field (caps.c)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heads import Harness


def write(build: Path) -> None:
    """Write the generated headers of the harnesses."""
    abi = json.loads((build / "gen/abi.json").read_text(encoding="utf-8"))
    (build / "gen/proof_caps.h").write_text(_caps(abi), encoding="utf-8")


def harnesses() -> list[Harness]:
    """Return the harnesses made of the ABI."""
    return []


def _caps(abi: dict[str, Any]) -> str:
    common = {field["name"]: field for field in abi["common_fields"]}
    lines = ["/* Generated from libsel/abi/caps.yaml by test/proof/generate.py: do not edit. */"]
    proofs = [_field(lines, "cap", field) for field in common.values()]
    makers: list[str] = []
    for name, cap in abi["cap_types"].items():
        lower = name.lower()
        proofs += [_field(lines, f"{lower}_cap", field) for field in cap["fields"]]
        given = [] if name == "NULL" else [common["object"], *([] if name == "UNTYPED" else [common["rights"]]), *cap["fields"]]
        makers += _maker(lower, cap["number"], given, [field["name"] for field in cap["fields"]])
    lines += ["static void prove_fields(void)", "{", *[f"    prove_{name}();" for name in proofs], "}"]
    return "\n".join([*lines, "static void prove_makers(void)", "{", *makers, "}", ""])


def _field(lines: list[str], prefix: str, field: dict[str, Any]) -> str:
    name = f"{prefix}_{field['name']}"
    setter = f"{prefix}_set_{field['name']}"
    lines.append(f"FIELD({name}, {setter}, word{field['word']}, {field['low']}, {field['width']})")
    return name


def _maker(lower: str, number: int, given: list[dict[str, Any]], own: list[str]) -> list[str]:
    """One capability of a type from arguments that fit their fields: all of them are in it."""
    lines = ["    {"]
    for field in given:
        lines.append(f"        uint64_t {field['name']} = any_u64();")
        lines.append(f"        ASSUME(({field['name']} & ~MASK({field['width']})) == 0);")
    arguments = ", ".join(field["name"] for field in given)
    lines.append(f"        struct cap cap = {lower}_cap_make({arguments});")
    lines.append(f'        PROVE(cap_type(cap) == {number}, "{lower}_cap_make gives its type");')
    for field in given:
        getter = f"{lower}_cap_{field['name']}" if field["name"] in own else f"cap_{field['name']}"
        lines.append(f'        PROVE({getter}(cap) == {field["name"]}, "{lower}_cap_make keeps {field["name"]}");')
    return [*lines, "    }"]
