# SPDX-License-Identifier: BSD-2-Clause
"""gen/docs/*.md: the reference pages."""

from abigen.emit_json import method_errors
from abigen.model import Abi, Argument, CapType, ErrorCode, Field, Method, Syscall
from abigen.text import camel, join

NOTE = "<!-- generated from libsel/abi/{} by tools/abigen: do not edit -->"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _fields_table(fields: tuple[Field, ...], with_word: bool = False) -> list[str]:
    head = ["| field |" + (" word |" if with_word else "") + " bits | meaning |", "|---|" + ("---|" if with_word else "") + "---|---|"]
    rows = []
    for field in fields:
        high = field.low + field.width - 1
        bits = str(field.low) if field.width == 1 else f"{high}:{field.low}"
        rows.append(f"| {field.name} |" + (f" {field.word} |" if with_word else "") + f" {bits} | {_cell(field.meaning)} |")
    return head + rows


def _argument_row(index: int, arg: Argument) -> str:
    kind = " or ".join(camel(cap) for cap in arg.caps) if arg.caps else arg.type
    notes = (["0 = none"] if arg.optional else []) + ([f"needs {', '.join(arg.rights)}"] if arg.rights else [])
    notes += [f"{word} {value.removeprefix('SEL_LIMIT_')}" for word, value in (("at least", arg.min), ("at most", arg.max), ("bits of", arg.mask)) if value]
    notes += [f"slot of {arg.of}, {arg.must}"] if arg.slot else []
    return f"| {index} | {arg.name} | {kind} | {'; '.join(notes)} |"


def _method_section(method: Method) -> list[str]:
    lines = ["", f"## {method.c_name}", ""]
    if method.text:
        lines += [method.text, ""]
    facts = [f"Method {method.number}."]
    if method.needs:
        facts.append(f"The invoked capability needs {', '.join(method.needs)}.")
    if method.preemptible:
        facts.append("Preemptible.")
    lines += [" ".join(facts)]
    if method.args:
        lines += ["", "| argument | name | kind | |", "|---|---|---|---|"]
        lines += [_argument_row(i + 1, arg) for i, arg in enumerate(method.args)]
    if method.results:
        lines += ["", "Results: " + ", ".join(f"`{name}`" for name in method.results) + "."]
    lines += ["", f"Model: `model_{method.c_name}` (test/model/{method.object}.c)."]
    errors = method_errors(method)
    return lines + ["", "Errors: " + (", ".join(f"[{e}](errors.md#{e.lower()})" for e in errors) if errors else "none of its own") + "."]


def object_page(abi: Abi, name: str, methods: tuple[Method, ...]) -> str:
    """One object's methods."""
    lines = [NOTE.format("objects.yaml"), f"# {camel(name.upper())}", "",
             "Every invocation can also give INVALID_CAP (no capability there) and INVALID_METHOD (no such label)."]
    for method in methods:
        lines += _method_section(method)
    return join(lines)


def _size(cap: CapType) -> str:
    if cap.size is not None:
        return str(cap.size)
    if cap.size_range is not None:
        return f"{cap.size_range[0]}..{cap.size_range[1]} (size_bits)"
    return " ".join(str(bits) for bits in cap.size_values)


def caps_page(abi: Abi) -> str:
    """Capability types and layouts."""
    lines = [NOTE.format("caps.yaml"), "# Capabilities", "", "## Rights", "", "| right | bit | meaning |", "|---|---|---|"]
    lines += [f"| {r.name} | {r.bit} | {_cell(r.meaning)} |" for r in abi.rights]
    lines += ["", "## Common fields", ""] + _fields_table(abi.common_fields, True)
    lines += ["", "## Types", "", "| type | number | object size, bits | |", "|---|---|---|---|"]
    lines += [f"| {camel(c.name)} | {c.number} | {_size(c)} | {_cell(c.meaning)} |" for c in abi.cap_types]
    for cap in abi.cap_types:
        if cap.fields:
            lines += ["", f"## {camel(cap.name)}", ""] + _fields_table(cap.fields, True)
    lines += ["", "## Object types of retype", "", "| type | number | |", "|---|---|---|"]
    return join(lines + [f"| {o.name} | {o.number} | {_cell(o.text)} |" for o in abi.object_types])


def error_givers(abi: Abi, error: ErrorCode) -> list[str]:
    """The invocations and system calls that can end with an error."""
    return [m.c_name for m in abi.methods if error.name in method_errors(m)] + [f"sel_{s.name}" for s in abi.syscalls if error.name in s.errors]


def _error_section(abi: Abi, error: ErrorCode) -> list[str]:
    givers = error_givers(abi, error)
    lines = ["", f"## {error.name}", "", f"{error.number}: \"{error.sentence}\"."]
    if error.detail:
        lines += ["", "Details: " + ", ".join(f"word {i} {name}" for i, name in enumerate(error.detail) if name != "unused") + "."]
    return lines + (["", "Given by: " + ", ".join(givers) + "."] if givers else [])


def errors_page(abi: Abi) -> str:
    """All status values."""
    lines = [NOTE.format("errors.yaml"), "# Errors"]
    for error in abi.errors:
        lines += _error_section(abi, error)
    return join(lines)


def _syscall_row(call: Syscall) -> str:
    cells = [call.name, str(call.number), ", ".join(call.inputs), ", ".join(call.outputs), ", ".join(call.errors)]
    return f"| {' | '.join(cells)} | `model_{call.name}` (test/model/syscalls.c) |"


def syscalls_page(abi: Abi) -> str:
    """System calls and the message format."""
    lines = [NOTE.format("syscalls.yaml"), "# System calls", "",
             f"SVC #0, number in x8. Message words 0..{abi.register_words - 1} travel in {', '.join(abi.message_registers)}; "
             f"up to {abi.max_words} words and {abi.max_caps} capabilities through the IPC buffer.", "",
             "What each does is written in the model, in the function that its row names.", "",
             "| call | number | in | out | errors | model |", "|---|---|---|---|---|---|"]
    lines += [_syscall_row(call) for call in abi.syscalls]
    lines += ["", "## Tag", ""] + _fields_table(abi.tag)
    lines += ["", f"## IPC buffer ({abi.buffer_bytes} bytes)", "", "| words | name | meaning |", "|---|---|---|"]
    return join(lines + [f"| {r.offset}..{r.offset + r.count - 1} | {r.name} | {_cell(r.meaning)} |" for r in abi.buffer_words])


def messages_page(abi: Abi) -> str:
    """Faults, exits and their replies."""
    lines = [NOTE.format("messages.yaml"), "# Messages of the kernel", "", "## Faults", "", "| fault | label | words | |", "|---|---|---|---|"]
    lines += [f"| {f.name} | {f.number} | {', '.join(f.words)} | {_cell(f.text)} |" for f in abi.faults]
    lines += ["", "Reply, word 0:", "", "| verb | bit | meaning |", "|---|---|---|"]
    lines += [f"| {b.name} | {b.bit} | {_cell(b.meaning)} |" for b in abi.fault_reply]
    lines += ["", "## VM exits", "", "| reason | number | |", "|---|---|---|"]
    lines += [f"| {r.name} | {r.number} | {_cell(r.text)} |" for r in abi.exit_reasons]
    lines += ["", "### Exit word", ""] + _fields_table(abi.exit_fields) + ["", "### lr_state", ""] + _fields_table(abi.lr_state)
    lines += ["", "### Reply verbs", "", "| verb | bit | meaning |", "|---|---|---|"]
    lines += [f"| {v.name} | {v.bit} | {_cell(v.meaning)} |" for v in abi.verbs]
    lines += ["", "### List register entry", ""] + _fields_table(abi.list_register)
    for title, names in (("Thread registers", abi.thread_registers), ("VCPU registers", abi.vcpu_registers)):
        lines += ["", f"## {title}", "", ", ".join(f"{i} {name}" for i, name in enumerate(names)) + "."]
    return join(lines)


def limits_page(abi: Abi) -> str:
    """Bounds, constants, initial slots, boot information, the payload's header."""
    lines = [NOTE.format("limits.yaml"), "# Limits and constants", "", "| limit | value | |", "|---|---|---|"]
    lines += [f"| {name} | {value} | {_cell(text)} |" for name, value, text in abi.limits]
    for group in abi.groups:
        lines += ["", f"## {group.name}", "", f"{group.text}: " + ", ".join(f"{v.name} {v.number}" for v in group.values) + "."]
    lines += ["", "## First process", "", "| slot | capability |", "|---|---|"]
    lines += [f"| {index} | {name} |" for name, index in abi.initial_slots]
    lines += ["", f"Boot information page, words (magic {abi.boot_magic:#x}): " + ", ".join(f"{i} {w}" for i, w in enumerate(abi.boot_words)) + "."]
    lines += [f"From word {abi.boot_untyped_offset} on, {len(abi.boot_untyped)} words an Untyped: {', '.join(abi.boot_untyped)}.", ""]
    return join(lines + [f"Header of the payload, words (magic {abi.payload_magic:#x}): " + ", ".join(f"{i} {w}" for i, w in enumerate(abi.payload_words)) + "."])


def doc_pages(abi: Abi) -> dict[str, str]:
    """File name -> text of every reference page."""
    pages = {"caps.md": caps_page(abi), "errors.md": errors_page(abi), "syscalls.md": syscalls_page(abi),
             "messages.md": messages_page(abi), "limits.md": limits_page(abi)}
    pages |= {f"object_{name}.md": object_page(abi, name, methods) for name, methods in abi.objects}
    index = [NOTE.format("*.yaml"), "# ABI reference", ""] + [f"- [{name.removesuffix('.md')}]({name})" for name in sorted(pages)]
    return pages | {"README.md": join(index)}
