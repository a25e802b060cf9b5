# SPDX-License-Identifier: BSD-2-Clause
"""`--gdb-guest`: what stands behind it, and the relay between gdb's TCP connection and the guest's VMM."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sel import completion, gdb_guest, systems
from sel.errors import BadEnvironment, BadInput
from sel.gdb_guest import GdbGuestOptions, Relay


class World:
    """A relay at work, what it has sent to the VMM, and what the user was told."""

    def __init__(self) -> None:
        self.relay = Relay(GdbGuestOptions("linux", 0))
        self.selector = selectors.DefaultSelector()
        self.sent = bytearray()
        self.told: list[str] = []
        self.relay.start(self.selector, self.sent.extend, self.told.append)

    def turn(self) -> None:
        """Handle what there is."""
        for _ in range(20):
            for key, _ in self.selector.select(0.01):
                assert key.data() is True

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.relay.port))
        client.settimeout(10)
        self.turn()
        return client


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    made.relay.take(b"+")
    made.told.clear()
    yield made
    made.relay.close()
    made.selector.close()


def test_a_name_and_a_port() -> None:
    assert gdb_guest.parse(["linux"]) == GdbGuestOptions("linux", 1234)
    assert gdb_guest.parse(["linux", "0"]) == GdbGuestOptions("linux", 0)
    assert gdb_guest.parse(["linux", "65535"]).port == 65535


@pytest.mark.parametrize("word", ["65536", "-1", "x", "", "1.5", "9" * 5000, "0" * 5000, "²"])
def test_what_is_no_port(word: str) -> None:
    with pytest.raises(BadInput, match="is not a port, a whole number from 0"):
        gdb_guest.parse(["linux", word])


def test_one_word_too_many() -> None:
    with pytest.raises(BadInput, match="SYSTEM stands before --gdb-guest"):
        gdb_guest.parse(["linux", "1", "minimal"])


def test_a_system_that_debugs_is_a_build_of_its_own(tmp_path: Path) -> None:
    system = systems.System("x", tmp_path / "x.yaml")
    debugged = systems.System("x", tmp_path / "x.yaml", gdb_guest="linux")
    assert debugged.build_folder("debug").parent.name == "x@gdb-linux" and system.build_folder("debug").parent.name == "x"


def test_a_guest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^--gdb-guest nux: there is no guest 'nux' to debug \(did you mean 'linux'\?\); guests of this system: linux$"):
        gdb_guest.check(systems.find_system("linux"), "nux")
    gdb_guest.check(systems.find_system("linux"), "linux")
    (tmp_path / "system.yaml").write_text("version: 1\n")
    gdb_guest.check(systems.System("x", tmp_path / "system.yaml"), "linux")  # the build tells the spec's faults


def test_a_port_that_is_taken(world: World) -> None:
    with pytest.raises(BadEnvironment, match=rf"port {world.relay.port} of this machine: Address already in use; give another behind it: --gdb-guest nux PORT"):
        Relay(GdbGuestOptions("nux", world.relay.port))


def test_its_value_is_the_user_s_to_know() -> None:
    assert completion.answer("zsh", ["run", "--gdb-guest", ""]) == ""
    assert "linux\t" in completion.answer("zsh", ["run", "--gdb-guest", "linux", ""]).splitlines()


def test_gdb_may_come_when_the_vmm_is_there() -> None:
    """Before, it would ask somebody who cannot answer yet, and give up after two seconds."""
    early = World()
    with early.connect() as client:
        assert client.recv(1) == b"" and not early.sent
    assert early.told == ["a gdb came before guest linux was there and was sent away; it is told here when it may come"]
    early.relay.take(b"+")
    assert early.told[1:] == [f"guest linux waits before its first instruction for gdb; in another terminal run: gdb-multiarch -ex 'target remote :{early.relay.port}'"]
    with early.connect() as client:
        early.relay.take(b"+$T05thread:1;#d7")
        assert client.recv(100) == b"+$T05thread:1;#d7"
    early.relay.close()


def test_bytes_go_both_ways(world: World) -> None:
    with world.connect() as client:
        client.sendall(b"+$g#67\x03")
        world.turn()
        assert bytes(world.sent) == b"+$g#67\x03"
        world.relay.take(b"$" + bytes(range(256)) * 8)
        assert client.recv(4096) == b"$" + bytes(range(256)) * 8
        assert world.told == ["gdb is attached to guest linux"]


def test_what_the_vmm_says_to_nobody_is_dropped(world: World) -> None:
    world.relay.take(b"$T05thread:1;#d7")
    with world.connect() as client:
        world.relay.take(b"+")
        assert client.recv(100) == b"+"


def test_more_than_gdb_takes_at_once_waits(world: World) -> None:
    much = bytes(8 << 20)
    with world.connect() as client:
        world.relay.take(much)
        got, end = 0, time.monotonic() + 20
        while got < len(much) and time.monotonic() < end:
            for key, _ in world.selector.select(0):
                key.data()
            got += len(client.recv(1 << 20))
        assert got == len(much)


def test_a_gdb_that_goes_is_excused_and_the_next_hears_nothing_of_it(world: World) -> None:
    with world.connect() as client:
        client.sendall(b"$c#63")
        world.turn()
    world.turn()
    assert bytes(world.sent) == b"$c#63$D#44" and world.told[-1] == "gdb has left guest linux"
    with world.connect() as client:
        client.sendall(b"$?#3f")
        world.turn()
        assert bytes(world.sent) == b"$c#63$D#44"  # it waits for the answer
        world.relay.take(b"+$T02thread:1;#d4+$OK")
        world.relay.take(b"#9a")
        world.turn()
        assert bytes(world.sent) == b"$c#63$D#44$?#3f"
        world.relay.take(b"+$T05thread:1;#d7")
        assert client.recv(100) == b"+$T05thread:1;#d7"


def test_who_says_nothing_needs_no_excuse(world: World) -> None:
    world.connect().close()
    world.turn()
    assert not world.sent
    with world.connect() as client:
        world.relay.take(b"+")
        assert client.recv(1) == b"+"


def test_a_second_gdb_is_sent_away(world: World) -> None:
    with world.connect() as first, world.connect() as second:
        assert second.recv(1) == b""
        assert world.told[-1] == "guest linux is debugged already; a second gdb was sent away"
        world.relay.take(b"+")
        assert first.recv(1) == b"+"
