# SPDX-License-Identifier: BSD-2-Clause
"""What a name means where it stands: an entry beside it, what an instance offers, or what is outside the part it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field

from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.yaml_source import Mapping, Node, Scalar, Sequence

#: First words of an object's name that are no entry's (planner.py).
_SYSTEM = ("kernel", "device", "roottask")


@dataclass
class Scope:
    """The spec, or one instance: its path, what its parts call outside, what it offers, and what is in it."""

    path: tuple[str, ...]
    told: str
    connections: dict[str, tuple[Scalar, Scope]]
    offers: dict[str, Scalar]
    needs: list[str] = field(default_factory=list)
    instances: dict[str, Scope] = field(default_factory=dict)
    entries: list[tuple[str, str, Node, Place]] = field(default_factory=list)
    place: Place = Place("")

    def full(self, name: str) -> str:
        """The name in the whole system of something in this scope."""
        return "_".join((*self.path, name))


def resolve(node: Scalar, text: str, scope: Scope, reporter: Reporter) -> str | None:
    """Return what `NAME` or `NAME.NAME` is called in the whole system; None was reported. Each step has one successor."""
    visited: dict[tuple[int, str], str] = {}
    while True:
        names = text.split(".")
        if (id(scope), text) in visited:
            path = [*visited.values(), text]
            reporter.add("SEL-S089", node.place, text=path[0], path=" -> ".join(path[-8:]))
            return None
        visited[id(scope), text] = text
        if names[0] == "outside" and len(names) == 2:
            step = _outside(node, names[1], scope, reporter)
        elif names[0] in scope.instances:
            step = _offer(node, names, scope, reporter)
        else:
            return ".".join((scope.full(names[0]), *names[1:]))
        if step is None:
            return None
        node, scope = step
        text = node.text


def _outside(node: Scalar, name: str, scope: Scope, reporter: Reporter) -> tuple[Scalar, Scope] | None:
    if name not in scope.needs:
        close = nearest(name, scope.needs)
        reporter.add("SEL-S088", node.place, name=name, part=scope.told, nearest=close, permitted=listing(scope.needs))
        return None
    return scope.connections.get(name)


def _offer(node: Scalar, names: list[str], scope: Scope, reporter: Reporter) -> tuple[Scalar, Scope] | None:
    child = scope.instances[names[0]]
    if len(names) == 1:
        reporter.add("SEL-S090", node.place, name=names[0], permitted=listing(child.offers))
        return None
    if names[1] not in child.offers:
        close = nearest(names[1], child.offers)
        reporter.add("SEL-S087", node.place, instance=names[0], name=names[1], nearest=close, permitted=listing(child.offers))
        return None
    return child.offers[names[1]], child


def resolve_object(node: Scalar, scope: Scope, reporter: Reporter) -> str | None:
    """The same for the object of a capability: an entry's name, or that of an offer or outside, and the kind behind it."""
    names = node.text.split(".")
    if names[0] == "shared" and len(names) == 2:
        return f"shared.{scope.full(names[1])}"
    if names[0] in _SYSTEM or len(names) < 2:
        return node.text
    owner = resolve(node, ".".join(names[:-1]), scope, reporter)
    return None if owner is None else f"{owner}.{names[-1]}"


def rewrite(kind: str, entry: Node, scope: Scope, reporter: Reporter) -> None:
    """Replace every reference in an entry by what it is called in the whole system; what cannot be was reported and goes."""
    if not isinstance(entry, Mapping):
        return
    if kind == "processes":
        for key in ("uses", "signals"):
            _in_mapping(entry.items.get(key), scope, reporter)
        services = entry.items.get("serves")
        for service in services.items.values() if isinstance(services, Mapping) else []:
            roles = service.items.get("roles") if isinstance(service, Mapping) else None
            for names in roles.items.values() if isinstance(roles, Mapping) else []:
                _in_sequence(names, scope, reporter)
        capabilities = entry.items.get("capabilities")
        for capability in list(capabilities.items.values()) if isinstance(capabilities, Mapping) else []:
            _object(capability, scope, reporter)
    elif kind == "shared":
        for key in ("writes", "reads"):
            _in_sequence(entry.items.get(key), scope, reporter)
    elif kind == "console":
        _in_mapping(entry, scope, reporter)


def _in_mapping(node: Node | None, scope: Scope, reporter: Reporter) -> None:
    if isinstance(node, Mapping):
        for key, item in list(node.items.items()):
            new = _replaced(item, scope, reporter)
            if new is None:
                del node.items[key]
            else:
                node.items[key] = new


def _in_sequence(node: Node | None, scope: Scope, reporter: Reporter) -> None:
    if isinstance(node, Sequence):
        node.items = [item for item in (_replaced(item, scope, reporter) for item in node.items) if item is not None]


def _replaced(node: Node, scope: Scope, reporter: Reporter) -> Node | None:
    """A reference resolved; what is none is left to the check of its type."""
    if not isinstance(node, Scalar) or not 1 <= len(node.text.split(".")) <= 2 or not all(node.text.split(".")):
        return node
    text = resolve(node, node.text, scope, reporter)
    return None if text is None else Scalar(node.place, text, node.quoted)


def _object(capability: Node, scope: Scope, reporter: Reporter) -> None:
    node = capability.items.get("object") if isinstance(capability, Mapping) else None
    if isinstance(node, Scalar):
        text = resolve_object(node, scope, reporter)
        capability.items["object"] = node if text is None else Scalar(node.place, text, node.quoted)
