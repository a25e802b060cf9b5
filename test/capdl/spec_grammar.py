# SPDX-License-Identifier: BSD-2-Clause
"""A grammar of specs: from a seed it makes valid ones (of processes, guests, regions, parts, includes, parameters), nearly valid ones
(a valid one with a few changes) and invalid ones (of the language's own declaration, with values of every kind).

A spec is a set of files, `s.yaml` the first. A tree is nested lists of pairs (mappings may have a key twice), lists and texts of scalars.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

from capdl import language
from capdl.abi import load_default
from capdl.composition_keys import IncludeItem, Raw
from capdl.value_types import Bool, Choice, Int, Keys, List, Quantity, Table, Type

KINDS = ("valid", "nearly valid", "invalid", "broken")


@dataclass
class Pairs:
    """A mapping."""

    items: list[tuple[str, Any]]


#: Scalars that are wrong nearly everywhere, and limits.
ODD = (
    "", "~", "null", "true", "no", "-1", "0", "00", "1", "255", "256", "4294967296", "18446744073709551616", "9" * 40, "9" * 70, "1.5", "1e9", "0x", "0xffffffffffffffff",
    "10", "10ms", "10 ms", "10MS", "-3ms", "1h", "0ns", "999999999999999s", "4K", "4k", "5K", "3M", "64G", "99999999999G", "512", "a", "A", "Process", "a.b", "a.b.c", "outside.x",
    "left", "left.echo", "$(p)", "$(unknown)", "$(", "$$(", "$(P)", "x$(p)y", "'$(p)'", '"10"', "'1'", '"\\0"', '"\\n"', '"é"', "'\u2028'", "[]", "{}", "[1]", "{a: 1}", "[[[[]]]]", "*a", "&a 1", "!t x",
    "components/busy", "/", ".", "..", "./none", "debian-12:Imag", "guest.bin", "kernel.console", "roottask.fault", "shared.r0", "p0.tcb", "p0.notification", "kernel", "shared", "device",
)
#: Texts of characters or a length that no file's name and no text has, in quotes as YAML has them; and names of what is no regular file.
ODD_TEXTS = (
    '"x\\0y"', '"\\ud800"', '"components/busy\\udfff"', '"a\\x1b[2Jb"', '"\\x7f"', '"\\x85.yaml"', '"one\\ntwo"', f'"{"x" * 5000}"', f'"{"y/" * 2500}"', f'"{"z" * 256}"', f'"{"é" * 128}"',
    "pipe", "./pipe", "/dev/zero", "/dev/null", "/dev/tty", "pipe/x", "loop", "loop/x", "/proc/self/mem", "closed/x", "guest.bin/x",
)
TEXT_KEYS = ("source", "raw", "object", "include", "file", "board", "p")
KEYS = ("a", "A", "p0", "P0", "p_0", "x" * 31, "x" * 32, "1", "-", "é", '""', "'a b'", "<<", "? x", "version", "processes", "source", "sorce", "time", "capabilities", "parts", "include")


def changed_rows(text: str, chance: random.Random) -> str:
    """A spec in expanded form with a few lines left out, repeated, moved, or with another value."""
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(2, len(lines))
        kind = chance.randint(0, 4)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(chance.randrange(2, len(lines)), lines[at])
        else:
            values = re.findall(r"(?<=: )[^,{}\[\]]+(?=[,}\]]|$)", lines[at]) or [lines[at]]
            others = re.findall(r"(?<=: )[^,{}\[\]]+(?=[,}\]]|$)", chance.choice(lines)) or ["x"]
            lines[at] = lines[at].replace(chance.choice(values), chance.choice(ODD + ODD_TEXTS) if kind == 2 else chance.choice(others), 1)
    return "\n".join(lines) + "\n"


class Grammar:
    """One spec of a seed."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.kind = self.chance.choices(KINDS, (5, 6, 3, 1))[0]
        self.count = 0

    def files(self) -> dict[str, str]:
        """The spec's files by name."""
        if self.kind == "invalid":
            return {"s.yaml": self._write(self._of_type(language.system_keys(load_default().limits()), 0))}
        trees = self._valid()
        if self.kind == "nearly valid":
            for _ in range(self.chance.randint(1, 3)):
                self._change(self.chance.choice(list(trees.values())))
        texts = {name: self._write(tree) for name, tree in trees.items()}
        if self.kind == "broken":
            name = self.chance.choice(list(texts))
            texts[name] = self._broken(texts[name])
        return texts

    # Valid -------------------------------------------------------------------------------------

    def _valid(self) -> dict[str, Pairs]:
        """A system of some processes and perhaps guests, regions, a part with instances, an included file, parameters."""
        chance = self.chance
        names = [f"p{number}" for number in range(chance.randint(1, 6))]
        top = [("version", "1"), ("board", "qemu-virt-aarch64")]
        uses_parameter = chance.random() < 0.4
        if uses_parameter:
            top.append(("parameters", Pairs([("p", "10ms")])))
        processes = [(name, self._process(name, names)) for name in names]
        if uses_parameter:
            processes.append(("timed", Pairs([("source", "components/busy"), ("time", Pairs([("priority", "1"), ("budget", "1ms"), ("period", "$(p)")]))])))
        trees: dict[str, Pairs] = {}
        if chance.random() < 0.5:
            top += self._parts(trees, names)
        top.append(("processes", Pairs(processes)))
        if chance.random() < 0.3:
            top.append(("guests", Pairs([(f"g{number}", self._guest()) for number in range(chance.randint(1, 2))])))
        if len(names) > 1 and chance.random() < 0.5:
            top.append(("shared", Pairs([(f"r{number}", self._region(names)) for number in range(chance.randint(1, 3))])))
        chance.shuffle(top)
        return {"s.yaml": Pairs(top), **trees}

    def _process(self, name: str, names: list[str]) -> Pairs:
        chance = self.chance
        others = [other for other in names if other != name]
        pairs = [("source", "components/busy"), ("time", self._time()), ("serves", Pairs([("s", Pairs([]))])), ("events", ["e"])]
        if others and chance.random() < 0.5:
            pairs.append(("uses", Pairs([("u", f"{chance.choice(others)}.s")])))
        if others and chance.random() < 0.4:
            pairs.append(("signals", Pairs([("k", f"{chance.choice(others)}.e")])))
        if others and chance.random() < 0.4:
            other = chance.choice(others)
            rights = [("context", None), ("tcb", None), ("stack", ["read"]), ("vspace", ["inspect"]), ("cnode", ["inspect"]), ("s", ["read"])]
            kind, right = chance.choice(rights)
            pairs.append(("capabilities", Pairs([("c", Pairs([("object", f"{other}.{kind}"), *([("rights", right)] if right else [])]))])))
        for key, values in (
            ("stack", ("4K", "16K", "512K")), ("heap", ("0K", "64K", "64M")), ("fpu", ("true", "false")), ("timer", ("true", "false")), ("smc", (["0x84000000"],)),
            ("untyped", (["4K"], ["1M", "64K"])), ("authority", (["tcb"], ["cnode", "sched_control"], [])), ("free_slots", ("0", "65536")), ("page_tables", ("0", "7")),
            ("may_power_off", ("true", "false")),
        ):
            if chance.random() < 0.25:
                pairs.append((key, chance.choice(values)))
        chance.shuffle(pairs)
        return Pairs(pairs)

    def _time(self) -> Pairs:
        period = self.chance.choice(("1ms", "10ms", "1s", "1min", "1000us"))
        return Pairs([("priority", str(self.chance.randint(0, 254))), ("budget", self.chance.choice(("10us", "1ms", "500us"))), ("period", period)])

    def _guest(self) -> Pairs:
        return Pairs([("image", Pairs([("raw", "guest.bin")])), ("memory", self.chance.choice(("4M", "16M", "66M"))), ("time", self._time())])

    def _region(self, names: list[str]) -> Pairs:
        first, second = self.chance.sample(names, 2)
        return Pairs([("size", self.chance.choice(("4K", "64K", "1M"))), ("writes", [first]), ("reads", [second]), ("doorbell", self.chance.choice(("true", "false")))])

    def _parts(self, trees: dict[str, Pairs], names: list[str]) -> list[tuple[str, Any]]:
        """A part and its instances; perhaps the part is in another file, and perhaps it holds another."""
        client = [("source", "components/busy"), ("uses", Pairs([("e", "server.s"), ("o", "outside.log")])), ("time", Pairs([("priority", "3"), ("budget", "1ms"), ("period", "$(q)")]))]
        server = [("source", "components/busy"), ("serves", Pairs([("s", Pairs([]))])), ("time", self._time())]
        body: list[tuple[str, Any]] = [
            ("parameters", Pairs([("q", "20ms")])), ("needs", ["log"]), ("offers", Pairs([("s", "server.s"), ("c", "client")])),
            ("processes", Pairs([("server", Pairs(server)), ("client", Pairs(client))])), ("shared", Pairs([("t", Pairs([("size", "4K"), ("writes", ["client"]), ("reads", ["server"])]))])),
        ]
        parts = [("pair", Pairs(body))]
        if self.chance.random() < 0.4:
            inner = Pairs([("i", Pairs([("part", "pair"), ("connect", Pairs([("log", "outside.out")])), ("set", Pairs([("q", "$(r)ms")]))]))])
            parts.append(("outer", Pairs([("parameters", Pairs([("r", "30")])), ("needs", ["out"]), ("offers", Pairs([("s", "i.s")])), ("instances", inner)])))
        target = f"{self.chance.choice(names)}.s"
        instances = []
        for name in ("left", "right")[: self.chance.randint(1, 2)]:
            part = self.chance.choice(parts)[0]
            instances.append((name, Pairs([("part", part), ("connect", Pairs([("log" if part == "pair" else "out", target)]))])))
        if self.chance.random() < 0.5:
            trees["parts.yaml"] = Pairs([("version", "1"), ("parts", Pairs(parts))])
            include: Any = "parts.yaml" if self.chance.random() < 0.5 else Pairs([("file", "./parts.yaml"), ("take", self.chance.choice(("all", "parts")))])
            return [("include", [include]), ("instances", Pairs(instances))]
        return [("parts", Pairs(parts)), ("instances", Pairs(instances))]

    # Nearly valid ------------------------------------------------------------------------------

    def _spots(self, tree: Any) -> list[Pairs | list[Any]]:
        """Every mapping and list of a tree."""
        children = [value for _, value in tree.items] if isinstance(tree, Pairs) else tree if isinstance(tree, list) else []
        return ([tree] if children else []) + [spot for child in children for spot in self._spots(child)]

    def _change(self, tree: Pairs) -> None:
        """Change one thing somewhere, at times what a path or text says."""
        chance = self.chance
        if chance.random() < 0.15:
            self._change_text(tree)
            return
        spot = chance.choice(self._spots(tree) or [tree])
        items = spot.items if isinstance(spot, Pairs) else spot
        if not items:
            return
        at = chance.randrange(len(items))
        kind = chance.randint(0, 6)
        if kind == 0:
            del items[at]
        elif kind == 1:
            items.append(items[at])
        elif isinstance(spot, list):
            items[at] = chance.choice(ODD + ODD_TEXTS) if kind < 5 else [items[at]]
        else:
            key, value = spot.items[at]
            changes = {
                2: (chance.choice(KEYS), value), 3: (key.upper(), value), 4: (key[:-1] or "x", value), 5: (key, [value]), 6: (key, chance.choice(ODD + ODD_TEXTS)),
            }
            spot.items[at] = changes[kind]

    def _change_text(self, tree: Pairs) -> None:
        """Put what no text can be, or what is no regular file, where a path or text stands."""
        places: dict[str, list[tuple[Pairs, int]]] = {}
        for spot in self._spots(tree):
            for at, (key, value) in enumerate(spot.items if isinstance(spot, Pairs) else ()):
                if key in TEXT_KEYS and isinstance(value, (str, list)):
                    places.setdefault(key, []).append((spot, at))
        if places:
            spot, at = self.chance.choice(places[self.chance.choice(list(places))])
            key, value = spot.items[at]
            odd = self.chance.choice(ODD_TEXTS)
            spot.items[at] = (key, [odd] if isinstance(value, list) else odd)

    # Of the declaration ------------------------------------------------------------------------

    def _of_type(self, type: Type, depth: int) -> Any:
        """A value of a type, often of another, with keys that are missing or too many."""
        chance = self.chance
        self.count += 1
        if chance.random() < 0.07 or depth > 8 or self.count > 300:
            return chance.choice(ODD + ODD_TEXTS)
        if isinstance(type, Raw):
            return self._of_type(type.inner, depth)
        if isinstance(type, IncludeItem):
            return self._of_type(type.keys, depth + 1)
        if isinstance(type, Keys):
            pairs = [(key.name, self._of_type(key.type, depth + 1)) for key in type.keys if chance.random() < (0.95 if key.required else 0.35)]
            pairs += [(chance.choice(KEYS), chance.choice(ODD))] if chance.random() < 0.1 else []
            chance.shuffle(pairs)
            return Pairs(pairs)
        if isinstance(type, Table):
            names = ["p0", "p1", "left", chance.choice(KEYS)][: chance.randint(0, 4)]
            return Pairs([(name, self._of_type(type.item, depth + 1)) for name in names])
        if isinstance(type, List):
            return [self._of_type(type.item, depth + 1) for _ in range(chance.randint(0, 3))]
        return self._scalar(type)

    def _scalar(self, type: Type) -> str:
        chance = self.chance
        if isinstance(type, Int):
            return chance.choice([str(type.low), str(type.high), str(type.high + 1), str(type.low - 1), type.example])
        if isinstance(type, Quantity):
            unit = chance.choice(type.units)[0]
            return chance.choice([type.sample, f"{chance.randint(0, 99)}{unit}", f"{chance.randint(0, 10**12)}{unit}"])
        if isinstance(type, Choice):
            return chance.choice(type.words)
        if isinstance(type, Bool):
            return chance.choice(("true", "false"))
        return chance.choice(["p0", "p1", "left", "p0.s", "left.s", "components/busy", "guest.bin", type.example, *chance.sample(ODD_TEXTS, 2)])

    # Text --------------------------------------------------------------------------------------

    def _write(self, tree: Any) -> str:
        return "# SPDX-License-Identifier: BSD-2-Clause\n" + self._block(tree, 0)

    def _block(self, tree: Any, indent: int) -> str:
        """A mapping line by line; what is in it, at times on one line."""
        if not isinstance(tree, Pairs) or not tree.items:
            return f"{self._flow(tree)}\n"
        lines = []
        for key, value in tree.items:
            if isinstance(value, Pairs) and value.items and self.chance.random() < 0.7 and indent < 8:
                lines.append(f"{' ' * indent}{key}:\n{self._block(value, indent + 2)}")
            else:
                lines.append(f"{' ' * indent}{key}: {self._flow(value)}\n")
        return "".join(lines)

    def _flow(self, tree: Any) -> str:
        if isinstance(tree, Pairs):
            return "{" + ", ".join(f"{key}: {self._flow(value)}" for key, value in tree.items) + "}"
        if isinstance(tree, list):
            return "[" + ", ".join(map(self._flow, tree)) + "]"
        return str(tree)

    def _broken(self, text: str) -> str:
        """A text that is no spec, and often no YAML."""
        chance = self.chance
        at = chance.randrange(len(text))
        lines = text.split("\n")
        chance.shuffle(lines)
        return chance.choice((
            text[:at], text[:at] + chance.choice("{}[]:,&*!|>%@`\t\0\x7f\ufeff\u2028#'\"") + text[at:], "\n".join(lines), text * 2, re.sub(r"  ", "\t", text),
            "a: &a [x, x]\n" + "".join(f"b{number}: &b{number} [*a, *a]\n" for number in range(30)), "[" * 3000, "a: " * 3000, "- " * 3000, text.replace(":", "", 3),
        ))
