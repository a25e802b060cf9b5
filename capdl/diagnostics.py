# SPDX-License-Identifier: BSD-2-Clause
"""Every message that the tool can give about its input, in one table.

A message reads `FILE:LINE:COLUMN: error ID: OBJECT: what is wrong, with numbers; remedy`.
Ids are never reused. To add one: a row here; a faulty input with its exact messages in test/capdl/faulty; a
section in docs/spec/errors.md, which `./sel explain` shows (rule, why, cause, remedy, and a spec with the lines
that are refused and those that mend it). The tests of test/capdl name what is missing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

TABLE: dict[str, tuple[str, str]] = {
    # The file and its YAML.
    "SEL-S001": ("cannot be read: {reason}", "name an existing spec file, such as systems/linux/system.yaml"),
    "SEL-S002": ("the file is {encoding}, not UTF-8", "save it as UTF-8 text"),
    "SEL-S003": ("the file has {size} bytes, a spec has at most {bound}", "check that this is the right file"),
    "SEL-S004": ("this is not YAML: {problem}", "correct the syntax here or just above"),
    "SEL-S005": ("a tab is used to indent or separate", "use spaces"),
    "SEL-S006": ("{what} is not part of the spec language", "{remedy}"),
    "SEL-S007": ("values are nested more than {bound} deep", "no key of a spec needs this; remove the nesting"),
    "SEL-S008": ("key '{key}' is given twice, first in line {first_line}", "keep one of the two"),
    "SEL-S101": ("there are more than {bound} faults", "correct those above first"),
    "SEL-S102": ("a spec has at most {bound} values, this is one more", "make parts of what repeats itself, or compose fewer things"),
    # Keys, types, quantities.
    "SEL-S009": ("unknown key '{key}'{nearest}", "permitted here: {permitted}"),
    "SEL-S010": ("{key} is {found}, {wanted} is needed", "write for example `{example}`"),
    "SEL-S011": ("key '{key}' is missing", "add for example `{key}: {example}`"),
    "SEL-S012": ("'{name}' is no valid name{hint}", "use a lower-case letter, then at most 30 lower-case letters, digits or underscores"),
    "SEL-S013": ("{key} is '{text}', a quantity without a known unit", "write a whole number and one of {units}, for example `{example}`"),
    "SEL-S047": ("{key} is '{text}', which is {fault}", "write a whole number and one of {units}, for example `{example}`"),
    "SEL-S014": ("budget {budget} is larger than its period {period}", "make budget at most period"),
    "SEL-S015": ("{key} is {value}, it must be {low} to {high}", "choose a value in that range"),
    "SEL-S016": ("'{value}' is not a possible {key}{nearest}", "choose one of: {permitted}"),
    "SEL-S017": ("version is {value}, this tool reads version {known}", "write `version: {known}`"),
    "SEL-S018": ("the name '{name}' is reserved", "choose another; reserved are: {reserved}"),
    "SEL-S103": ("{key} has {fault}", "{remedy}"),
    # Names that must exist or must be unique.
    "SEL-S020": ("there is no board '{board}'{nearest}", "choose one of: {permitted}"),
    "SEL-S021": ("there is no process '{name}'{nearest}", "processes of this system: {permitted}"),
    "SEL-S022": ("process '{server}' serves no '{name}'{nearest}", "it serves: {permitted}"),
    "SEL-S023": ("the board has no device '{name}'{nearest}", "its devices: {permitted}"),
    "SEL-S024": ("device '{name}' is given to '{first}' already", "a device has one driver; remove one of the two"),
    "SEL-S025": ("the name '{name}' is taken by {kind} {first}", "rename one of the two"),
    "SEL-S026": ("process '{server}' has no event '{name}'{nearest}", "its events: {permitted}"),
    "SEL-S027": ("the name '{name}' is given twice in this process: as {first} and as {second}", "rename one of the two"),
    "SEL-S029": ("there is nothing to run: neither processes nor guests", "add at least one process or guest"),
    # Meaning of a process.
    "SEL-S030": ("there is no folder {path}{hint}", "a process's source is a folder with a CMakeLists.txt, relative to the spec or to the project"),
    "SEL-S031": ("the folder {path} has no CMakeLists.txt", "add one with `sel_component(NAME {name} SOURCES {name}.c)`"),
    "SEL-S032": ("a process that is not passive has no {key}", "give budget and period, or `passive: true`"),
    "SEL-S033": ("it is passive and serves nothing: nobody would ever give it time", "add `serves`, or give it budget and period and remove `passive`"),
    "SEL-S034": ("it is passive, has {what} and no budget: it would never run for them", "add budget and period to its time"),
    "SEL-S035": ("it uses its own service '{name}'", "call the function directly; a process cannot Call itself"),
    "SEL-S036": ("{count} events, devices, timers and doorbells need a bit each of its Notification, which has 64", "spread them over two processes"),
    "SEL-S037": ("{key} is {size}, it must be a multiple of {unit}", "write {rounded}"),
    "SEL-S038": ("{key} is {size}, it must be a power of two", "write {rounded}"),
    "SEL-S039": ("'{name}' reads or writes the region twice", "name it once, under `writes` if it writes"),
    "SEL-S040": ("nobody {verb} the region", "add at least one name to `{key}`"),
    "SEL-S041": ("a guest cannot take part in a shared region yet", "name processes only"),
    "SEL-S042": ("the regions, rings and stacks of '{name}' need {size}, its window has {bound}", "make them smaller"),
    "SEL-S043": ("the console server '{server}' owns no UART", "give it one, for example `devices: {{uart: uart0}}`"),
    "SEL-S044": ("'{name}' has no console to be put in front", "choose one of: {permitted}"),
    "SEL-S045": ("{count} processes and VMMs, the address space has room for {bound}", "use fewer"),
    "SEL-S046": (
        "passive processes use each other's services in a circle: {path}; a Call that goes round waits for itself for ever",
        "remove one of these `uses`, or give one process time of its own and tell it by an event",
    ),
    # Guests and their images.
    "SEL-S048": ("its device '{local}' is {name}, a '{compatible}', and the component drives {drives}", "{remedy}"),
    "SEL-S050": ("image has {found}", "give exactly one of `kernel`, `raw` (with `load`) or `elf`"),
    "SEL-S051": ("'{key}' goes with `{needs}` only", "remove it, or use `{needs}`"),
    "SEL-S052": ("there is no file {path}", "paths are relative to the spec; named images: {names}"),
    "SEL-S053": ("{path} cannot be read: {reason}", "name a readable file"),
    "SEL-S054": ("{path} is empty", "name a complete image"),
    "SEL-S055": ("{path} is {found}, not {wanted}", "use an image for 64-bit Arm of the kind named"),
    "SEL-S056": ("{path} is cut short: it has {size} bytes, its header says {needed}", "copy the image again"),
    "SEL-S057": ("{what} needs {needed} of memory at {address}, the guest's memory ends at {end}", "{remedy}"),
    "SEL-S058": ("{first} at {first_range} and {second} at {second_range} overlap", "{remedy}"),
    "SEL-S059": ("load address {address} is outside the guest's memory {range}", "choose an address inside"),
    "SEL-S060": ("the command line has {size} bytes, at most {bound} are possible", "shorten it"),
    "SEL-S061": ("there is no image named '{name}'{nearest}", "named images: {permitted}; a path is relative to the spec"),
    "SEL-S062": ("load address {address} is not a multiple of {unit}", "write {rounded}"),
    "SEL-S064": (
        "{path} has {what} at {segment_range}, outside the guest's memory {range}",
        "link it inside: `ld.lld --image-base={base}`, `ld -Ttext-segment={base}`, or a linker script",
    ),
    "SEL-S063": ("with this guest the guests' memory adds up to {needed}, the board has {available} in all", "lower memory"),
    # Emulated devices of a guest.
    "SEL-S140": ("the VMM has no device '{compatible}'{nearest}", "it has: {permitted}; one of your own is named by `source`, its C file"),
    "SEL-S141": ("there is no file {path}{hint}", "a device's source is its C file, relative to the spec or to the project"),
    "SEL-S142": ("{path} describes no device: {reason}", "describe it as docs/guide/vmm-device.md says; `./sel new device NAME` makes one to begin with"),
    "SEL-S143": ("{path} describes '{found}', not '{compatible}'", "write `compatible: \"{found}\"`, or name another file"),
    "SEL-S144": ("address {address} is not a multiple of {unit}", "write {rounded}"),
    "SEL-S145": ("the registers of '{name}', {range}, overlap {what}, {other}", "choose another address, such as {free}"),
    "SEL-S146": ("interrupt {number} is {whose} already", "choose another, such as {free}"),
    "SEL-S147": ("{first} and {second} both call their device '{name}' in C", "rename one: DEVICE_MODEL(name)"),
    "SEL-S148": ("'{compatible}' has {has}, {what}", "{remedy}"),
    "SEL-S149": ("{count} devices, a guest has at most {bound}", "use fewer"),
    # Protocols of services.
    "SEL-P001": ("there is no protocol '{name}'{nearest}", "the project has: {permitted}; a file is named by its path, for example `./{name}.yaml`"),
    "SEL-P002": ("there is no protocol file {path}{hint}", "its path is relative to the spec or to the project"),
    "SEL-P003": ("the file is called '{file}', from which no names in C can be made", "a protocol is called like its file: NAME.yaml, NAME a word of lower-case letters that is no word of C and none of: {reserved}"),
    "SEL-P004": ("the name '{name}' is taken: {why}", "choose another"),
    "SEL-P005": ("the name '{name}' is given twice, as {first} and as {second}", "rename or remove one of the two"),
    "SEL-P006": ("its {what} need up to {count} words, a message has {bound}", "lower the sizes, split the call, or pass large data through a shared region"),
    "SEL-P007": ("{count} capabilities are handed over, a message carries {bound}", "hand them over in several calls"),
    "SEL-P008": ("'{name}' is a capability, which an answer cannot carry", "let the client hand one over as an argument, or give it in the spec"),
    "SEL-P009": ("the protocol has no role '{name}'{nearest}", "its roles: {permitted}"),
    "SEL-P010": ("the protocol has no methods", "add one, for example `methods: {{ping: {{}}}}`"),
    "SEL-P011": ("{count} {what}, a protocol has at most {bound}", "split it into two protocols"),
    "SEL-P012": ("the type of '{name}' is {found}", "write {wanted}"),
    "SEL-P013": ("two protocols are called '{name}': {first} and {second}", "rename one of the files"),
    "SEL-P014": ("process '{process}' does not use this service", "its clients: {permitted}"),
    "SEL-P015": ("roles are given and no protocol that knows them", "add `protocol`, or remove `roles`"),
    "SEL-P016": ("clients hand it capabilities by protocol '{name}', and it cannot remove them", "add `authority: [cnode]`"),
    "SEL-P017": ("`takes_capabilities` is given beside protocol '{name}', whose methods say it", "remove it; for more, add an argument of type `cap` to a method"),
    # Policy: what its statements say, and what breaks them.
    "SEL-A001": ("'{text}' is no SPDX licence id or expression", "write for example `BSD-2-Clause` or `GPL-2.0-only WITH Linux-syscall-note`"),
    "SEL-A002": ("{what} has {found}", "give {count} of: {permitted}"),
    "SEL-A003": ("{key} is '{text}', no share of a core", "write whole percent from 1% to 100%, for example `40%`"),
    "SEL-A004": ("there is no process, guest or VMM '{name}'{nearest}", "there are: {permitted}"),
    "SEL-A005": ("there is no {kind} '{name}'{nearest}", "there are: {permitted}"),
    "SEL-A006": ("nobody has the licence '{licence}'{nearest}", "licences that processes and guests name: {permitted}"),
    "SEL-A007": ("it can never be broken: {reason}", "{remedy}"),
    "SEL-A008": ("'{name}' is in `{key}` and in `except_through`", "remove it from one: who is trusted to pass on is no source and no goal"),
    "SEL-A010": ("data of {source} can reach {target}: {path}", "{remedy}"),
    "SEL-A011": ("{first} and {second} share {thing}: {path}", "{remedy}"),
    "SEL-A012": ("{who} {verb} {target}: {path}", "cut one of these links, or add '{who}' to `who`{trust}"),
    "SEL-A013": ("{who} may use {share} of the core, the policy permits {bound}: {parts}", "lower a budget, or raise `share`"),
    "SEL-A014": ("{who} has {size} of memory, the policy permits {bound}: {parts}", "make something smaller, or raise `memory`"),
    "SEL-A015": ("{who} {response}, the policy asks for {bound}: {parts}", "lower the budgets of others at its priority or above, or raise its priority"),
    # Parameters.
    "SEL-S070": ("there is no parameter '{name}'{nearest}", "parameters here: {permitted}{hint}"),
    "SEL-S071": ("parameter '{name}' is not used", "use it as `$({name})`, or remove it"),
    "SEL-S072": ("parameter '{name}' has no value: it is declared without a default", "{remedy}"),
    "SEL-S073": ("`$(` begins no parameter: {found}", "write `$(name)`, or `$$(` for the two characters themselves"),
    "SEL-S074": ("--set '{text}' is not NAME=VALUE", "write for example `--set {example}`"),
    "SEL-S075": ("--set gives parameter '{name}' twice", "give it once"),
    "SEL-S076": ("a parameter in the name '{name}'", "parameters stand in values; write the name out"),
    "SEL-S104": ("the default of parameter '{name}' uses {what}", "{remedy}"),
    # Includes.
    "SEL-S077": ("cannot include {path}: {reason}{nearest}", "paths are relative to the file that names them"),
    "SEL-S078": ("files include each other in a circle: {path}", "remove one of these includes; parts that both need belong in a third file"),
    "SEL-S079": ("{what} are nested more than {bound} deep", "{remedy}"),
    "SEL-S080": ("{path} is included twice, first {first}", "{remedy}"),
    "SEL-S081": ("with this file the spec has {size} bytes, at most {bound} are possible", "include fewer or smaller files"),
    "SEL-S082": ("'{key}' is given {first}, too, as {other}", "give it in one of the files"),
    # Parts and instances.
    "SEL-S083": ("there is no part '{name}'{nearest}", "parts known in this file: {permitted}; `include` brings those of another"),
    "SEL-S084": ("parts contain each other in a circle: {path}", "remove one of these instances"),
    "SEL-S085": ("part '{part}' needs '{name}', which instance '{instance}' does not connect", "add for example `connect: {{{name}: PROCESS.SERVICE}}`"),
    "SEL-S086": ("part '{part}' needs no '{name}'{nearest}", "it needs: {permitted}"),
    "SEL-S087": ("instance '{instance}' offers no '{name}'{nearest}", "it offers: {permitted}"),
    "SEL-S088": ("'outside.{name}' is not among the `needs` of {part}{nearest}", "its needs: {permitted}"),
    "SEL-S089": ("'{text}' leads back to itself: {path}", "name a process at one end"),
    "SEL-S090": ("'{name}' is an instance, not a process", "name what it offers, as INSTANCE.NAME: {permitted}"),
    "SEL-S091": ("the name '{name}', of instance and entry, has {count} characters, at most {bound} are possible", "choose shorter names"),
    "SEL-S092": ("{count} {what} are made, at most {bound} are possible", "{remedy}"),
    "SEL-S093": ("part '{part}' does not use what it needs as '{name}'", "use it as `outside.{name}`, or remove it from `needs`"),
    # Single capabilities by hand.
    "SEL-S094": ("there is no object '{name}'{nearest}", "{permitted}"),
    "SEL-S095": ("{object} is {kind}, which has no right '{right}'", "{remedy}"),
    "SEL-S096": ("{object} is {kind}, which takes no badge", "remove `badge`"),
    "SEL-S097": ("a capability to {object} cannot be given by hand: {reason}", "{remedy}"),
    "SEL-S098": ("badge {badge} of {object} is that of {holder}: its server could not tell the two apart", "choose another, such as {free}"),
    "SEL-S099": ("a capability to send to {object} needs a badge: its {owner} apart by it", "add for example `badge: {free}`"),
    # The expanded form.
    "SEL-S110": ("guest '{guest}' has no VMM", "add a process `{name}` with `guest: {guest}`"),
    "SEL-S111": ("'{name}' is no name for a system", "use letters, digits, '.', '-' and '_'"),
    "SEL-S112": ("the Frames {name}.ram and {name}.ram_tail come to {size}, which is no memory for a guest", "give them 64K to {bound} in all"),
    "SEL-S113": ("process '{name}' is said to be the VMM of '{guest}'{nearest}", "the VMM of guest G is called vmm_G; possible here: {permitted}"),
    "SEL-S114": ("it lacks {what}", "add it, or expand the spec anew"),
    "SEL-S115": ("{what} is there already {first}", "remove one of the two"),
    "SEL-S116": ("{name} cannot be an object here: {reason}", "owners of objects are: {permitted}"),
    "SEL-S117": ("size_bits of an object of type {type} is {given}", "possible are: {permitted}"),
    "SEL-S118": ("{name} is of type {type}, {wanted} is needed", "name another object"),
    "SEL-S119": ("this mapping is not possible: {reason}", "{remedy}"),
    "SEL-S120": (
        "badge {badge} of {object}, where protocol '{protocol}' is spoken: the clients of such a service are numbered in the order of the processes",
        "give it badge {number:#x}",
    ),
    # The system as a whole, known when everything is linked.
    "SEL-E001": ("{path} was not linked: there is no such file", "build it first; ninja does it by itself"),
    "SEL-E002": ("{path} is not a linked AArch64 program: {reason}", "build it with the project's tools"),
    "SEL-E003": ("segment {segment} at {address} is outside its window {window}", "make the program smaller, or heap and stack instead of static data"),
    "SEL-E004": ("the system needs {needed} of memory, the board has {available}", "lower the guests' memory or use a board with more"),
    "SEL-E005": ("segment {segment} is writable and executable", "link with libsel/process.ld, which keeps them apart"),
    "SEL-E006": ("the payload needs {needed}, from {base} to the end of RAM there is {available}", "use smaller images or a board with more memory"),
    "SEL-E007": (
        "function '{function}' at {address} uses floating point or SIMD, which this process may not",
        "add `fpu: true` to it in the spec, or link without that function",
    ),
    "SEL-E008": (
        "the roottask would need {needed} slots for the system's capabilities, its CNode has at most {bound}",
        "make fewer Frames: less heap and shared memory, guests' memory in multiples of 2M",
    ),
    "SEL-E009": ("{needed} address spaces are needed, the roottask's among them; the kernel has {bound}", "use fewer guests and processes"),
}


@dataclass(frozen=True)
class Origin:
    """How a value came to stand where it does: the parameter or the parts that put it there, in words for messages.

    `base` is the file from whose folder a relative path in the value counts, if not the place's own; `instance` is the
    instance that the value is part of, with dots between nested ones.
    """

    text: str = ""
    base: str = ""
    instance: str = ""


@dataclass(frozen=True)
class Place:
    """A place in an input file; line and column count from 1. What concerns the whole file is told at its start.

    Only the command line has no lines.
    """

    path: str
    line: int = 1
    column: int = 1
    origin: Origin = Origin()

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path

    @property
    def base(self) -> str:
        """The file from whose folder a relative path here counts."""
        return self.origin.base or self.path

    def seen_from(self, other: Place) -> str:
        """Say where this is to a reader of another place: `in line 5`, or with the file's name."""
        return f"in line {self.line}" if self.path == other.path else f"at {self}"


#: Where `--set` stands, named as compilers do.
COMMAND_LINE = Place("<command-line>", 0, 0)


@dataclass(frozen=True)
class Diagnostic:
    """One finding."""

    id: str
    place: Place
    subject: str
    text: str

    def __str__(self) -> str:
        subject = f"{self.subject}: " if self.subject else ""
        origin = f" ({_one_line(self.place.origin.text)})" if self.place.origin.text else ""
        return f"{self.place}: error {self.id}: {subject}{self.text}{origin}"


class SpecError(Exception):
    """Input refused; carries the diagnostics to print."""

    def __init__(self, diagnostics: list[Diagnostic]):
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


class PlatformError(Exception):
    """A board's files are wrong or cannot be read."""


class EnvironmentFault(Exception):
    """The machine lacks something that the input, which may be right, asks for."""


def make(id: str, place: Place, subject: str = "", **values: object) -> Diagnostic:
    """Build the diagnostic `id` from the table."""
    message, remedy = TABLE[id]
    return Diagnostic(id, place, _one_line(subject), _one_line(f"{message.format(**values)}; {remedy.format(**values)}"))


def _one_line(text: str) -> str:
    """Write unprintable characters of the input as escapes: a message is one line and moves no cursor."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


#: More are no help, and finding the nearest names takes time.
DIAGNOSTICS_MAX = 100
LISTED_MAX = 60


#: A value's parameter is none, is not written as one, or may not be there at all.
_WITHOUT_VALUE = ("SEL-S070", "SEL-S073", "SEL-S077", "SEL-S092", "SEL-S104")


class Reporter:
    """Collects diagnostics so that one run shows all of them; DIAGNOSTICS_MAX are enough."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.without_value: set[tuple[str, int, int]] = set()

    def add(self, id: str, place: Place, subject: str = "", **values: object) -> None:
        """Note one finding; raises SpecError when there are too many."""
        self.diagnostics.append(make(id, place, subject, **values))
        if len(self.diagnostics) >= DIAGNOSTICS_MAX and len(set(self.diagnostics)) >= DIAGNOSTICS_MAX:
            found = self.sorted()
            raise SpecError([*found, make("SEL-S101", found[-1].place, bound=DIAGNOSTICS_MAX - 1)])

    def lacks_value(self, id: str, place: Place, **values: object) -> None:
        """Note that what stands at a place has no value, so that nothing more is to be said of it."""
        self.lose_value(place)
        self.add(id, place, **values)

    def lose_value(self, place: Place) -> None:
        """Note the same of what stands for something that was told to have no value."""
        self.without_value.add((place.path, place.line, place.column))

    def has_value(self, place: Place) -> bool:
        """Tell whether what stands at a place has a value."""
        return (place.path, place.line, place.column) not in self.without_value

    def _is_heard(self, item: Diagnostic) -> bool:
        return item.id in _WITHOUT_VALUE or self.has_value(item.place)

    def sorted(self) -> list[Diagnostic]:
        """Every finding once, by place."""
        unique = dict.fromkeys(filter(self._is_heard, self.diagnostics))
        return sorted(unique, key=lambda item: (item.place.path, item.place.line, item.place.column, item.id))

    def stop_if_any(self) -> None:
        """Raise SpecError if anything was found."""
        if self.diagnostics:
            raise SpecError(self.sorted())


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` when one of names is close, else nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def listing(names: Iterable[str]) -> str:
    """Join names for a message; of very many the first."""
    words = list(names)
    more = f" and {len(words) - LISTED_MAX} more" if len(words) > LISTED_MAX else ""
    return ", ".join(words[:LISTED_MAX]) + more or "(none)"
