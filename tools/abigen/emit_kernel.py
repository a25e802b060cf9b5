# SPDX-License-Identifier: BSD-2-Clause
"""gen/invocations.h/.c and gen/destroy.h: operations, the table of generic argument checks and the dispatch glue of the kernel."""

from abigen.model import Abi, Argument, Method
from abigen.text import banner, join


def _invoke_type(method: Method) -> str:
    return "enum progress" if method.preemptible else "void"


def _self(method: Method) -> str:
    """The field of an operation that says which object it is, "" = none."""
    return method.object if method.has_self else method.number_field


def _fields(method: Method) -> list[tuple[str, str]]:
    """(declaration, initial value) of an operation's fields."""
    fields = [("const struct invocation *in", "in")]
    if method.has_self:
        fields.append((f"struct {method.object} *{method.object}", f"(struct {method.object} *)cap_object(in->cap)"))
    if method.number_field:
        fields.append((f"uint64_t {method.number_field}", f"{method.object}_cap_{method.number_field}(in->cap)"))
    for index, arg in enumerate(method.fixed_args):
        if arg.type == "cap":
            fields.append((f"struct slot *{arg.name}", f"in->cap_slot[{index}]"))
        elif not arg.slot:
            fields.append((f"uint64_t {arg.name}", f"invocation_arg(in, {index})"))
    return fields


def _prototypes(method: Method) -> list[str]:
    name = method.c_name
    out = ", struct result *out" if method.results else ""
    lines = [f"struct {name}_op {{"] + [f"    {declaration};" for declaration, _ in _fields(method)]
    lines += [f"    struct slot *{arg.slot};" for arg in method.args if arg.slot] + ["};"]
    if not method.plain:
        lines.append(f"err_t decode_{name}(struct {name}_op *op, struct err_info *info) LOCKED;")
    if method.direct:
        return lines
    return lines + [f"{_invoke_type(method)} invoke_{name}(const struct {name}_op *op{out}) LOCKED;"]


def _checks(method: Method) -> list[str]:
    """Calls that check the arguments' own conditions, each worth an err_t."""
    calls = []
    for index, arg in enumerate(method.args):
        number = index + 1
        if arg.min or arg.max:
            calls.append(f"check_range(info, {number}, op.{arg.name}, {arg.min or '0'}, {arg.max or 'UINT64_MAX'})")
        if arg.mask:
            calls.append(f"check_mask(info, {number}, op.{arg.name}, {arg.mask})")
        if arg.slot:
            cnode = "in->cap" if arg.of == "self" else f"op.{arg.of}->cap"
            calls.append(f"cnode_slot({cnode}, invocation_arg(in, {index}), {number}, SLOT_MUST_{arg.must.upper()}, &op.{arg.slot}, info)")
    if method.bound is not None:
        subject = f"op.{_self(method)}"
        is_bound = f"{subject}->{method.bound_by} != NULL" if method.bound_by else f"{method.object}_is_bound({subject})"
        calls.append(f"check_bound(info, {is_bound}, {str(method.bound).lower()})")
    if method.other:
        calls.append("check_other(in, op.tcb, info)")
    if method.registers and method.words_arg is None:
        calls.append(f"check_registers(in, {method.registers}, op.count, info)")
    elif method.registers:
        calls.append(f"check_written_registers(in, {method.registers}, info)")
    return calls + ([] if method.plain else [f"decode_{method.c_name}(&op, info)"])


def _call(method: Method) -> str:
    """What is done once nothing is refused."""
    if method.direct:
        given = ([_self(method)] if _self(method) else []) + [arg.slot or arg.name for arg in method.args]
        return f"{method.direct}({', '.join([f'op.{name}' for name in given] + ([method.constant] if method.constant else []))});"
    return f"invoke_{method.c_name}(&op{', out' if method.results else ''});"


def _glue(method: Method) -> list[str]:
    name = method.c_name
    values = ", ".join(f".{declaration.split('*')[-1].split(' ')[-1]} = {value}" for declaration, value in _fields(method))
    lines = [f"static err_t run_{name}(const struct invocation *in, UNUSED struct err_info *info, UNUSED struct result *out, UNUSED enum progress *progress)",
             "    LOCKED", "{", f"    struct {name}_op op = {{{values}}};"]
    checks = _checks(method)
    run = [f"{'*progress = ' if method.preemptible else ''}{_call(method)}"]
    if method.result_count:
        run.append(f"out->count = {method.result_count};")
    if not checks:
        return lines + [f"    {line}" for line in run] + ["    return ERR_OK;", "}", ""]
    lines.append(f"    err_t error = {checks[0]};")
    lines += [f"    error = error == ERR_OK ? {check} : error;" for check in checks[1:]]
    return lines + ["    if (error == ERR_OK) {"] + [f"        {line}" for line in run] + ["    }", "    return error;", "}", ""]


def _types_mask(arg: Argument) -> str:
    return " | ".join(f"1u << CAP_TYPE_{cap}" for cap in arg.caps)


def _entry(abi: Abi, method: Method) -> list[str]:
    upper = method.c_name.upper()
    lines = [f"    [METHOD_{upper} - 1] = {{.run = run_{method.c_name}, .arg_count = {len(method.fixed_args)},",
             f"        .needs = {abi.rights_mask(method.needs):#x}, .cap_arg_count = {len(method.cap_args)},"]
    rows = [f"            {{.argument = {index}, .rights = {abi.rights_mask(arg.rights):#x}, .is_optional = {'true' if arg.optional else 'false'}, "
            f".expected = CAP_TYPE_{arg.caps[0]}, .types = {_types_mask(arg)}}}," for index, arg in method.cap_args]
    if rows:
        lines += ["        .cap_arg = {"] + rows + ["        }},"]
    else:
        lines[-1] = lines[-1].removesuffix(",") + "},"
    return lines


def invocations_h(abi: Abi) -> str:
    """gen/invocations.h"""
    types = max(cap.number for cap in abi.cap_types) + 1
    lines = banner("objects.yaml", "Invocations: the operation of each method as decode and invoke see it, and generic checks as a table.")
    lines += ["#pragma once", "", "#include <stdbool.h>", "#include <stdint.h>", "", '#include "kernel/api/invocation.h"',
              '#include "kernel/smp/lock.h"', "",
              "/** A capability argument: message word `argument` (0..) names a slot whose type must be in `types`. */",
              "struct cap_arg_desc {", f"    uint32_t types : {types};       /* mask of 1 << CAP_TYPE_x */", "    uint32_t argument : 3;",
              "    uint32_t rights : 4;       /* all of these */", "    uint32_t expected : 5;     /* a type for the report of a refusal */",
              "    uint32_t is_optional : 1;  /* 0 = none given */", "};", "",
              f"#define INVOCATION_CAP_ARG_MAX {max(len(m.cap_args) for m in abi.methods)}", "",
              "struct invocation_desc {",
              "    /** Decode, then invoke unless refused. `progress` and `out` keep their values if the method has no use for them. */",
              "    err_t (*run)(const struct invocation *in, struct err_info *info, struct result *out, enum progress *progress);",
              "    uint8_t arg_count;        /* words needed */",
              "    uint8_t needs;            /* rights of the invoked capability */", "    uint8_t cap_arg_count;",
              "    struct cap_arg_desc cap_arg[INVOCATION_CAP_ARG_MAX];", "};", "",
              "/** Methods a capability type knows, 0 if it cannot be invoked. */",
              "uint64_t invocation_method_count(uint64_t cap_type);", "",
              "/** The method `label` of a capability type, or NULL. */",
              "const struct invocation_desc *invocation_find(uint64_t cap_type, uint64_t label);"]
    lines += [""] + [f"struct {name};" for name in sorted({"slot"} | {m.object for m in abi.methods if m.has_self})]
    for method in abi.methods:
        lines += [""] + _prototypes(method)
    return join(lines)


def invocations_c(abi: Abi) -> str:
    """gen/invocations.c"""
    lines = banner("objects.yaml", "Dispatch of invocations. Function pointers only in const tables.")
    lines += ['#include "gen/invocations.h"', "", "#include <stddef.h>", ""]
    has_slots = any(arg.slot for method in abi.methods for arg in method.args)
    lines += ['#include "kernel/api/check.h"'] + (['#include "kernel/object/cnode.h"'] if has_slots else [])
    lines += ['#include "kernel/object/objects.h"', ""]
    sized = [cap for cap in abi.cap_types if cap.size is not None]
    lines += [f'_Static_assert(sizeof(struct {cap.lower}) <= 1 << OBJECT_BITS_{cap.name}, "object_bits in caps.yaml");' for cap in sized] + [""]
    lines += ["#define UNUSED __attribute__((unused))", ""]
    for method in abi.methods:
        lines += _glue(method)
    for name, methods in abi.objects:
        lines += [f"static const struct invocation_desc {name}_methods[] = {{"]
        for method in methods:
            lines += _entry(abi, method)
        lines += ["};", ""]
    lines += ["static const struct {", "    const struct invocation_desc *methods;", "    uint64_t count;",
              "} methods_of_type[CAP_TYPE_COUNT] = {"]
    lines += [f"    [CAP_TYPE_{name.upper()}] = {{{name}_methods, METHOD_COUNT_{name.upper()}}}," for name, _ in abi.objects]
    lines += ["};", "", "uint64_t invocation_method_count(uint64_t cap_type)", "{",
              "    return cap_type < CAP_TYPE_COUNT ? methods_of_type[cap_type].count : 0;", "}", "",
              "const struct invocation_desc *invocation_find(uint64_t cap_type, uint64_t label)", "{",
              "    if (label - 1 >= invocation_method_count(cap_type)) { /* 0 as well */", "        return NULL;", "    }",
              "    return &methods_of_type[cap_type].methods[label - 1];", "}"]
    return join(lines)


def destroy_h(abi: Abi) -> str:
    """gen/destroy.h"""
    lines = banner("objects.yaml", "What goes with an object's last capability (kernel/object/destroy.c).")
    lines += ["#pragma once", "", '#include "kernel/object/objects.h"', "",
              "/** Not for CNodes and TCBs. Not inlined: who deletes a copy would save registers for it. */",
              "static NOINLINE enum progress destroy_object(struct cap cap) LOCKED", "{", "    switch (cap_type(cap)) {"]
    for each in abi.destroys:
        given = f"{each.object}_cap_{each.number_field}(cap)" if each.number_field else f"(struct {each.object} *)cap_object(cap)"
        call = f"{each.by}({given});"
        lines += [f"    case CAP_TYPE_{each.object.upper()}:"] + ([f"        return {call}"] if each.preemptible else [f"        {call}", "        break;"])
    return join(lines + ["    }", "    return DONE;", "}"])
