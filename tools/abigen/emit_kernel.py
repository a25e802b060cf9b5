# SPDX-License-Identifier: BSD-2-Clause
"""gen/invocations.h/.c: the table of generic argument checks and the dispatch glue of the kernel."""

from abigen.model import Abi, Argument, Method
from abigen.text import banner, join


def _invoke_type(method: Method) -> str:
    return "enum progress" if method.preemptible else "void"


def _prototypes(method: Method) -> list[str]:
    name = method.c_name
    out = ", struct result *out" if method.results else ""
    return [f"struct {name}_op;",
            f"err_t decode_{name}(const struct invocation *in, struct {name}_op *op, struct err_info *info) REQUIRES(kernel_lock);",
            f"{_invoke_type(method)} invoke_{name}(const struct {name}_op *op{out}) REQUIRES(kernel_lock);"]


def _glue(method: Method) -> list[str]:
    name = method.c_name
    call = f"invoke_{name}(&op{', out' if method.results else ''})"
    lines = [f"static err_t run_{name}(const struct invocation *in, struct err_info *info, struct result *out, enum progress *progress)",
             "    REQUIRES(kernel_lock)", "{", f"    struct {name}_op op;", f"    err_t error = decode_{name}(in, &op, info);",
             "    if (error == ERR_OK) {", f"        {'*progress = ' if method.preemptible else ''}{call};", "    }"]
    unused = ([] if method.results else ["out"]) + ([] if method.preemptible else ["progress"])
    return lines + [f"    (void){arg};" for arg in unused] + ["    return error;", "}", ""]


def _types_mask(arg: Argument) -> str:
    return " | ".join(f"1u << CAP_TYPE_{cap}" for cap in arg.caps)


def _entry(abi: Abi, method: Method) -> list[str]:
    upper = method.c_name.upper()
    flags = f".needs = {abi.rights_mask(method.needs):#x}, .is_preemptible = {'true' if method.preemptible else 'false'}"
    lines = [f"    [METHOD_{upper} - 1] = {{.run = run_{method.c_name}, .id = INVOCATION_{upper}, .arg_count = {len(method.fixed_args)},",
             f"        {flags}, .cap_arg_count = {len(method.cap_args)},"]
    rows = [f"            {{.argument = {index}, .rights = {abi.rights_mask(arg.rights):#x}, .is_optional = {'true' if arg.optional else 'false'}, "
            f".expected = CAP_TYPE_{arg.caps[0]}, .types = {_types_mask(arg)}}}," for index, arg in method.cap_args]
    if rows:
        lines += ["        .cap_arg = {"] + rows + ["        }},"]
    else:
        lines[-1] = lines[-1].removesuffix(",") + "},"
    return lines


def invocations_h(abi: Abi) -> str:
    """gen/invocations.h"""
    lines = banner("objects.yaml", "Invocations: generic checks as a table, and the decode/invoke pair of each method.")
    lines += ["#pragma once", "", "#include <stdbool.h>", "#include <stdint.h>", "", '#include "kernel/api/invocation.h"',
              '#include "kernel/smp/lock.h"', "",
              "/** A capability argument: message word `argument` (0..) names a slot whose type must be in `types`. */",
              "struct cap_arg_desc {", "    uint8_t argument;", "    uint8_t rights;     /* all of these */",
              "    bool is_optional;   /* 0 = none given */", "    uint8_t expected;   /* a type for the report of a refusal */",
              "    uint32_t types;     /* mask of 1 << CAP_TYPE_x */", "};", "",
              f"#define INVOCATION_CAP_ARG_MAX {max(len(m.cap_args) for m in abi.methods)}", "",
              "struct invocation_desc {",
              "    /** Decode, then invoke unless refused. `progress` and `out` keep their values if the method has no use for them. */",
              "    err_t (*run)(const struct invocation *in, struct err_info *info, struct result *out, enum progress *progress);",
              "    uint16_t id;              /* INVOCATION_x */", "    uint8_t arg_count;        /* words needed */",
              "    uint8_t needs;            /* rights of the invoked capability */", "    uint8_t cap_arg_count;",
              "    bool is_preemptible;", "    struct cap_arg_desc cap_arg[INVOCATION_CAP_ARG_MAX];", "};", "",
              "/** Methods a capability type knows, 0 if it cannot be invoked. */",
              "uint64_t invocation_method_count(uint64_t cap_type);", "",
              "/** The method `label` of a capability type, or NULL. */",
              "const struct invocation_desc *invocation_find(uint64_t cap_type, uint64_t label);"]
    for method in abi.methods:
        lines += [""] + _prototypes(method)
    return join(lines)


def invocations_c(abi: Abi) -> str:
    """gen/invocations.c"""
    lines = banner("objects.yaml", "Dispatch of invocations. Function pointers only in const tables.")
    lines += ['#include "gen/invocations.h"', "", "#include <stddef.h>", ""]
    lines += [f'#include "kernel/object/{name}.h"' for name, _ in sorted(abi.objects)] + [""]
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
              "    if (label == 0 || label > invocation_method_count(cap_type)) {", "        return NULL;", "    }",
              "    return &methods_of_type[cap_type].methods[label - 1];", "}"]
    return join(lines)
