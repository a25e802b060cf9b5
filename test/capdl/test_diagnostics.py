# SPDX-License-Identifier: BSD-2-Clause
"""Every diagnostic: a faulty input in faulty/ and, beside it, the exact messages it must draw (written from the rule)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, elf_bytes, write_images

from capdl import build, check, cli, device_model, diagnostics, elf, linked, pack, platform
from capdl.abi import Abi
from capdl.diagnostics import SpecError

FAULTY = Path(__file__).parent / "faulty"
FAULTY_PROTOCOLS = Path(__file__).parent / "faulty_protocols"
SOUND_PROTOCOLS = Path(__file__).parent / "protocols"
LINKED = {"SEL-E001", "SEL-E002", "SEL-E003", "SEL-E004", "SEL-E005", "SEL-E006", "SEL-E007", "SEL-E008", "SEL-E009"}

_BASE = b"version: 1\nboard: qemu-virt-aarch64\n"
_PROCESS = "  p%d: {source: components/busy, time: {priority: 1, budget: 1ms, period: 1s}}\n"
# Inputs that are no text, or too long to keep.
MADE = {
    "s002_utf16": _BASE.decode().encode("utf-16"),
    "s002_binary": _BASE + b"# gr\xc3\xbc\xc3\x9f \0",
    "s002_latin1": b"version: 1 # \xe9\n",
    "s003_large": b"# padding\n" * (1 << 20),
    # 99 names with a fault each in lines 4 to 102; the hundredth ends it.
    "s101_faults": _BASE + b"processes:\n" + b"".join(b"  P%d: {}\n" % number for number in range(5000)),
    # Three values of keys and as many of the list as bring them above 262144.
    "s102_values": b"a:\n" + b"- 1\n" * (1 << 18),
    "s081_large": b"version: 1\nboard: b\ninclude: [s081_large.one.yaml]\n",
    "s045_processes": _BASE + b"processes:\n" + "".join(_PROCESS % number for number in range(1025)).encode(),
}

# Files that they include: 51 bytes and 4 MiB + 12 bytes are 4194367.
INCLUDED = {"s081_large.one.yaml": b"version: 1\n" + b"#" * ((4 << 20) + 12 - 11)}


def cases() -> list[str]:
    """Names of all faulty inputs."""
    return sorted(path.stem for path in FAULTY.glob("*.expected"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the faulty specs' images and protocols, as current folder; named images cannot be fetched."""
    write_images(tmp_path)
    shutil.copytree(SOUND_PROTOCOLS, tmp_path / "protocols")
    monkeypatch.chdir(tmp_path)
    from sel import fetch
    from sel.errors import BadEnvironment

    def refuse(name: str) -> Path:
        raise BadEnvironment("no network")

    monkeypatch.setattr(fetch, "resolve", refuse)
    return tmp_path


@pytest.mark.parametrize("name", cases())
def test_exact_messages(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole output is what the file beside the spec says and the line that names its ids once each; the exit code is 2."""
    spec = folder / f"{name}.yaml"
    if name in MADE:
        spec.write_bytes(MADE[name])
        for included in (each for each in INCLUDED if each.startswith(f"{name}.")):
            (folder / included).write_bytes(INCLUDED[included])
    elif (FAULTY / spec.name).exists():
        shutil.copy(FAULTY / spec.name, spec)
    for companion in (*FAULTY.glob(f"{name}.*.yaml"), *FAULTY.glob(f"{name}.*.c")):  # a file that the spec includes or names
        shutil.copy(companion, folder / companion.name)
    words = FAULTY / f"{name}.set"
    settings = [word for line in (words.read_text(encoding="utf-8").splitlines() if words.exists() else []) for word in ("--set", line)]
    assert cli.main(["check", spec.name, *settings]) == 2
    printed = capsys.readouterr()
    expected = (FAULTY / f"{name}.expected").read_text(encoding="utf-8")
    for word, value in (("{project}", str(ROOT)), ("{devices}", diagnostics.listing(device_model.of_project(ROOT)))):
        expected = expected.replace(word, value)
    assert printed.err == with_the_way_to_more(expected)
    assert printed.out == ""


def with_the_way_to_more(findings: str) -> str:
    """What follows the findings, once: the command that explains their ids."""
    ids = dict.fromkeys(re.findall(r"^\S+: error (SEL-[A-Z]\d{3}): ", findings, re.MULTILINE))
    return f"{findings}more about this: ./sel explain {' '.join(ids)}\n"


@pytest.mark.parametrize("name", sorted(path.stem for path in FAULTY_PROTOCOLS.glob("*.expected")))
def test_exact_messages_about_protocols(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same of a protocol file, by itself and by a spec that names it."""
    shutil.copy(FAULTY_PROTOCOLS / f"{name}.yaml", folder)
    expected = with_the_way_to_more((FAULTY_PROTOCOLS / f"{name}.expected").read_text(encoding="utf-8"))
    assert cli.main(["protocol", f"{name}.yaml", "--out", "gen"]) == 2
    assert capsys.readouterr().err == expected
    Path("system.yaml").write_text(_BASE.decode() + f"processes:\n  p: {{source: components/busy, serves: {{x: {{protocol: ./{name}.yaml}}}}, time: {{priority: 1, passive: true}}}}\n", encoding="utf-8")
    assert cli.main(["check", "system.yaml"]) == 2
    assert capsys.readouterr().err == expected
    assert not Path("gen").exists()


def test_every_id_has_a_faulty_input() -> None:
    """The table's ids are the ids tried, no more and no fewer."""
    tried = set(LINKED)
    for path in (*FAULTY.glob("*.expected"), *FAULTY_PROTOCOLS.glob("*_*.expected")):
        ids = re.findall(r"error (SEL-[A-Z]\d{3}):", path.read_text(encoding="utf-8"))
        assert f"SEL-{path.stem[:4].upper()}" in ids, path.name
        tried.update(ids)
    assert tried == set(diagnostics.TABLE)


def message(call: object, *arguments: object) -> str:
    """The one diagnostic that a call draws."""
    with pytest.raises(SpecError) as caught:
        call(*arguments)
    assert len(caught.value.diagnostics) == 1
    return str(caught.value.diagnostics[0])


def test_image_that_the_machine_cannot_get(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No network is no fault of the spec: exit code 3, one sentence."""
    text = (FAULTY / "s061_image_name.yaml").read_text(encoding="utf-8").replace("debian-12:Imag", "debian-12:Image")
    Path("system.yaml").write_text(text, encoding="utf-8")
    assert cli.main(["check", "system.yaml"]) == 3
    assert capsys.readouterr().err == "capdl: environment: the image 'debian-12:Image' could not be had: no network\n"


def test_program_is_missing(folder: Path) -> None:
    assert message(elf.load, Path("x.elf")) == "x.elf:1:1: error SEL-E001: x.elf was not linked: there is no such file; build it first; ninja does it by itself"


def test_program_is_foreign(folder: Path) -> None:
    expected = "x86.elf:1:1: error SEL-E002: x86.elf is not a linked AArch64 program: it is EM_X86_64, ET_EXEC; build it with the project's tools"
    assert message(elf.load, Path("x86.elf")) == expected


def link(folder: Path, segments: list[tuple[int, int, bytes, int]]) -> object:
    """A program of one process 'a' of a small system, through emit."""
    from test_expand import SMALL, emit_system

    spec = folder / "system.yaml"
    spec.write_text(SMALL, encoding="utf-8")
    return lambda: emit_system(spec, folder, {"a": elf_bytes(segments, segments[0][0])})


def test_segment_outside_its_window(folder: Path) -> None:
    call = link(folder, [(0x1020000000, 5, b"x", 1)])
    expected = "system.yaml:4:3: error SEL-E003: process 'a': segment 0 at 0x1020000000 is outside its window 0x1010000000..0x1013ffffff; make the program smaller, or heap and stack instead of static data"
    assert message(call) == f"{expected}"


def test_segment_writable_and_executable(folder: Path) -> None:
    call = link(folder, [(0x1010000000, 7, b"x", 1)])
    expected = "system.yaml:4:3: error SEL-E005: process 'a': segment 0 is writable and executable; link with libsel/process.ld, which keeps them apart"
    assert message(call) == f"{expected}"


def compile_program(folder: Path, code: str) -> bytes:
    """A program of process 'a', linked with the project's tools."""
    source, linked = folder / "a.c", folder / "a.elf"
    source.write_text(code, encoding="utf-8")
    subprocess.run(
        ["clang-19", "--target=aarch64-none-elf", "-O1", "-ffreestanding", "-nostdlib", "-static", "-fuse-ld=/usr/bin/ld.lld-19", "-Wl,-z,max-page-size=4096",
         f"-Wl,-T,{ROOT}/libsel/process.ld", "-Wl,--defsym=SEL_BASE=0x1010000000", str(source), "-o", str(linked)],
        check=True,
    )
    return linked.read_bytes()


INTEGER_CODE = "void _start(void) { for (;;) { } }\nlong shift(long a) { return a << 3; }\n"


def test_floating_point_without_leave(folder: Path) -> None:
    """The function is named; with `fpu: true`, or without floating point, nothing is said."""
    from test_expand import SMALL, emit_system

    spec = folder / "system.yaml"
    spec.write_text(SMALL, encoding="utf-8")
    program = compile_program(folder, INTEGER_CODE + "double half(double a) { return a / 2; }\n")
    text = message(emit_system, spec, folder, {"a": program})
    start, end = "system.yaml:4:3: error SEL-E007: process 'a': function 'half' at 0x", " uses floating point or SIMD, which this process may not; add `fpu: true` to it in the spec, or link without that function"
    assert text.startswith(start) and text.endswith(end)
    stores = compile_program(folder, INTEGER_CODE + 'void keep(long *to) { __asm__("str q1, [%0]" ::"r"(to) : "memory"); }\n')
    assert "function 'keep' at" in message(emit_system, spec, folder, {"a": stores})
    emit_system(spec, folder, {"a": compile_program(folder, INTEGER_CODE)})
    spec.write_text(SMALL + "    fpu: true\n", encoding="utf-8")
    emit_system(spec, folder, {"a": program})


def board() -> platform.Platform:
    """The board with 2 GiB from 0x40000000, of which the kernel keeps 16 MiB behind the payload."""
    return platform.load(ROOT / "platform" / "qemu-virt-aarch64")


def test_more_frames_than_the_roottask_has_slots(folder: Path) -> None:
    """Sixty-four heaps of 64M are 2^20 Frames, beside which nothing has room."""
    from test_expand import emit_system

    spec = folder / "system.yaml"
    rows = "".join(f"  p{number}: {{source: components/busy, heap: 64M, time: {{priority: 1, budget: 1ms, period: 1s}}}}\n" for number in range(64))
    spec.write_text(f"version: 1\nboard: qemu-virt-aarch64\nprocesses:\n{rows}", encoding="utf-8")
    start, end = "the roottask would need 10", " slots for the system's capabilities, its CNode has at most 1048576; make fewer Frames: less heap and shared memory, guests' memory in multiples of 2M"
    text = message(emit_system, spec, folder)
    assert text.startswith(f"{folder}/system.yaml:1:1: error SEL-E008: {start}") and text.endswith(end)


def test_more_address_spaces_than_the_kernel_has() -> None:
    expected = "s.yaml:1:1: error SEL-E009: 2049 address spaces are needed, the roottask's among them; the kernel has 2048; use fewer guests and processes"
    assert message(linked.check_bounds, 1000, 2049, 2048, "s.yaml") == expected
    linked.check_bounds(1 << 20, 2048, 2048, "s.yaml")


def test_system_larger_than_the_board() -> None:
    """Two Untypeds of 1 GiB: only one aligned GiB is free."""
    expected = "s.yaml:1:1: error SEL-E004: the system needs 2G of memory, the board has 2027M; lower the guests' memory or use a board with more"
    # Free from 0x40400000 + 1 MiB + 16 MiB = 0x41500000 to 0xc0000000: 2027 MiB.
    assert message(pack.check_memory, board(), 0x40400000, 1 << 20, [30, 30], "s.yaml") == expected


def test_system_that_just_fits() -> None:
    """One of 1 GiB and one of 512 MiB find aligned places; no diagnostic."""
    pack.check_memory(board(), 0x40400000, 1 << 20, [30, 29], "s.yaml")


def test_payload_larger_than_the_board() -> None:
    expected = "s.yaml:1:1: error SEL-E006: the payload needs 2048M, from 0x40400000 to the end of RAM there is 2044M; use smaller images or a board with more memory"
    assert message(pack.check_memory, board(), 0x40400000, 2048 << 20, [], "s.yaml") == expected.replace("2048M", "2G")


def test_several_faults_in_one_run(folder: Path, abi: Abi) -> None:
    """A spec with two faults draws two messages, in the order of their places."""
    Path("two.yaml").write_text("version: 1\nboard: qemu-virt-aarch64\nprocesses:\n  a:\n    source: components/busy\n    stack: 5\n    time: {priority: x}\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        check.load_system(Path("two.yaml"), "two.yaml", abi.limits())
    assert [item.id for item in caught.value.diagnostics] == ["SEL-S013", "SEL-S010"]


#: A spec with a fault of each stage.
STAGED = """\
version: 1
board: qemu-virt-aarch64
processes:
  a: {source: components/busy, serves: {s: {}}, time: {priority: x, budget: 1ms, period: 10ms}}
  b: {source: components/busy, uses: {s: a.t}, capabilities: {of_a: {object: a.tbc}}, time: {priority: 1, budget: 1ms, period: 10ms}}
shared: {r: {size: 4K, writes: [a], reads: [b]}}
policy: [{no_path: {between: [a, b]}}]
more: ]
"""
#: What mends them, in the order of the stages.
MENDED = (("more: ]\n", "", "SEL-S004"), ("priority: x", "priority: 1", "SEL-S010"), ("a.t}", "a.s}", "SEL-S022"), ("a.tbc", "a.notification, rights: [write], badge: 4", "SEL-S094"), ("policy: [{no_path: {between: [a, b]}}]\n", "", "SEL-A010"))


def test_a_check_goes_in_stages(folder: Path, abi: Abi) -> None:
    """The faults of a stage are told when those of the earlier ones are mended: docs/spec/README.md promises no more."""
    text = STAGED
    for old, new, id in MENDED:
        Path("staged.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            build.examine(check.load_system(Path("staged.yaml"), "staged.yaml", abi.limits()), abi)
        assert {item.id for item in caught.value.diagnostics} == {id}
        assert old in text
        text = text.replace(old, new)
    Path("staged.yaml").write_text(text, encoding="utf-8")
    build.examine(check.load_system(Path("staged.yaml"), "staged.yaml", abi.limits()), abi)
