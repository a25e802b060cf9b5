# SPDX-License-Identifier: BSD-2-Clause
"""Runs the guests of gicv2/ on bare QEMU and as guests of the VMM on xlnx-zcu102 and compares the traces."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import build
from test_guests import BARE_LIMIT, guest_log, lines_of

BOARD = ["--board", "xlnx-zcu102"]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each guest's image is put in its turn: the system around it is built once."""
    return tmp_path_factory.mktemp("gicv2") / "guest.img"


@pytest.mark.parametrize("name", build.names_gicv2())
def test_gicv2_traces_match(name: str, image: Path) -> None:
    """The trace under the VMM, with a GICv2's virtual interface, is the one of bare QEMU with a GICv2."""
    image.write_bytes(build.build(name, image.parent / "built").read_bytes())
    command = build.bare_command(image, build.MACHINE_GICV2)
    bare = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BARE_LIMIT, check=True).stdout
    assert lines_of(bare)[-1] == "end"
    assert lines_of(guest_log(image, [*BOARD, "--expect", "guest:(^|\\n)end\\n"])) == lines_of(bare)
