# SPDX-License-Identifier: BSD-2-Clause
"""The state of a kernel as it is at one moment: the one model of it, whoever has read it (reader.py) and whatever shows it.

Objects are told by their addresses, which are keys of the State's tables; 0 is none. Times are ticks of the kernel's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROOTTASK = "roottask"


@dataclass(frozen=True)
class Capability:
    """One slot that is not empty. `cnode`: address of the CNode it is in, or of the TCB it is one of the own slots of; `index` there."""

    slot: int
    cnode: int
    index: int
    type: str
    object: int
    rights: tuple[str, ...]
    badge: int = 0
    words: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Refill:
    """So many ticks, from then on."""

    release: int
    amount: int


@dataclass(frozen=True)
class Context:
    """A scheduling context: who runs on it, who it belongs to, and what is left of it."""

    address: int
    budget: int = 0
    period: int = 0
    consumed: int = 0
    refills: tuple[Refill, ...] = ()
    is_out_of_budget: bool = False
    thread: int = 0
    home_thread: int = 0
    home_notification: int = 0
    lent_to: int = 0

    def left(self, now: int, used: int = 0) -> int:
        """Ticks that may be used now, of which `used` are gone but not yet charged."""
        return max(sum(each.amount for each in self.refills if each.release <= now) - used, 0)

    def next_release(self, now: int) -> int | None:
        """When more may be used; None if all of it is there."""
        return next((each.release for each in self.refills if each.release > now), None)


@dataclass(frozen=True)
class Thread:
    """A thread. `state`: ready, inactive, recv, send, reply, wait, wfi. `serving`: Reply objects whose callers it owes an answer, the latest first."""

    address: int
    state: str = "ready"
    priority: int = 0
    blocked_on: int = 0
    reply: int = 0
    serving: tuple[int, ...] = ()
    bound_notification: int = 0
    context: int = 0
    home_context: int = 0
    is_call: bool = False
    badge: int = 0
    fault_label: int = 0
    fault_words: tuple[int, ...] = ()
    vcpu: int = 0
    cspace: int = 0
    vspace: int = 0
    registers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """`state`: idle, senders, receivers; `queue`: threads in the order of service."""

    address: int
    state: str = "idle"
    queue: tuple[int, ...] = ()


@dataclass(frozen=True)
class Notification:
    """Signal bits that nobody has taken yet, who waits for some, and what else wakes or is woken by it."""

    address: int
    pending: int = 0
    queue: tuple[int, ...] = ()
    bound: int = 0
    context: int = 0
    timers: tuple[int, ...] = ()
    irq_count: int = 0


@dataclass(frozen=True)
class Reply:
    """`caller` waits for an answer that `server` owes; or `server` offers it to the next caller."""

    address: int
    caller: int = 0
    server: int = 0


@dataclass(frozen=True)
class Timer:
    """`deadline`: ticks, None if it is not set."""

    address: int
    deadline: int | None = None
    notification: int = 0
    badge: int = 0


@dataclass(frozen=True)
class Interrupt:
    """An interrupt that has a handler; `is_active`: delivered and not acknowledged yet."""

    intid: int
    notification: int = 0
    badge: int = 0
    is_active: bool = False


@dataclass(frozen=True)
class Vcpu:
    """A guest's processor. `registers` are what the kernel has saved: of one that `is_loaded` the processor has the later values."""

    address: int
    thread: int = 0
    is_loaded: bool = False
    is_active: bool = False
    registers: dict[str, int] = field(default_factory=dict)
    list_registers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Event:
    """An entry of the trace: ticks, kind as `vm_exit`, two words (kernel/debug/trace.h)."""

    time: int
    kind: str
    a: int
    b: int


@dataclass(frozen=True)
class Processor:
    """Where the machine was stopped. `is_at_rest`: between two passages of the kernel, which then has all its data in order."""

    pc: int = 0
    level: int = 0
    is_at_rest: bool = True


@dataclass
class State:
    """All of it. `names`: of objects, by address; what has no name of the spec's is called by `name()` all the same. `events` is None without a trace."""

    hz: int = 1
    now: int = 0
    charged_since: int = 0
    processor: Processor = field(default_factory=Processor)
    running: int = 0
    charged: int = 0
    threads: dict[int, Thread] = field(default_factory=dict)
    contexts: dict[int, Context] = field(default_factory=dict)
    endpoints: dict[int, Endpoint] = field(default_factory=dict)
    notifications: dict[int, Notification] = field(default_factory=dict)
    replies: dict[int, Reply] = field(default_factory=dict)
    timers: dict[int, Timer] = field(default_factory=dict)
    vcpus: dict[int, Vcpu] = field(default_factory=dict)
    interrupts: dict[int, Interrupt] = field(default_factory=dict)
    capabilities: list[Capability] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    events: list[Event] | None = None
    event_count: int = 0

    def name(self, address: int) -> str:
        """What the spec calls an object (a thread: its process or guest); else what it is and where."""
        if address in self.names:
            return self.names[address]
        kinds = (
            ("thread", self.threads), ("endpoint", self.endpoints), ("notification", self.notifications), ("context", self.contexts),
            ("reply", self.replies), ("timer", self.timers), ("vcpu", self.vcpus),
        )
        kind = next((kind for kind, table in kinds if address in table), "object")
        owner = self.owner(self.threads[address].cspace) if kind == "thread" else ""
        return f"{kind} {address:#x}{f' of {owner}' if owner else ''}"

    def owner(self, cnode: int) -> str:
        """Whose CNode that is; nothing if it is nobody's by name."""
        name = self.names.get(cnode, "")
        return name.removesuffix(".cnode") if name.endswith(".cnode") else ""

    def used_of(self, context: Context) -> int:
        """Ticks of the context in use that the kernel has not charged yet."""
        return self.now - self.charged_since if context.address == self.charged else 0
