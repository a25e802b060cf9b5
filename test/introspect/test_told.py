# SPDX-License-Identifier: BSD-2-Clause
"""What a measured run that fails says of its machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import KNOT, build
from icount.measure import measure
from introspect.watch import told


def test_a_measured_run_whose_text_never_comes_says_who_waits_for_whom(tmp_path: Path) -> None:
    built = build(KNOT, "debug")
    machine = json.loads((built / "run.json").read_text())["machine"]
    with pytest.raises(TimeoutError, match=r"(?s)no 'never said' within 15 s; .*\ndeadlock: asked -> asker.second -> asked\nwho waits for whom, "):
        measure([*machine, "-kernel", str(built / "image.bin")], tmp_path, "never said", limit_s=15)


def test_a_measured_run_is_the_same_with_a_monitor(tmp_path: Path) -> None:
    """A copy of the image has no build beside it, so its machine has no monitor: both execute the same."""
    built = build(KNOT, "debug")
    machine = json.loads((built / "run.json").read_text())["machine"]
    alone = tmp_path / "alone" / "image.bin"
    alone.parent.mkdir()
    alone.write_bytes((built / "image.bin").read_bytes())
    runs = [measure([*machine, "-kernel", str(image)], tmp_path / name, "sent 9,") for name, image in (("with", built / "image.bin"), ("without", alone))]
    assert len({run.time_of("sent 9,") for run in runs}) == 1


def test_of_another_program_nothing_is_asked(tmp_path: Path) -> None:
    image = tmp_path / "guest.bin"
    image.write_bytes(b"")
    with pytest.raises(TimeoutError, match="^why$"), told(image, tmp_path, TimeoutError) as asked:
        assert asked == []
        raise TimeoutError("why")


def test_a_machine_that_is_gone_adds_nothing(tmp_path: Path) -> None:
    image = build(KNOT, "debug") / "image.bin"
    with pytest.raises(TimeoutError, match="^why$"), told(image, tmp_path, TimeoutError) as asked:
        assert asked == ["-qmp", f"unix:{tmp_path / 'monitor'},server=on,wait=off"]
        raise TimeoutError("why")
