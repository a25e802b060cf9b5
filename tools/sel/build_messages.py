# SPDX-License-Identifier: BSD-2-Clause
"""What compiler and linker say of a failed build, in the words of spec and protocol, and with paths as the user sees them.

The linker knows symbols only; which name of which spec is meant follows from the generated sources of the process that it links.
"""

from __future__ import annotations

import re
from pathlib import Path

from sel.errors import nearest
from sel.files import shown_path

SHOWN_LINES = 40
_LAST_LINES = 20

_UNDEFINED = re.compile(r"undefined symbol: (\S+)")
_NAME = re.compile(r"sel_(?P<kind>cap|bit|region)_(?P<name>\w+)")
_SPOKEN = re.compile(r"sel_(?P<kind>channel|service)_(?P<name>\w+)\.protocol_(?P<protocol>\w+)")
_HANDLER = re.compile(r"(?P<protocol>\w+?)_handle_(?P<method>\w+)")
#: Of a channel or service: how C names it, and by which key the spec gives it.
_MACROS = {"channel": ("SEL_USES_CHANNEL", "uses"), "service": ("SEL_SERVES", "serves")}
#: A place at the start of a line: `FILE:LINE:COLUMN: `, and what leads to one in a list of includes.
_PLACE = re.compile(r"^((?:In file included from |\s+from )?)((?:/|\.\.?/)[^\s:]+)(?=:\d+[:,])")
#: Lines of ninja and of the compiler's driver that tell nobody anything.
_NOISE = re.compile(r"^(ccache )?/\S+/(clang|clang\+\+|cmake)\S* |^: && |^FAILED: \S+\.obj\b|^ninja: build stopped|^clang\S*: error: ld\.lld command failed|^\[\d+/\d+\] ")


def unmet_names(output: str, folder: Path) -> str:
    """Say which names of spec or protocol a program uses or lacks, for what the linker did not find; empty if it is something else."""
    process = re.search(r"^FAILED: .*\belf/(\w+)\.elf", output, re.MULTILINE)
    if process is None:
        return ""
    told = _Process(process[1], folder)
    lines = [line for symbol in dict.fromkeys(_UNDEFINED.findall(output)) if (line := told.sentence(symbol))]
    if not lines:
        return ""
    return "\n".join([*lines, f"the names come from the spec (docs/spec/README.md); the linker's own words are in {folder / 'build.log'}"])


class _Process:
    """The names that a process has, from its generated sources."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._protocols = folder / "gen" / "protocol"
        source = folder / "gen" / name / "sel_spec.c"
        self._text = source.read_text(encoding="utf-8") if source.is_file() else None

    def sentence(self, symbol: str) -> str:
        """What an undefined symbol means; empty if it is no name of spec or protocol."""
        if self._text is None:
            return ""
        if found := _NAME.fullmatch(symbol):
            return self._name_missing(found["kind"], found["name"])
        if found := _SPOKEN.fullmatch(symbol):
            return self._spoken_missing(found["kind"], found["name"], found["protocol"])
        if found := _HANDLER.fullmatch(symbol):
            return self._handler_missing(symbol, found["protocol"], found["method"])
        return ""

    def _name_missing(self, kind: str, name: str) -> str:
        known = re.findall(rf"^const .*\bsel_{kind}_(\w+) =", self._text or "", re.MULTILINE)
        return f"process '{self._name}' uses SEL_USES_{kind.upper()}({name}), which its spec does not give{nearest(name, known)}; it has: {', '.join(known) or 'none'}"

    def _spoken_missing(self, kind: str, name: str, protocol: str) -> str:
        macro, key = _MACROS[kind]
        known = dict(re.findall(rf'"sel_{kind}_(\w+)\.protocol_(\w+)"', self._text or ""))
        lead = f"process '{self._name}' has {macro}({name}, {protocol}), but its spec "
        if name in known:
            return f"{lead}says by `{key}` that {name} speaks the protocol {known[name]}: write {macro}({name}, {known[name]}), or name a service of protocol {protocol} in the spec"
        listed = ", ".join(f"{each} (protocol {spoken})" for each, spoken in known.items()) or "none"
        return f"{lead}gives it no {kind} named '{name}'{nearest(name, known)}; it has by `{key}`: {listed}"

    def _handler_missing(self, symbol: str, protocol: str, method: str) -> str:
        header = self._protocols / f"{protocol}_server.h"
        declared = re.search(rf"^sel_err_t {symbol}\(.*\);$", header.read_text(encoding="utf-8"), re.MULTILINE) if header.is_file() else None
        if declared is None:
            return ""
        return f"process '{self._name}' serves the protocol {protocol} and lacks the handler of its method '{method}': write\n  {declared[0].rstrip(';')}"


def interesting(output: str, folder: Path) -> str:
    """Return what the failed step said, without its command line (it is in the log), or the last lines; paths are as the user is to find them."""
    lines = [line for line in output.splitlines() if line.strip()]
    starts = [i for i, line in enumerate(lines) if line.startswith(("FAILED:", "CMake Error"))]
    begin = starts[0] if starts else max(0, len(lines) - _LAST_LINES)
    kept = [line for line in lines[begin:] if not _NOISE.search(line)]
    return "\n".join("  " + _PLACE.sub(lambda place: place[1] + shown_path(place[2], folder), line) for line in kept[:SHOWN_LINES])
