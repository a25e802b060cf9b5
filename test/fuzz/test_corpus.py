# SPDX-License-Identifier: BSD-2-Clause
"""Packs of inputs: what is written is read, and everything else is refused with a sentence that names the remedy."""

from __future__ import annotations

from pathlib import Path

import corpus
import pytest

INPUTS = [b"", b"\n", b"abc\n\x00", bytes(range(256))]
SIZE_MAX = 300 << 10


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "vmm_gic.pack"
    corpus.write_pack(path, "vmm_gic", INPUTS)
    return path


def refusal(path: Path, target: str = "vmm_gic") -> str:
    with pytest.raises(corpus.CorpusError) as caught:
        corpus.read_pack(path, target)
    return str(caught.value)


def test_what_is_written_is_read(pack: Path) -> None:
    assert sorted(corpus.read_pack(pack, "vmm_gic")) == sorted(INPUTS)


def test_an_older_abi_is_refused(pack: Path) -> None:
    data = pack.read_bytes()
    pack.write_bytes(data.replace(corpus.abi_sum().encode(), b"0" * 64))
    assert refusal(pack) == f"the corpus {pack} was found with another ABI (000000000000, now {corpus.abi_sum()[:12]}); run test/fuzz/corpus.py renew vmm_gic"
    assert len(corpus.read_pack(pack, "vmm_gic", any_abi=True)) == len(INPUTS)


def test_the_sum_follows_the_abi(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("# how to change it\nlimits.X = 1\n")
    second.write_text("# other words\nlimits.X = 2\n")
    assert corpus.abi_sum(first) != corpus.abi_sum(second)
    second.write_text("# other words\nlimits.X = 1\n")
    assert corpus.abi_sum(first) == corpus.abi_sum(second)


def test_another_format_is_refused(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes().replace(b"corpus 1 ", b"corpus 2 ", 1))
    assert "has format 2, this tool reads 1" in refusal(pack)


def test_another_target_is_refused(pack: Path) -> None:
    assert "belongs to the target vmm_gic, not to vmm_exit" in refusal(pack, "vmm_exit")


@pytest.mark.parametrize("cut", [1, 100, 250])
def test_a_cut_pack_is_refused(pack: Path, cut: int) -> None:
    pack.write_bytes(pack.read_bytes()[:-cut])
    assert "is cut short" in refusal(pack)


@pytest.mark.parametrize("data", [b"", b"selvedge", b"\xff\xfe\n", b"selvedge-fuzz-corpus 1 vmm_gic x many\n"])
def test_something_else_is_refused(pack: Path, data: bytes) -> None:
    pack.write_bytes(data)
    assert "is no corpus of fuzz inputs; restore it" in refusal(pack)


def test_a_missing_pack_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory" in refusal(tmp_path / "none.pack")


def test_the_corpora_stay_small() -> None:
    packs = sorted(corpus.CORPUS.glob("*.pack"))
    assert [path.stem for path in packs] == sorted(corpus.programs.TARGETS)
    total = sum(path.stat().st_size for path in packs)
    print(f"{total} bytes in {len(packs)} packs")
    assert total <= SIZE_MAX
