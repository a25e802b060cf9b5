# SPDX-License-Identifier: BSD-2-Clause
"""`sel doctor`: what is not so is a line `missing` or `bad`, and exit code 3."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from sel import ROOT, apt, cache, doctor
from sel.errors import BadEnvironment


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one whole file; archive and everything else are as they should be."""
    store = cache.Cache(tmp_path / "cache")
    with store.locked() as scratch:
        (scratch / "x").write_bytes(b"kernel")
        store.store("debian-12:Image", scratch / "x", {})
    monkeypatch.setenv("SEL_CACHE", str(store.folder))
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.setattr(apt, "reachable_mirror", lambda: "http://mirror.invalid/debian")
    for check in ("_host", "_packages", "_qemu"):
        monkeypatch.setattr(doctor, check, lambda: "fine")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10 << 30))
    return store.folder


def lines(capsys: pytest.CaptureFixture[str], *broken: str) -> list[str]:
    if broken:
        with pytest.raises(BadEnvironment, match=f"this machine is not ready: {', '.join(broken)} "):
            doctor.doctor()
    else:
        doctor.doctor()
    return capsys.readouterr().out.splitlines()


def test_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys)[-1] == f"  ok       cache: {folder} has debian-12:Image"


def test_damaged_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "debian-12/Image").write_bytes(b"kernfl")
    said = lines(capsys, "cache")
    assert said[-1] == (
        f"  bad      cache: debian-12:Image ({folder}/debian-12/Image) is damaged: its SHA-256 differs from the recorded one; "
        "a run that needs it fetches it again"
    )
    assert not any("fetching" in line for line in said)


def test_unreadable_manifest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "manifest.json").write_text("{")
    assert lines(capsys, "cache")[-1].startswith(f"  bad      cache: the manifest {folder}/manifest.json is unreadable")


def test_cache_that_is_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(folder)
    folder.touch()
    assert lines(capsys, "cache")[-1].startswith(f"  bad      cache: {folder} cannot be written (SEL_CACHE chooses another): Not a directory")


def test_cache_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(cache.tempfile, "TemporaryFile", refuse)
    assert lines(capsys, "cache")[-1].startswith(f"  bad      cache: {folder} cannot be written (SEL_CACHE chooses another): no permission for {folder}")


def test_disks_are_those_that_are_written_to(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """build/ may be a disk of its own, and so may the cache."""
    build = folder.parent / "build"
    build.mkdir()
    for small in (build, folder):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, small=small: SimpleNamespace(free=5 << 20 if Path(path) == small else 10 << 30))
        assert f"  bad      disk: 5 MiB free at {small}; a build with its images needs 3072 MiB" in lines(capsys, "disk")


@pytest.mark.parametrize("code", [0, 100])
def test_archive_is_asked(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "apt-helper"
    helper.write_text(f'#!/bin/sh\necho "$*" >{tmp_path}/asked\nexit {code}\n')
    helper.chmod(0o755)
    monkeypatch.setattr(apt, "HELPER", str(helper))
    monkeypatch.setattr(apt, "configured_mirror", lambda: "http://mirror.invalid/debian")
    if code:
        with pytest.raises(BadEnvironment, match="http://mirror.invalid/debian cannot be reached; images"):
            apt.reachable_mirror()
    else:
        assert apt.reachable_mirror() == "http://mirror.invalid/debian"
    assert "download-file http://mirror.invalid/debian/dists/bookworm/Release" in (tmp_path / "asked").read_text()


def test_archive_without_a_network() -> None:
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    done = subprocess.run([*alone, str(ROOT / "sel"), "doctor"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3 and "  missing  archive: " in done.stdout and "cannot be reached" in done.stdout
