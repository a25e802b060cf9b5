# SPDX-License-Identifier: BSD-2-Clause
"""Specs of any size for the report's tests: layers of clients and servers, drivers, shared regions, events, two guests.

The same number gives the same text. Every component is the clone's echo_server: nothing here is built.
"""

from __future__ import annotations

#: A spec of so many processes has a server for every seven of them, in three layers; servers use the layer below.
_LAYERS = 3
#: A console server has a bit of its Notification for so many others, beside its own.
_CONSOLES_MAX = 60


def spec(count: int, guests: int = 2) -> str:
    """A spec of `count` processes, VMMs not among them, and guests besides."""
    servers = max(_LAYERS, count // 7)
    lines = ["version: 1", "board: qemu-virt-aarch64"]
    if count + 2 * guests <= _CONSOLES_MAX:
        lines.append("console: {server: console}")
    lines += ["processes:", "  console:", "    source: components/echo_server", "    devices: {uart: uart0}", "    time: {priority: 200, budget: 100us, period: 10ms}"]
    lines += ["  clock:", "    source: components/echo_server", "    devices: {rtc: rtc0}", "    serves: {now: {}}", "    time: {priority: 190, budget: 100us, period: 10ms}"]
    for number in range(servers):
        lines += _server(number, servers)
    for number in range(count - servers - 2):
        lines += _client(number, servers)
    lines += _guests(guests)
    lines += ["shared:"]
    for number in range(max(1, count // 12)):
        lines.append(f"  table{number}: {{size: {4 * (number % 5 + 1)}K, writes: [server{number % servers}], reads: [client{number}], doorbell: {'true' if number % 2 else 'false'}}}")
    return "\n".join(lines) + "\n"


def _server(number: int, servers: int) -> list[str]:
    """A passive server with two services; those above the lowest layer use one below."""
    below = number - servers // _LAYERS
    uses = [f"    uses: {{below: server{below}.work}}"] if below >= 0 else []
    return [f"  server{number}:", "    source: components/echo_server", "    serves: {work: {}, status: {}}", *uses, f"    time: {{priority: {150 + number % 40}, passive: true}}"]


def _client(number: int, servers: int) -> list[str]:
    """An active process that uses two servers; every fifth uses the clock, every seventh is woken by the one before."""
    first, second = number % servers, (3 * number + 1) % servers
    clock = ", clock: clock.now" if number % 5 == 0 else ""
    signals = [f"    signals: {{wake: client{number - 1}.go}}"] if number % 7 == 1 else []
    return [
        f"  client{number}:", "    source: components/echo_server", f"    uses: {{first: server{first}.work, second: server{second}.status{clock}}}", "    events: [go]", *signals,
        f"    time: {{priority: {20 + number % 100}, budget: 10us, period: 100ms}}",
    ]


def _guests(count: int) -> list[str]:
    if not count:
        return []
    lines = ["guests:"]
    for number in range(count):
        lines += [f"  guest{number}:", "    image: {raw: ./guest.bin}", "    memory: 64M", "    time: {priority: 100, budget: 1ms, period: 10ms}"]
    return lines
