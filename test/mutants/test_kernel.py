# SPDX-License-Identifier: BSD-2-Clause
"""A mutant of the kernel, planted here, is caught by the kernel's unit tests as the command would; one of the model by the lockstep."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROOT, build
from mutants import command, programs
from mutants.coverage import Coverage
from mutants.draw import Mutant
from mutants.trial import Trial
from mutants.workshop import Workshop

PROGRAM = "unit_kernel_sched_refill"
LOCKSTEP = "lockstep"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("unit")
    options = ("-DUNIT_KERNEL_ONLY=ON", "-DUNIT_SHARED=ON", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    return Workshop(build(ROOT / "test/unit", folder, *options, targets=(PROGRAM, LOCKSTEP)), ("unit_kernel",), ROOT)


def test_a_budget_not_charged_is_caught(workshop: Workshop, pool: list[list[Mutant]], tmp_path: Path) -> None:
    every = [mutant for mutants in pool for mutant in mutants if mutant.function == "refill_charge"]
    planted = [m for m in every if (m.before(), m.after()) == ("head->amount -= used;", "(void)0;")]
    assert len(planted) == 1
    trial = Trial(workshop, programs.find(workshop.folder, ["libunit_kernel.so"]), Coverage(), tmp_path)
    assert [program.name for program in trial.programs] == ["kernel/sched/refill"]
    result = trial.attempt(planted[0])
    assert (result.uncounted, result.program) == (None, "kernel/sched/refill")
    assert result.noticed is not None


def test_a_refill_lost_in_the_model_is_caught(workshop: Workshop, tmp_path: Path) -> None:
    """`--of model`: the lockstep is the model's test as much as the kernel's."""
    model = Workshop(workshop.folder, ("model",), ROOT)
    every = [mutant for mutants in command.read_pool(model, command.SUBJECTS["model"]) for mutant in mutants]
    planted = [m for m in every if (m.function, m.before(), m.after()) == ("add_last", "last->amount += used.amount;", "(void)0;")]
    assert len(planted) == 1
    trial = Trial(model, programs.find(workshop.folder, ["libmodel.so"]), Coverage(), tmp_path)
    assert {program.name for program in trial.programs} == {"model/lockstep", "model/corpus"}
    result = trial.attempt(planted[0])
    assert result.uncounted is None
    assert result.noticed is not None


@pytest.fixture(scope="module")
def pool(workshop: Workshop) -> list[list[Mutant]]:
    return command.read_pool(workshop, command.SUBJECTS["kernel"])


def test_statements_of_the_kernel_alone_are_changed(pool: list[list[Mutant]]) -> None:
    paths = {mutants[0].path for mutants in pool}
    assert {"kernel/api/syscall.c", "kernel/api/check.h", "kernel/ipc/fastpath.c", "kernel/ipc/handover.h", "kernel/object/untyped.c"} <= paths
    assert not [path for path in paths if not path.startswith("kernel/") or path.startswith("kernel/arch/")]
    assert len(pool) > 1000


def test_every_reason_is_of_a_mutant_there_is(pool: list[list[Mutant]]) -> None:
    """What is explained in equivalent.yaml must still be a line of the kernel."""
    command.check_stale(command.reasons(), pool, command.SUBJECTS["kernel"])
