# SPDX-License-Identifier: BSD-2-Clause
"""From checked YAML data to the records of model.py."""

from pathlib import Path
from typing import Any

from abigen.check import check_sources
from abigen.load import Sources, load_sources
from abigen.model import Abi, Argument, Bit, CapType, Destroy, ErrorCode, Field, Group, Method, Numbered, ObjectType, Region, Syscall


def _fields(items: Any) -> tuple[Field, ...]:
    return tuple(Field(str(i["name"]), int(i["low"]), int(i["width"]), int(i.get("word", 0)), str(i.get("meaning", ""))) for i in items)


def _bits(items: Any) -> tuple[Bit, ...]:
    return tuple(Bit(str(i["name"]), int(i["bit"]), str(i.get("meaning", ""))) for i in items)


def _numbered(items: Any) -> tuple[Numbered, ...]:
    return tuple(
        Numbered(str(i["name"]), int(i["number"]), str(i.get("text", i.get("meaning", ""))), _strings(i.get("words", []))) for i in items
    )


def _strings(items: Any) -> tuple[str, ...]:
    return tuple(str(i) for i in items)


def _cap_type(item: Any) -> CapType:
    bits = item.get("object_bits")
    values: tuple[int, ...] = ()
    bounds: tuple[int, int] | None = None
    if isinstance(bits, dict):
        values = tuple(int(v) for v in bits.get("values", []))
        bounds = (int(bits["min"]), int(bits["max"])) if "min" in bits else None
    return CapType(
        name=str(item["name"]), number=int(item["number"]), fields=_fields(item.get("fields", [])),
        size=int(bits) if isinstance(bits, int) else None, size_values=values, size_range=bounds,
        internal=bool(item.get("internal", False)), meaning=str(item.get("meaning", "")),
    )


def _bound(item: Any, key: str) -> str:
    value = item.get(key, "")
    return f"SEL_LIMIT_{value}" if isinstance(value, str) and value else str(value)


def _argument(item: Any) -> Argument:
    caps = item.get("cap", [])
    return Argument(
        name=str(item["name"]), type=str(item["type"]), caps=(str(caps),) if isinstance(caps, str) else _strings(caps),
        optional=bool(item.get("optional", False)), rights=_strings(item.get("rights", [])),
        min=_bound(item, "min"), max=_bound(item, "max"), mask=str(item.get("mask", "")),
        of=str(item.get("of", "")), must=str(item.get("must", "")), slot=str(item.get("slot", "")),
    )


def _direct(object_name: str, item: Any) -> str:
    direct = item.get("direct", False)
    return direct if isinstance(direct, str) else f"{object_name}_{item['name']}" if direct else ""


def _method(object_name: str, item: Any, objects: Any) -> Method:
    return Method(
        object=object_name, name=str(item["name"]), number=int(item["number"]),
        args=tuple(_argument(arg) for arg in item["args"]), results=_strings(item.get("results", [])),
        errors=_strings(item["errors"]), needs=_strings(item.get("needs", [])),
        preemptible=bool(item.get("preemptible", False)), plain=bool(item.get("plain", False)),
        direct=_direct(object_name, item), constant=item.get("with", ""), bound=item.get("bound"), bound_by=str(objects.get("bound_by", {}).get(object_name, "")),
        other=bool(item.get("other", False)), registers=str(item.get("registers", "")), has_self=object_name in objects.get("self", []),
        number_field=str(objects.get("number", {}).get(object_name, "")), text=str(item.get("text", "")),
    )


def build(sources: Sources) -> Abi:
    """The model of checked sources."""
    caps, limits, messages = sources["caps.yaml"], sources["limits.yaml"], sources["messages.yaml"]
    calls, exits = sources["syscalls.yaml"], messages["exits"]
    objects = sources["objects.yaml"]
    info, message = limits["boot_info"], calls["message"]
    return Abi(
        rights=_bits(caps["rights"]), common_fields=_fields(caps["common_fields"]),
        cap_types=tuple(_cap_type(item) for item in caps["types"]), object_types=tuple(
            ObjectType(str(o["name"]), int(o["number"]), str(o.get("cap", o["name"])), str(o.get("meaning", ""))) for o in caps["object_types"]
        ),
        errors=tuple(
            ErrorCode(str(e["name"]), int(e["number"]), str(e["sentence"]), _strings(e.get("detail", [])))
            for e in sources["errors.yaml"]["errors"]
        ),
        limits=tuple((str(i["name"]), int(i["value"]), str(i.get("text", ""))) for i in limits["limits"]),
        groups=tuple(Group(str(g["name"]), str(g.get("text", "")), _numbered(g["values"])) for g in limits["constants"]),
        initial_slots=tuple((str(i["name"]), int(i["index"])) for i in limits["initial_slots"]),
        boot_magic=int(info["magic"]), boot_words=_strings(info["words"]),
        boot_untyped_offset=int(info["untyped_offset"]), boot_untyped=_strings(info["untyped"]),
        payload_magic=int(limits["payload"]["magic"]), payload_words=_strings(limits["payload"]["words"]),
        faults=_numbered(messages["faults"]), fault_reply=_bits(messages["fault_reply"]),
        exit_fields=_fields(exits["word"]), lr_state=_fields(exits["lr_state"]), exit_reasons=_numbered(exits["reasons"]),
        verbs=_bits(exits["reply"]), list_register=_fields(exits["list_register"]),
        thread_registers=_strings(messages["thread_registers"]), vcpu_registers=_strings(messages["vcpu_registers"]),
        register_words=int(message["register_words"]), message_registers=_strings(message["registers"]),
        max_words=int(message["max_words"]), max_caps=int(message["max_caps"]), tag=_fields(message["tag"]),
        buffer_bytes=int(calls["ipc_buffer"]["size_bytes"]),
        buffer_words=tuple(
            Region(str(r["name"]), int(r["offset"]), int(r["count"]), str(r.get("meaning", ""))) for r in calls["ipc_buffer"]["words"]
        ),
        syscalls=tuple(
            Syscall(str(s["name"]), int(s["number"]), _strings(s["in"]), _strings(s["out"]), _strings(s["errors"])) for s in calls["syscalls"]
        ),
        objects=tuple(
            (str(name), tuple(_method(str(name), item, objects) for item in methods)) for name, methods in objects["objects"].items()
        ),
        destroys=tuple(
            Destroy(str(name), str(item["by"]), bool(item.get("preemptible", False)), str(objects.get("number", {}).get(name, "")))
            for name, item in objects.get("destroy", {}).items()
        ),
    )


def read_abi(folder: Path) -> Abi:
    """Load, check and build in one step; AbiError if anything is wrong."""
    sources = load_sources(folder)
    check_sources(sources)
    return build(sources)
