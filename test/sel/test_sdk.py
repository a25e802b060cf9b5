# SPDX-License-Identifier: BSD-2-Clause
"""`sel sdk` makes a folder that builds the same systems wherever it lies, and refuses what it must not write over."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sel import ROOT
from sel.errors import BadInput, SelError
from sel.sdk import make_sdk


def sel(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([root / "sel", *arguments], capture_output=True, text=True, timeout=500, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made in one place, used in another."""
    folder = tmp_path_factory.mktemp("sdk")
    done = sel(ROOT, "sdk", str(folder / "made"))
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "made").rename(folder / "moved")


def test_it_builds_the_same_image(sdk: Path) -> None:
    images = []
    for root in (ROOT, sdk):
        done = sel(root, "build", "minimal", "--preset", "release", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        images.append((root / "build/minimal/release/image.bin").read_bytes())
    assert images[0] == images[1]


def test_it_knows_no_path_of_its_origin(sdk: Path) -> None:
    told = [path for path in sdk.rglob("*") if path.is_file() and "build" not in path.relative_to(sdk).parts and str(ROOT).encode() in path.read_bytes()]
    assert told == []


@pytest.mark.parametrize("command", [["test"], ["assure"], ["bench"]])
def test_what_needs_a_clone_says_so(sdk: Path, command: list[str]) -> None:
    done = sel(sdk, *command)
    assert done.returncode == 2
    assert "needs the tests of Selvedge itself, which an SDK leaves out; use a clone" in done.stdout


def test_a_new_component_is_tested_by_it(sdk: Path, tmp_path: Path) -> None:
    """A project's folder elsewhere needs nothing but the copy."""
    done = sel(sdk, "new", "component", "alarm", "--in", str(tmp_path))
    assert done.returncode == 0 and f"test it: {sdk}/sel test {tmp_path}/alarm\n" in done.stdout, done.stdout
    done = sel(sdk, "test", str(tmp_path / "alarm"))
    assert done.returncode == 0 and f"part {tmp_path}/alarm: 1 passed, 0 failed" in done.stdout, done.stdout
    assert (tmp_path / "alarm" / "compile_commands.json").resolve().is_relative_to(sdk / "build")


def test_a_new_device_is_tested_by_it(sdk: Path, tmp_path: Path) -> None:
    """On this machine and in a guest; for editors, by a build in the copy."""
    done = sel(sdk, "new", "device", "adder", "--in", str(tmp_path))
    assert done.returncode == 0 and f"test it: {sdk}/sel test {tmp_path}/adder\n" in done.stdout, done.stdout
    done = sel(sdk, "test", str(tmp_path / "adder"))
    assert done.returncode == 0 and f"part {tmp_path}/adder: 2 passed, 0 failed" in done.stdout, done.stdout
    assert (tmp_path / "adder" / "compile_commands.json").resolve().is_relative_to(sdk / "build")


def test_what_is_left_out(sdk: Path) -> None:
    assert not [name for name in ("test", ".git", ".ci", "tools/mutants") if (sdk / name).exists()]
    assert [name for name in ("sel", "docs", "systems/linux", "LICENSE") if not (sdk / name).exists()] == []


def test_a_folder_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(BadInput, match="is there already; name a new folder, or empty it"):
        make_sdk(str(tmp_path))
    with pytest.raises(BadInput, match="is there already"):
        make_sdk(str(tmp_path / "mine"))
    assert (tmp_path / "mine").read_text() == "kept" and len(list(tmp_path.iterdir())) == 1


def test_a_folder_inside_the_tree() -> None:
    with pytest.raises(BadInput, match="is inside the tree that would be copied"):
        make_sdk(str(ROOT / "build" / "sdk"))
    assert not (ROOT / "build" / "sdk").exists()


def test_a_place_that_cannot_be_written() -> None:
    with pytest.raises(SelError, match="/proc/sdk"):
        make_sdk("/proc/sdk")
