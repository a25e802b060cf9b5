# SPDX-License-Identifier: BSD-2-Clause
"""What gdb's commands show, as text, from a State and what the debugger says of the processor. Not here: gdb (gdb_commands.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from introspect.built import Built
from introspect.model import Capability, State, Thread, Vcpu
from introspect.names import capability_names
from introspect.rest import KERNEL_LEVEL
from introspect.sentences import Text

#: A register's value by the name the ABI gives it, or None if the debugger does not know it.
Register = Callable[[str], int | None]
_A_LINE = 4
#: Of the ABI's registers of a VCPU (kernel/arch/aarch64/context.h, arch_vcpu.reg).
_OF_THE_THREAD = ("tpidr_el0", "sp_el0")


class UnknownNameError(Exception):
    """A sentence with the names that there are."""


def processes(state: State, built: Built) -> str:
    """All threads: who waits for whom, and what is left of their time."""
    text = Text(state, built)
    return "\n".join([*text.doubts(), *text.deadlock_lines(), *text.thread_lines()])


def capabilities(state: State, built: Built, process: str) -> str:
    """All that a process holds, by slot."""
    owners = sorted({owner for each in state.capabilities if (owner := state.owner(each.cnode))})
    if process not in owners:
        thread_named(state, process)
    held = [each for each in state.capabilities if state.owner(each.cnode) == process]
    names = capability_names(built)
    lines = [_capability(state, built, each, names.get((f"{process}.cnode", each.index), "")) for each in sorted(held, key=lambda each: each.index)]
    return "\n".join([f"{process} holds {len(held)} capabilities:", *lines])


def _capability(state: State, built: Built, each: Capability, name: str) -> str:
    rights = f" {','.join(each.rights)}" if each.rights else ""
    badge = f" badge {each.badge:#x}" if each.badge and each.type not in ("IRQ_HANDLER", "SMC") else ""
    return f"  {each.index:>5} {name or '-':<20} {each.type} {_object(state, built, each)}{rights}{badge}"


def _object(state: State, built: Built, each: Capability) -> str:
    if each.type in ("FRAME", "UNTYPED"):
        sizes = built.abi["cap_types"]["FRAME"]["object_bits"]
        bits = built.cap_field(each.words, "size_bits", "UNTYPED") if each.type == "UNTYPED" else sizes[built.cap_field(each.words, "size", "FRAME")]
        mapped = f" mapped at {built.cap_field(each.words, 'page', 'FRAME') << sizes[0]:#x}" if built.cap_field(each.words, "mapped", each.type) else ""
        return f"{each.object:#x}, 2^{bits} bytes{mapped}"
    if each.type in ("IRQ_HANDLER", "SMC"):
        return f"interrupt {each.badge}" if each.type == "IRQ_HANDLER" else f"function {each.badge:#x}"
    return state.name(each.object) if each.object else ""


def thread_named(state: State, name: str) -> Thread:
    """A process's or guest's thread by its spec name."""
    found = {state.name(each.address): each for each in state.threads.values()}
    if name not in found:
        raise UnknownNameError(f"there is no process '{name}'; there are: {', '.join(sorted(found))}")
    return found[name]


def registers_of(state: State, thread: Thread, register: Register) -> dict[str, int]:
    """A thread's registers: the processor's while it runs outside of the kernel, else those the kernel has saved."""
    if thread.address != state.running or state.processor.level >= KERNEL_LEVEL:
        return dict(thread.registers)
    return {name: saved if (now := register(name)) is None else now for name, saved in thread.registers.items()}


def guest(state: State, built: Built, name: str, register: Register) -> str:
    """The registers of a guest."""
    thread = thread_named(state, name)
    vcpu = state.vcpus.get(thread.vcpu)
    if vcpu is None:
        guests = sorted(state.name(each.address) for each in state.threads.values() if each.vcpu)
        raise UnknownNameError(f"{name} is no guest; guests are: {', '.join(guests) or 'none'}")
    lines = [f"guest {name} {Text(state, built).about(thread)}; {_where(vcpu)}"]
    lines += _table(registers_of(state, thread, register))
    lines += _table(_system_registers(vcpu, register))
    used = {index: value for index, value in enumerate(vcpu.list_registers) if value}
    return "\n".join([*lines, *(f"  list register {index}: {value:#x}" for index, value in used.items())])


def _where(vcpu: Vcpu) -> str:
    if not vcpu.is_loaded:
        return "all its registers are saved"
    return "its system registers are in the processor" + ("" if vcpu.is_active else "; of those that native processes use as well the saved value is its own")


def _system_registers(vcpu: Vcpu, register: Register) -> Mapping[str, int | str]:
    """Of a VCPU that is loaded the processor's, and where a native process may have another one now, both. Two are the thread's own: left out."""
    own = {name: saved for name, saved in vcpu.registers.items() if name not in _OF_THE_THREAD}
    if not vcpu.is_loaded:
        return own
    shown: dict[str, int | str] = {}
    for name, saved in own.items():
        now = register(name)
        if now is None or now == saved:
            shown[name] = saved
        else:
            shown[name] = now if vcpu.is_active else f"{now:#x} (saved {saved:#x})"
    return shown


def _table(rows: Mapping[str, int | str]) -> list[str]:
    cells = [f"{name:<14} {value if isinstance(value, str) else f'{value:#x}':<20}" for name, value in rows.items()]
    return ["  " + " ".join(cells[at : at + _A_LINE]).rstrip() for at in range(0, len(cells), _A_LINE)]
