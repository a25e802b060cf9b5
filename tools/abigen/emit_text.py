# SPDX-License-Identifier: BSD-2-Clause
"""gen/error_text.h/.c: the sentences, names of methods, arguments, types and rights that the error printer fills in."""

import re

from abigen.model import Abi, ErrorCode, Method
from abigen.text import banner, camel, join


def indexed_sentence(error: ErrorCode) -> str:
    """The sentence with details by index: `argument {argument}` -> {0a}, {found:type} -> {1t}, {bound} -> {2d}."""
    kinds = {None: "d", "hex": "x", "type": "t", "types": "m", "rights": "r"}

    def replace(match: re.Match[str]) -> str:
        return f"{{{error.detail.index(match.group(1))}{kinds[match.group(2)]}}}"

    sentence = error.sentence.replace("argument {argument}", "{0a}") if error.detail[:1] == ("argument",) else error.sentence
    return re.sub(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}", replace, sentence)


def _method_row(method: Method) -> str:
    args = ", ".join(f'"{arg.name}"' for arg in method.args)
    types = ", ".join(" | ".join(f"1u << CAP_TYPE_{cap}" for cap in arg.caps) or "0" for arg in method.args)
    tail = f", {{{args}}}, {{{types}}}" if method.args else ", {0}, {0}"
    return f'    {{INVOCATION_{method.c_name.upper()}, "{method.c_name}", {len(method.args)}{tail}}},'


def error_text_h(abi: Abi) -> str:
    """gen/error_text.h"""
    most = max(len(method.args) for method in abi.methods)
    lines = banner("errors.yaml, objects.yaml", "Words for the error printer.")
    lines += ["#pragma once", "", "#include <stdint.h>", "", '#include "gen/abi.h"', "",
              "struct sel_error_text {", "    const char *name;", "    const char *sentence; /* {Nk}: detail N as a argument, d decimal, x hex, t type, m types, r rights */", "};", "",
              "struct sel_method_text {", "    uint32_t id; /* INVOCATION_x */", "    const char *name;", "    uint32_t argument_count;",
              f"    const char *argument[{most}];", f"    uint32_t types[{most}]; /* mask of 1 << CAP_TYPE_x, of capability arguments */", "};", "",
              f"#define SEL_METHOD_COUNT {len(abi.methods)}",
              f"#define SEL_RIGHT_TEXT_COUNT {max(r.bit for r in abi.rights) + 1}", "",
              "extern const struct sel_error_text sel_error_text[SEL_ERROR_COUNT];",
              "extern const struct sel_method_text sel_method_text[SEL_METHOD_COUNT];",
              "extern const char *const sel_type_text[CAP_TYPE_COUNT];",
              "extern const char *const sel_right_text[SEL_RIGHT_TEXT_COUNT];"]
    return join(lines)


def error_text_c(abi: Abi) -> str:
    """gen/error_text.c"""
    lines = banner("errors.yaml, objects.yaml, caps.yaml", "Words for the error printer.")
    lines += ['#include "gen/error_text.h"', "", "const struct sel_error_text sel_error_text[SEL_ERROR_COUNT] = {"]
    lines += [f'    [SEL_ERROR_{e.name}] = {{"{e.name}", "{indexed_sentence(e)}"}},' for e in abi.errors]
    lines += ["};", "", "const struct sel_method_text sel_method_text[SEL_METHOD_COUNT] = {"]
    lines += [_method_row(method) for method in abi.methods]
    lines += ["};", "", "const char *const sel_type_text[CAP_TYPE_COUNT] = {"]
    lines += [f'    [CAP_TYPE_{cap.name}] = "{camel(cap.name)}",' for cap in abi.cap_types]
    lines += ["};", "", "const char *const sel_right_text[SEL_RIGHT_TEXT_COUNT] = {"]
    for bit in sorted({right.bit for right in abi.rights}):
        names = "/".join(right.name for right in abi.rights if right.bit == bit)
        lines.append(f'    [{bit}] = "{names}",')
    return join(lines + ["};"])
