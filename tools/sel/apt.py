# SPDX-License-Identifier: BSD-2-Clause
"""Packages of another architecture, by apt's own tools and an apt state of our own.

The machine's mirror and its keyring are used, its package lists and architectures
are not touched: every folder apt writes to is inside the scratch folder. Nothing is
installed; a package is only unpacked. apt checks signatures and sums as always.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from sel.errors import BadEnvironment

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
SOURCES_LIST = Path("/etc/apt/sources.list")
HELPER = "/usr/lib/apt/apt-helper"
PROBED_SUITE = "bookworm"
SOURCES_PARTS = Path("/etc/apt/sources.list.d")

_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)")
_NO_NETWORK = re.compile(r"Could not resolve|Temporary failure|Could not connect|Connection|Cannot initiate|timed out|Failed to fetch")


def configured_mirror(sources_list: Path = SOURCES_LIST, parts: Path = SOURCES_PARTS) -> str:
    """Return the address of the Debian archive this machine is configured to use."""
    files = [sources_list] if sources_list.exists() else []
    if parts.is_dir():
        files += sorted(p for p in parts.iterdir() if p.suffix in (".list", ".sources"))
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        for address in _deb822_addresses(text) if path.suffix == ".sources" else _one_line_addresses(text):
            if re.search(r"/debian/?$", address):
                return address.rstrip("/")
    raise BadEnvironment(
        "no Debian archive is configured in /etc/apt (no address that ends in /debian); "
        "add your mirror to /etc/apt/sources.list and run again"
    )


def _one_line_addresses(text: str) -> list[str]:
    return [m.group(1) for line in text.splitlines() if (m := _ONE_LINE.match(line.strip()))]


def _deb822_addresses(text: str) -> list[str]:
    addresses: list[str] = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(\w[\w-]*):[ \t]*(.*)$", stanza, re.MULTILINE))
        if fields.get("Enabled", "yes").strip() == "no" or "deb" not in fields.get("Types", "").split():
            continue
        addresses += fields.get("URIs", "").split()
    return addresses


def reachable_mirror() -> str:
    """Return the configured archive's address after a look at it, by apt's own ways and proxies."""
    mirror = configured_mirror()
    options = [word for option in ("Acquire::Retries=0", "Acquire::http::Timeout=10", "Acquire::https::Timeout=10") for word in ("-o", option)]
    with tempfile.TemporaryDirectory(prefix="sel-archive-") as folder:
        command = [HELPER, *options, "download-file", f"{mirror}/dists/{PROBED_SUITE}/Release", f"{folder}/Release"]
        try:
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BadEnvironment(f"{mirror} cannot be asked ({error})") from None
        if done.returncode != 0:
            raise BadEnvironment(f"{mirror} cannot be reached; images that are not in the cache cannot be fetched")
    return mirror


class ForeignApt:
    """apt for one suite and architecture with all of its state under one folder."""

    def __init__(self, folder: Path, suite: str, architecture: str, mirror: str | None = None) -> None:
        self.folder = folder
        self.suite = suite
        for part in ("state/lists/partial", "cache/archives/partial", "empty"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        keyring = next((k for k in KEYRINGS if k.exists()), None)
        if keyring is None:
            raise BadEnvironment("the archive's keyring is missing; as root run: apt-get install debian-archive-keyring")
        source = f"deb [signed-by={keyring} arch={architecture}] {mirror or configured_mirror()} {suite} main\n"
        (folder / "sources.list").write_text(source, encoding="utf-8")
        self.options = [
            f"Dir::State={folder}/state",
            f"Dir::State::status={folder}/status",
            f"Dir::Cache={folder}/cache",
            f"Dir::Log={folder}",
            f"Dir::Etc::sourcelist={folder}/sources.list",
            f"Dir::Etc::sourceparts={folder}/empty",
            f"Dir::Etc::preferences={folder}/none",
            f"Dir::Etc::preferencesparts={folder}/empty",
            f"APT::Architecture={architecture}",
            f"APT::Architectures={architecture}",
            f"APT::Sandbox::User={_own_user()}",
            "Acquire::Languages=none",
            "Acquire::Retries=2",
            "APT::Get::List-Cleanup=false",
        ]

    def update(self) -> None:
        """Fetch the suite's package list."""
        self._run(["update"], f"the package list of {self.suite}")

    def download(self, package: str) -> Path:
        """Download one package and return the path of its .deb."""
        target = self.folder / "download"
        target.mkdir(exist_ok=True)
        before = set(target.iterdir())
        self._run(["download", package], f"the package {package}", target)
        fresh = [path for path in target.iterdir() if path not in before and path.suffix == ".deb"]
        if len(fresh) != 1:
            raise BadEnvironment(f"apt-get download {package} left no package behind; run again")
        return fresh[0]

    def _run(self, arguments: list[str], what: str, cwd: Path | None = None) -> None:
        options = [word for option in self.options for word in ("-o", option)]
        command = ["apt-get", "--quiet=2", *options, *arguments]
        environment = dict(os.environ, LC_ALL="C.UTF-8")
        done = subprocess.run(
            command, cwd=cwd or self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False, env=environment,
        )
        # apt-get update answers 0 when it could not reach the archive but had nothing older either.
        if done.returncode < 0:
            raise BadEnvironment(f"{what} could not be downloaded: apt-get was ended by {signal.Signals(-done.returncode).name}; run again")
        if done.returncode != 0 or (arguments[0] == "update" and _NO_NETWORK.search(done.stdout)):
            raise BadEnvironment(_explain(done.stdout, what))


def _own_user() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _explain(output: str, what: str) -> str:
    """Turn apt's output into one sentence."""
    if "No space left on device" in output or "enough free space" in output:
        return f"{what} could not be downloaded: the disk is full; make room, or point SEL_CACHE to another disk"
    if _NO_NETWORK.search(output):
        return f"{what} could not be downloaded: the Debian archive cannot be reached; connect this machine and run again"
    lines = [line for line in output.splitlines() if line.startswith("E:")] or output.splitlines()
    return f"{what} could not be downloaded: apt says: {lines[-1] if lines else 'nothing'}"


def unpack(package: Path, target: Path) -> None:
    """Unpack a .deb's files into target."""
    done = subprocess.run(
        ["dpkg-deb", "-x", str(package), str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        if "No space left" in done.stderr:
            raise BadEnvironment(f"{package.name} could not be unpacked: the disk is full; make room")
        raise BadEnvironment(f"{package.name} could not be unpacked: {done.stderr.strip().splitlines()[-1:]}")


def version_of(package: Path) -> str:
    """Return the version recorded in a .deb."""
    done = subprocess.run(
        ["dpkg-deb", "--field", str(package), "Version"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
