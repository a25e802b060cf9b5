# SPDX-License-Identifier: BSD-2-Clause
"""What the emitters see: plain, immutable records of the ABI, in the order of the files."""

from dataclasses import dataclass

# Registers of a system call by their roles, and all that a caller must expect to change (syscalls.yaml, top).
CALL_REGISTERS = {"number": "x8", "cap": "x0", "tag": "x1", "reply": "x2", "handler": "x2", "second": "x3",
                  "status": "x0", "badge": "x2", "reply_status": "x3"}
CALLER_SAVED = tuple(f"x{i}" for i in range(19))


@dataclass(frozen=True)
class Field:
    """A run of bits in a word."""

    name: str
    low: int
    width: int
    word: int = 0
    meaning: str = ""

    @property
    def mask(self) -> int:
        """The bits of the field, shifted down to bit 0."""
        return (1 << self.width) - 1


@dataclass(frozen=True)
class Bit:
    """A named single bit: a right, a verb."""

    name: str
    bit: int
    meaning: str = ""


@dataclass(frozen=True)
class Numbered:
    """A named number with an explanation; `words` are the message words that come with it."""

    name: str
    number: int
    text: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Numbers that belong together: the values one argument may take."""

    name: str
    text: str
    values: tuple[Numbered, ...]


@dataclass(frozen=True)
class CapType:
    """A capability type. `size` is the fixed object size in bits, None if there is none or it varies."""

    name: str
    number: int
    fields: tuple[Field, ...]
    size: int | None
    size_values: tuple[int, ...]
    size_range: tuple[int, int] | None
    internal: bool
    meaning: str

    @property
    def size_limits(self) -> tuple[int, int]:
        """The least and the largest size in bits; (0, 0) of a type without memory."""
        sizes = self.size_range or self.size_values or ((self.size,) if self.size is not None else (0,))
        return sizes[0], sizes[-1]

    @property
    def lower(self) -> str:
        """The name as it appears in C function names."""
        return self.name.lower()


@dataclass(frozen=True)
class ObjectType:
    """What Retype makes, and the type of the capability it makes for it."""

    name: str
    number: int
    cap: str
    text: str = ""


@dataclass(frozen=True)
class ErrorCode:
    """A status value; `sentence` refers to the names in `detail`."""

    name: str
    number: int
    sentence: str
    detail: tuple[str, ...]


@dataclass(frozen=True)
class Argument:
    """One message word of an invocation (or, type `words`, all that follow)."""

    name: str
    type: str
    caps: tuple[str, ...] = ()
    optional: bool = False
    rights: tuple[str, ...] = ()
    min: str = ""      # C expressions, "" = no bound
    max: str = ""
    mask: str = ""
    of: str = ""       # an index: the CNode argument it indexes ("self": the invoked one), what the slot must be, its field
    must: str = ""
    slot: str = ""


@dataclass(frozen=True)
class Method:
    """An invocation of an object."""

    object: str
    name: str
    number: int
    args: tuple[Argument, ...]
    results: tuple[str, ...]
    errors: tuple[str, ...]
    needs: tuple[str, ...]
    preemptible: bool
    plain: bool
    direct: str        # the kernel function that is all there is to do, "" = invoke_x()
    constant: str      # its last argument, "" = none
    bound: bool | None
    bound_by: str      # the field that tells, "" = x_is_bound()
    other: bool        # not for the caller itself
    registers: str     # how many registers arguments 1 and 2 choose from (a C expression), "" = none
    has_self: bool
    number_field: str  # the capability's field that is all there is of the object, "" = none
    text: str

    @property
    def c_name(self) -> str:
        """object_method, unique over the ABI."""
        return f"{self.object}_{self.name}"

    @property
    def result_count(self) -> int | None:
        """How many words the answer has; None: as many as were asked for."""
        return None if self.results == ("registers",) else len(self.results)

    @property
    def fixed_args(self) -> tuple[Argument, ...]:
        """The arguments that are one word each."""
        return tuple(arg for arg in self.args if arg.type != "words")

    @property
    def words_arg(self) -> Argument | None:
        """The variable tail, if the method has one."""
        return self.args[-1] if self.args and self.args[-1].type == "words" else None

    @property
    def cap_args(self) -> tuple[tuple[int, Argument], ...]:
        """(message word, argument) of every capability argument."""
        return tuple((i, arg) for i, arg in enumerate(self.args) if arg.type == "cap")


@dataclass(frozen=True)
class Destroy:
    """What goes with an object's last capability."""

    object: str
    by: str
    preemptible: bool
    number_field: str  # as a method's


@dataclass(frozen=True)
class Syscall:
    """A system call: which registers go in and come out, by role."""

    name: str
    number: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Region:
    """A run of words in a page shared with the kernel."""

    name: str
    offset: int
    count: int
    meaning: str = ""


@dataclass(frozen=True)
class Abi:
    """The whole description."""

    rights: tuple[Bit, ...]
    common_fields: tuple[Field, ...]
    cap_types: tuple[CapType, ...]
    object_types: tuple[ObjectType, ...]
    errors: tuple[ErrorCode, ...]
    limits: tuple[tuple[str, int, str], ...]
    groups: tuple[Group, ...]
    initial_slots: tuple[tuple[str, int], ...]
    boot_magic: int
    boot_words: tuple[str, ...]
    boot_untyped_offset: int
    boot_untyped: tuple[str, ...]
    payload_magic: int
    payload_words: tuple[str, ...]
    faults: tuple[Numbered, ...]
    fault_reply: tuple[Bit, ...]
    exit_fields: tuple[Field, ...]
    lr_state: tuple[Field, ...]
    exit_reasons: tuple[Numbered, ...]
    verbs: tuple[Bit, ...]
    list_register: tuple[Field, ...]
    thread_registers: tuple[str, ...]
    vcpu_registers: tuple[str, ...]
    register_words: int
    message_registers: tuple[str, ...]
    max_words: int
    max_caps: int
    tag: tuple[Field, ...]
    buffer_bytes: int
    buffer_words: tuple[Region, ...]
    syscalls: tuple[Syscall, ...]
    objects: tuple[tuple[str, tuple[Method, ...]], ...]
    destroys: tuple[Destroy, ...]

    @property
    def methods(self) -> tuple[Method, ...]:
        """All methods, in the order of objects.yaml."""
        return tuple(method for _, methods in self.objects for method in methods)

    def cap_type(self, name: str) -> CapType:
        """The capability type of that name."""
        return next(cap for cap in self.cap_types if cap.name == name)

    def rights_mask(self, names: tuple[str, ...]) -> int:
        """The mask of the named rights; two may share a bit."""
        mask = 0
        for right in self.rights:
            mask |= (1 << right.bit) if right.name in names else 0
        return mask
