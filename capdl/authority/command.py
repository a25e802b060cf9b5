# SPDX-License-Identifier: BSD-2-Clause
"""The questions as one call each, for `sel`: a spec's path in, an Answer out."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capdl import abi as abi_file, check, plan as planning
from capdl.authority import diff as diff_file, image as image_file, policy, statement, who as who_file, why as why_file
from capdl.authority.analysis import Analysis
from capdl.authority.answer import Answer, Unknown
from capdl.diagnostics import Diagnostic


def load(spec: Path, shown: str, board: str | None = None, settings: list[str] | None = None) -> Analysis:
    """Plan a spec without its guests' images, for a board in place of its own if one is named, with the values of `--set NAME=VALUE`; raises SpecError."""
    abi = abi_file.load_default()
    system = check.load_system(spec, shown, abi.limits(), board, settings=settings, reads_images=False)
    return Analysis(system, planning.make(system, abi)[0], tuple(settings or ()))


def broken(analysis: Analysis) -> list[Diagnostic]:
    """What breaks the policy of the spec: a question can be asked all the same."""
    return [finding for rule in analysis.facts.system.policy for finding in policy.judge(analysis, rule)]


def why(analysis: Analysis, subject: str, verb: str, target: str) -> Answer:
    """`sel why`."""
    return why_file.why(analysis, subject, verb, target)


def write_statement(analysis: Analysis, answer: Answer, images: list[str]) -> str:
    """The statement of an answer that does not hold; raises Unknown if it does, or an image is another's."""
    if "path" not in answer.facts or answer.holds:
        raise Unknown("there is nothing to state, since it can be done")
    paths = [(shown, Path(shown)) for shown in images]
    for _, path in paths:
        image_file.check(analysis.facts.plan, path)
    return statement.write(analysis, answer, paths)


def who(analysis: Analysis, resource: str) -> Answer:
    """`sel who`."""
    return who_file.who(analysis, resource)


def diff(old: Analysis, new: Analysis) -> Answer:
    """`sel diff`."""
    return diff_file.diff(old, new)


def report(analysis: Analysis) -> dict[str, object]:
    """What a report of the system says about authority: time with margins, licences, trusts, and each statement of the policy."""
    return {
        "time": who_file.time_facts(analysis), "licences": who_file.licences(analysis.facts.system), "trusts": [*who_file.trusts(analysis), *who_file.policy_trusts(analysis)],
        "policy": who_file.policy_results(analysis),
    }


def _git(folder: Path, text: str, *words: str, why: str = "") -> bytes:
    """What git says to words; raises Unknown, with what it complains of or `why`, if it fails."""
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unknown(f"{text}: git does not give it: {said[-1].removeprefix('fatal: ') if said and not why else why or 'git failed'}")
    return done.stdout


@contextmanager
def at_revision(text: str, folder: Path) -> Iterator[Path | None]:
    """Give the spec file that `REV:PATH` names in the git repository around folder; None if the text is no such name.

    The whole repository is unpacked as it was at the revision, since a spec names what lies beside its folder; components of the project are today's.
    """
    revision, colon, name = text.partition(":")
    if not colon or not revision or not name or Path(text).exists():
        yield None
        return
    top = Path(_git(folder, text, "rev-parse", "--show-toplevel").decode().strip())
    _git(folder, text, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", why=f"there is no revision {revision}")
    # A path after the colon counts from the root of the repository, one that begins with `./` from here: as git has it.
    prefix = _git(folder, text, "rev-parse", "--show-prefix").decode().strip()
    inside = os.path.normpath(os.path.join(prefix, name) if name.startswith(("./", "../")) else name)
    _git(folder, text, "cat-file", "-e", f"{revision}:{inside}", why=f"there is no {inside} at {revision}")
    packed = _git(top, text, "archive", "--format=tar", revision)
    with tempfile.TemporaryDirectory(prefix="sel-diff-") as unpacked:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(unpacked, [member for member in archive if member.isfile() or member.isdir()])
        spec = Path(unpacked) / inside
        if spec.is_dir():
            spec = spec / "system.yaml"
        if not spec.is_file():
            raise Unknown(f"{text}: there is no such file at that revision")
        yield spec
