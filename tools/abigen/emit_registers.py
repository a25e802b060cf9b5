# SPDX-License-Identifier: BSD-2-Clause
"""gen/registers.h: where a system call's words lie in a thread's saved registers (kernel only)."""

from abigen.model import CALL_REGISTERS, CALLER_SAVED, Abi
from abigen.text import banner, join

CONTEXT = "struct arch_context *context"
SVC_BYTES = 4


def _place(register: str) -> str:
    return f"THREAD_REG_{register.upper()}"


def _get(name: str, register: str) -> list[str]:
    return [f"static inline uint64_t {name}(const {CONTEXT})", "{", f"    return arch_register_get(context, {_place(register)});", "}"]


def _set(name: str, register: str, value: str) -> list[str]:
    return [f"static inline void {name}({CONTEXT}, uint64_t {value})", "{", f"    arch_registers(context)[{_place(register)}] = {value};", "}"]


def _runs(abi: Abi) -> list[tuple[int, str]]:
    """(first word, its register) of each run of message words whose registers are neighbours."""
    places = [abi.thread_registers.index(register) for register in abi.message_registers]
    starts = [i for i, place in enumerate(places) if i == 0 or place != places[i - 1] + 1]
    return [(start, abi.message_registers[start]) for start in starts]


def _in_run(register: str, first: int, count: int) -> str:
    """Place of message word `index`, which is one of `count` from `first` on."""
    return _place(register) if count == 1 else f"{_place(register)} + index" + (f" - {first}" if first else "")


def _message(abi: Abi) -> list[str]:
    runs = _runs(abi)
    ends = [first for first, _ in runs[1:]] + [abi.register_words]
    places = [_in_run(register, first, end - first) for (first, register), end in zip(runs, ends)]
    value = "".join(f"index < {end} ? {place} : " for place, end in zip(places[:-1], ends)) + places[-1]
    return ["", "/** Place of message word `index`. */", "static inline uint64_t arch_message_register(uint64_t index)", "{", f"    return {value};", "}",
            f"static inline uint64_t arch_message_get(const {CONTEXT}, uint64_t index)", "{",
            "    return arch_register_get(context, arch_message_register(index));", "}",
            f"static inline void arch_message_set({CONTEXT}, uint64_t index, uint64_t word)", "{",
            "    arch_registers(context)[arch_message_register(index)] = word;", "}"]


def _status(abi: Abi) -> list[str]:
    """The end of a system call: its status, and zeroes in what a caller may not count on and no result is in."""
    outputs = {CALL_REGISTERS[role] for call in abi.syscalls for role in call.outputs if role != "message"}
    spare = [register for register in CALLER_SAVED if register in abi.thread_registers and register not in outputs | set(abi.message_registers)]
    return ["/** A system call ends: registers that carry nothing of it become zero. */", f"static inline void arch_set_status({CONTEXT}, uint64_t status)", "{",
            "    uint64_t *registers = arch_registers(context);", f"    registers[{_place(CALL_REGISTERS['status'])}] = status;",
            *(f"    registers[{_place(register)}] = 0;" for register in spare), "}"]


def registers_h(abi: Abi) -> str:
    """gen/registers.h"""
    lines = banner("syscalls.yaml, messages.yaml", "A thread's saved registers by their roles. A context's words are those of `thread_registers`, in that order.")
    lines += ["#pragma once", "", "#include <stdint.h>", "", '#include "gen/abi.h"', "", "struct arch_context;", "",
              f"static inline uint64_t *arch_registers({CONTEXT})", "{", "    return (uint64_t *)context;", "}",
              "/** Register `index` of read_registers. */", f"static inline uint64_t arch_register_get(const {CONTEXT}, uint64_t index)", "{",
              "    return ((const uint64_t *)context)[index];", "}"] + _get("arch_context_pc", "pc")
    lines += ["/** pc back on the SVC, which is behind it. */", f"static inline void arch_restart_syscall({CONTEXT})", "{",
              f"    arch_registers(context)[{_place('pc')}] -= {SVC_BYTES};", "}"]
    lines += ["", "/* What comes in. */"]
    for role in ("number", "cap", "tag", "reply", "handler", "second"):
        lines += _get(f"arch_syscall_{role}", CALL_REGISTERS[role])
    lines += ["", "/* What goes out. */", *_status(abi)]
    for role in ("tag", "badge", "reply_status"):
        lines += _set(f"arch_set_{role}", CALL_REGISTERS[role], role)
    return join(lines + _message(abi))
