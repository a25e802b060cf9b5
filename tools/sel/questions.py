# SPDX-License-Identifier: BSD-2-Clause
"""`sel why`, `who` and `diff`: words in, answers out; what they mean is decided in capdl/authority.

Nothing is built. The answer is printed, as sentences or JSON; a no ends with exit code 1.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Iterator

from sel import ROOT, packages
from sel.errors import BadEnvironment, BadInput, Failed, SpecFaults
from sel.systems import find_system

if TYPE_CHECKING:
    from capdl.authority.analysis import Analysis
    from capdl.authority.answer import Answer


@contextmanager
def sentences(assume_yes: bool, what: str = "the spec") -> Iterator[None]:
    """What capdl refuses, in sel's own words; `what` is what it reads."""
    packages.ensure(packages.QUESTIONS, assume_yes)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from capdl.authority.answer import Unknown
    from capdl.diagnostics import EnvironmentFault, PlatformError, SpecError

    try:
        yield
    except Unknown as error:
        raise BadInput(str(error)) from None
    except SpecError as error:
        raise SpecFaults([str(each) for each in error.diagnostics], what=what) from None
    except EnvironmentFault as error:
        raise BadEnvironment(str(error)) from None
    except PlatformError as error:
        raise BadInput(str(error)) from None


def _load(text: str, board: str | None, settings: list[str], is_about_policy: bool = False) -> Analysis:
    """Analyse a system or spec; that its policy is broken is noted, if that is not what is asked."""
    from capdl.authority import command

    system = find_system(text).on_board(board)
    shown = text if os.path.isfile(text) else os.path.relpath(system.spec)
    analysis = command.load(system.spec, shown, system.board, settings)
    broken = 0 if is_about_policy else len(command.broken(analysis))
    if broken:
        print(f"sel: note: the policy is broken {'once' if broken == 1 else f'{broken} times'}, a build is refused; ./sel who {text} policy tells", file=sys.stderr)
    return analysis


def _print(answer: Answer, is_json: bool) -> None:
    print(json.dumps(answer.as_dict(), indent=1) if is_json else answer.text(), flush=True)


def _count(words: list[str], least: int, most: int, form: str) -> None:
    if not least <= len(words) <= most:
        given = "nothing" if not words else f"{len(words)} word{'s' * (len(words) != 1)}: {' '.join(words)}"
        raise BadInput(f"the question is `{form}`; given is {given}")


def why(words: list[str], board: str | None, settings: list[str], is_json: bool, assume_yes: bool, statement: str | None, images: list[str]) -> None:
    """`sel why SYSTEM A [VERB] B`; Failed if it cannot, or with a statement if it can."""
    _count(words, 3, 4, "./sel why SYSTEM A [VERB] B")
    if images and statement is None:
        raise BadInput("--image is for a statement; give --statement FILE with it")
    system, subject, *middle, target = words
    with sentences(assume_yes):
        from capdl.authority import command

        analysis = _load(system, board, settings)
        answer = command.why(analysis, subject, middle[0] if middle else "reaches", target)
        text = command.write_statement(analysis, answer, images) if statement is not None and not answer.holds else None
    _print(answer, is_json)
    if statement is None:
        if not answer.holds:
            raise Failed(f"{answer.question}: no")
    elif text is None:
        raise Failed("nothing is stated, since it can be done")
    else:
        _write(Path(statement), text)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--statement {path} cannot be written: {error.strerror}; name a file in a folder that is there") from None
    print(f"sel: the statement is in {path}", file=sys.stderr)


def who(words: list[str], board: str | None, settings: list[str], is_json: bool, assume_yes: bool) -> None:
    """`sel who SYSTEM RESOURCE`; Failed if that is a policy which does not hold."""
    _count(words, 2, 2, "./sel who SYSTEM RESOURCE")
    with sentences(assume_yes):
        from capdl.authority import command

        answer = command.who(_load(words[0], board, settings, is_about_policy=words[1] == "policy"), words[1])
    _print(answer, is_json)
    if not answer.holds:
        raise Failed("the policy does not hold")


def diff(words: list[str], settings: list[str], is_json: bool, assume_yes: bool) -> None:
    """`sel diff OLD NEW`; Failed if authority grew or the policy demands less."""
    _count(words, 2, 2, "./sel diff OLD NEW")
    with sentences(assume_yes):
        from capdl.authority import command

        old, new = _at(words[0], settings), _at(words[1], settings)
        answer = command.diff(old, new)
    _print(answer, is_json)
    if not answer.holds:
        raise Failed(answer.headline.removesuffix("."))


def _at(text: str, settings: list[str]) -> Analysis:
    """Analyse a system, a spec, or a spec at a git revision."""
    from capdl.authority import command

    with command.at_revision(text, Path.cwd()) as spec:
        return _load(text, None, settings) if spec is None else command.load(spec, text, settings=settings)
