# SPDX-License-Identifier: BSD-2-Clause
"""What would remove an exit, for causes of which that is known."""

from __future__ import annotations

from fnmatch import fnmatchcase

from exits.names import Name

#: Kind and name of a cause, both as shell patterns, and its remedy; the first that fits.
_REMEDIES = (
    ("MMIO", "store UARTDR", "every character is an exit. A console that hands over whole lines (virtio) takes one exit a line; less output (no earlycon, quiet) costs nothing to try."),
    ("MMIO", "load UARTDR", "every character that is typed is an exit. A console that hands over buffers (virtio) takes one exit for many."),
    ("MMIO", "load UARTFR", "the guest polls its UART while its register page is hidden (docs/adr/0012): it has input to read, or an interrupt of its receiver to clear."),
    ("MMIO", "* UART*", "the UART's driver switches its interrupts for each piece of output. A virtio console has none of these registers."),
    ("MMIO", "* GIC[DR]_*", "interrupts are set up here, which is done once each. If it goes on after the boot, a driver masks its interrupt at the GIC each time."),
    ("memory", "RAM", "memory is cleaned and given to the guest when it touches it first, 2 MiB at a time and once until a reset (docs/adr/0027)."),
    ("system register", "ICC_*SGI*_EL1", "the guest interrupts itself or another of its processors. The kernel could pend a guest's interrupts for itself without its VMM."),
    ("system register", "ID_*", "the guest asks what its processor can do, which is done once."),
    ("system register", "DC *SW", "cache maintenance by set and way does nothing in a guest; maintenance by address does not exit."),
    ("hypercall", "PSCI_CPU_SUSPEND", "the guest rests by PSCI. WFI, which the kernel handles itself, is cheaper (cpuidle.off=1 for Linux)."),
    ("hypercall", "PSCI_SYSTEM_*", "the guest ended or began anew: its VMM takes its memory back, once each time."),
    ("hypercall", "*", "the guest calls its firmware; only the guest can call it less."),
    ("in the kernel", "WAIT", "the guest rests, and wakes for an interrupt. Fewer wake-ups of its own (NO_HZ, a lower HZ, fewer timers) are all that helps."),
    ("in the kernel", "FPU", "the guest and another process take the FPU from each other. A process without `fpu: true` in the spec leaves it to the guest."),
    ("interrupt", "the guest's timer", "the guest's own timer, handled in the kernel without the VMM. A lower HZ or NO_HZ takes fewer."),
    ("interrupt", "the kernel's timer", "a budget ended or somebody's Timer came: a longer period of the guest's `time` in the spec, or fewer wake-ups of other processes, take fewer."),
    ("interrupt", "a device", "an interrupt of a device that a process of the system drives."),
    ("other", "MAINTENANCE", "more interrupts are in progress at once than there are list registers, or each end has to be told to the VMM."),
)
_NO_REMEDY = "no remedy is known for this one; the guest did it last at pc {pc:#x}."
#: A second cause is told of when it costs so much of all exits' instructions.
_SECOND_SHARE = 0.1


def remedy(name: Name, pc: int) -> str:
    """What would remove exits of this cause."""
    fitting = (text for kind, what, text in _REMEDIES if name.kind == kind and fnmatchcase(name.what, what))
    return next(fitting, _NO_REMEDY.format(pc=pc))


def advice(costs: list[tuple[Name, int, int]]) -> list[str]:
    """Sentences on the one or two most expensive of `costs`: name, instructions, pc."""
    whole = sum(cost for _, cost, _ in costs)
    first = sorted(costs, key=lambda each: -each[1])[:2]
    told = [each for i, each in enumerate(first) if each[1] > 0 and (i == 0 or each[1] >= _SECOND_SHARE * whole)]
    leads = ("the largest", "the next")
    return [f"{lead}, {name.text}, {100 * cost / whole:.0f} % of what exits cost: {remedy(name, pc)}" for lead, (name, cost, pc) in zip(leads, told, strict=False)]
