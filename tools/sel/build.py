# SPDX-License-Identifier: BSD-2-Clause
"""Building a system: CMake and ninja in the system's folder, one build at a time in it.

The same commands work by hand; this module chooses the folder, keeps the log, shows
ninja's steps, and says in a sentence what failed. It decides nothing about the build.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, Iterator, TextIO

from sel import PYTHON, ROOT
from sel.build_messages import interesting, unmet_names
from sel.errors import BadEnvironment, BadInput, Failed, SpecFaults, Stopped, os_error_sentence
from sel.settings import read_settings
from sel.systems import System

#: Tools that write through a mapping of the file crash on a full disk, without a word of it; so little room explains a failure.
FULL_DISK_BYTES = 4 << 20
#: A build of more steps than this shows only its progress.
SHOWN_STEPS = 60

_STEP = re.compile(r"^\[(\d+)/(\d+)\] ")
#: What the machine lacks, said by capdl.
_LACK = re.compile(r"^capdl: environment: (.+)$", re.MULTILINE)
#: A fault in a board's folder, said by capdl.
_BOARD_ERROR = re.compile(r"^capdl: (\S*/platform/\S+: .+)$", re.MULTILINE)
#: A finding in the user's spec: `system.yaml:3:5: error SEL-S014: ...` of capdl.
_SPEC_ERROR = re.compile(r"^(?:capdl: )?(\S.*\berror SEL-[A-Z]\d+: .*)$", re.MULTILINE)


def child_environment() -> dict[str, str]:
    """Return the environment for tools: Debian's programs first, no foreign Python settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "VIRTUAL_ENV"}
    kept["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin:" + kept.get("PATH", "")
    kept["PYTHONPYCACHEPREFIX"] = str(ROOT / "build" / "python")
    kept.pop("MAKEFLAGS", None)
    return {**kept, **_compiler_cache()}


def _compiler_cache() -> dict[str, str]:
    """Every system compiles the same sources: let the builds of one tree share the objects."""
    if shutil.which("ccache") is None:
        return {}
    return {
        "CMAKE_C_COMPILER_LAUNCHER": "ccache",
        "CMAKE_ASM_COMPILER_LAUNCHER": "ccache",
        "CCACHE_DIR": str(ROOT / "build" / "ccache"),
        "CCACHE_BASEDIR": str(ROOT),
        "CCACHE_NOHASHDIR": "1",
        "CCACHE_MAXSIZE": "500M",
    }


@contextlib.contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Be the only build in folder; a second one says that it waits."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder) as lock:
            if not _is_the_file(lock, folder / ".lock"):
                with build_lock(folder):  # the folder has been removed while we waited
                    yield
                return
            yield
    except OSError as error:
        raise os_error_sentence(error, f"cannot build in {folder}") from None


def _locked(folder: Path) -> TextIO:
    lock = (folder / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"sel: another build is in {folder}; waiting for it", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _is_the_file(stream: TextIO, path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(stream.fileno()), path.stat())


def build_system(system: System, preset: str) -> Path:
    """Configure when needed and build; return the folder. Call it inside build_lock."""
    folder = system.build_folder(preset)
    log = folder / "build.log"
    definitions = {"SYSTEM": system.spec, "BOARD": system.board, "GDB_GUEST": system.gdb_guest}
    try:
        parameters = _parameters(system, folder)
        configure_and_build(folder, preset, [*(f"-D{name}={value}" for name, value in definitions.items() if value), *parameters], log)
    except BadInput as fault:
        _forget_if_never_built(folder, fault)
        raise
    _link_commands(system, folder)
    _tell_notes(folder / "gen" / "notes.txt")
    for product in ("run.json", "image.bin", "kernel.elf"):
        if not (folder / product).is_file():
            raise Failed(f"the build of {system.name} left no {product} in {folder}", log)
    return folder


def _tell_notes(file: Path) -> None:
    """Print what capdl has to say of a system that it did not refuse, at each build: the fault it explains may come at any run."""
    with contextlib.suppress(FileNotFoundError):
        for note in file.read_text(encoding="utf-8").splitlines():
            print(f"sel: note: {note}", flush=True)


def _parameters(system: System, folder: Path) -> list[str]:
    """Write what --set gives to a file for CMake, a line each; the folder is that of these values alone."""
    if not system.settings:
        return []
    path = folder / "parameters.txt"
    text = "".join(f"{word}\n" for word in system.settings).encode("utf-8", "surrogateescape")
    if not path.exists() or path.read_bytes() != text:
        path.write_bytes(text)
    return [f"-DPARAMETERS={path}"]


def _link_commands(system: System, folder: Path) -> None:
    """Let clangd find how sources are compiled: a link where it looks, above them or in `build/` there, to the build made last."""
    spec = system.spec.parent
    if spec.is_relative_to(ROOT):
        places = {ROOT / "build"}
    else:
        plan = json.loads((folder / "gen" / "plan.json").read_text(encoding="utf-8"))
        sources = {Path(process["folder"]) for process in plan["processes"]}
        sources |= {Path(device["source"]).parent for guest in plan.get("guests", []) for device in guest["devices"]}
        places = {spec, *(source for source in sources if not source.is_relative_to(ROOT) and not source.is_relative_to(spec))}
    for place in places:
        link = place / "compile_commands.json"
        if link.is_symlink() or not link.exists():
            with contextlib.suppress(OSError):  # a folder that cannot be written is no fault of the build
                link.unlink(missing_ok=True)
                link.symlink_to(folder / "compile_commands.json")


def _forget_if_never_built(folder: Path, fault: BadInput) -> None:
    """A fault in the input of a first build is told on the screen in full: nothing of it is left behind."""
    if (folder / ".configured").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()
    fault.log = None


def configure_and_build(folder: Path, preset: str, definitions: list[str], log: Path) -> None:
    """Run CMake (when something changed that ninja does not see) and ninja."""
    read_settings()  # CMake's own words about a fault in them are long
    _forget_moved_tree(folder)
    with _interruption_names(log), log.open("wb") as stream:
        if _needs_configuration(folder):
            command = ["cmake", "--preset", preset, "-B", str(folder), f"-DPython3_EXECUTABLE={PYTHON}", *definitions]
            _run(command, stream, log, "the configuration")
            (folder / ".configured").touch()
        _run(["cmake", "--build", str(folder)], stream, log, "the build")


@contextlib.contextmanager
def _interruption_names(log: Path) -> Iterator[None]:
    """An interrupted build has a log, too."""
    try:
        yield
    except Stopped as stop:
        stop.log = log
        raise
    except KeyboardInterrupt:
        raise Stopped("interrupted", log) from None


def _needs_configuration(folder: Path) -> bool:
    """Ninja re-runs CMake for CMakeLists.txt itself, but not for a preset."""
    stamp = folder / ".configured"
    if not stamp.exists() or not (folder / "build.ninja").exists():
        return True
    inputs = [ROOT / "CMakePresets.json", ROOT / "CMakeUserPresets.json"]
    return any(path.exists() and path.stat().st_mtime > stamp.stat().st_mtime for path in inputs)


def _forget_moved_tree(folder: Path) -> None:
    """Drop a CMake cache that was made for a source tree at another place."""
    cache = folder / "CMakeCache.txt"
    if not cache.exists():
        return
    match = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", cache.read_text(errors="replace"), re.MULTILINE)
    if match and Path(match.group(1)) != ROOT:
        cache.unlink()
        shutil.rmtree(folder / "CMakeFiles", ignore_errors=True)
        (folder / ".configured").unlink(missing_ok=True)


def _run(command: list[str], stream: BinaryIO, log: Path, what: str) -> None:
    stream.write(("$ " + " ".join(command) + "\n").encode())
    stream.flush()
    try:
        process = subprocess.Popen(
            command, cwd=ROOT, env=child_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )
    except FileNotFoundError:
        raise BadEnvironment(f"{command[0]} is not installed; run ./sel doctor") from None
    progress = Progress()
    try:
        assert process.stdout is not None
        output = [_follow(line, stream, progress) for line in process.stdout]
    finally:
        progress.finish()
        if process.poll() is None:
            # An interruption: ninja removes what it has half made, the compilers end with it.
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    if process.returncode != 0:
        _explain_failure("".join(output), what, log)


def _follow(line: str, stream: BinaryIO, progress: "Progress") -> str:
    stream.write(line.encode())
    progress.take(line)
    return line


class Progress:
    """Shows ninja's steps: each one when there are few, else a line that is overwritten, or every tenth part."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._is_open = False
        self._tenth = 0

    def take(self, line: str) -> None:
        """Look at one line of output."""
        if line.startswith(("kernel size: ", "sel: downloading ")):
            self.finish()
            print(line.rstrip(), flush=True)
        match = _STEP.match(line)
        if match is None or match.group(1) == "0":
            return
        step, count = int(match.group(1)), int(match.group(2))
        if count <= SHOWN_STEPS:
            print(line.rstrip(), flush=True)
        elif self._is_terminal:
            columns = shutil.get_terminal_size().columns
            print("\r\x1b[K" + line.rstrip()[: columns - 1], end="", flush=True)
            self._is_open = True
        elif step * 10 // count != self._tenth:
            self._tenth = step * 10 // count
            print(f"sel: built {step} of {count}", flush=True)

    def finish(self) -> None:
        """Remove the progress line."""
        if self._is_open:
            print("\r\x1b[K", end="", flush=True)
            self._is_open = False


def _explain_failure(output: str, what: str, log: Path) -> None:
    """Raise the error that a failed build stands for."""
    free = shutil.disk_usage(log.parent).free if log.parent.exists() else FULL_DISK_BYTES
    if "No space left on device" in output or free < FULL_DISK_BYTES:
        raise BadEnvironment(f"{what} failed: the disk is full ({log.parent}, {free >> 10}K free); make room and run again", log)
    if lack := _LACK.search(output):
        raise BadEnvironment(lack[1], log)
    findings = list(dict.fromkeys(_SPEC_ERROR.findall(output)))
    if findings:
        raise SpecFaults(findings, log)
    if fault := _BOARD_ERROR.search(output):
        raise BadInput(fault[1], log)
    if missing := unmet_names(output, log.parent):
        raise Failed(missing, log)
    sentences = re.findall(r"^sel: (.+)$", output, re.MULTILINE)
    shown = interesting(output, log.parent)
    lead = f"{sentences[-1]}\n" if sentences else ""
    raise Failed(f"{lead}{what} failed:\n{shown}", log)
