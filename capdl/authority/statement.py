# SPDX-License-Identifier: BSD-2-Clause
"""A statement that something can never be done, in a form that a reviewer can file: argument, assumptions, hashes.

It is made of the same closure and graph as the answer, says of every object who has it, and holds for one spec: the hashes name it.
No date and no path of a machine stand in it but the spec's own as it was given; same input, same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

from capdl.authority.analysis import Analysis
from capdl.authority.answer import Answer
from capdl.authority.links import at
from capdl.authority.who import trusts
from capdl.authority.policy_check import licences

_ROOT = Path(__file__).resolve().parent.parent.parent
_SENTENCES = {
    "can-read": "{subject} can never read the memory of {target}",
    "can-write": "{subject} can never write the memory of {target}",
    "can-call": "{subject} can never call {target}",
    "can-signal": "{subject} can never signal {target}",
    "can-stop": "{subject} can never stop {target}",
    "reaches": "neither does {subject} reach {target}, nor {target} {subject}",
}


def write(analysis: Analysis, answer: Answer, images: list[tuple[str, Path]]) -> str:
    """Return the statement of an answer that does not hold, as Markdown; `images` are built images with how they are shown."""
    subject, verb, target = (str(answer.facts[key]) for key in ("subject", "verb", "target"))
    title = _SENTENCES[verb].format(subject=subject, target=target)
    lines = [f"# {title}", ""]  # a name is written as the spec has it
    lines += [f"System `{analysis.facts.system.name}`{_values(analysis)}, board `{analysis.facts.plan.board}`. Decided by `sel why` over the capabilities and mappings that the spec compiles to.", ""]
    lines += ["## Argument", ""]
    lines += _argument(analysis, subject, verb, target)
    lines += ["", "## What else the analysis says", ""]
    for section in answer.sections:
        lines += ["\n".join(section.text()), ""]
    lines += ["## Assumptions", ""]
    lines += [f"- {line}" for line in _assumptions(analysis)]
    lines += ["", "## Not covered", ""]
    lines += [f"- {line}" for line in _not_covered(verb, target)]
    lines += ["", "## Licences", ""]
    lines += [f"- {name}: {text or 'none stated'}" for name, text in licences(analysis.facts.system).items()]
    lines += ["", "## Inputs", "", _tool(), "", "| input | SHA-256 |", "|---|---|"]
    lines += [f"| {name} | {digest} |" for name, digest in _inputs(analysis, images)]
    return "\n".join(lines) + "\n"


def _values(analysis: Analysis) -> str:
    """Values of parameters that the question gave, not the spec."""
    return f" with {', '.join(f'`--set {each}`' for each in analysis.settings)}" if analysis.settings else ""


def _argument(analysis: Analysis, subject: str, verb: str, target: str) -> list[str]:
    """The steps, each over everything there is of its kind."""
    view, facts = analysis.view(), analysis.facts
    closure = view.closure
    held = closure.has[subject].bit_count()
    first = closure.initial[subject].bit_count()
    acting = [name for name in closure.acts_as(subject) if name != subject]
    steps = [
        f"The system begins with {len(facts.caps)} capabilities and {len(facts.maps)} mappings of {len(facts.subjects)} processes, guests and VMMs; nobody else has any but kernel and roottask.",
        f"{subject} begins with {first} capabilities. By messages that carry capabilities, and by acting in the name of others, it can come to hold {held}: "
        f"the rules were applied until nothing was new, {closure.rounds} times.",
        f"{subject} can act in the name of {', '.join(acting)}." if acting else f"{subject} can act in nobody else's name: it can come to hold no TCB, CNode or VCPU of another and no memory of its own to write, no VSpace of another with a thread to run in it, no firmware call and no bus master that reach all memory.",
    ]
    if verb in ("can-read", "can-write", "reaches"):
        steps += _memory_steps(analysis, subject, target)
    if verb in ("can-read", "can-write"):
        reader = verb == "can-read"
        ends = (target, subject) if reader else (subject, target)
        steps.append(
            f"No chain of others does it for {subject} either: of everybody whom data can get to from what others {'take from' if reader else 'put into'} that memory, "
            f"through any number of servers, {ends[1]} is none." if reader else
            f"No chain of others does it for {subject} either: nobody to whom data of {subject} can get, through any number of servers, has that memory to write.")
    if verb in ("can-call", "can-signal", "can-stop"):
        steps.append(f"None of what {subject} can come to hold lets it {verb.removeprefix('can-')} {target}.")
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)]


def _memory_steps(analysis: Analysis, subject: str, target: str) -> list[str]:
    """Who has which memory of the target."""
    view, facts = analysis.view(), analysis.facts
    names = [held.object for held in facts.maps if held.holder == target or held.object == f"shared.{target}"]
    rows = []
    for name in dict.fromkeys(names):
        users = [f"{held.holder} {at(held.place)}" for held in (*facts.maps, *facts.caps) if held.object == name]
        rows.append(f"   - {view.words.thing(name)}: {', '.join(dict.fromkeys(users))}")
    programs = "" if target not in facts.threads else f"The program of {target}, its zeroed data and its page tables are made for it alone, of memory that nobody else is given. "
    return [f"{programs}The memory of {target} that the spec names, with all who have it:\n" + "\n".join(rows)]


def _assumptions(analysis: Analysis) -> list[str]:
    return [
        "The kernel does what docs/design/kernel.md says; CAVEATS.md and docs/assurance.md say what is assured of it.",
        "The roottask makes exactly what the compiled spec lists and keeps nothing (`sel run --audit` compares); it is told of every fault.",
        "The boot loader starts the image that the hashes below name, unchanged, at EL2; firmware keeps to its interface.",
        f"The board `{analysis.facts.plan.board}` is what platform/{analysis.facts.plan.board} says: no other bus master reaches memory, and no IOMMU is used.",
        *(f"Declared in the spec: {line}." for line in trusts(analysis)),
    ]


def _not_covered(verb: str, target: str) -> list[str]:
    lines = ["Caches, time and other side channels; what leaves the machine by a device and comes back."]
    if verb in ("can-read", "can-write"):
        lines.append(f"Messages that {target} itself sends or takes: they are no access to its memory. A policy `no_flow` is about them.")
    return lines


def _inputs(analysis: Analysis, images: list[tuple[str, Path]]) -> list[tuple[str, str]]:
    """Hashes of the spec, the board's files, the compiled authority, and images."""
    facts = analysis.facts
    board = facts.system.platform.folder
    spec = facts.system.spec.resolve()
    files = [(f"spec {facts.places.whole.path}", spec)]
    others = {path.resolve() for path in facts.system.files} - {spec}  # included files and protocols
    files += sorted((f"spec {os.path.relpath(path, spec.parent)}", path) for path in others)
    files += [(f"platform/{board.name}/{path.name}", path) for path in sorted(board.iterdir()) if path.is_file()]
    files += [(f"bindings/{path.name}", path) for path in facts.system.platform.bindings]
    rows = [(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in files]
    rows.append(("Selvedge: capdl/ and libsel/abi/, which decide", _code()))
    rows.append(("capabilities and mappings of the plan", hashlib.sha256(json.dumps(_plan_rows(analysis)).encode()).hexdigest()))
    return rows + [(f"image {shown}", hashlib.sha256(path.read_bytes()).hexdigest()) for shown, path in images]


def _tool() -> str:
    """The commit of Selvedge that decides, as far as git knows it; a copy without its history is known by its code alone."""
    commit = _git("rev-parse", "HEAD") if _git("rev-parse", "--show-toplevel") == str(_ROOT) else None
    if commit is None:
        return "Decided by a copy of Selvedge without its history: the hash of its code is below."
    changed = ", with changes that are not committed" if _git("status", "--porcelain", "--untracked-files=no", "--", "capdl", "bindings", "platform", "libsel/abi") else ""
    return f"Decided by Selvedge at commit {commit}{changed}."


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(_ROOT), *words], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if not done.returncode else None


def _code() -> str:
    """One hash of all files of capdl/ and libsel/abi: their paths and what is in them."""
    whole = hashlib.sha256()
    for path in sorted(path for folder in ("capdl", "libsel/abi") for path in (_ROOT / folder).rglob("*") if path.suffix in (".py", ".yaml", ".j2")):
        whole.update(f"{path.relative_to(_ROOT).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _plan_rows(analysis: Analysis) -> list[list[list[object]]]:
    """Every capability and mapping that the plan has, in an order that does not depend on the spec's."""
    plan = analysis.facts.plan
    caps = sorted([cap.cnode, cap.name, cap.object, sorted(cap.rights), cap.badge] for cap in plan.caps)
    maps = sorted([item.vspace, item.object, item.address, sorted(item.rights)] for item in plan.maps)
    return [caps, maps]
