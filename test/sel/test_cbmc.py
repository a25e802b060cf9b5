# SPDX-License-Identifier: BSD-2-Clause
"""CBMC: found, fetched once, checked, and said in a sentence when it cannot be had; without a network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from sel import PYTHON, ROOT, apt, cbmc
from sel.cache import Cache
from sel.errors import BadEnvironment


class Archive:
    """apt in the place of the network: packages whose loader is a script that answers as CBMC."""

    says = "6.6.0 (cbmc-6.6.0)"
    lacks = ""

    def __init__(self, folder: Path, suite: str, architecture: str) -> None:
        self.folder = folder
        assert (suite, architecture) in (("trixie", "amd64"), ("trixie", "arm64"))

    def update(self) -> None:
        """There is nothing to fetch."""

    def download(self, package: str) -> Path:
        path = self.folder / f"{package}.deb"
        path.write_text(package)
        return path

    @classmethod
    def unpack(cls, package: Path, target: Path) -> None:
        for host in cbmc._HOSTS.values():
            for file in cbmc._files(host)[package.stem].values():
                if Path(file).name == cls.lacks:
                    continue
                path = target / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"#!/bin/sh\necho '{cls.says}'\n")
                path.chmod(0o755)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """A cache, an archive, and a machine without CBMC."""
    monkeypatch.setattr(cbmc.shutil, "which", lambda name: None)
    monkeypatch.setattr(apt, "ForeignApt", Archive)
    monkeypatch.setattr(apt, "unpack", Archive.unpack)
    monkeypatch.setattr(apt, "version_of", lambda package: "1.0")
    monkeypatch.setattr(Archive, "says", "6.6.0 (cbmc-6.6.0)")
    monkeypatch.setattr(Archive, "lacks", "")
    cbmc.command.cache_clear()
    return Cache(tmp_path / "cache")


def no_network(*_: object) -> None:
    raise BadEnvironment("the Debian archive cannot be reached")


def test_fetched_once_with_sums(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cbmc.command(cache)
    assert first[1:3] == ["--library-path", str(cache.folder / "cbmc/lib")] and first[3] == str(cache.folder / "cbmc/cbmc")
    entry = cache.entries()["cbmc:cbmc"]
    assert entry["package"] == "cbmc.deb" and len(entry["sha256"]) == 64 and len(entry["package_sha256"]) == 64
    monkeypatch.setattr(apt, "ForeignApt", no_network)
    cbmc.command.cache_clear()
    assert cbmc.command(cache) == first


def test_a_damaged_file_is_fetched_again(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    started = Path(cbmc.command(cache)[3])
    good = started.read_bytes()
    started.write_bytes(b"x" * len(good))
    cbmc.command.cache_clear()
    cbmc.command(cache)
    assert started.read_bytes() == good
    started.write_bytes(b"x" * len(good))
    monkeypatch.setattr(apt, "ForeignApt", no_network)
    cbmc.command.cache_clear()
    with pytest.raises(BadEnvironment, match="cannot be reached"):
        cbmc.command(cache)


def test_another_version_is_refused(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Archive, "says", "5.12 (cbmc-5.12)")
    with pytest.raises(BadEnvironment, match="does not answer as version 6"):
        cbmc.command(cache)


def test_a_package_without_its_file_is_said(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Archive, "lacks", "libminisat.so.2")
    with pytest.raises(BadEnvironment, match="minisat.deb has no file usr/lib/libminisat.so.2"):
        cbmc.command(cache)


def test_an_installed_one_is_taken_if_it_is_6(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "cbmc"
    monkeypatch.setattr(cbmc.shutil, "which", lambda name: str(own))
    for version, is_taken in (("6.4.1 (cbmc-6.4.1)", True), ("5.12 (cbmc-5.12)", False)):
        own.write_text(f"#!/bin/sh\necho '{version}'\n")
        own.chmod(0o755)
        cbmc.command.cache_clear()
        assert (cbmc.command(cache) == [str(own)]) is is_taken


def test_without_network_and_cache_it_ends_with_3(tmp_path: Path) -> None:
    environment = {**os.environ, "SEL_CACHE": str(tmp_path), "PATH": "/usr/sbin:/sbin:/bin", "PYTHONPATH": "tools"}
    environment["http_proxy"] = environment["https_proxy"] = "http://127.0.0.1:9"
    done = subprocess.run(
        [PYTHON, "-m", "sel.cbmc", "--version"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        pytest.skip("CBMC is installed on this machine")
    assert done.returncode == 3 and done.stderr.strip().splitlines()[-1].startswith("sel: the package list of trixie could not be downloaded")
