# SPDX-License-Identifier: BSD-2-Clause
"""The generator on a small ABI of its own, and the real outputs under the project's compiler."""

import json
import subprocess
from pathlib import Path

import pytest

from abigen.__main__ import main
from checks import kernel_size

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "test/abi"
CLANG = ["clang-19", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
HOST = ["-I", str(HERE / "small_kernel"), "-I", str(ROOT)]
AARCH64 = ["--target=aarch64-none-elf", "-ffreestanding"]


def run(command: list[str]) -> str:
    """Run; the output of a failure is the assertion's message."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def generate(abi: Path, out: Path) -> None:
    """Run the command-line generator."""
    assert main(["generate", "--abi", str(abi), "--out", str(out)]) == 0


def test_outputs_are_deterministic_and_name_their_input(small: Path, tmp_path: Path) -> None:
    """Two runs give equal bytes; the first line of every file says where it comes from."""
    for name in ("one", "two"):
        generate(small, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) > 15
    for name in files:
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "two" / name).read_bytes()
        head = first.decode().splitlines()
        assert any("generated from libsel/abi" in line.lower() for line in head[:2]), name


def test_unchanged_output_keeps_its_time(small: Path, tmp_path: Path) -> None:
    """A second run rewrites nothing, so that ninja rebuilds nothing."""
    generate(small, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "gen").rglob("*")}
    generate(small, tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "gen").rglob("*")}


def test_kernel_outputs_behave(small: Path, tmp_path: Path) -> None:
    """Compile the kernel's half of the small ABI with hand-written expectations and run it."""
    generate(small, tmp_path)
    program = tmp_path / "program"
    run(CLANG + HOST + ["-I", str(tmp_path), "-fsanitize=address,undefined", "-o", str(program),
                        str(HERE / "small_kernel_test.c"), str(tmp_path / "gen/invocations.c"), str(tmp_path / "gen/error_text.c")])
    assert run([str(program)]) == "small ABI: all checks passed\n"


def test_pages_match_the_golden(small: Path, tmp_path: Path) -> None:
    """The reference page of an object, word for word."""
    generate(small, tmp_path)
    assert (tmp_path / "gen/docs/object_lamp.md").read_text() == (HERE / "golden/object_lamp.md").read_text()


def test_error_pairs_are_those_the_rules_give(small: Path, tmp_path: Path) -> None:
    """Own errors, and those that arguments and needs add; nothing that cannot happen."""
    generate(small, tmp_path)
    pairs = json.loads((tmp_path / "gen/errors_pairs.json").read_text())["pairs"]
    assert {(pair["invocation"], pair["error"]) for pair in pairs} == {
        ("lamp_set", "TOO_BRIGHT"), ("lamp_set", "TOO_FEW_ARGUMENTS"), ("lamp_set", "INVALID_CAP"), ("lamp_set", "WRONG_TYPE"),
        ("lamp_set", "RIGHTS"), ("lamp_get", "RIGHTS"), ("lamp_write", "TOO_BRIGHT"), ("lamp_write", "TOO_FEW_ARGUMENTS"),
        ("lamp", "INVALID_METHOD"), ("syscall_call", "INVALID_CAP"), ("syscall_call", "RIGHTS")}


def test_json_has_the_numbers(small: Path, tmp_path: Path) -> None:
    """What Python tools read."""
    generate(small, tmp_path)
    abi = json.loads((tmp_path / "gen/abi.json").read_text())
    assert abi["rights"] == {"READ": 1, "WRITE": 2, "SWITCH": 2}
    assert abi["cap_types"]["BOX"]["object_bits"] == {"min": 7, "max": 9}
    assert abi["constants"]["lamp_colour"]["RED"] == 4
    assert abi["payload"] == {"magic": 0x99AABBCCDDEEFF00, "words": ["magic", "lamp_count"]}
    assert abi["objects"]["lamp"]["set"]["args"][1]["caps"] == ["BOX", "LAMP"]


def test_stub_declares_every_caller_saved_register(small: Path, tmp_path: Path) -> None:
    """x0..x18 are all operands or clobbers of a system call, whatever it uses."""
    generate(small, tmp_path)
    text = (tmp_path / "gen/sel/syscalls.h").read_text()
    body = text[text.index("sel_wait(sel_cap_t cap, uint64_t *badge)"):]
    assembly = body[body.index("__asm__ volatile"):]
    assembly = assembly[:assembly.index(");\n")]
    for number in range(19):
        assert f"(x{number})" in assembly or f'"x{number}"' in assembly
    assert '"=r"(x2)' in assembly and '"+r"(x0)' in assembly and '"memory"' in assembly


def test_message_words_survive_the_stub(small: Path, tmp_path: Path) -> None:
    """Word 0 is loaded into x9 and word 1 into x18 before the SVC, and both are stored after it."""
    generate(small, tmp_path)
    source = tmp_path / "use.c"
    source.write_text('#include "gen/sel/syscalls.h"\nsel_err_t use(sel_cap_t c, uint64_t *t, uint64_t *w);\n'
                      "sel_err_t use(sel_cap_t c, uint64_t *t, uint64_t *w) { return sel_call(c, t, w); }\n")
    text = run(CLANG + AARCH64 + ["-O2", "-I", str(tmp_path), "-S", "-o", "-", str(source)])
    before, after = text.split("svc\t#0")
    assert "ldp\tx9, x18, [" in before and "mov\tw8, #4" in before
    assert "stp\tx9, x18, [" in after


REAL_HEADERS = ["gen/abi.h", "gen/err.h", "gen/caps.h", "gen/registers.h", "gen/faults.h", "gen/error_text.h", "gen/sel/syscalls.h", "gen/sel/invocations.h"]


@pytest.mark.parametrize("target", [[], AARCH64], ids=["host", "aarch64"])
def test_real_outputs_compile(tmp_path: Path, target: list[str]) -> None:
    """Every header of the real ABI alone, and the user-level sources."""
    generate(ROOT / "libsel/abi", tmp_path)
    include = ["-I", str(tmp_path), "-I", str(ROOT), "-I", str(ROOT / "libsel")]
    for header in REAL_HEADERS:
        source = tmp_path / "alone.c"
        source.write_text(f'#include "{header}"\n')
        run(CLANG + target + include + ["-fsyntax-only", str(source)])
    for name in ("gen/sel/invocations.c", "gen/error_text.c"):
        run(CLANG + target + include + ["-fsyntax-only", str(tmp_path / name)])


def test_real_constants_assemble(tmp_path: Path) -> None:
    """gen/abi.h serves assembly too."""
    generate(ROOT / "libsel/abi", tmp_path)
    source = tmp_path / "use.S"
    source.write_text('#include "gen/abi.h"\n.quad SEL_LIMIT_PERIOD_NS_MAX, VERB_NOTIFY_EMPTY, BOOT_INFO_MAGIC_VALUE\n mov x8, #SYSCALL_REPLY_RECV\n')
    run(["clang-19", "--target=aarch64-none-elf", "-Werror", "-I", str(tmp_path), "-c", "-o", str(tmp_path / "use.o"), str(source)])


def test_generated_kernel_code_stays_small(tmp_path: Path) -> None:
    """The ceiling of the design for generated C in the kernel, as the build counts it."""
    generate(ROOT / "libsel/abi", tmp_path)
    files = ["abi.h", "err.h", "caps.h", "registers.h", "faults.h", "invocations.h", "invocations.c", "destroy.h"]
    assert kernel_size.generated_lines([tmp_path / "gen" / name for name in files]) <= kernel_size.MAX_GENERATED_LINES
