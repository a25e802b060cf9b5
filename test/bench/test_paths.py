# SPDX-License-Identifier: BSD-2-Clause
"""Lines of code and data: the plugin's set of what was touched, and its sums against paths counted by hand."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

import conftest
from bench.paths import CODE, LOAD, STORE, Touch, check_followed, lines_of, part_of, parts_of, read_touches
from bench.places import Places
from bench.rows import Row
from sel.errors import Failed

#: Touches more than the first table holds, each twice, and the same line in other ways; frees and begins again as rows.c does.
HARNESS = r"""
#include "touched.h"
int main(int argc, char **argv)
{
    struct touches touches;
    FILE *file = fopen(argv[argc - 1], "wb");
    touches_init(&touches, TOUCHES_BITS_LEAST);
    touches_add(&touches, 1, 2, TOUCH_CODE);
    touches_free(&touches);
    touches_init(&touches, TOUCHES_BITS_LEAST);
    for (int turn = 0; turn < 2; turn++) {
        for (uint64_t i = 0; i < 5000; i++) {
            touches_add(&touches, 1ull << 63 | 4 * i, 64 * i + (uint64_t)turn * 63, TOUCH_CODE);
        }
    }
    touches_add(&touches, 8, 128, TOUCH_LOAD);
    touches_add(&touches, 8, 136, TOUCH_STORE);
    touches_write(&touches, 7, file);
    return fclose(file);
}
"""


def test_the_set_counts_each_line_once_and_every_touch(tmp_path: Path) -> None:
    """Compiled from the plugin's own header: 5,000 lines of code, each executed twice, and a line that is loaded and stored."""
    source, program, out = tmp_path / "harness.c", tmp_path / "harness", tmp_path / "out.bin"
    source.write_text(HARNESS, encoding="utf-8")
    command = ["clang-19", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", f"-I{conftest.ROOT / 'tools' / 'icount'}", str(source), "-o", str(program)]
    subprocess.run(command, check=True, timeout=60)
    subprocess.run([str(program), str(out)], check=True, timeout=60)
    (found,) = read_touches(out.read_bytes()).items()
    expected = {Touch(4 * i, True, 64 * i, CODE, 2) for i in range(5000)} | {Touch(8, False, 128, LOAD, 1), Touch(8, False, 128, STORE, 1)}
    assert found[0] == 7 and set(found[1]) == expected and len(found[1]) == len(expected)


def planted() -> Places:
    """A kernel of six instructions in two lines, the first function in both, and a process's one instruction at an address that the kernel has as well."""
    code = {
        0x38: ("ldp", "x0, x1, [sp]"), 0x3c: ("msr", "SP_EL0, x0"), 0x40: ("str", "x0, [x1]"), 0x44: ("dc", "zva, x0"), 0x48: ("isb", ""), 0x4c: ("eret", ""),
    }
    labels = {0x38: "first", 0x44: "second"}

    def program(instructions: dict[int, tuple[str, str]], names: dict[int, str]) -> SimpleNamespace:
        return SimpleNamespace(code={at: SimpleNamespace(name=name, operands=operands) for at, (name, operands) in instructions.items()}, places={}, functions={}, labels=names)

    return Places(program(code, labels), {"bench": program({0x40: ("svc", "#0")}, {0x40: "row_x"})})


#: The process's instruction, then the kernel's in order, DC ZVA three times. The pair crosses a line; the store is to one of the two lines.
PATH = [
    Touch(0x40, False, 0x9040, CODE, 1), Touch(0x38, True, 0, CODE, 1), Touch(0x38, True, 0x1000, LOAD, 1), Touch(0x38, True, 0x1040, LOAD, 1), Touch(0x3c, True, 0, CODE, 1),
    Touch(0x40, True, 0x40, CODE, 1), Touch(0x40, True, 0x1040, STORE, 1), Touch(0x44, True, 0x40, CODE, 3), Touch(0x48, True, 0x40, CODE, 1), Touch(0x4c, True, 0x40, CODE, 1),
]


def test_a_path_counted_by_hand() -> None:
    """A line that two functions share is in both, and once in the total; what DC ZVA clears is apart."""
    functions = parts_of(PATH, planted(), lambda step: step.function)
    first, second = functions["first"], functions["second"]
    assert (first.instructions, first.loads, first.stores, first.system_writes, first.barriers, first.code_lines, first.data_lines, first.cleared_lines) == (3, 1, 1, 1, 0, 2, 2, 0)
    assert (second.instructions, second.stores, second.barriers, second.code_lines, second.data_lines, second.cleared_lines) == (5, 3, 1, 1, 0, 3)
    whole = part_of(PATH, planted())
    assert (whole.instructions, whole.code_lines, whole.data_lines) == (9, 3, 2)
    assert lines_of(PATH, planted()) == {"code_lines": 3, "data_lines": 2, "kernel_code_lines": 2, "kernel_data_lines": 2, "cleared_lines": 3}


def test_another_repetition_than_the_counted_one_is_told() -> None:
    """Each number that differs, with both values."""
    row = Row("call", "a call", 10, "head", "instructions")
    facts = {"kernel": 8, "loads": 1, "stores": 4, "system_writes": 1, "barriers": 1}
    check_followed(row, PATH, planted(), facts)
    with pytest.raises(Failed, match=r"row call: .*\(instructions 8 instead of 9, barriers 1 instead of 2\)"):
        check_followed(row, PATH, planted(), {**facts, "kernel": 9, "barriers": 2})


@pytest.mark.parametrize(("data", "said"), [
    (struct.pack("<3Q", 4, 0, 1), "row 4 has fewer than its 1 touches"), (struct.pack("<3Q", 4, 0, 0) + b"1", "half a head at byte 24"),
])
def test_a_file_that_ends_too_early(data: bytes, said: str) -> None:
    """QEMU was killed while it wrote."""
    with pytest.raises(ValueError, match=said):
        read_touches(data)
