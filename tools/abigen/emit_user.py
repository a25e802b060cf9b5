# SPDX-License-Identifier: BSD-2-Clause
"""gen/sel/syscalls.h (inline system calls) and gen/sel/invocations.h/.c (one function a method)."""

from abigen.model import CALL_REGISTERS, CALLER_SAVED, Abi, Argument, Method, Syscall
from abigen.text import banner, join


def _syscall_parameters(call: Syscall) -> list[str]:
    """One order for all calls: cap, tag, reply or handler, second, words, badge, reply_status."""
    params = []
    for role in ("cap", "tag", "reply", "handler", "second", "message", "badge", "reply_status"):
        if role not in call.inputs + call.outputs:
            continue
        if role == "message":
            params.append("uint64_t *words" if "message" in call.outputs else "const uint64_t *words")
        elif role in ("cap", "reply", "handler", "second"):
            params.append(f"sel_cap_t {role}")
        elif role == "tag":
            params.append("uint64_t *tag" if "tag" in call.outputs else "uint64_t tag")
        else:
            params.append("sel_err_t *reply_status" if role == "reply_status" else "uint64_t *badge")
    return params


def _input_value(call: Syscall, role: str) -> str:
    return "*tag" if role == "tag" and "tag" in call.outputs else role


def _syscall(abi: Abi, call: Syscall) -> list[str]:
    """The stub: every one of x0..x18 is an operand or clobbered, as syscalls.yaml declares."""
    inputs = {CALL_REGISTERS[role]: _input_value(call, role) for role in call.inputs if role != "message"}
    inputs[CALL_REGISTERS["number"]] = f"SYSCALL_{call.name.upper()}"
    if "message" in call.inputs:
        inputs |= {register: f"words[{i}]" for i, register in enumerate(abi.message_registers)}
    outputs = {CALL_REGISTERS[role]: role for role in call.outputs if role != "message"}
    if "message" in call.outputs:
        outputs |= {register: f"words[{i}]" for i, register in enumerate(abi.message_registers)}
    used = sorted(set(inputs) | set(outputs), key=lambda register: int(register[1:]))
    lines = [f"static inline sel_err_t sel_{call.name}({', '.join(_syscall_parameters(call)) or 'void'})", "{"]
    for register in used:
        value = f" = {inputs[register]}" if register in inputs else ""
        lines.append(f'    register uint64_t {register} __asm__("{register}"){value};')
    clobbers = [f'"{register}"' for register in CALLER_SAVED if register not in used] + ['"cc"', '"memory"']
    operands = ", ".join(f'"{"+r" if register in inputs else "=r"}"({register})' for register in used)
    lines += ['    __asm__ volatile("svc #0"', f"                     : {operands}", "                     :",
              f"                     : {', '.join(clobbers)});"]
    for register in used:
        target = outputs.get(register)
        if target is not None and target != "status":
            cast = "(sel_err_t)" if target == "reply_status" else ""
            lines.append(f"    {target if target.startswith('words') else '*' + target} = {cast}{register};")
    return lines + ["    return (sel_err_t)x0;", "}"]


def syscalls_h(abi: Abi) -> str:
    """gen/sel/syscalls.h"""
    lines = banner("syscalls.yaml", "System calls. `words` are the message words that travel in registers (all of them, always).")
    lines += ["#pragma once", "", "#include <stdint.h>", "", '#include "gen/abi.h"', "",
              "typedef uint64_t sel_cap_t; /* slot of the own CNode; 0 = none */", "typedef uint32_t sel_err_t; /* SEL_ERROR_x */",
              "", "#ifdef __aarch64__"]
    for call in abi.syscalls:
        errors = ", ".join(call.errors) or "none"
        lines += ["", f"/** System call {call.number}. Errors: {errors}. */"] + _syscall(abi, call)
    lines += ["", "#else /* host-run unit tests bring their own kernel */"]
    lines += [f"sel_err_t sel_{call.name}({', '.join(_syscall_parameters(call)) or 'void'});" for call in abi.syscalls]
    return join(lines + ["#endif"])


def _parameter(arg: Argument, method: Method) -> str:
    if arg.type == "cap":
        return f"sel_cap_t {arg.name}"
    if arg.type == "words":
        return f"const void *{arg.name}" if method.args[-2].name == "length" else f"const uint64_t *{arg.name}"
    return f"uint64_t {arg.name}"


def _signature(method: Method) -> str:
    taken = {arg.name for arg in method.args}
    params = [f"sel_cap_t {method.object}"] + [_parameter(arg, method) for arg in method.args]
    params += [f"uint64_t *{result_name(name, taken)}" for name in method.results]
    return f"sel_err_t sel_{method.c_name}({', '.join(params)})"


def result_name(name: str, taken: set[str]) -> str:
    """A result's parameter; `x0` that is also an argument becomes `x0_out`."""
    return f"{name}_out" if name in taken else name


def _body(method: Method) -> list[str]:
    taken = {arg.name for arg in method.args}
    upper = f"INVOCATION_{method.c_name.upper()}"
    count = len(method.fixed_args)
    values = ", ".join(arg.name for arg in method.fixed_args) or "0"
    lines = [f"    uint64_t words[MESSAGE_REGISTER_WORDS] = {{{values}}};"]
    tail = method.words_arg
    if tail is not None and method.args[-2].name == "length":
        call = f"sel_invoke_bytes({method.object}, {upper}, words, {count}, {tail.name}, length)"
    elif tail is not None:
        call = f"sel_invoke_words({method.object}, {upper}, words, {count}, {tail.name}, count)"
    elif method.results == ("registers",):
        call = f"sel_invoke_read({method.object}, {upper}, words, {count}, registers, count)"
    else:
        call = f"sel_invoke({method.object}, {upper}, words, {count})"
    if not method.results or method.results == ("registers",):
        return lines + [f"    return {call};"]
    lines += [f"    sel_err_t error = {call};", "    if (error == SEL_ERROR_OK) {"]
    lines += [f"        *{result_name(name, taken)} = words[{i}];" for i, name in enumerate(method.results)]
    return lines + ["    }", "    return error;"]


def user_invocations_h(abi: Abi) -> str:
    """gen/sel/invocations.h"""
    lines = banner("objects.yaml", "Invocations as functions. A refusal's details are in the thread's sel_last_error (sel/error.h).")
    lines += ["#pragma once", "", '#include "gen/sel/syscalls.h"']
    for method in abi.methods:
        about = [f"/** {method.text}" if method.text else "/**"]
        about[0] += f" Errors: {', '.join(method.errors)}. */" if method.errors else " */"
        lines += [""] + ([] if about[0] == "/** */" else about)
        lines += [f"__attribute__((warn_unused_result)) {_signature(method)};"]
    return join(lines)


def user_invocations_c(abi: Abi) -> str:
    """gen/sel/invocations.c"""
    lines = banner("objects.yaml", "Invocations as functions: words in, a Call, words out.")
    lines += ['#include "gen/sel/invocations.h"', "", '#include "sel/invoke.h"']
    for method in abi.methods:
        lines += ["", _signature(method), "{"] + _body(method) + ["}"]
    return join(lines)
