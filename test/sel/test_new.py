# SPDX-License-Identifier: BSD-2-Clause
"""`sel new` without a build: what it refuses, what it writes, and what becomes of a spec that a part is added to.

That its products build, boot and answer is tested in test/command.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest
from sel import add_to, build, new
from sel.errors import SelError
from sel.new import NewOptions
from sel.systems import System

Sel = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[2]

#: Comments, blank lines, trailing spaces and key orders of a spec that somebody cares for.
SPEC = """\
# first line
version: 1   # of the language
board: qemu-virt-aarch64

processes:
  # the one that says hello
  hello:
    source: {source}
    time: {{priority: 100, budget: 5ms, period: 10ms}}  # plenty
    authority: [console]
    # a last word on hello

# what is shared
shared: {{}}   \n"""

ADDED = """\
  clock:
    source: ./clock
    serves: {calls: {protocol: ./clock/clock.yaml}}
    time: {priority: 100, passive: true}
"""


def spec_at(folder: Path, text: str = SPEC) -> Path:
    """A spec in a folder."""
    spec = folder / "system.yaml"
    spec.write_text(text.format(source="systems/minimal/hello"), encoding="utf-8", newline="")
    return spec


def refusal(*words: object, **options: object) -> str:
    """What `new` says no to; nothing is left of it."""
    with pytest.raises(SelError) as caught:
        new.new(NewOptions(*map(str, words), **{name: str(value) for name, value in options.items()}))
    return str(caught.value)


@pytest.mark.parametrize("name", ["Clock", "1st", "a-b", "a b", "../x", "x" * 32, "ä", "a.b"])
def test_names_that_are_none(name: str, tmp_path: Path) -> None:
    assert "is no valid name; use a lower-case letter" in refusal("component", name, parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["int", "sel", "tag", "kernel", "roottask", "console", "timer", "caller", "cnode"])
def test_names_that_are_taken(name: str, tmp_path: Path) -> None:
    """By C, by the library, by the spec language or by the template itself."""
    assert refusal("system", name, parent=tmp_path) == f"the name '{name}' is reserved; choose another"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_name(tmp_path: Path) -> None:
    assert refusal("system", "", parent=tmp_path) == "NAME is empty; is a shell variable unset?"
    assert refusal("system", "x", parent="") == "--in is empty; is a shell variable unset?"


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("/none")], ids=["folder", "file", "dangling link"])
def test_what_exists_stays(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "clock")
    assert refusal("component", "clock", parent=tmp_path) == f"{tmp_path}/clock exists already; choose another name or remove it"
    assert os.path.lexists(tmp_path / "clock")


def test_places_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal("component", "x", parent=tmp_path / "none") == f"--in {tmp_path}/none does not exist; make the folder, or name another"
    assert refusal("component", "x", parent=tmp_path / "file") == f"--in {tmp_path}/file is no folder; make the folder, or name another"


def test_a_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As whoever may not; root may everything."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert refusal("component", "x", parent=tmp_path) == f"{tmp_path} cannot be written; change its mode or owner, or give --in another folder"


def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.write_text

    def full(path: Path, *arguments: object, **options: object) -> int:
        if path.name == "caller.c":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    assert "the disk is full" in refusal("system", "alarm", parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_kinds_and_options(sel: Sel) -> None:
    for arguments, words in (
        (["componnet", "x"], "there is no new 'componnet' (did you mean 'component'?); there are: component, device, system"),
        (["system", "x", "--add-to", "y.yaml"], "--add-to puts a component or a device into a spec; a system is a spec of its own"),
        (["device", "x", "--guest", "linux"], "--guest names the guest of --add-to that is given a device"),
        (["component", "x", "--add-to", "y.yaml", "--guest", "linux"], "--guest names the guest of --add-to that is given a device"),
        (["component"], "the following arguments are required: NAME"),
    ):
        done = sel("new", *arguments)
        assert (done.returncode, done.stderr) == (2, "") and words in done.stdout


@pytest.mark.parametrize("kind", new.KINDS)
def test_files_are_formatted_whatever_the_name(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the tree's own style, for the shortest and the longest name."""
    for name in ("x", "alarm_clock", "n" * 31):
        folder = new.new(NewOptions(kind, name, str(tmp_path)))
        sources = sorted(map(str, folder.rglob("*.c")))
        assert len(sources) == (3 if kind == "device" else 2)
        subprocess.run(["clang-format-19", f"--style=file:{ROOT}/.clang-format", "--dry-run", "--Werror", *sources], check=True)


def test_inside_the_tree_files_have_a_licence_and_no_path_of_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    parent = ROOT / "build" / f"test-new-texts-{os.getpid()}"
    parent.mkdir(parents=True)
    for kind, name in (("component", "clock"), ("device", "adder"), ("system", "alarm")):
        folder = new.new(NewOptions(kind, name, str(parent)))
        texts = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}
        assert ".gitignore" not in texts
        assert all("SPDX-License-Identifier: BSD-2-Clause" in text and str(ROOT) not in text for text in texts.values())
    shutil.rmtree(parent)


def test_the_next_commands_are_as_they_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By the link in a project folder if there is one, else by the command's path."""
    monkeypatch.chdir(tmp_path)
    new.new(NewOptions("system", "clock", "."))
    assert f"sel: boot it: {ROOT}/sel run clock/system.yaml\n" in capsys.readouterr().out
    (tmp_path / "sel").symlink_to(ROOT / "sel")
    new.new(NewOptions("system", "alarm", "."))
    assert "sel: boot it: ./sel run alarm/system.yaml\n" in capsys.readouterr().out


def test_schemas_are_named_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A project beside the clone may be moved with it, and has no path of the machine; unless nothing but the root is common to both."""
    here = ROOT / "build" / f"test-new-schemas-{os.getpid()}"
    (here / "project").mkdir(parents=True)
    monkeypatch.setattr(new, "ROOT", here / "clone")
    assert new._schemas_from(here / "project/home") == "../../clone/docs/spec"
    assert new._schemas_from(Path("/elsewhere/home")) == str(here / "clone/docs/spec")
    shutil.rmtree(here)


def test_a_new_devices_guest_can_be_debugged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What its test compiles has debug information, the guest as well."""
    test = next(new.new(NewOptions("device", "adder", str(tmp_path))).rglob("test_*.py"))
    flags = test.read_text(encoding="utf-8").partition("GUEST_FLAGS = [")[2].partition("]")[0]
    assert '"-g"' in flags


def test_parts_have_a_home_in_the_tree() -> None:
    assert new.HOMES == {"component": ROOT / "components", "device": ROOT / "vmm/devices", "system": ROOT / "systems"}


def test_a_part_is_added_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind the last process with its comment; every other byte stays."""
    spec = spec_at(tmp_path)
    os.chmod(spec, 0o640)
    before = spec.read_text(encoding="utf-8")
    new.new(NewOptions("component", "clock", str(tmp_path), str(spec)))
    assert spec.read_text(encoding="utf-8") == before.replace("    # a last word on hello\n", "    # a last word on hello\n" + ADDED)
    assert spec.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clock", "system.yaml"]


@pytest.mark.parametrize(("text", "expected"), [
    (SPEC.replace("\n", "\r\n"), ADDED.replace("\n", "\r\n")),
    ("version: 1\nboard: qemu-virt-aarch64\nprocesses:\n  a:\n    source: {source}\n    time: {{priority: 1, budget: 1ms, period: 1s}}", "\n" + ADDED),
    ("version: 1\nboard: qemu-virt-aarch64\nprocesses:\n      a:\n        source: {source}\n        time: {{priority: 1, budget: 1ms, period: 1s}}\n", "      clock:\n            source: ./clock\n"),
    ("version: 1\nboard: qemu-virt-aarch64\nprocesses:\n  a: {{source: {source}, time: {{priority: 1, budget: 1ms,\n    period: 1s}}}}\nshared: {{}}\n", "    period: 1s}}\n" + ADDED + "shared: {}\n"),
], ids=["CRLF", "no end of line", "another indent", "a process in braces"])
def test_specs_of_every_form(text: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = spec_at(tmp_path, text)
    new.new(NewOptions("component", "clock", str(tmp_path), str(spec)))
    assert expected.encode() in spec.read_bytes()


def test_a_guests_name_is_no_name_for_a_process(tmp_path: Path) -> None:
    """What the compiler says to the new spec is told, and nothing is left: no folder, no file, no change."""
    spec = spec_at(tmp_path, SPEC.replace("shared: {{}}", "shared: {{clock: {{size: 4K, writes: [hello], doorbell: false, reads: [hello]}}}}"))
    spec.write_text(spec.read_text().replace("reads: [hello]", "reads: []").replace("writes: [hello]", "writes: [hello, other]").replace("# what is shared", "  other:\n    source: components/busy\n    time: {priority: 1, budget: 1ms, period: 1s}\n"))
    before = spec.read_bytes()
    said = refusal("component", "clock", parent=tmp_path, spec=spec)
    assert "with the new process is refused, 1 error:" in said and "error SEL-S025: " in said and str(spec) in said
    assert spec.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["system.yaml"]


@pytest.mark.parametrize(("change", "words"), [
    (("  hello:", "  clock:"), "there is a process 'clock' already, in line 7; choose another name"),
    (("version: 1", "version: 2"), "error SEL-S017: version is 2"),
])
def test_specs_that_take_no_part(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    spec = spec_at(tmp_path, SPEC.replace(*change))
    before = spec.read_bytes()
    assert words in refusal("component", "clock", parent=tmp_path, spec=spec)
    assert spec.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["system.yaml"]


def test_a_spec_in_braces(tmp_path: Path) -> None:
    spec = spec_at(tmp_path, "version: 1\nboard: qemu-virt-aarch64\nprocesses: {{a: {{source: {source}, time: {{priority: 1, budget: 1ms, period: 1s}}}}}}\n")
    said = refusal("component", "clock", parent=tmp_path, spec=spec)
    assert said == f"--add-to {spec}: `processes` in line 3 is written in one piece, in braces; write it as a block, one process a line, and try again"


#: Two guests as blocks, the first with a device and a comment behind it.
GUESTS = """\
version: 1
board: qemu-virt-aarch64
guests:
  linux:   # the first
    image: {elf: ./guest.elf}
    memory: 16M
    devices:
      rtc: {compatible: "arm,pl031", address: 0x9010000, interrupt: 2}
      old: {compatible: "arm,pl031", address: 0xc000000, interrupt: 112}
      # no more of them

    time: {priority: 100, budget: 6ms, period: 10ms}
  rtos:
    image: {elf: ./guest.elf}
    memory: 16M
    time: {priority: 100, budget: 1ms, period: 10ms}
# the end
"""


@pytest.fixture
def guests(tmp_path: Path) -> Path:
    """A spec with two guests, and what they boot."""
    source = tmp_path / "guest.c"
    source.write_text("void _start(void) { for (;;) {} }\n")
    flags = ["--target=aarch64-none-elf", "-nostdlib", "-static", "-fuse-ld=lld-19", "-Wl,--image-base=0x40200000"]
    subprocess.run(["clang-19", *flags, str(source), "-o", str(tmp_path / "guest.elf")], check=True)
    spec = tmp_path / "system.yaml"
    spec.write_text(GUESTS, encoding="utf-8")
    return spec


def test_a_device_is_added_to_a_guest_as_text(guests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind the last of its devices, at the next free place; every other byte stays."""
    new.new(NewOptions("device", "adder", str(tmp_path), str(guests), "linux"))
    assert f"sel: guest 'linux' of {guests} has it as 'adder'" in capsys.readouterr().out
    line = '      adder: {compatible: "example,adder", address: 0x0c010000, interrupt: 113, source: ./adder/adder.c}\n'
    old = '      old: {compatible: "arm,pl031", address: 0xc000000, interrupt: 112}\n'
    assert guests.read_text(encoding="utf-8") == GUESTS.replace(old, old + line)


def test_the_first_device_of_a_guest(guests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new.new(NewOptions("device", "my_adder", str(tmp_path), str(guests), "rtos"))
    assert f"sel: guest 'rtos' of {guests} has it as 'my_adder'" in capsys.readouterr().out
    lines = '    devices:\n      my_adder: {compatible: "example,my-adder", address: 0x0c000000, interrupt: 112, source: ./my_adder/my_adder.c}\n'
    assert guests.read_text(encoding="utf-8") == GUESTS.replace("# the end", lines + "# the end")


@pytest.mark.parametrize(("change", "guest", "words"), [
    (("", ""), None, "which guest is given it? name one by --guest: linux, rtos"),
    (("", ""), "linx", "there is no guest 'linx' (did you mean 'linux'?); there are: linux, rtos"),
    (("  rtc:", "  adder:"), "linux", "guest 'linux' has a device 'adder' already, in line 8; choose another name"),
    (("memory: 16M\n    time", "memory: 16M\n    devices: {}\n    time"), "rtos", "`devices` of guest 'rtos' in line 16 is written in one piece, in braces"),
])
def test_guests_that_take_no_device(change: tuple[str, str], guest: str | None, words: str, guests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left of it: no folder, no change."""
    guests.write_text(GUESTS.replace(*change), encoding="utf-8")
    before = guests.read_bytes()
    with pytest.raises(SelError) as caught:
        new.new(NewOptions("device", "adder", str(tmp_path), str(guests), guest))
    assert words in str(caught.value)
    assert guests.read_bytes() == before and not (tmp_path / "adder").exists()


def test_a_system_without_guests_takes_no_device(tmp_path: Path) -> None:
    spec = spec_at(tmp_path)
    assert refusal("device", "adder", parent=tmp_path, spec=spec) == f"--add-to {spec}: the file has no guests; a device is a guest's"


@pytest.mark.parametrize(("kind", "what"), [("component", "process"), ("device", "device")])
def test_an_expanded_spec_takes_nothing(kind: str, what: str, tmp_path: Path) -> None:
    """It is said what it is and where to add instead; the file stays as it was."""
    spec, out = spec_at(tmp_path), tmp_path / "expanded.yaml"
    subprocess.run(["/usr/bin/python3", "-m", "capdl", "expand", str(spec), "--out", str(out)], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    before = out.read_bytes()
    words = refusal(kind, "adder", parent=tmp_path, spec=out)
    assert words.startswith(f"--add-to {out}: this is a spec in expanded form, as ./sel expand writes it, in which every object and capability of a {what} is a line of its own; add to the spec")
    assert out.read_bytes() == before and not (tmp_path / "adder").exists()


def test_a_spec_that_is_not_there(tmp_path: Path) -> None:
    assert refusal("component", "clock", parent=tmp_path, spec=tmp_path / "no.yaml").startswith(f"the spec file {tmp_path}/no.yaml does not exist; give the path of a system.yaml, or one of: ")
    assert refusal("component", "clock", parent=tmp_path, spec="").startswith("--add-to is empty")
    assert refusal("component", "clock", parent=tmp_path, spec="mimimal").startswith("there is no system 'mimimal' (did you mean 'minimal'?)")


def built(tmp_path: Path) -> tuple[System, Path]:
    """A system outside of the tree with a component elsewhere, and its build folder."""
    folder = tmp_path / "build"
    (folder / "gen").mkdir(parents=True)
    (folder / "compile_commands.json").write_text("[]")
    places = [tmp_path / "spec" / "own", tmp_path / "elsewhere", ROOT / "components" / "busy"]
    for place in places[:2]:
        place.mkdir(parents=True)
    guests = [{"devices": [{"source": str(tmp_path / "adder" / "adder.c")}, {"source": str(ROOT / "vmm/devices/pl031.c")}]}]
    (tmp_path / "adder").mkdir()
    (folder / "gen" / "plan.json").write_text(json.dumps({"processes": [{"folder": str(place)} for place in places], "guests": guests}))
    return System("x", tmp_path / "spec" / "system.yaml"), folder


def test_a_build_leads_clangd_to_itself(tmp_path: Path) -> None:
    """By one link beside the spec and one in each folder of a component or device that is elsewhere; the link follows the latest build."""
    system, folder = built(tmp_path)
    (tmp_path / "elsewhere" / "compile_commands.json").symlink_to("/an/old/build")
    build._link_commands(system, folder)
    links = {path.parent.relative_to(tmp_path): path.resolve() for path in tmp_path.rglob("compile_commands.json") if path.is_symlink()}
    assert links == {Path("spec"): folder / "compile_commands.json", Path("elsewhere"): folder / "compile_commands.json", Path("adder"): folder / "compile_commands.json"}


def test_a_file_that_is_no_link_stays(tmp_path: Path) -> None:
    system, folder = built(tmp_path)
    own = tmp_path / "spec" / "compile_commands.json"
    own.write_text("mine")
    build._link_commands(system, folder)
    assert own.read_text() == "mine" and not own.is_symlink()


def test_a_folder_that_takes_no_link_is_no_fault(tmp_path: Path) -> None:
    system, folder = built(tmp_path)
    shutil.rmtree(tmp_path / "elsewhere")
    build._link_commands(system, folder)
    assert (tmp_path / "spec" / "compile_commands.json").is_symlink()


def test_how_a_spec_names_a_folder(tmp_path: Path) -> None:
    """As in the project for its own components, else from where the spec is."""
    assert add_to.name_from(ROOT / "components" / "clock", tmp_path, ("components", "systems")) == "components/clock"
    assert add_to.name_from(tmp_path / "a" / "clock", tmp_path / "a", ("components",)) == "./clock"
    assert add_to.name_from(tmp_path / "a" / "clock", tmp_path / "b", ("components",)) == "../a/clock"
    assert add_to.name_from(ROOT / "systems" / "x" / "clock", ROOT / "systems" / "x", ("components", "systems")) == "./clock"


def test_a_folder_without_tests_is_none(sel: Sel, tmp_path: Path) -> None:
    done = sel("test", str(tmp_path))
    assert done.returncode == 2 and f"the folder {tmp_path} has no pytest file" in done.stdout
    done = sel("test", str(tmp_path / "none"))
    assert done.returncode == 2 and f"there is no folder {tmp_path}/none with tests" in done.stdout


def test_lines_are_filled_as_clang_format_does() -> None:
    """A word that does not fit goes below the first one."""
    assert new.wrapped("f(", ["a", "b"], ")") == "f(a, b)"
    assert new.wrapped("f(", ["a" * 100, "b" * 14, "c" * 20], ")") == f"f({'a' * 100}, {'b' * 14},\n  {'c' * 20})"
