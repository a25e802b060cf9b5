# SPDX-License-Identifier: BSD-2-Clause
"""Causes of exits in people's words: which device's register, which system register, which function, what kind of interrupt.

Names of system registers are LLVM's. What has no name here is told by its number.
"""

from __future__ import annotations

import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from exits.layout import INTERRUPTS
from exits.plugin import Abi
from exits.records import Cause, Key
from exits.space import Space
from sel import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from capdl.guest_board import GIC_DISTRIBUTOR, GIC_REDISTRIBUTORS, UART  # noqa: E402

#: Registers by their first offset (Arm DDI 0183, 3.2; IHI 0069, 12.8 and 12.10). NAME[n] is an array of registers of n bytes.
_UART = {
    0x00: "UARTDR", 0x04: "UARTRSR", 0x18: "UARTFR", 0x20: "UARTILPR", 0x24: "UARTIBRD", 0x28: "UARTFBRD", 0x2C: "UARTLCR_H", 0x30: "UARTCR",
    0x34: "UARTIFLS", 0x38: "UARTIMSC", 0x3C: "UARTRIS", 0x40: "UARTMIS", 0x44: "UARTICR", 0x48: "UARTDMACR", 0x4C: "", 0xFE0: "UARTPeriphID[4]",
    0xFF0: "UARTPCellID[4]",
}
_INTERRUPT_STATE = {
    0x80: "IGROUPR[4]", 0x100: "ISENABLER[4]", 0x180: "ICENABLER[4]", 0x200: "ISPENDR[4]", 0x280: "ICPENDR[4]", 0x300: "ISACTIVER[4]", 0x380: "ICACTIVER[4]",
    0x400: "IPRIORITYR[4]", 0x800: "ITARGETSR[4]", 0xC00: "ICFGR[4]", 0xD00: "IGRPMODR[4]", 0xE00: "NSACR[4]", 0xF00: "SGIR", 0xF04: "",
}
_DISTRIBUTOR = {0x00: "CTLR", 0x04: "TYPER", 0x08: "IIDR", 0x0C: "TYPER2", 0x10: "STATUSR", 0x14: "", **_INTERRUPT_STATE, 0x6000: "IROUTER[8]", 0x8000: "",
                0xFFE8: "PIDR2", 0xFFEC: ""}
_REDISTRIBUTOR = {0x00: "CTLR", 0x04: "IIDR", 0x08: "TYPER", 0x10: "STATUSR", 0x14: "WAKER", 0x18: "", 0xFFE8: "PIDR2", 0xFFEC: "",
                  **{0x10000 + at: name for at, name in _INTERRUPT_STATE.items()}}
_DEVICES = ((UART, "", _UART), (GIC_DISTRIBUTOR, "GICD_", _DISTRIBUTOR), (GIC_REDISTRIBUTORS, "GICR_", _REDISTRIBUTOR))

#: Arm DEN 0028 (SMCCC), DEN 0022 (PSCI); bit 30 is the 64-bit form.
_FUNCTIONS = {
    0x80000000: "SMCCC_VERSION", 0x80000001: "SMCCC_ARCH_FEATURES", 0x80000002: "SMCCC_ARCH_SOC_ID", 0x80008000: "SMCCC_ARCH_WORKAROUND_1",
    0x80007FFF: "SMCCC_ARCH_WORKAROUND_2", 0x80003FFF: "SMCCC_ARCH_WORKAROUND_3", 0x84000000: "PSCI_VERSION", 0x84000001: "PSCI_CPU_SUSPEND",
    0x84000002: "PSCI_CPU_OFF", 0x84000003: "PSCI_CPU_ON", 0x84000004: "PSCI_AFFINITY_INFO", 0x84000006: "PSCI_MIGRATE_INFO_TYPE",
    0x84000008: "PSCI_SYSTEM_OFF", 0x84000009: "PSCI_SYSTEM_RESET", 0x8400000A: "PSCI_FEATURES",
}
_FUNCTION_64BIT = 0x40000000

#: Exits whose address is one of the guest's physical ones.
_ACCESSES = ("MMIO", "UNDECODED", "FETCH")

#: The fields of a trapped access that name a register; the others are of the instruction.
_ENCODING = 0x3FFC1E

_KERNEL = {
    Cause.WAIT: "WFI, waited for in the kernel", Cause.FPU: "first use of the FPU after another thread's", Cause.KERNEL: "finished in the kernel otherwise",
    Cause.LOST: "nobody took it", Cause.CROWD: "further causes, too many to be kept apart", Cause.NONE: "not known yet",
}


@dataclass(frozen=True)
class Name:
    """A cause in words. `what` is the name that remedies are found by; `text` says everything, `number` is its address, encoding or function.

    Causes with one `group` are neighbours in one array of registers.
    """

    kind: str
    what: str
    text: str
    number: int | None = None
    group: str = ""


def name_of(key: Key, abi: Abi, registers: dict[int, str], space: Space = Space()) -> Name:
    """The words for one cause; `registers` are those of system_registers, `space` the guest's."""
    if key.cause == Cause.INTERRUPT:
        marks = [name for bit, (_, name) in enumerate(INTERRUPTS) if key.word >> bit & 1]
        what = " and ".join(marks) or "gone before it was taken"
        return Name("interrupt", what, what)
    if key.cause != Cause.MESSAGE:
        return Name("in the kernel", key.cause.name, _KERNEL[key.cause])
    reason = abi.reasons.get(abi.field(key.word, "reason"), "unknown")
    if reason in _ACCESSES and key.address in space.ram:
        return Name("memory", "RAM", "first touch of RAM")
    verb = "store" if abi.field(key.word, "is_write") else "load"
    if reason in ("MMIO", "UNDECODED"):
        return _access(key, reason, "table walk" if abi.field(key.word, "is_table_walk") else verb, space)
    if reason in ("HVC", "SMC"):
        return _call(key.address, reason, abi.field(key.word, "immediate"))
    if reason == "SYSREG":
        register = registers.get(key.address, "a register")
        return Name("system register", register, f"{'write' if verb == 'store' else 'read'} {register}", key.address & _ENCODING)
    if reason == "FETCH":
        return Name("MMIO", "FETCH", f"fetch of an instruction at {key.address:#x}", key.address)
    return Name("other", reason, {"MAINTENANCE": "list registers ran empty (MAINTENANCE)", "SERROR": "SError"}.get(reason, "of another class (esr tells)"))


def _access(key: Key, reason: str, verb: str, space: Space) -> Name:
    register = register_at(key.address) or space.device_at(key.address)
    decoded = ", decoded by the VMM" if reason == "UNDECODED" else ""
    group = f"{verb} {register.split('[')[0]}[]{decoded}" if "[" in register else ""
    return Name("MMIO", f"{verb} {register}", f"{verb} {register or 'no known register'} ({key.address:#010x}{decoded})", key.address, group)


def _call(function: int, reason: str, immediate: int) -> Name:
    number = function & 0xFFFFFFFF
    name = _FUNCTIONS.get(number) or _FUNCTIONS.get(number & ~_FUNCTION_64BIT, "an unknown function")
    return Name("hypercall", name, f"{reason}{f' #{immediate}' if immediate else ''} {name} ({number:#x})", number)


def register_at(address: int) -> str:
    """The register of the guest's board at an address, or nothing."""
    for (base, size), prefix, table in _DEVICES:
        offset = address - base
        if 0 <= offset < size:
            firsts = sorted(table)
            first = firsts[bisect_right(firsts, offset) - 1]
            name, _, size_of_one = table[first].rstrip("]").partition("[")
            index = f"[{(offset - first) // int(size_of_one)}]" if size_of_one else ""
            return f"{prefix}{name}{index}" if name else f"{prefix or 'UART'}+{offset:#x}"
    return ""


def system_registers(keys: Iterable[Key], abi: Abi) -> dict[int, str]:
    """Encodings of trapped accesses, as an exit's message gives them, and the registers' names."""
    found = {key.address: bool(abi.field(key.word, "is_write")) for key in keys
             if key.cause == Cause.MESSAGE and abi.reasons.get(abi.field(key.word, "reason")) == "SYSREG"}
    opcodes = [_opcode(encoding, is_write) for encoding, is_write in found.items()]
    return dict(zip(found, _disassemble(opcodes), strict=True)) if found else {}


def _opcode(encoding: int, is_write: bool) -> int:
    """MRS or MSR, or SYS, with x0 (DDI 0487, C6.2; the fields of the encoding: ESR_EL2, ISS of EC 0x18)."""
    op0, op2, op1, crn, crm = (encoding >> low & mask for low, mask in ((20, 3), (17, 7), (14, 7), (10, 15), (1, 15)))
    return 0xD5000000 | (not is_write) << 21 | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5


def _disassemble(opcodes: list[int]) -> list[str]:
    """The operand that is not x0, of each instruction."""
    text = "\n".join(" ".join(f"{byte:#04x}" for byte in opcode.to_bytes(4, "little")) for opcode in opcodes)
    command = ["llvm-mc-19", "--disassemble", "--triple=aarch64", "--mattr=+all"]
    done = subprocess.run(command, input=text + "\n", capture_output=True, text=True, check=True, timeout=60)
    lines = [line.split(None, 1) for line in done.stdout.splitlines() if line.strip() and not line.strip().startswith(".")]
    return [" ".join([*([name.upper()] if name not in ("mrs", "msr") else []), *_operands(operands)]) for name, operands in lines]


def _operands(text: str) -> list[str]:
    return [part for part in (each.strip().upper() for each in text.split(",")) if part != "X0"]
