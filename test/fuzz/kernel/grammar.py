# SPDX-License-Identifier: BSD-2-Clause
"""gen/fuzz_grammar.c: every invocation of the ABI with what fits its arguments and which errors it may return.

From libsel/abi/*.yaml, so that a new invocation is fuzzed as soon as it exists. Not here:
how an argument's value is made of the input's bytes (arguments.c).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from abigen.build_model import read_abi  # noqa: E402
from abigen.emit_json import error_pairs  # noqa: E402
from abigen.model import Abi, Argument, Method  # noqa: E402

ABI = Path(__file__).resolve().parents[3] / "libsel" / "abi"

HEAD = """\
/* Generated from libsel/abi/objects.yaml by test/fuzz/kernel/grammar.py: do not edit. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "test/fuzz/kernel/grammar.h"

#include "gen/caps.h"
"""


def _error_mask(abi: Abi, name: str) -> str:
    names = sorted({pair["error"] for pair in error_pairs(abi) if pair["invocation"] == name})
    return " | ".join(f"1u << SEL_ERROR_{error}" for error in names) or "0"


def _cnode_of(method: Method, arg: Argument) -> int:
    return -1 if arg.of == "self" else [other.name for other in method.args].index(arg.of)


def _argument(method: Method, arg: Argument) -> str:
    if arg.type == "cap":
        types = " | ".join(f"1u << CAP_TYPE_{cap}" for cap in arg.caps)
        return f"{{.kind = GRAMMAR_CAP, .types = {types}}}"
    if arg.type == "index":
        return f"{{.kind = GRAMMAR_SLOT, .of = {_cnode_of(method, arg)}, .must = GRAMMAR_{arg.must.upper()}}}"
    if arg.mask:
        return f"{{.kind = GRAMMAR_MASK, .max = {arg.mask}}}"
    if arg.min or arg.max:
        return f"{{.kind = GRAMMAR_NUMBER, .min = {arg.min or '0'}, .max = {arg.max or 'UINT64_MAX'}}}"
    kinds = {"object_type": "OBJECT_TYPE", "bits": "BITS", "rights": "RIGHTS", "address": "ADDRESS"}
    return f"{{.kind = GRAMMAR_{kinds.get(arg.type, 'WORD')}}}"


def _method(abi: Abi, method: Method) -> list[str]:
    upper = method.object.upper()
    rows = [f"        {_argument(method, arg)}," for arg in method.fixed_args]
    return [
        f'    {{.name = "{method.c_name}", .type = CAP_TYPE_{upper}, .label = METHOD_{method.c_name.upper()},',
        f"     .argument_count = {len(method.fixed_args)}, .has_words = {'true' if method.words_arg else 'false'},",
        f"     .errors = {_error_mask(abi, method.c_name)},", "     .argument = {", *rows, "     }},",
    ]


def grammar(abi: Abi) -> str:
    """The file's text."""
    lines = [HEAD, "const struct grammar_method grammar_methods[] = {"]
    for method in abi.methods:
        lines += _method(abi, method)
    lines += ["};", "", f"const unsigned grammar_method_count = {len(abi.methods)};", ""]
    lines.append("const uint32_t grammar_syscall_errors[] = {")
    lines += [f"    [SYSCALL_{call.name.upper()}] = {_error_mask(abi, f'syscall_{call.name}')}," for call in abi.syscalls]
    return "\n".join([*lines, "};", ""])


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(grammar(read_abi(ABI)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
