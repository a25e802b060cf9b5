# SPDX-License-Identifier: BSD-2-Clause
"""The tool itself: a small program of known coverage, exclusions right and wrong, minima missed, addresses to lines."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT

from coverage_report import dwarf, exclusions, llvm, recorded_qemu, target
from coverage_report.model import Branch, File, Line, branches_of, lines_of
from coverage_report.report import Report, missing, write
from coverage_report.sources import GENERIC, MACHINE, functions, group_of
from sel.errors import Failed

SAMPLE = Path(__file__).parent / "sample.c"
NAME = "kernel/sample.c"
SOURCES = {NAME: SAMPLE.read_text(encoding="utf-8")}
REASON = "this test says that it cannot be reached"


def line_of(text: str) -> int:
    """Number of the one line of the sample that has this text."""
    found = [number for number, line in enumerate(SAMPLE.read_text(encoding="utf-8").splitlines(), 1) if line.strip() == text]
    assert len(found) == 1, (text, found)
    return found[0]


def measure(folder: Path, *runs: tuple[str, ...]) -> dict[str, File]:
    """Build the sample in `folder`, run it with each tuple of arguments, read its coverage."""
    (folder / "kernel").mkdir()
    shutil.copyfile(SAMPLE, folder / NAME)
    program = folder / "sample"
    subprocess.run(["clang-19", "-O1", *llvm.FLAGS, str(folder / NAME), "-o", str(program)], check=True)
    for index, arguments in enumerate(runs):
        subprocess.run([program, *arguments], check=True, env={"LLVM_PROFILE_FILE": f"{folder}/{index}.profraw"})
    llvm.merge(folder.glob("*.profraw"), folder / "merged")
    return llvm.read([program], folder / "merged", lambda path: path.removeprefix(f"{folder}/"))


# --- the host's half


def test_lines_and_branches_are_those_executed(tmp_path: Path) -> None:
    """One run with a true and b false: the decision was never true, its second condition neither."""
    file = measure(tmp_path, ("1", "0"))[NAME]
    assert not file.lines[line_of("return 1;")].is_covered
    assert file.lines[line_of("return 2;")].is_covered
    assert line_of("a += 3;") in file.uncovered()
    sides = {(branch.text, side) for branch, side in file.missing_sides()}
    assert {("a", False), ("b", True), ("sum < 0", True)} <= sides
    assert not {("a", True), ("b", False)} & sides


def test_runs_add_up(tmp_path: Path) -> None:
    """Three runs take all sides of a && b and show that each condition decides alone."""
    file = measure(tmp_path, ("1", "0"), ("0", "1"), ("1", "1"))[NAME]
    assert not {"a", "b"} & {branch.text for branch, _ in file.missing_sides() if branch.function == "both"}
    assert [decision.conditions for decision in file.decisions] == [[True, True]]


def test_mcdc_needs_independent_pairs(tmp_path: Path) -> None:
    """Without a run with a false nothing shows that a decides."""
    file = measure(tmp_path, ("1", "0"), ("1", "1"))[NAME]
    assert [decision.conditions for decision in file.decisions] == [[False, True]]


def test_constants_and_assertions_are_no_branches(tmp_path: Path) -> None:
    """RULE(3) can be one thing only, and the failing side of an assertion is a bug: neither is counted, the assertion is told apart."""
    file = measure(tmp_path, ("1", "0"))[NAME]
    assert not [branch for branch in file.branches if branch.function == "constant"]
    assert file.assertions == 1


def test_without_profiles_there_is_a_sentence(tmp_path: Path) -> None:
    """Programs that were not instrumented left nothing."""
    with pytest.raises(LookupError, match="no program left a profile"):
        llvm.merge([], tmp_path / "out")


# --- exclusions


def lines_entry(text: str, function: str = "never", file: str = NAME) -> exclusions.Exclusion:
    """An entry for lines."""
    return exclusions.Exclusion(file, function, text, None, REASON)


def test_what_is_excluded_stays_in_the_sum(tmp_path: Path) -> None:
    """The percentage is the same; the account says how much of the rest is explained."""
    files = measure(tmp_path, ("1", "0"))
    lines, sides = lines_of(files.values()), branches_of(files.values())
    entries = [lines_entry("static int never(int a)\n{\na += 3;\nreturn a;"), exclusions.Exclusion(NAME, "main", "sum < 0", True, REASON)]
    assert exclusions.apply(entries, files, SOURCES) == []
    assert (lines_of(files.values()).percent, branches_of(files.values()).percent) == (lines.percent, sides.percent)
    assert (lines_of(files.values()).excluded, lines_of(files.values()).open) == (3, lines.open - 3)
    assert (branches_of(files.values()).excluded, branches_of(files.values()).open) == (1, sides.open - 1)


def test_covered_lines_show_the_place_only(tmp_path: Path) -> None:
    """`return 1;` behind the decision that the tests reach."""
    files = measure(tmp_path, ("1", "0"))
    assert exclusions.apply([lines_entry("if (a && b) {\nreturn 1;", function="both")], files, SOURCES) == []
    assert set(files[NAME].excluded_lines) == {line_of("return 1;")}


def test_a_condition_that_is_there_twice_is_told_by_its_line(tmp_path: Path) -> None:
    """`a` is a condition of one function twice as soon as its file says so."""
    files = measure(tmp_path, ("1", "1"))
    doubled = [branch for branch in files[NAME].branches if branch.text == "a"][0]
    files[NAME].branches.append(Branch(line_of("return 2;"), 1, "a", doubled.function, 1, 0))
    entry = exclusions.Exclusion(NAME, "both", "a", False, REASON)
    assert "has this condition 2 times" in exclusions.apply([entry], files, SOURCES)[0]
    assert exclusions.apply([replace(entry, line="if (a && b) {")], files, SOURCES) == []


@pytest.mark.parametrize(("entry", "why"), [
    (lines_entry("a += 4;"), "has these lines 0 times"),
    (lines_entry("a += 3;", function="gone"), "has no such function"),
    (lines_entry("a += 3;", file="kernel/gone.c"), "no such file"),
    (lines_entry("return 2;", function="both"), "is covered by now"),
    (exclusions.Exclusion(NAME, "both", "a", True, REASON), "is covered by now"),
    (exclusions.Exclusion(NAME, "both", "c", True, REASON), "has this condition 0 times"),
])
def test_a_stale_exclusion_is_red(entry: exclusions.Exclusion, why: str, tmp_path: Path) -> None:
    """Text, function or file that is not there, or what is covered."""
    files = measure(tmp_path, ("1", "0"))
    complaints = exclusions.apply([entry], files, SOURCES)
    assert len(complaints) == 1 and why in complaints[0], complaints
    assert any("stale exclusion" in sentence for sentence in Report(files, complaints, "").failures())


@pytest.mark.parametrize(("text", "why"), [
    ("- {file: a.c, function: f, lines: x}", "must have exactly: file, function, lines, reason"),
    ("- {file: a.c, function: f, branch: x, side: maybe, reason: 'long enough to be a reason'}", "side must be true or false"),
    ("- {file: a.c, function: f, lines: x, reason: no}", "is no reason"),
    ("file: a.c", "must be a list"),
    ("- {file: a.c, file: b.c}", "duplicate key"),
])
def test_a_wrong_list_is_told(text: str, why: str, tmp_path: Path) -> None:
    """In a sentence that names the entry."""
    path = tmp_path / "exclusions.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        exclusions.load(path)


# --- verdicts


def file_of(covered: int, excluded: int, total: int, group: str = GENERIC) -> dict[str, File]:
    """A file with so many lines."""
    file = File("kernel/x.c", group, {n: Line(host=1 if n < covered else 0) for n in range(total)})
    file.excluded_lines = {n: REASON for n in range(total - excluded, total)}
    return {file.path: file}


@pytest.mark.parametrize(("covered", "excluded", "group", "is_red"), [
    (980, 20, GENERIC, False), (979, 20, GENERIC, True), (979, 21, GENERIC, True), (950, 20, MACHINE, False), (949, 20, MACHINE, True),
])
def test_minima_are_checked(covered: int, excluded: int, group: str, is_red: bool) -> None:
    """Of 1000 lines; excluded ones do not help."""
    title = "generic kernel" if group == GENERIC else "aarch64"
    found = [sentence for sentence in Report(file_of(covered, excluded, 1000, group), [], "").failures() if title in sentence and "lines are" in sentence]
    assert bool(found) == is_red, found


def test_too_much_excluded_is_red() -> None:
    """More than 2 % even when enough is covered."""
    failures = Report(file_of(970, 21, 1000, MACHINE), [], "").failures()
    assert any("21 of 1000 lines are excluded, 2.10 %; the maximum is 2 %" in sentence for sentence in failures), failures


def test_nothing_measured_is_red() -> None:
    """An empty report is no pass."""
    assert any("there are no lines at all" in sentence for sentence in Report({}, [], "").failures())


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    """One file with sources and marks, no script and no address of anything."""
    files = measure(tmp_path, ("1", "0"))
    report = Report(files, [], "no runs")
    page = write(report, tmp_path / "out", SOURCES).read_text(encoding="utf-8")
    assert "never true: sum &lt; 0" in page
    for word in ("<script", "http:", "https:", "src=", "<link", "@import"):
        assert word not in page
    assert f"{NAME}:{line_of('a += 3;')}: line" in missing(report)


# --- the target's half


def test_addresses_become_lines(tmp_path: Path) -> None:
    """Of a program for the target: one function executed, one not."""
    elf = tmp_path / "sample.elf"
    source = tmp_path / "kernel" / "x.c"
    source.parent.mkdir()
    source.write_text("int f(int a)\n{\n    return a * 3;\n}\nint g(int a)\n{\n    return a * 5;\n}\n", encoding="utf-8")
    subprocess.run(["clang-19", "--target=aarch64-none-elf", "-O1", "-g", "-ffreestanding", "-nostdlib", "-static", "-fuse-ld=lld-19",
                    "-Wl,--entry=f", str(source), "-o", str(elf)], check=True)
    listing = subprocess.run(["llvm-nm-19", str(elf)], check=True, capture_output=True, text=True).stdout
    start = {line.split()[2]: int(line.split()[0], 16) for line in listing.splitlines()}
    executed = {address: 4 for address in range(start["f"], start["g"], 4)}
    counts = dwarf.line_counts(dwarf.read_rows(elf, target.name_in_kernel), executed)
    assert counts["kernel/x.c", 3] == 4
    assert counts["kernel/x.c", 7] == 0
    assert all(path == "kernel/x.c" and number in (1, 3, 5, 7, 2, 4, 6, 8) for path, number in counts)


def test_without_line_tables_there_is_a_sentence(tmp_path: Path) -> None:
    """A program built without DWARF."""
    elf = tmp_path / "bare.elf"
    source = tmp_path / "x.c"
    source.write_text("int f(void) { return 3; }\n", encoding="utf-8")
    subprocess.run(["clang-19", "--target=aarch64-none-elf", "-nostdlib", "-static", "-fuse-ld=lld-19", "-Wl,--entry=f", str(source), "-o", str(elf)], check=True)
    with pytest.raises(LookupError, match="no line tables"):
        dwarf.read_rows(elf, str)


def test_only_machines_for_the_kernel_are_recorded(tmp_path: Path) -> None:
    """Bare QEMU runs guests for comparison; there is no kernel in it."""
    image = tmp_path / "image"
    image.write_bytes(b"x")
    assert recorded_qemu.image_of(["-M", "virt,virtualization=on", "-kernel", str(image)]) == image
    assert recorded_qemu.image_of(["-M", "virt,gic-version=3", "-kernel", str(image)]) is None
    assert recorded_qemu.image_of(["--version"]) is None


def test_runs_of_lost_kernels_are_red(tmp_path: Path) -> None:
    """What was recorded of a kernel that has been built anew since cannot be told."""
    runs = tmp_path / "target" / "runs"
    runs.mkdir(parents=True)
    with pytest.raises(Failed, match="no recorded run"):
        target.collect(tmp_path)
    (runs / "a.counts").write_bytes(bytes(16))
    (runs / "a.head").write_bytes(b"another kernel" * 100)
    with pytest.raises(Failed, match="1 recorded runs .* record again"):
        target.collect(tmp_path)


# --- what counts


@pytest.mark.parametrize(("path", "group"), [
    ("kernel/object/tcb.c", GENERIC), ("kernel/boot/boot.c", GENERIC), ("gen/invocations.c", GENERIC), ("kernel/arch/aarch64/mmu.c", MACHINE),
    ("kernel/drivers/gicv3.c", MACHINE), ("kernel/arch/fake/fake.c", None), ("libsel/src/error.c", None), ("gen/caps.h", None),
])
def test_groups(path: str, group: str | None) -> None:
    """Where a file is counted."""
    assert group_of(path) == group


def test_functions_are_found_in_all_sources() -> None:
    """In every C file of the kernel each closing brace at the margin ends a function or a table that is none."""
    tcb = functions((ROOT / "kernel/object/tcb.c").read_text(encoding="utf-8"))
    names = [function.name for function in tcb]
    assert {"tcb_suspend", "invoke_tcb_configure", "decode_tcb_resume"} <= set(names)
    assert len(names) == len(set(names)) and all(function.first < function.last for function in tcb)
    entry = functions((ROOT / "kernel/arch/aarch64/entry.S").read_text(encoding="utf-8"), True)
    assert "boot_enter" in [function.name for function in entry]


def test_attributes_are_no_names() -> None:
    """In front of a function's head or within it."""
    text = "__attribute__((always_inline)) void a(int b)\n{\n}\n\nstatic __attribute__((noinline, aligned(16))) int *c(void)\n{\n}\n"
    assert [(each.name, each.first, each.last) for each in functions(text)] == [("a", 1, 3), ("c", 5, 7)]
