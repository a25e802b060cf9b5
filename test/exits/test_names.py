# SPDX-License-Identifier: BSD-2-Clause
"""Causes in words: devices' registers, system registers, functions, interrupts; and what would remove them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exits.advice import advice, remedy
from exits.names import Name, name_of, register_at, system_registers
from exits.plugin import Abi, memory_size
from exits.records import Cause, Key
from exits.space import Space, load_spaces
from sel.errors import Failed

STORE, WALK = 1 << 8, 1 << 21
REGISTERS = {
    0x09000000: "UARTDR", 0x09000018: "UARTFR", 0x09000050: "UART+0x50", 0x09000FE4: "UARTPeriphID[1]", 0x08000000: "GICD_CTLR", 0x08000104: "GICD_ISENABLER[1]",
    0x08006108: "GICD_IROUTER[33]", 0x08009000: "GICD_+0x9000", 0x080A0014: "GICR_WAKER", 0x080B0100: "GICR_ISENABLER[0]", 0x080AFFE8: "GICR_PIDR2", 0x0A000000: "",
}


@pytest.mark.parametrize("address", REGISTERS, ids=hex)
def test_device_register(address: int) -> None:
    assert register_at(address) == REGISTERS[address]


MESSAGES = {
    "store": ((STORE | 1, 0x09000000), "MMIO", "store UARTDR (0x09000000)"),
    "load": ((1, 0x09000018), "MMIO", "load UARTFR (0x09000018)"),
    "decoded": ((STORE | 2, 0x08000080), "MMIO", "store GICD_IGROUPR[0] (0x08000080, decoded by the VMM)"),
    "walk": ((WALK | 2, 0x7000), "MMIO", "table walk no known register (0x00007000, decoded by the VMM)"),
    "nowhere": ((1, 0x0C000000), "MMIO", "load no known register (0x0c000000)"),
    "fetch": ((6, 0x1000), "MMIO", "fetch of an instruction at 0x1000"),
    "psci": ((3, 0xC4000001), "hypercall", "HVC PSCI_CPU_SUSPEND (0xc4000001)"),
    "wide": ((4, 0xFFFFFFFF84000008), "hypercall", "SMC PSCI_SYSTEM_OFF (0x84000008)"),
    "immediate": ((7 << 48 | 3, 0x1234), "hypercall", "HVC #7 an unknown function (0x1234)"),
    "maintenance": ((7, 0), "other", "list registers ran empty (MAINTENANCE)"),
    "other": ((9, 0), "other", "of another class (esr tells)"),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_message(case: str, abi: Abi) -> None:
    (word, address), kind, text = MESSAGES[case]
    name = name_of(Key(Cause.MESSAGE, word, address), abi, {})
    assert (name.kind, name.text) == (kind, text)


@pytest.mark.parametrize("word", [1, STORE | 1, 2, WALK | 2, 6, WALK | 6])
def test_first_touch_of_memory(word: int, abi: Abi) -> None:
    """Whatever the access was: the address tells. Behind the guest's memory, and for who does not know it, it is an access to nothing."""
    space = Space(range(0x40000000, 0x44000000))
    first = name_of(Key(Cause.MESSAGE, word, 0x40000000), abi, {}, space)
    assert (first.kind, first.text) == ("memory", "first touch of RAM")
    assert name_of(Key(Cause.MESSAGE, word, 0x43FFFFF8), abi, {}, space) == first
    assert name_of(Key(Cause.MESSAGE, word, 0x44000000), abi, {}, space).kind == "MMIO"
    assert name_of(Key(Cause.MESSAGE, word, 0x40000000), abi, {}).kind == "MMIO"


def test_a_number_that_is_no_address_is_not_in_memory(abi: Abi) -> None:
    assert name_of(Key(Cause.MESSAGE, 3, 0x84000000), abi, {}, Space(range(0x40000000, 0x100000000))).kind == "hypercall"


@pytest.mark.parametrize(("word", "address", "text"), [
    (1, 0x0C000010, "load clock+0x10 (0x0c000010)"), (STORE | 1, 0x0C000FFC, "store clock+0xffc (0x0c000ffc)"), (1, 0x0C001000, "load no known register (0x0c001000)"),
])
def test_devices_of_the_spec_are_told_by_their_names(word: int, address: int, text: str, abi: Abi) -> None:
    space = Space(range(0x40000000, 0x44000000), {"clock": range(0x0C000000, 0x0C001000)})
    assert name_of(Key(Cause.MESSAGE, word, address), abi, {}, space).text == text


def test_system_registers_have_their_architectural_names(abi: Abi) -> None:
    """op0[21:20] op2[19:17] op1[16:14] crn[13:10] crm[4:1]; bits 9..5 are the instruction's register, which is not part of the name."""
    sgi = 3 << 20 | 5 << 17 | 12 << 10 | 11 << 1
    isar = 3 << 20 | 6 << 1
    by_set = 1 << 20 | 2 << 17 | 7 << 10 | 14 << 1
    keys = [Key(Cause.MESSAGE, STORE | 5, sgi), Key(Cause.MESSAGE, 5, isar), Key(Cause.MESSAGE, 5, isar | 19 << 5), Key(Cause.MESSAGE, STORE | 5, by_set)]
    names = system_registers(keys, abi)
    said = [name_of(key, abi, names) for key in keys]
    assert [name.text for name in said] == ["write ICC_SGI1R_EL1", "read ID_AA64ISAR0_EL1", "read ID_AA64ISAR0_EL1", "write DC CISW"]
    assert said[1] == said[2]


def test_interrupts_are_told_by_what_they_led_to(abi: Abi) -> None:
    assert name_of(Key(Cause.INTERRUPT, 0b1), abi, {}).text == "the guest's timer"
    assert name_of(Key(Cause.INTERRUPT, 0b1010), abi, {}).text == "the kernel's timer and a device"
    assert name_of(Key(Cause.INTERRUPT), abi, {}).text == "gone before it was taken"


@pytest.mark.parametrize("cause", [each for each in Cause if each not in (Cause.MESSAGE, Cause.INTERRUPT)])
def test_every_cause_has_words(cause: Cause, abi: Abi) -> None:
    assert name_of(Key(cause), abi, {}).kind == "in the kernel"


def test_unknown_cause_tells_where_to_look() -> None:
    name = Name("MMIO", "load ", "load no known register (0x0c000000)", 0x0C000000)
    assert remedy(name, 0xFFFF0010) == "no remedy is known for this one; the guest did it last at pc 0xffff0010."
    assert "virtio" in remedy(Name("MMIO", "store UARTDR", ""), 0)


def test_the_next_is_told_of_when_it_counts() -> None:
    store, wait = Name("MMIO", "store UARTDR", "store UARTDR"), Name("in the kernel", "WAIT", "WFI")
    assert [text.split(":")[0] for text in advice([(wait, 20, 0), (store, 80, 0)])] == ["the largest, store UARTDR, 80 % of what exits cost", "the next, WFI, 20 % of what exits cost"]
    assert len(advice([(wait, 1, 0), (store, 99, 0)])) == 1
    assert advice([]) == []


def test_memory_of_guests_is_what_was_planned(tmp_path: Path) -> None:
    """From the first run of Frames to the end of the last."""
    runs = [{"address": 0x40000000, "count": 33, "size_bits": 21}, {"address": 0x44200000, "count": 2, "size_bits": 12}]
    devices = [{"name": "clock", "address": 0x0C000000, "bytes": 4096}]
    (tmp_path / "gen").mkdir()
    (tmp_path / "gen" / "plan.json").write_text(json.dumps({"guests": [{"name": "odd", "ram": runs, "devices": devices}, {"name": "even", "ram": runs[:1], "devices": []}]}), encoding="utf-8")
    assert load_spaces(tmp_path) == {
        "odd": Space(range(0x40000000, 0x44202000), {"clock": range(0x0C000000, 0x0C001000)}), "even": Space(range(0x40000000, 0x44200000)),
    }


def test_memory_is_what_qemu_gets() -> None:
    assert memory_size(["-cpu", "x", "-m", "2G"]) == 2 << 30
    for machine in (["-cpu", "x"], ["-m", "2048"]):
        with pytest.raises(Failed, match="has no -m with a size such as 2G"):
            memory_size(machine)
