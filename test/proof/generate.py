# SPDX-License-Identifier: BSD-2-Clause
"""What the proofs take from the generated ABI: one a capability field (caps.c), and one harness an invocation (lib/decode.c).
The system calls' are made by syscalls.py.

The list of invocations is the ABI's: a new one is proved, or its test fails.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import syscalls
from heads import FEWER_INTERRUPTS, HINT, Change, Harness, Twin
from sel import ROOT

#: Errors every invocation can give, and those that a capability argument adds (objects.yaml).
_ALWAYS = ("OK", "INVALID_METHOD", "TOO_FEW_ARGUMENTS")
_OF_CAPS = ("INVALID_CAP", "WRONG_TYPE", "RIGHTS")
#: Where decode functions and the conditions of `bound` are, if not in the file of the object's name.
_FILES = {"irq_control": "irq", "irq_handler": "irq"}
#: Included by lib/decode.c, whose tables the harness looks into.
_INCLUDED = ("kernel/object/irq.c", "kernel/object/vspace.c")
_UNWIND = 200
_SAME = "the checks change nothing"


def _writes(method: str, statement: str) -> Twin:
    """A twin whose decode does that first."""
    head = f"err_t decode_{method}(struct {method}_op *op, struct err_info *info)\n{{"
    return Twin("kernel/object/cnode.c", head, f"{head}\n    {statement}", _SAME)


#: What every harness changes: fewer interrupts, and the one CNode where a capability's address stands for it.
_HINTS = (
    FEWER_INTERRUPTS,
    Change("kernel/object/cnode.c", "*out = (struct slot *)cap_object(cap) + index;", "*out = (struct slot *)proof_cnode(cap) + index;"),
)
#: Loops that a CNode of 4 slots ends sooner than CBMC can know.
_UNWINDSET = {"untyped_retype": ("decode_places.0:5",)}
#: Proved by the full run alone: what is valid in four list registers is a hard formula.
_FULL = ("vcpu_set_interrupts",)
#: Whose twins are tried in CI: one of each kind that _twin() makes, and those of _MORE_TWINS. All others are made the same way, for the same lib/decode.c.
_TWINS_IN_CI = ("cnode_cancel_badged_sends", "cnode_copy", "cnode_move", "frame_map", "tcb_suspend", "untyped_retype")
#: Besides the twin that each has: checks that write to an object behind a capability, said by the object's name, as a write through a
#: capability's address is a hard formula.
_MORE_TWINS = {
    "cnode_cancel_badged_sends": _writes("cnode_cancel_badged_sends", "extern struct endpoint endpoint;\n    endpoint.cancel_badge = 0;"),
    "cnode_copy": _writes("cnode_copy", "extern struct reply reply;\n    reply.server = NULL;"),
}


def write(build: Path) -> None:
    """Write the generated headers and harnesses."""
    abi = _abi(build)
    (build / "gen/proof_caps.h").write_text(_caps(abi), encoding="utf-8")
    glue = (build / "gen/invocations.c").read_text(encoding="utf-8")
    paths = [build / "gen/invocations.h", ROOT / "kernel/arch/arch.h", *(ROOT / "kernel/object").glob("*.h")]
    headers = "".join(path.read_text(encoding="utf-8") for path in paths)
    (build / "harness").mkdir(exist_ok=True)
    syscalls.write(build, abi["syscalls"])
    for kind, name, method in _methods(abi):
        text = _decode_harness(kind, name, method, _carry_out(glue, kind, name), headers)
        _path(build, kind, name).write_text(text, encoding="utf-8")


def harnesses(build: Path) -> list[Harness]:
    """Return the harnesses made of the ABI, one an invocation and one a system call."""
    glue = (build / "gen/invocations.c").read_text(encoding="utf-8")
    abi = _abi(build)
    return [*[_harness(build, glue, *method) for method in _methods(abi)], *syscalls.harnesses(build, abi["syscalls"])]


def _abi(build: Path) -> dict[str, Any]:
    abi: dict[str, Any] = json.loads((build / "gen/abi.json").read_text(encoding="utf-8"))
    return abi


def _methods(abi: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(kind, name, method) for kind, methods in abi["objects"].items() for name, method in methods.items()]


def _path(build: Path, kind: str, name: str) -> Path:
    return build / f"harness/decode_{kind}_{name}.c"


def _carry_out(glue: str, kind: str, name: str) -> str:
    """Return the function that is called once an invocation is accepted: the last call in its glue."""
    body = glue.split(f"static err_t run_{kind}_{name}(", 1)[1].split("\n}\n", 1)[0]
    return re.findall(r"^\s+(?:\*progress = )?(\w+)\((?:&?op)", body, re.MULTILINE)[-1]


def _decode_source(kind: str) -> str:
    return f"kernel/object/{_FILES.get(kind, kind)}.c"


def _decodes(kind: str, name: str) -> bool:
    return f"err_t decode_{kind}_{name}(" in (ROOT / _decode_source(kind)).read_text(encoding="utf-8")


def _refusable(kind: str, name: str, method: dict[str, Any]) -> bool:
    """Whether there is anything to check."""
    return bool(method["args"] or method["needs"] or method["errors"] or _decodes(kind, name))


def _harness(build: Path, glue: str, kind: str, name: str, method: dict[str, Any]) -> Harness:
    own = [_decode_source(kind), "kernel/object/cap.c", "kernel/object/slot.c", "kernel/object/cnode.c"]
    sources = ["kernel/api/invoke.c", *dict.fromkeys(file for file in own if file not in _INCLUDED)]
    carry_out = _carry_out(glue, kind, name)
    twins = [_twin(glue, kind, name, carry_out), *[twin for method, twin in _MORE_TWINS.items() if method == f"{kind}_{name}"]]
    budget = "ci" if f"{kind}_{name}" in _TWINS_IN_CI else "full"
    return Harness(
        path=_path(build, kind, name),
        property=f"{kind}.{name} is refused without a change, with an error of its list, or accepted and carried out once",
        bounds="one step from any state of a small world; a CSpace and a CNode of 4 slots, 4 VSpace ids, 32 interrupts; no argument is bounded",
        sources=tuple(file for file in sources if (ROOT / file).is_file()),
        unwind=_UNWIND,
        unwindset=_UNWINDSET.get(f"{kind}_{name}", ()),
        unwind_at="_UNWIND and _UNWINDSET in generate.py",
        budget="full" if f"{kind}_{name}" in _FULL else "ci",
        options=("--nondet-static",) if kind.startswith("irq") else (),
        twins=tuple(replace(twin, budget=budget) for twin in twins),
        hints=_HINTS,
        first_includes=(HINT,),
        stubbed=carry_out,
    )


def _twin(glue: str, kind: str, name: str, carry_out: str) -> Twin:
    """A decode that writes; else checks whose answer nobody heeds; where nothing is checked, an invocation that is lost."""
    if _decodes(kind, name):
        head = f"err_t decode_{kind}_{name}(struct {kind}_{name}_op *op, struct err_info *info)\n{{"
        return Twin(_decode_source(kind), head, f"{head}\n    ((uint64_t *)op->in->slot)[1] ^= 1;", _SAME)
    for assigned in ("", "*progress = "):
        heeded = f"if (error == ERR_OK) {{\n        {assigned}{carry_out}(&op" if carry_out.startswith("invoke") else (
            f"if (error == ERR_OK) {{\n        {assigned}{carry_out}(op"
        )
        if heeded in glue:
            return Twin("gen/invocations.c", heeded, heeded.replace("error == ERR_OK", "true"), "what is refused is not")
    run = "error = desc->run(&in, info, &out, progress);"
    return Twin("kernel/api/invoke.c", run, "(void)desc->run;", "what is refused is not")


def _decode_harness(kind: str, name: str, method: dict[str, Any], carry_out: str, headers: str) -> str:
    upper = f"{kind}_{name}".upper()
    prototype = re.search(rf"^((?:void|enum progress) {carry_out}\([^)]*\))", headers, re.MULTILINE)
    assert prototype is not None, f"no declaration of {carry_out}"
    errors = [*_ALWAYS, *method["errors"], *(_OF_CAPS if any(a["type"] == "cap" for a in method["args"]) else ()), *(("RIGHTS",) if method["needs"] else ())]
    listed = " || ".join(f"error == ERR_{error}" for error in dict.fromkeys(errors))
    returned = "    return any_bool() ? DONE : PREEMPTED;\n" if prototype.group(1).startswith("enum") else ""
    refused = 'REACHED("the invocation is refused")' if _refusable(kind, name, method) else "(void)0"
    return f"""/* Generated from libsel/abi/objects.yaml by test/proof/generate.py: do not edit. */
#define invocation_find real_invocation_find
#include "gen/invocations.c"
#undef invocation_find
#define METHOD_OF_TYPE {kind}_methods[METHOD_{upper} - 1]
#define METHOD_LABEL   METHOD_{upper}
#define TYPE           CAP_TYPE_{kind.upper()}
#define ARGUMENT_COUNT {len(method["args"])}
#define REACHED_REFUSAL {refused}
static bool is_listed(err_t error)
{{
    return {listed};
}}
#define {carry_out} real_{carry_out}
#include "test/proof/lib/decode.c"
#undef {carry_out}
{prototype.group(1)}
{{
    carried_out_count++;
{returned}}}
"""


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
