# SPDX-License-Identifier: BSD-2-Clause
"""`sel clean` removes folders of build/ and nothing else; a faulty spec leaves none behind."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
from sel import build, logs
from sel.cache import Cache
from sel.clean import clean
from sel.errors import BadInput, Failed, SpecFaults
from sel.systems import System


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree in which two systems were built, and a cache with an image and somebody else's file."""
    for name in ("linux", "mine-01234567"):
        (tmp_path / "build" / name / "debug").mkdir(parents=True)
        (tmp_path / "build" / name / "debug/.lock").touch()
        (tmp_path / "build" / name / "debug/image.bin").write_bytes(bytes(3 << 20))
    (tmp_path / "kept").touch()
    monkeypatch.setenv("SEL_CACHE", str(tmp_path / "cache"))
    cache = Cache()
    with cache.locked() as scratch:
        (scratch / "x").write_bytes(b"kernel")
        cache.store("debian-12:Image", scratch / "x", {})
    (cache.folder / "other").touch()
    return tmp_path


def left(tree: Path) -> list[str]:
    return sorted(path.name for path in (tree / "build").iterdir())


def test_one_system(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean("linux", False, False, tree)
    assert left(tree) == ["mine-01234567"] and capsys.readouterr().out == "sel: removed build/linux (3 MiB)\n"
    clean("mine-01234567", False, False, tree)
    assert left(tree) == [] and (tree / "kept").exists() and Cache().lookup("debian-12:Image")


def test_everything_but_the_cache(tree: Path) -> None:
    (tree / "outside").mkdir()
    (tree / "outside/file").touch()
    (tree / "build/link").symlink_to(tree / "outside")
    clean(None, True, False, tree)
    assert left(tree) == [] and Cache().lookup("debian-12:Image") and (tree / "outside/file").exists()


def test_cache_when_asked(tree: Path) -> None:
    clean(None, False, True, tree)
    assert left(tree) == ["linux", "mine-01234567"]
    assert Cache().lookup("debian-12:Image") is None and not (tree / "cache/debian-12/Image").exists() and (tree / "cache/other").exists()


@pytest.mark.parametrize("name", ["linux/debug/../../../kept", "../kept", "..", ".", "/"])
def test_nothing_outside_build(tree: Path, name: str) -> None:
    with pytest.raises(BadInput):
        clean(name, False, False, tree)
    assert left(tree) == ["linux", "mine-01234567"] and (tree / "kept").exists()


def test_folder_in_use_stays(tree: Path) -> None:
    with (tree / "build/linux/debug/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Failed, match="a build or a run is in build/linux; end it and try again"):
            clean(None, True, False, tree)
    assert left(tree) == ["linux"]
    _, alive = logs.new_run_folder(tree / "build/linux/debug")
    with pytest.raises(Failed, match="a build or a run is in build/linux"):
        clean("linux", False, False, tree)
    alive.close()
    clean("linux", False, False, tree)
    assert left(tree) == []


@pytest.mark.parametrize("was_built", [False, True])
def test_faulty_spec_leaves_no_folder(was_built: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SpecFaults(["x.yaml:1:1: error SEL-S011: a"], tmp_path / "log")

    monkeypatch.setattr(System, "build_folder", lambda self, preset: tmp_path / "build" / self.name / preset)
    monkeypatch.setattr(build, "_run", refuse)
    system = System("mine", tmp_path / "system.yaml")
    folder = system.build_folder("debug")
    if was_built:
        folder.mkdir(parents=True)
        (folder / ".configured").touch()
    with pytest.raises(SpecFaults) as fault, build.build_lock(folder):
        build.build_system(system, "debug")
    assert folder.exists() == folder.parent.exists() == was_built and (fault.value.log is not None) == was_built


def test_build_that_waited_for_a_removed_folder_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine/debug"
    first = build._locked

    def removed_while_waiting(where: Path) -> object:
        lock = first(where)
        (where / ".lock").unlink()
        where.rmdir()
        monkeypatch.setattr(build, "_locked", first)
        return lock

    monkeypatch.setattr(build, "_locked", removed_while_waiting)
    with build.build_lock(folder):
        assert (folder / ".lock").exists()
