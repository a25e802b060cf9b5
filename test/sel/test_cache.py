# SPDX-License-Identifier: BSD-2-Clause
"""The cache, named images and apt's isolation, without a network."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest
from sel import apt, fetch, initrd
from sel.cache import Cache
from sel.errors import BadEnvironment, BadInput


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def put(cache: Cache, name: str, data: bytes, **facts: str) -> Path:
    with cache.locked() as scratch:
        (scratch / "x").write_bytes(data)
        return cache.store(name, scratch / "x", facts)


def test_stored_file_is_found_with_its_sum(cache: Cache) -> None:
    path = put(cache, "debian-12:Image", b"kernel", package="p.deb")
    assert cache.lookup("debian-12:Image") == path and path.read_bytes() == b"kernel"
    entry = cache.entries()["debian-12:Image"]
    assert entry["package"] == "p.deb" and entry["bytes"] == "6"
    assert entry["sha256"] == subprocess.run(["sha256sum", path], capture_output=True, text=True).stdout.split()[0]


def test_damage_is_said_and_counts_as_absent(cache: Cache, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(cache, "debian-12:Image", b"kernel")
    path.write_bytes(b"kernfl")
    assert cache.lookup("debian-12:Image") is None
    assert "is damaged: its SHA-256 differs" in capsys.readouterr().out
    path.unlink()
    assert cache.lookup("debian-12:Image") is None
    assert "No such file" in capsys.readouterr().out


@pytest.mark.parametrize("manifest", ["{", "[]", '{"version": 99, "files": {}}', '{"version": 1, "files": []}', '{"version": 1, "files": {"debian-12:Image": 3}}'])
def test_unusable_manifest_is_an_empty_one(cache: Cache, manifest: str) -> None:
    put(cache, "debian-12:Image", b"kernel")
    cache.manifest_path.write_text(manifest)
    assert cache.lookup("debian-12:Image") is None


def test_leftovers_of_an_interrupted_download_go(cache: Cache) -> None:
    stale = cache.folder / "part-killed"
    stale.mkdir(parents=True)
    (stale / "half").write_bytes(b"h")
    put(cache, "a", b"1")
    assert not stale.exists() and not list(cache.folder.glob("part-*"))


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadEnvironment, match="cannot write the cache"):
        with Cache(tmp_path / "file" / "cache").locked():
            pass


def test_cache_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file")
    assert cache.lookup("debian-12:Image") is None and capsys.readouterr().out == ""
    with pytest.raises(BadEnvironment, match="file is a file, not a folder; point SEL_CACHE to a folder of yours"), cache.locked():
        pass


def test_apt_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nkill -KILL $$\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(BadEnvironment, match="the package list of bookworm could not be downloaded: apt-get was ended by SIGKILL"):
        apt.ForeignApt(tmp_path / "apt", "bookworm", "arm64", "http://mirror.invalid/debian").update()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk_is_a_sentence(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        with open("/dev/full", "wb", buffering=0) as device:
            device.write(b"x")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BadEnvironment, match="the disk is full .*cache"):
        put(cache, "a", b"1")


class FakeApt:
    """Gives a package whose file is what DOWNLOADS says, or fails as told."""

    trouble: Exception | None = None
    downloads = 0

    def __init__(self, folder: Path, suite: str, architecture: str) -> None:
        assert (suite, architecture) == ("bookworm", "arm64")
        self.folder = folder

    def update(self) -> None:
        if self.trouble:
            raise self.trouble

    def download(self, package: str) -> Path:
        type(self).downloads += 1
        tree = self.folder / "src"
        for wanted in fetch.DOWNLOADS.values():
            if wanted.package == package:
                (tree / wanted.file).parent.mkdir(parents=True, exist_ok=True)
                (tree / wanted.file).write_bytes(wanted.file.encode())
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN/control").write_text(f"Package: {package}\nVersion: 1.2\nArchitecture: all\nMaintainer: x <x@y>\nDescription: d\n")
        subprocess.run(["dpkg-deb", "-b", tree, self.folder / "p.deb"], check=True, capture_output=True)
        return self.folder / "p.deb"


@pytest.fixture
def fake_apt(monkeypatch: pytest.MonkeyPatch) -> type[FakeApt]:
    FakeApt.trouble, FakeApt.downloads = None, 0
    monkeypatch.setattr(apt, "ForeignApt", FakeApt)
    return FakeApt


def test_one_download_serves_both_files_of_a_package(cache: Cache, fake_apt: type[FakeApt]) -> None:
    assert fetch.resolve("debian-12:Image", cache).read_bytes().endswith(b"/linux")
    assert fetch.resolve("debian-12:initrd", cache).read_bytes().endswith(b"/initrd.gz")
    fetch.resolve("debian-12:Image", cache)
    assert fake_apt.downloads == 1
    assert cache.entries()["debian-12:Image"]["package_version"] == "1.2"


def test_damaged_file_is_fetched_again(cache: Cache, fake_apt: type[FakeApt]) -> None:
    good = fetch.resolve("debian-12:busybox", cache).read_bytes()
    (cache.folder / "debian-12/busybox").write_bytes(b"bad")
    assert fetch.resolve("debian-12:busybox", cache).read_bytes() == good
    assert fake_apt.downloads == 2


def test_offline_with_a_damaged_cache(cache: Cache, fake_apt: type[FakeApt]) -> None:
    fetch.resolve("debian-12:busybox", cache)
    (cache.folder / "debian-12/busybox").write_bytes(b"bad")
    fake_apt.trouble = BadEnvironment("the archive cannot be reached")
    with pytest.raises(BadEnvironment, match="cannot be reached"):
        fetch.resolve("debian-12:busybox", cache)


def test_initrd_follows_its_busybox(cache: Cache, fake_apt: type[FakeApt]) -> None:
    first = fetch.resolve(fetch.BUSYBOX_INITRD, cache)
    before = first.read_bytes()
    assert fetch.resolve(fetch.BUSYBOX_INITRD, cache).stat().st_mtime_ns == first.stat().st_mtime_ns
    put(cache, "debian-12:busybox", b"another busybox")
    assert fetch.resolve(fetch.BUSYBOX_INITRD, cache).read_bytes() != before


def test_unknown_name() -> None:
    with pytest.raises(BadInput, match=r"did you mean 'debian-12:Image'\?"):
        fetch.resolve("debian-12:image")


def parse_cpio(data: bytes) -> dict[str, tuple[int, bytes, int, int]]:
    entries = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701" and at % 4 == 0
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        name_end = at + 110 + fields[11]
        name = data[at + 110 : name_end - 1].decode()
        start = (name_end + 3) & ~3
        if name == "TRAILER!!!":
            return entries
        entries[name] = (fields[1], data[start : start + fields[6]], fields[9], fields[10])
        at = (start + fields[6] + 3) & ~3


def test_initrd_contents(tmp_path: Path) -> None:
    (tmp_path / "busybox").write_bytes(b"BB!")
    initrd.build(tmp_path / "busybox", tmp_path / "a")
    initrd.build(tmp_path / "busybox", tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    entries = parse_cpio(gzip.decompress((tmp_path / "a").read_bytes()))
    assert entries["bin/busybox"][:2] == (0o100755, b"BB!")
    assert entries["bin/sh"][:2] == (0o120777, b"busybox")
    assert entries["dev/console"][0] == 0o020600 and entries["dev/console"][2:] == (5, 1)
    assert entries["init"][0] == 0o100755 and b"selvedge guest: busybox ready" in entries["init"][1]
    names = list(entries)
    assert all(name.rpartition("/")[0] in ("", *names[: names.index(name)]) for name in names)


DEB822 = """Types: deb
# http://a.example/debian-old
URIs: http://m.example/debian
Suites: bookworm

Types: deb
URIs: http://m.example/debian-security
Suites: bookworm-security
"""


def sources(tmp_path: Path, one_line: str | None, **parts: str) -> str:
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    if one_line is not None:
        (tmp_path / "sources.list").write_text(one_line)
    for name, text in parts.items():
        (folder / name.replace("_", ".")).write_text(text)
    return apt.configured_mirror(tmp_path / "sources.list", folder)


def test_mirror_from_either_format(tmp_path: Path) -> None:
    assert sources(tmp_path, None, debian_sources=DEB822) == "http://m.example/debian"


def test_mirror_from_one_line(tmp_path: Path) -> None:
    text = "# deb http://no.example/debian x main\ndeb [arch=amd64] http://l.example/debian/ bookworm main\n"
    assert sources(tmp_path, text, debian_sources=DEB822) == "http://l.example/debian"


def test_no_mirror_is_a_sentence(tmp_path: Path) -> None:
    disabled = DEB822.replace("Types: deb\n#", "Types: deb\nEnabled: no\n#")
    with pytest.raises(BadEnvironment, match="no Debian archive is configured"):
        sources(tmp_path, None, debian_sources=disabled, other_list="deb http://x.example/ubuntu y main\n")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("E: Failed to fetch http://x  Temporary failure resolving 'x'", "cannot be reached"),
        ("E: Write error - write (28: No space left on device)", "the disk is full"),
        ("E: You don't have enough free space in /x.", "the disk is full"),
        ("W: something\nE: Unable to locate package foo", "apt says: E: Unable to locate package foo"),
    ],
)
def test_apt_trouble_is_one_sentence(output: str, words: str) -> None:
    sentence = apt._explain(output, "the package foo")
    assert words in sentence and sentence.startswith("the package foo could not be downloaded") and "\n" not in sentence


def test_apt_writes_only_below_its_folder(tmp_path: Path) -> None:
    foreign = apt.ForeignApt(tmp_path / "apt", "bookworm", "arm64", mirror="http://m.example/debian")
    options = [word for option in foreign.options for word in ("-o", option)]
    dump = subprocess.run(["apt-config", *options, "shell", "L", "Dir::State::lists/d", "C", "Dir::Cache::archives/d", "S", "Dir::State::status/f", "E", "Dir::Etc::sourcelist/f"], capture_output=True, text=True, check=True)
    places = [line.split("=")[1].strip("'") for line in dump.stdout.splitlines()]
    assert len(places) == 4 and all(place.startswith(str(tmp_path)) for place in places)
