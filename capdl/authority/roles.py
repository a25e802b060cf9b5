# SPDX-License-Identifier: BSD-2-Clause
"""What clients may call on services that speak a protocol: their roles there, and by these the methods (docs/adr/0025).

The right to call a service is a capability; which of its methods a client may call is the server's to check, by the roles
that the spec gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from capdl.authority.facts import Facts
from capdl.diagnostics import Place
from capdl.protocol import Spoken


@dataclass(frozen=True)
class Client:
    """A client of a service; `spoken` is None if that has no protocol, and then the client may send anything."""

    name: str
    server: str
    service: str
    spoken: Spoken | None

    @property
    def channel(self) -> str:
        """The service as a spec names it."""
        return f"{self.server}.{self.service}"

    @property
    def protocol(self) -> str:
        """The protocol's name."""
        return self.spoken.protocol.name if self.spoken else ""

    @property
    def roles(self) -> tuple[str, ...]:
        """Its roles."""
        return self.spoken.roles.get(self.name, ()) if self.spoken else ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it may call, in the protocol's order."""
        if self.spoken is None:
            return ()
        bits = self.spoken.methods[self.name]
        return tuple(method.name for method in self.spoken.protocol.methods if bits >> (method.number - 1) & 1)

    @property
    def role_text(self) -> str:
        """Its roles in words, behind a blank; nothing where the protocol has none."""
        if self.spoken is None or not self.spoken.protocol.roles:
            return ""
        return f" as {' and '.join(self.roles)}" if self.roles else " without a role"


def clients(facts: Facts) -> dict[tuple[str, str], Client]:
    """Every client of every service, by its name and the service's."""
    found = {}
    for process in facts.system.processes:
        for _, server, service in process.uses:
            client = Client(process.name, server, service, facts.system.spoken.get((server, service)))
            found[client.name, client.channel] = client
    return found


def place_of(facts: Facts, client: Client, methods: Iterable[str]) -> Place:
    """Where the spec gives a client a role that may call one of these methods, or the service if it takes none."""
    wanted = set(methods)
    by_role = {role: method.name for method in (client.spoken.protocol.methods if client.spoken else ()) if method.name in wanted for role in method.may_call or ()}
    role = next((role for role in client.roles if role in by_role), "")
    return facts.places.of("processes", client.server, "serves", client.service, *(("roles", role, client.name) if role else ()))


def changed(before: Facts, after: Facts) -> Iterable[str]:
    """Roles of clients that differ, in words: which methods they may call by them is another matter (`more`)."""
    known = clients(before)
    for key, client in clients(after).items():
        old = known.get(key)
        if old is None or old.spoken is None or client.spoken is None or set(old.roles) == set(client.roles):
            continue
        place = place_of(after, client, ())
        now = "the same methods" if set(old.methods) == set(client.methods) else ", ".join(client.methods) or "nothing"
        yield f"{client.name} has {_roles(client)} on {client.channel}, and had {_roles(old)}: it may call {now} ({place.path}:{place.line})"


def _roles(client: Client) -> str:
    return f"the role{'s' if len(client.roles) > 1 else ''} {' and '.join(client.roles)}" if client.roles else "no role"


def more(before: Facts, after: Facts) -> Iterable[tuple[str, str, str, Place]]:
    """(client, what it may do, to what, place) for methods that a client may call in `after` and could not in `before`."""
    known = clients(before)
    for key, client in clients(after).items():
        old = known.get(key)
        if client.spoken is None:
            if old is not None and old.spoken is not None:
                yield client.name, "may send", f"any message to {client.channel}, which speaks no protocol", place_of(after, client, ())
            continue
        if old is not None and old.spoken is None:
            continue
        had = set(old.methods) if old is not None and old.protocol == client.protocol else set()
        gained = [name for name in client.methods if name not in had]
        if gained:
            yield client.name, "may call", f"{', '.join(gained)} of {client.channel}{client.role_text}", place_of(after, client, gained)
