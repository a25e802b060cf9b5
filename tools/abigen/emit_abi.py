# SPDX-License-Identifier: BSD-2-Clause
"""gen/abi.h (constants for kernel, user and assembly) and gen/err.h (the kernel's must-check enum)."""

from abigen.model import Abi
from abigen.text import banner, define, getter, join, setter


def _constants(abi: Abi) -> list[str]:
    lines = ["", "/* Status of a system call (x0). */"]
    lines += [define(f"SEL_ERROR_{e.name}", e.number) for e in abi.errors]
    lines += [define("SEL_ERROR_COUNT", max(e.number for e in abi.errors) + 1)]
    lines += ["", "/* Rights of a capability: mask of bits. */"]
    lines += [define(f"SEL_RIGHT_{r.name}", 1 << r.bit, r.meaning) for r in abi.rights]
    lines += [define("SEL_RIGHT_ALL", abi.rights_mask(tuple(r.name for r in abi.rights)))]
    lines += ["", "/* Capability types, and the sizes of their objects where fixed. */"]
    lines += [define(f"CAP_TYPE_{c.name}", c.number) for c in abi.cap_types]
    lines += [define("CAP_TYPE_COUNT", max(c.number for c in abi.cap_types) + 1)]
    for cap in abi.cap_types:
        if cap.size is not None:
            lines.append(define(f"OBJECT_BITS_{cap.name}", cap.size))
        if cap.size_range is not None:
            lines.append(define(f"OBJECT_BITS_{cap.name}_MIN", cap.size_range[0]))
            lines.append(define(f"OBJECT_BITS_{cap.name}_MAX", cap.size_range[1]))
        lines += [define(f"OBJECT_BITS_{cap.name}_{i}", bits) for i, bits in enumerate(cap.size_values)]
    lines += ["", "/* What Retype makes. */"]
    lines += [define(f"OBJECT_TYPE_{o.name}", o.number, o.text) for o in abi.object_types]
    lines += ["", "/* Limits. */"]
    lines += [define(f"SEL_LIMIT_{name}", value, text) for name, value, text in abi.limits]
    for group in abi.groups:
        lines += ["", f"/* {group.text or group.name}. */"]
        lines += [define(f"{group.name.upper()}_{v.name}", v.number, v.text) for v in group.values]
    return lines


def _calls(abi: Abi) -> list[str]:
    lines = ["", "/* System calls (x8). */"]
    lines += [define(f"SYSCALL_{s.name.upper()}", s.number) for s in abi.syscalls]
    lines += ["", "/* Methods: label of a Call on the object's capability. */"]
    for name, methods in abi.objects:
        lines += [define(f"METHOD_{m.c_name.upper()}", m.number) for m in methods]
        lines += [define(f"METHOD_COUNT_{name.upper()}", len(methods))]
    lines += ["", "/* Invocations: (capability type << 8) | method, unique over the ABI. */"]
    lines += [define(f"INVOCATION_{m.c_name.upper()}", (abi.cap_type(m.object.upper()).number << 8) | m.number) for m in abi.methods]
    return lines


def _messages(abi: Abi) -> list[str]:
    lines = ["", "/* Messages the kernel sends: labels, lengths, words. */"]
    for fault in abi.faults:
        lines.append(define(f"FAULT_{fault.name}", fault.number, fault.text))
        lines.append(define(f"FAULT_{fault.name}_LENGTH", len(fault.words)))
        lines += [define(f"FAULT_{fault.name}_WORD_{word.upper()}", i) for i, word in enumerate(fault.words)]
    lines += [define(f"FAULT_REPLY_{b.name}", 1 << b.bit, b.meaning) for b in abi.fault_reply]
    lines += ["", "/* Reasons of a VM_EXIT, and the verbs of its reply. */"]
    lines += [define(f"EXIT_{r.name}", r.number) for r in abi.exit_reasons]
    lines += [define(f"EXIT_WORD_{f.name.upper()}", f.mask << f.low) for f in abi.exit_fields]
    lines += [define(f"VERB_{v.name}", 1 << v.bit, v.meaning) for v in abi.verbs]
    lines += ["", "/* Register lists of TCB and VCPU read_registers, write_registers. */"]
    for prefix, names in (("THREAD_REG", abi.thread_registers), ("VCPU_REG", abi.vcpu_registers)):
        lines += [define(f"{prefix}_{name.upper()}", i) for i, name in enumerate(names)] + [define(f"{prefix}_COUNT", len(names))]
    lines += ["", "/* Message and IPC buffer: counts; offsets in words. */",
              define("MESSAGE_REGISTER_WORDS", abi.register_words), define("MESSAGE_WORDS_MAX", abi.max_words),
              define("MESSAGE_CAPS_MAX", abi.max_caps), define("IPC_BUFFER_BYTES", abi.buffer_bytes)]
    lines += [define(f"IPC_BUFFER_{r.name.upper()}", r.offset) for r in abi.buffer_words]
    lines += [define(f"TAG_{f.name.upper()}", 1 << f.low, f.meaning) for f in abi.tag if f.width == 1]
    lines += ["", "/* First process: slots of its CNode, words of its boot information page. */"]
    lines += [define(f"INITIAL_SLOT_{name}", index) for name, index in abi.initial_slots]
    lines += [define("BOOT_INFO_MAGIC_VALUE", abi.boot_magic)]
    lines += [define(f"BOOT_INFO_{name.upper()}", i) for i, name in enumerate(abi.boot_words)]
    lines += [define("BOOT_INFO_UNTYPED_OFFSET", abi.boot_untyped_offset), define("BOOT_UNTYPED_WORDS", len(abi.boot_untyped))]
    lines += [define(f"BOOT_UNTYPED_{name.upper()}", i) for i, name in enumerate(abi.boot_untyped)]
    return lines + ["", "/* The header page of the payload. */", define("PAYLOAD_MAGIC", abi.payload_magic)]


def _accessors(abi: Abi) -> list[str]:
    lines = ["", "#ifndef __ASSEMBLER__", "", "#include <stdint.h>", "",
             "/** The page part shared by a thread and the kernel. */", "struct sel_ipc_buffer {"]
    for region in abi.buffer_words:
        lines.append(f"    uint64_t {region.name}{f'[{region.count}]' if region.count > 1 else ''};")
    lines += ["};", '_Static_assert(sizeof(struct sel_ipc_buffer) == IPC_BUFFER_BYTES, "the IPC buffer is ABI");', "",
              "/** The header page of the payload as it lies in memory; sizes in bytes. */", "struct payload {"]
    lines += [f"    uint64_t {name};" for name in abi.payload_words]
    lines += ["};", "", "/* Tag of a message (x1). */"]
    for field in abi.tag:
        lines += getter("tag", field)
    lines += ["static inline uint64_t tag_make(uint64_t label, uint64_t length, uint64_t caps)", "{"]
    low = {field.name: field.low for field in abi.tag}
    lines += [f"    return (label << {low['label']}) | (caps << {low['caps']}) | (length << {low['length']});", "}"]
    for prefix, fields, about in (("exit", abi.exit_fields, "Word 0 of a VM_EXIT and of its reply."),
                                  ("lr_state", abi.lr_state, "Field lr_state of the exit word."),
                                  ("list_register", abi.list_register, "One entry, 32 bits.")):
        lines += ["", f"/* {about} */"]
        for field in fields:
            lines += getter(prefix, field) + setter(prefix, field)
    return lines + ["", "#endif"]


def abi_h(abi: Abi) -> str:
    """gen/abi.h"""
    lines = banner("all .yaml files", "Every number of the ABI, and accessors of packed words. Included by kernel, user level and assembly.")
    return join(lines + ["#pragma once"] + _constants(abi) + _calls(abi) + _messages(abi) + _accessors(abi))


def err_h(abi: Abi) -> str:
    """gen/err.h"""
    lines = banner("errors.yaml", "The kernel's own view of status values: an enum that must be looked at.")
    lines += ["#pragma once", "", "#define MUST_CHECK __attribute__((warn_unused_result))", "", "typedef enum MUST_CHECK err {"]
    lines += [f"    ERR_{e.name} = {e.number}," for e in abi.errors]
    return join(lines + ["} err_t;"])
