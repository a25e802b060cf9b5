# SPDX-License-Identifier: BSD-2-Clause
"""gen/model_names.h from gen/abi.json: the ABI's names for people, and a hash by which step files of another ABI are refused."""

import hashlib
import json
import sys
from pathlib import Path

#: More labels than any object has methods.
LABELS = 16


def _table(names: dict[int, str], size: int) -> str:
    rows = ", ".join(f'[{number}] = "{name}"' for number, name in sorted(names.items()))
    return f"[{size}] = {{{rows}}}"


def names_h(abi: dict, lock: bytes) -> str:
    """The header's text."""
    syscalls = {entry["number"]: name for name, entry in abi["syscalls"].items()}
    errors = {entry["number"]: name for name, entry in abi["errors"].items()}
    types = {entry["number"]: name for name, entry in abi["cap_types"].items()}
    digest = int.from_bytes(hashlib.sha256(lock).digest()[:8], "little")
    lines = ["/* Generated from abi.json and libsel/abi/abi.lock by test/model/names.py: do not edit. */",
             "/* SPDX-License-Identifier: BSD-2-Clause */", "#pragma once", "",
             f"#define STEP_ABI_HASH  {digest:#x}ul", f"#define NAMED_SYSCALLS {max(syscalls) + 1}",
             f"#define NAMED_ERRORS   {max(errors) + 1}", f"#define NAMED_TYPES    {max(types) + 1}", f"#define NAMED_LABELS   {LABELS}", "",
             f"static const char *const SYSCALL_NAMES{_table(syscalls, max(syscalls) + 1)};",
             f"static const char *const ERROR_NAMES{_table(errors, max(errors) + 1)};",
             f"static const char *const METHOD_NAMES[{max(types) + 1}][{LABELS}] = {{"]
    for object_name, methods in abi["objects"].items():
        number = abi["cap_types"][object_name.upper()]["number"]
        rows = {method["number"]: f"{object_name}_{name}" for name, method in methods.items()}
        lines.append(f"    [{number}] = {{" + ", ".join(f'[{n}] = "{t}"' for n, t in sorted(rows.items())) + "},")
    return "\n".join([*lines, "};", ""])


def main() -> int:
    """names.py ABI_JSON ABI_LOCK OUTPUT"""
    abi, lock, output = (Path(argument) for argument in sys.argv[1:4])
    text = names_h(json.loads(abi.read_text(encoding="utf-8")), lock.read_bytes())
    if not output.exists() or output.read_text(encoding="utf-8") != text:
        output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
