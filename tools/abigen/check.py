# SPDX-License-Identifier: BSD-2-Clause
"""What the shape of the files cannot say: unique numbers, fields that fit, references that exist."""

import re
from typing import Any, Callable, Iterable

from abigen.load import Path_, Sources
from abigen.model import CALL_REGISTERS

PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)(?::(hex|type|types|rights))?\}")


def unique(sources: Sources, name: str, path: Path_, items: Iterable[Any], key: str) -> None:
    """Complain about every item of the list at `path` whose `key` was seen before."""
    seen: dict[Any, int] = {}
    for i, item in enumerate(items):
        if key not in item:
            continue
        value = item[key]
        if value in seen:
            sources.complain(name, path + (i,), f"{key} {value} is used already at line {seen[value]}")
        seen.setdefault(value, sources.files[name].line(path + (i,)))


def fields_fit(sources: Sources, name: str, path: Path_, fields: Iterable[Any], taken: dict[tuple[int, int], str]) -> None:
    """Complain about fields that leave their word or overlap one another or `taken` bits."""
    taken = dict(taken)
    for i, field in enumerate(fields):
        if field["low"] + field["width"] > 64:
            sources.complain(name, path + (i,), f"field {field['name']} ends beyond bit 63")
        for bit in range(field["low"], min(64, field["low"] + field["width"])):
            place = (field.get("word", 0), bit)
            if place in taken:
                sources.complain(name, path + (i,), f"field {field['name']} overlaps {taken[place]} at word {place[0]} bit {bit}")
                break
            taken[place] = field["name"]


def check_caps(sources: Sources) -> None:
    """caps.yaml: unique types, fields inside their words and apart from the common ones."""
    name, caps = "caps.yaml", sources["caps.yaml"]
    unique(sources, name, ("rights",), caps["rights"], "name")
    for key in ("name", "number"):
        unique(sources, name, ("types",), caps["types"], key)
        unique(sources, name, ("object_types",), caps["object_types"], key)
    types = {cap["name"] for cap in caps["types"]}
    for i, made in enumerate(caps["object_types"]):
        if made.get("cap", made["name"]) not in types:
            sources.complain(name, ("object_types", i), f"{made['name']}: there is no capability type {made.get('cap', made['name'])}")
    common = caps["common_fields"]
    fields_fit(sources, name, ("common_fields",), common, {})
    for wanted in ("type", "rights", "object"):
        if wanted not in [field["name"] for field in common]:
            sources.complain(name, ("common_fields",), f"the common field '{wanted}' is missing")
    for i, cap in enumerate(caps["types"]):
        # An Untyped has neither rights nor flags: only its type and its object are where all others have them.
        kept = [f for f in common if cap["name"] != "UNTYPED" or f["name"] in ("type", "object")]
        taken = {(f["word"], bit): f["name"] for f in kept for bit in range(f["low"], f["low"] + f["width"])}
        fields_fit(sources, name, ("types", i, "fields"), cap.get("fields", []), taken)


def check_errors(sources: Sources) -> None:
    """errors.yaml: unique, OK is 0, sentences speak only of their details."""
    name, errors = "errors.yaml", sources["errors.yaml"]["errors"]
    for key in ("name", "number"):
        unique(sources, name, ("errors",), errors, key)
    if not errors or errors[0]["name"] != "OK" or errors[0]["number"] != 0:
        sources.complain(name, ("errors", 0), "the first error must be OK with number 0")
    for i, error in enumerate(errors):
        for part in re.findall(r"\{[^}]*\}?", error["sentence"]):
            match = PLACEHOLDER.fullmatch(part)
            if match is None:
                sources.complain(name, ("errors", i), f"{error['name']}: '{part}' is no placeholder ({{name}} or {{name:hex|type|types|rights}})")
            elif match.group(1) not in error.get("detail", []):
                sources.complain(name, ("errors", i), f"{error['name']}: the sentence names '{match.group(1)}', which is no detail of it")


def check_limits(sources: Sources) -> None:
    """limits.yaml: unique names and slots; the boot words end before the untyped list."""
    name, limits = "limits.yaml", sources["limits.yaml"]
    unique(sources, name, ("limits",), limits["limits"], "name")
    unique(sources, name, ("constants",), limits["constants"], "name")
    for i, group in enumerate(limits["constants"]):
        for key in ("name", "number"):
            unique(sources, name, ("constants", i, "values"), group["values"], key)
    for key in ("name", "index"):
        unique(sources, name, ("initial_slots",), limits["initial_slots"], key)
    info = limits["boot_info"]
    if len(info["words"]) > info["untyped_offset"]:
        sources.complain(name, ("boot_info", "untyped_offset"), f"{len(info['words'])} words do not fit before word {info['untyped_offset']}")


def check_messages(sources: Sources) -> None:
    """messages.yaml: unique numbers and bits, fields that fit, no register twice."""
    name, messages = "messages.yaml", sources["messages.yaml"]
    exits = messages["exits"]
    for path, items in ((("faults",), messages["faults"]), (("exits", "reasons"), exits["reasons"])):
        for key in ("name", "number"):
            unique(sources, name, path, items, key)
    for path, items in ((("fault_reply",), messages["fault_reply"]), (("exits", "reply"), exits["reply"])):
        for key in ("name", "bit"):
            unique(sources, name, path, items, key)
    for part in ("word", "lr_state", "list_register"):
        fields_fit(sources, name, ("exits", part), exits[part], {})
    for part in ("thread_registers", "vcpu_registers"):
        seen: set[str] = set()
        for i, register in enumerate(messages[part]):
            if register in seen:
                sources.complain(name, (part, i), f"register {register} is listed twice")
            seen.add(register)


def check_syscalls(sources: Sources, known_error: Callable[[str], bool]) -> None:
    """syscalls.yaml: unique numbers, tag and buffer that fit, known errors."""
    name, calls = "syscalls.yaml", sources["syscalls.yaml"]
    message = calls["message"]
    if message["register_words"] != len(message["registers"]):
        sources.complain(name, ("message", "registers"), f"{len(message['registers'])} registers for {message['register_words']} words")
    saved = sources["messages.yaml"]["thread_registers"]
    for register in (*message["registers"], *CALL_REGISTERS.values(), "pc"):
        if register not in saved:
            sources.complain(name, ("message", "registers"), f"register {register} is not among the thread_registers of messages.yaml")
    fields_fit(sources, name, ("message", "tag"), message["tag"], {})
    end = 0
    for i, region in enumerate(calls["ipc_buffer"]["words"]):
        if region["offset"] != end:
            sources.complain(name, ("ipc_buffer", "words", i), f"{region['name']} starts at word {region['offset']}, the part before ends at {end}")
        end = region["offset"] + region["count"]
    if end * 8 != calls["ipc_buffer"]["size_bytes"]:
        sources.complain(name, ("ipc_buffer",), f"{end} words are not {calls['ipc_buffer']['size_bytes']} bytes")
    for key in ("name", "number"):
        unique(sources, name, ("syscalls",), calls["syscalls"], key)
    for i, call in enumerate(calls["syscalls"]):
        for error in call["errors"]:
            if not known_error(error):
                sources.complain(name, ("syscalls", i), f"{call['name']}: there is no error {error}")


def check_arguments(sources: Sources, path: Path_, method: Any, caps: set[str], rights: set[str]) -> None:
    """The arguments of one method: capability types and rights exist, the variable tail is last and counted."""
    name = "objects.yaml"
    for i, arg in enumerate(method["args"]):
        where = path + ("args", i)
        if (arg["type"] == "cap") != ("cap" in arg):
            sources.complain(name, where, f"{arg['name']}: 'cap' goes with type cap and only with it")
        wanted = arg.get("cap", [])
        for cap in [wanted] if isinstance(wanted, str) else wanted:
            if cap not in caps:
                sources.complain(name, where, f"{arg['name']}: there is no capability type {cap}")
        cnodes = {"self"} | {str(a["name"]) for a in method["args"][:i] if a["type"] == "cap"}
        if ("slot" in arg) != ("of" in arg) or ("slot" in arg) != ("must" in arg):
            sources.complain(name, where, f"{arg['name']}: 'of', 'must' and 'slot' go together")
        elif "of" in arg and (arg["type"] != "index" or arg["of"] not in cnodes):
            sources.complain(name, where, f"{arg['name']}: 'of' is for an index and names a capability argument before it, or self")
        for right in arg.get("rights", []):
            if right not in rights:
                sources.complain(name, where, f"{arg['name']}: there is no right {right}")
        if arg["type"] == "words":
            before = method["args"][i - 1]["name"] if i else ""
            if i != len(method["args"]) - 1 or before not in ("count", "length"):
                sources.complain(name, where, f"{arg['name']}: words must come last, after 'count' (words) or 'length' (bytes)")
    unique(sources, name, path + ("args",), method["args"], "name")


def check_objects(sources: Sources, known_error: Callable[[str], bool]) -> None:
    """objects.yaml: every object is a capability type, methods are unique, references exist, messages fit."""
    name = "objects.yaml"
    caps = {cap["name"] for cap in sources["caps.yaml"]["types"]}
    rights = {right["name"] for right in sources["caps.yaml"]["rights"]}
    max_words = sources["syscalls.yaml"]["message"]["max_words"]
    for object_name in sources[name].get("destroy", {}):
        if object_name.upper() not in caps:
            sources.complain(name, ("destroy", object_name), f"there is no capability type {object_name.upper()}")
        if object_name in ("cnode", "tcb"):
            sources.complain(name, ("destroy", object_name), f"{object_name}: it dies by its slots (kernel/object/destroy.c)")
    for object_name, methods in sources[name]["objects"].items():
        path: Path_ = ("objects", object_name)
        if object_name.upper() not in caps:
            sources.complain(name, path, f"there is no capability type {object_name.upper()}")
        for key in ("name", "number"):
            unique(sources, name, path, methods, key)
        for i, method in enumerate(methods):
            if method["number"] != i + 1:
                sources.complain(name, path + (i,), f"{method['name']}: method numbers run from 1 without a gap, {i + 1} is expected")
            check_arguments(sources, path + (i,), method, caps, rights)
            if "bound" in method and object_name not in {*sources[name].get("self", []), *sources[name].get("number", {})}:
                sources.complain(name, path + (i,), f"{method['name']}: 'bound' is for objects with self or number")
            refusal = {True: "NOT_BOUND", False: "ALREADY_BOUND", None: None}[method.get("bound")]
            if refusal is not None and refusal not in method["errors"]:
                sources.complain(name, path + (i,), f"{method['name']}: 'bound' can refuse with {refusal}")
            if method.get("direct") is True and (object_name not in sources[name].get("self", []) or method["args"] or method.get("results")):
                sources.complain(name, path + (i,), f"{method['name']}: 'direct' is for methods of an object with self, without arguments and results")
            if isinstance(method.get("direct"), str) and (method.get("results") or not method.get("plain")):
                sources.complain(name, path + (i,), f"{method['name']}: 'direct' names a function for a plain method without results")
            if "with" in method and not isinstance(method.get("direct"), str):
                sources.complain(name, path + (i,), f"{method['name']}: 'with' is for the function that 'direct' names")
            if method.get("other") and (object_name != "tcb" or "BUSY" not in method["errors"]):
                sources.complain(name, path + (i,), f"{method['name']}: 'other' is for methods of a tcb that can refuse with BUSY")
            if "registers" in method and [arg["name"] for arg in method["args"][:2]] != ["first", "count"]:
                sources.complain(name, path + (i,), f"{method['name']}: 'registers' goes with the arguments 'first' and 'count'")
            for error in method["errors"]:
                if not known_error(error):
                    sources.complain(name, path + (i,), f"{method['name']}: there is no error {error}")
            for right in method.get("needs", []):
                if right not in rights:
                    sources.complain(name, path + (i,), f"{method['name']}: there is no right {right}")
            if max(len(method["args"]), len(method.get("results", []))) > max_words:
                sources.complain(name, path + (i,), f"{method['name']}: more than {max_words} words")


def check_sources(sources: Sources) -> None:
    """Run every check; AbiError with all problems if there is one."""
    errors = {error["name"] for error in sources["errors.yaml"]["errors"]}
    check_caps(sources)
    check_errors(sources)
    check_limits(sources)
    check_messages(sources)
    check_syscalls(sources, errors.__contains__)
    check_objects(sources, errors.__contains__)
    sources.raise_problems()
