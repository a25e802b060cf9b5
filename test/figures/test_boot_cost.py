# SPDX-License-Identifier: BSD-2-Clause
"""What virtualization costs a booting Linux, in instructions: the busybox system beside the same kernel, initrd, device tree, memory and
command line on the bare board. The bounds are the project's own (docs/design/figures.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from exits.plugin import exit_marks  # noqa: E402
from icount.measure import Run, measure  # noqa: E402
from sel import fetch  # noqa: E402

FIRST_LINE = r"Booting Linux on physical CPU"
PROMPT = r"/ # "
SPAN_MAX = 1.018
RESET_MAX = 1.05
EXITS_MAX = 16_000  # without the register page (ADR 0012) 34,900
EXTRA_PER_EXIT_MAX = 1000


@pytest.fixture(scope="module")
def build() -> Path:
    """The release build of the system `busybox`."""
    subprocess.run([ROOT / "sel", "build", "busybox", "--preset", "release", "--yes"], check=True, timeout=600, stdin=subprocess.DEVNULL)
    return ROOT / "build" / "busybox" / "release"


@pytest.fixture(scope="module")
def guest(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Linux under its VMM; `watched` counts the exits that reached the VMM."""
    machine = json.loads((build / "run.json").read_text())["machine"]
    [mark] = exit_marks(build / "elf" / "vmm_linux.elf")
    return measure([*machine, "-kernel", str(build / "image.bin")], tmp_path_factory.mktemp("guest"), PROMPT,
                   watched_pc=mark)


@pytest.fixture(scope="module")
def native(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same Linux on the bare board, with the very tree the VMM gives its guest."""
    folder = tmp_path_factory.mktemp("native")
    tree = folder / "guest.dtb"
    spec = ROOT / "systems" / "busybox" / "system.yaml"
    subprocess.run(["/usr/bin/python3", "-m", "capdl", "fdt", str(spec), "linux", "--out", str(tree)], check=True, cwd=ROOT, timeout=120)
    machine = ["-M", "virt,gic-version=3,dtb-randomness=off", "-cpu", "cortex-a57", "-m", "512M", "-nic", "none", "-display", "none",
               "-monitor", "none", "-kernel", str(fetch.resolve("debian-12:Image")), "-initrd", str(fetch.resolve("build:busybox-initrd")),
               "-append", "console=ttyAMA0 earlycon=pl011,0x09000000", "-dtb", str(tree)]
    return measure(machine, folder, PROMPT)


@pytest.fixture(scope="module")
def profile(build: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What `sel run --profile exits` says of the same boot."""
    file = tmp_path_factory.mktemp("profile") / "exits.json"
    command = ["run", build.parent.name, "--preset", build.name, "--profile", "exits", "--profile-json", str(file), "--expect", PROMPT, "--timeout", "240"]
    subprocess.run([ROOT / "sel", *command], check=True, timeout=280, stdin=subprocess.DEVNULL)
    return json.loads(file.read_text(encoding="utf-8"))


def span(run: Run) -> int:
    """Instructions from the kernel's first line on the console to the prompt."""
    return run.time_of(PROMPT) - run.time_of(FIRST_LINE)


def extra(guest: Run, native: Run) -> int:
    """What virtualization adds between first line and prompt."""
    return span(guest) - span(native)


def test_runs_are_comparable(guest: Run, native: Run) -> None:
    """Both booted the same Linux, and the guest's went through the VMM. The figures are printed here (pytest -s)."""
    print(f"first line: guest {guest.time_of(FIRST_LINE)}, native {native.time_of(FIRST_LINE)}")
    print(f"prompt:     guest {guest.time_of(PROMPT)}, native {native.time_of(PROMPT)}")
    print(f"span ratio {span(guest) / span(native):.4f}, reset ratio {guest.time_of(PROMPT) / native.time_of(PROMPT):.4f}")
    print(f"exits {guest.watched}, extra instructions per exit {extra(guest, native) / guest.watched:.0f}")
    assert guest.watched > 1000
    assert span(native) > 500_000_000


def test_span(guest: Run, native: Run) -> None:
    """First line to prompt."""
    assert span(guest) <= SPAN_MAX * span(native)


def test_polling_does_not_exit(guest: Run) -> None:
    """Linux polls its early console's flags before every character; those loads are answered by memory."""
    assert guest.watched <= EXITS_MAX


def test_from_reset(guest: Run, native: Run) -> None:
    """The kernel's and roottask's own start and the copying of the images included."""
    assert guest.time_of(PROMPT) <= RESET_MAX * native.time_of(PROMPT)


def test_each_exit(guest: Run, native: Run) -> None:
    """All that is extra, spread over the exits."""
    assert extra(guest, native) <= EXTRA_PER_EXIT_MAX * guest.watched


def counts(profile: dict, *kinds: str) -> dict[str, int]:
    """Exits of these kinds."""
    return {row["cause"]: row["count"] for row in profile["guests"][0]["rows"] if row["kind"] in kinds}


def test_profile_sees_each_exit(guest: Run, profile: dict) -> None:
    """The exits whose message it has read are those that the VMM took, in its own run and in the other one (an idle guest adds none)."""
    by_message = sum(counts(profile, "MMIO", "memory", "system register", "hypercall", "other").values())
    assert by_message == profile["guests"][0]["taken_by_vmm"] == guest.watched


def test_profile_tells_causes(profile: dict) -> None:
    """Those that this boot must have, and none that has no name."""
    assert profile["guests"][0]["name"] == "linux"
    assert counts(profile, "MMIO")["store UARTDR (0x09000000)"] > 10_000
    # 17 Frames of 2 MiB hold Linux alone; most of 256 are never touched.
    assert list(counts(profile, "memory")) == ["first touch of RAM"] and 17 < counts(profile, "memory")["first touch of RAM"] < 64
    assert counts(profile, "system register")["read ID_AA64PFR0_EL1"] > 0
    assert counts(profile, "hypercall")["HVC PSCI_FEATURES (0x8400000a)"] > 0
    assert set(counts(profile, "interrupt")) <= {"the guest's timer", "the kernel's timer", "the guest's timer and the kernel's timer"}
    assert set(counts(profile, "in the kernel")) <= {"WFI, waited for in the kernel", "first use of the FPU after another thread's", "not known yet"}


def test_profile_loses_no_instruction(profile: dict) -> None:
    """Each is in one sum, and most of them are the guest's own."""
    guest = profile["guests"][0]
    exits = sum(row["total"] for row in guest["rows"])
    processes = sum(each["instructions"] + each["kernel"] for each in profile["processes"])
    assert profile["nobody"] + processes + guest["instructions"] + exits == profile["executed"]
    assert guest["instructions"] > 0.9 * profile["executed"]
