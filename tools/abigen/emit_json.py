# SPDX-License-Identifier: BSD-2-Clause
"""gen/abi.json (the ABI for Python) and gen/errors_pairs.json (every refusal the ABI promises)."""

import json
from typing import Any

from abigen.model import Abi, Field, Method

SOURCE = "generated from libsel/abi/*.yaml by tools/abigen"


def _fields(fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    return [{"name": f.name, "word": f.word, "low": f.low, "width": f.width} for f in fields]


def _method(abi: Abi, method: Method) -> dict[str, Any]:
    args = [{"name": a.name, "type": a.type, "caps": list(a.caps), "optional": a.optional, "rights": abi.rights_mask(a.rights)} for a in method.args]
    return {"number": method.number, "id": (abi.cap_type(method.object.upper()).number << 8) | method.number, "args": args,
            "results": list(method.results), "errors": list(method.errors), "needs": abi.rights_mask(method.needs),
            "preemptible": method.preemptible}


def abi_dict(abi: Abi) -> dict[str, Any]:
    """The ABI as plain dictionaries, keyed by the names of the YAML files."""
    caps = {}
    for cap in abi.cap_types:
        bits: Any = cap.size
        if cap.size_range is not None:
            bits = {"min": cap.size_range[0], "max": cap.size_range[1]}
        elif cap.size_values:
            bits = list(cap.size_values)
        caps[cap.name] = {"number": cap.number, "object_bits": bits, "internal": cap.internal, "fields": _fields(cap.fields)}
    return {
        "source": SOURCE,
        "rights": {r.name: 1 << r.bit for r in abi.rights},
        "common_fields": _fields(abi.common_fields),
        "cap_types": caps,
        "object_types": {o.name: o.number for o in abi.object_types},
        "errors": {e.name: {"number": e.number, "sentence": e.sentence, "detail": list(e.detail)} for e in abi.errors},
        "limits": {name: value for name, value, _ in abi.limits},
        "constants": {g.name: {v.name: v.number for v in g.values} for g in abi.groups},
        "initial_slots": dict(abi.initial_slots),
        "boot_info": {"magic": abi.boot_magic, "words": list(abi.boot_words), "untyped_offset": abi.boot_untyped_offset, "untyped": list(abi.boot_untyped)},
        "payload": {"magic": abi.payload_magic, "words": list(abi.payload_words)},
        "faults": {f.name: {"number": f.number, "words": list(f.words)} for f in abi.faults},
        "fault_reply": {b.name: 1 << b.bit for b in abi.fault_reply},
        "exits": {"word": _fields(abi.exit_fields), "lr_state": _fields(abi.lr_state), "reasons": {r.name: r.number for r in abi.exit_reasons},
                  "reply": {v.name: 1 << v.bit for v in abi.verbs}, "list_register": _fields(abi.list_register)},
        "thread_registers": list(abi.thread_registers),
        "vcpu_registers": list(abi.vcpu_registers),
        "message": {"register_words": abi.register_words, "registers": list(abi.message_registers), "max_words": abi.max_words,
                    "max_caps": abi.max_caps, "tag": _fields(abi.tag)},
        "ipc_buffer": {"size_bytes": abi.buffer_bytes, "words": {r.name: {"offset": r.offset, "count": r.count} for r in abi.buffer_words}},
        "syscalls": {s.name: {"number": s.number, "in": list(s.inputs), "out": list(s.outputs), "errors": list(s.errors)} for s in abi.syscalls},
        "objects": {name: {m.name: _method(abi, m) for m in methods} for name, methods in abi.objects},
    }


def method_errors(method: Method) -> list[str]:
    """The errors of one method: its own and those its arguments add (objects.yaml, top)."""
    errors = set(method.errors)
    if method.fixed_args:
        errors.add("TOO_FEW_ARGUMENTS")
    if method.cap_args:
        errors |= {"INVALID_CAP", "WRONG_TYPE"}
    if method.needs or any(arg.rights for _, arg in method.cap_args):
        errors.add("RIGHTS")
    return sorted(errors)


def error_pairs(abi: Abi) -> list[dict[str, str]]:
    """Every (invocation, error): `OBJECT_METHOD` for methods, `OBJECT` for an unknown label, `syscall_X` for system calls."""
    pairs = [(method.c_name, error) for method in abi.methods for error in method_errors(method)]
    pairs += [(name, "INVALID_METHOD") for name, _ in abi.objects]
    pairs += [(f"syscall_{call.name}", error) for call in abi.syscalls for error in call.errors]
    return [{"invocation": invocation, "error": error} for invocation, error in sorted(pairs)]


def abi_json(abi: Abi) -> str:
    """gen/abi.json"""
    return json.dumps(abi_dict(abi), indent=1) + "\n"


def errors_pairs_json(abi: Abi) -> str:
    """gen/errors_pairs.json"""
    rows = ",\n".join(" " + json.dumps(pair) for pair in error_pairs(abi))
    return f'{{"source": "{SOURCE}",\n"pairs": [\n{rows}\n]}}\n'
