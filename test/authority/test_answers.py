# SPDX-License-Identifier: BSD-2-Clause
"""What `why`, `who`, `diff` and a statement say, in full where it is short; as JSON; and of names that there are not."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, Make, add, process, spec_of

from capdl.authority import command
from capdl.authority.analysis import Analysis
from capdl.authority.answer import Unknown

SERVES = "serves: {s: {}}"
TAKES = "serves: {s: {takes_capabilities: true}}"
CONSOLE = "console: {server: tty, separates_clients: true}\n"
SYSTEM = spec_of(
    process("tty", "devices: {uart: uart0}", "timer: true"), process("keystore", SERVES, "licence: MIT"), process("control", "uses: {sign: keystore.s}"),
    process("logger", "events: [go]"), more=CONSOLE + "shared:\n  log: {size: 8K, writes: [control], reads: [logger]}\n",
)
CONTROL = process("control", "uses: {sign: keystore.s}")
#: The lines of SYSTEM: tty 4, keystore 9 (service 12), control 14 (use 17), logger 18, console 22, log 24.


def said(make: Make, question: str, text: str = SYSTEM) -> list[str]:
    """The lines of an answer."""
    return command.why(make(text), *question.split()).text().splitlines()


def test_a_yes_is_a_path_with_places(make: Make) -> None:
    assert said(make, "logger can-read control") == [
        "yes: logger can read the memory of control.", "by:", "  1. control writes the region log (s.yaml:24), which logger reads (s.yaml:24)"]
    assert said(make, "control can-call keystore") == [
        "yes: control can call keystore.", "by:", "  1. control may call keystore.s (s.yaml:17)"]


def test_help_of_others_is_named(make: Make) -> None:
    """Without the trust in tty, what logger prints may come to control."""
    assert said(make, "control can-read logger", SYSTEM.replace(", separates_clients: true", "")) == [
        "yes: control can read the memory of logger with the help of tty.", "by:",
        "  1. logger writes the console ring of logger (s.yaml:22), which tty reads (s.yaml:22)",
        "  2. tty writes the console ring of control (s.yaml:22), which control reads (s.yaml:22)"]


def test_who_must_help_is_data_too(make: Make) -> None:
    """A program tells a yes of one's own from one that takes others."""
    lone = command.why(make(SYSTEM), "logger", "can-read", "control").as_dict()
    helped = command.why(make(SYSTEM.replace(", separates_clients: true", "")), "control", "can-read", "logger").as_dict()
    assert (lone["holds"], lone["helpers"], helped["holds"], helped["helpers"]) == (True, [], True, ["tty"])


def test_a_no_says_who_can_and_where_data_ends(make: Make) -> None:
    assert said(make, "control can-read logger") == [
        "no: control can never read the memory of logger.", "who can read the memory of logger:",
        "  - logger writes the console ring of logger (s.yaml:22), which tty reads (s.yaml:22)",
        "no data of logger reaches control:", "  - it goes as far as tty", "  - it ends where tty keeps the consoles apart (s.yaml:22)",
        "this rests on:", "  - tty keeps the consoles apart (s.yaml:22)"]


def test_messages_are_told_apart_from_memory(make: Make) -> None:
    assert said(make, "control can-read keystore")[-4:-2] == [
        "what keystore itself sends reaches control, which is no reading of memory:", "  1. keystore answers (s.yaml:12) what control calls on keystore.s (s.yaml:17)"]


def test_what_is_held_from_the_start_is_not_handed_on_first(make: Make) -> None:
    """control has a right to call keys of its own, though relay, which could hand it another, stands before it in the spec: three messages, not four."""
    text = spec_of(process("keys", SERVES), process("relay", SERVES, "uses: {k: keys.s}"), process("audit", SERVES), process("control", "uses: {r: relay.s, k: keys.s, a: audit.s}"), process("viewer", "uses: {a: audit.s}"))
    answer = command.why(make(text, add("viewer", "audit.s", "WRITE", "GRANT")), "audit", "can-call", "keys")
    assert answer.text().splitlines()[2:] == [
        "  1. viewer may send the right to call audit.s (s.yaml:21) to audit, in a call on audit.s (s.yaml:21)",
        "  2. audit may send the right to call audit.s to control, in an answer on audit.s (s.yaml:20)",
        "  3. control may send the right to call keys.s (s.yaml:20) to audit, in a call on audit.s (s.yaml:21)",
        "  4. audit then may call keys.s"]


def test_handing_on_takes_as_few_messages_as_there_must_be(make: Make) -> None:
    """Each calls the three before it: from p2 by every third, in six answers, the right to call p0 comes to p20."""
    text = spec_of(*(process(f"p{number}", TAKES, f"uses: {{{', '.join(f'u{each}: p{each}.s' for each in range(max(0, number - 3), number))}}}") for number in range(24)))
    answer = command.why(make(text.replace("    uses: {}\n", "")), "p20", "can-call", "p0")
    assert len(answer.facts["path"]) == 6 + 1


TRUST = "b keeps the clients of b.s apart (s.yaml:11)"
#: b has a right that it could hand to a, and what c says, which it could tell a; of another server nothing rests on it.
TRUSTING = spec_of(
    process("a", "uses: {s: b.s}"), process("b", "serves: {s: {separates_clients: true}}", "uses: {t: d.s}"), process("c", "uses: {s: b.s}"), process("d", "serves: {s: {separates_clients: true}}"))


def test_what_rests_on_a_separator_names_it(make: Make) -> None:
    """As text and as JSON; and only what does: not the separator that makes no difference to the answer."""
    for question in ("a can-call d", "a can-call d.s"):
        answer = command.why(make(TRUSTING), *question.split())
        assert not answer.holds and answer.text().splitlines()[-2:] == ["this rests on:", f"  - {TRUST}"] and answer.as_dict()["rests_on"] == [TRUST]
    answer = command.who(make(TRUSTING), "d.s")
    assert answer.text().splitlines()[-2:] == ["this rests on:", f"  - {TRUST}"] and answer.as_dict()["rests_on"] == [TRUST]
    # d could hand b the right to signal d, too.
    assert command.who(make(TRUSTING), "d").as_dict()["rests_on"] == [TRUST, "d keeps the clients of d.s apart (s.yaml:20)"]
    for question in ("b can-call d", "a can-stop d"):
        answer = command.why(make(TRUSTING), *question.split())
        assert answer.as_dict()["rests_on"] == [] and "rests on" not in answer.text()
    assert command.who(make(TRUSTING), "uart0").as_dict()["rests_on"] == []


def test_either_of_two_separators_may_do(make: Make) -> None:
    """From a to c there are two ways, each through a separator of its own: the answer rests on both."""
    text = spec_of(process("a", "uses: {s: b.s, t: d.s}"), process("b", "serves: {s: {separates_clients: true}}"), process("c", "uses: {s: b.s, t: d.s}"), process("d", "serves: {s: {separates_clients: true}}"))
    answer = command.why(make(text), "a", "reaches", "c")
    assert not answer.holds and answer.as_dict()["rests_on"] == [TRUST, "d keeps the clients of d.s apart (s.yaml:19)"]


def test_an_answer_with_a_capability_is_outside_a_protocol(make: Make) -> None:
    """The kernel lets b send it, echo has no such answer; both capabilities' places are told."""
    text = TRUSTING.replace("{s: {separates_clients: true}}", "{s: {protocol: echo}}", 1)
    assert command.who(make(text), "d.s").as_dict()["could"]["a"] == [
        {"from": "b", "to": "a", "kind": "transfer", "text": "b may send the right to call d.s (s.yaml:12) to a, in an answer on b.s, outside its protocol (s.yaml:7)",
         "places": ["s.yaml:12", "s.yaml:7"]}]


def test_nobody_else(make: Make) -> None:
    assert said(make, "logger can-stop keystore")[:2] == ["no: logger can never stop keystore.", "nobody else can stop keystore, either."]


def test_a_guest_s_exits_are_told_where_it_cannot_call(make: Make) -> None:
    """They are calls of its VMM, by no capability of the guest's."""
    text = spec_of(process("a"), more="guests:\n  g: {image: {raw: ./guest.bin, load: 0x40080000}, memory: 4M, time: {priority: 20, budget: 1ms, period: 100ms}}\n")
    assert said(make, "g can-call vmm_g", text)[:2] == ["no: g can never call vmm_g.", "nobody has a capability to call vmm_g; the exits and faults of g go to it as calls."]
    assert "vmm_g writes g's RAM (s.yaml:" in " ".join(said(make, "g can-call vmm_g", text)), "by the name that it has everywhere"
    assert said(make, "g can-call a", text)[1] == "nobody else can call a, either."


def test_a_server_reaches_its_service(make: Make) -> None:
    """It serves it, and waits for its own events; another's it does not reach by that."""
    assert said(make, "keystore reaches keystore.s") == ["yes: keystore serves the service keystore.s itself.", "by:", "  1. keystore serves keystore.s (s.yaml:12)"]
    assert said(make, "logger reaches logger.go")[0] == "yes: logger waits for the event logger.go itself."
    assert said(make, "logger reaches keystore.s")[0] == "no: logger can never reach the service keystore.s by itself."


def test_reaches_tells_every_way(make: Make) -> None:
    lines = said(make, "control reaches logger")
    assert lines == ["yes: control reaches logger.", "data of control gets to logger:", "  1. control writes the region log (s.yaml:24), which logger reads (s.yaml:24)"]
    assert said(make, "logger reaches control")[1] == "logger reads the memory of control:"


def test_json_has_the_path(make: Make) -> None:
    answer = command.why(make(SYSTEM), "logger", "can-read", "control").as_dict()
    assert json.loads(json.dumps(answer)) == answer
    assert answer["path"] == [{"from": "control", "to": "logger", "kind": "memory", "text": "control writes the region log (s.yaml:24), which logger reads (s.yaml:24)", "places": ["s.yaml:24"]}]
    assert (answer["holds"], answer["subject"], answer["verb"], answer["target"]) == (True, "logger", "can-read", "control")


UNKNOWN = {
    "loger can-read control": "there is no process, guest or VMM 'loger' (did you mean 'logger'?); there are: tty, keystore, control, logger",
    "logger can-read contrl": "there is no 'contrl' (did you mean 'control'?); there are: ",
    "logger can-raed control": "there is no question 'can-raed' (did you mean 'can-read'?); there are: can-read, can-write, can-call, can-signal, can-stop, reaches",
    "logger can-call log": "'log' is a region, which can-call cannot be about; ask about one of: tty, keystore, control, logger, keystore.s",
    "logger can-read logger": "'logger' is both who and whom; name two",
}


@pytest.mark.parametrize("question", UNKNOWN)
def test_questions_that_are_none(make: Make, question: str) -> None:
    with pytest.raises(Unknown) as caught:
        command.why(make(SYSTEM), *question.split())
    assert UNKNOWN[question] in str(caught.value)


# who -------------------------------------------------------------------------------------------

WHO = {
    "uart0": ["the device uart0: tty.", "from the start:", "  - tty reads and writes the registers of uart0 (s.yaml:7)", "  - tty handles the interrupt of uart0 (s.yaml:7)"],
    "irq33": ["the interrupt 33 of uart0: tty.", "from the start:", "  - tty handles the interrupt of uart0 (s.yaml:7)"],
    "rtc0": ["the device rtc0: nobody holds it."],
    "log": ["the region log: control, logger.", "from the start:", "  - control reads and writes the region log (s.yaml:24)", "  - logger reads the region log (s.yaml:24)"],
    "keystore.s": ["keystore.s: keystore, control.", "from the start:", "  - keystore receives on keystore.s (s.yaml:12)", "  - control may call keystore.s (s.yaml:17)"],
    "licences": ["1 of 4 processes, guests and VMMs state a licence.", "licences:", "  - MIT: keystore (s.yaml:13)", "  - none stated: tty, control, logger"],
    "trusts": ["everybody trusts the kernel, the roottask, the boot loader and the board, and besides:", "trusted:", "  - tty keeps the consoles apart (s.yaml:22)"],
    "policy": ["the spec states no policy."],
}


@pytest.mark.parametrize("resource", WHO)
def test_who(make: Make, resource: str) -> None:
    answer = command.who(make(SYSTEM), resource)
    assert answer.text().splitlines() == WHO[resource]
    assert json.loads(json.dumps(answer.as_dict()))["holds"]


def test_interrupts_have_several_names(make: Make) -> None:
    texts = {command.who(make(SYSTEM), name).headline for name in ("irq33", "33")}
    assert texts == {"the interrupt 33 of uart0: tty."}


def test_an_event_is_one_bit(make: Make) -> None:
    """Who signals another event of the same process does not hold this one."""
    text = spec_of(process("a", "signals: {k: c.go}"), process("b", "signals: {k: c.stop}"), process("c", "events: [go, stop]"))
    assert command.who(make(text), "c.go").headline == "the event c.go: a, c."
    assert command.who(make(text), "c.stop").headline == "the event c.stop: b, c."


def test_who_could_come_to_hold_it(make: Make) -> None:
    text = spec_of(process("a", "uses: {s: b.s}"), process("b", SERVES, "uses: {t: c.s}"), process("c", "serves: {s: {separates_clients: true}}"))
    assert command.who(make(text), "c.s").text().splitlines()[-2:] == [
        "a could come to hold it:", "  1. b may send the right to call c.s (s.yaml:12) to a, in an answer on b.s (s.yaml:7)"]


def test_memory_is_told_by_parts(make: Make) -> None:
    """24 KiB and a little: IPC buffer 4 KiB, stack 16 KiB, TCB 2 KiB, context 512, Notification 64, 32 slots of 32 bytes: 24128 bytes."""
    answer = command.who(make(spec_of(process("a"))), "memory")
    assert answer.facts["parts"] == {"roottask": 128, "shared": 0, "a": 24128}


def test_memory_s_parts_add_up_to_what_is_said_in_all(make: Make) -> None:
    """Every part stands there, the roottask's and the shared regions' too, in one unit."""
    answer = command.who(make(SYSTEM), "memory")
    parts = [int(line.split(": ")[1].split("K")[0]) for line in answer.sections[0].lines]
    assert len(parts) == 4 + 2 and answer.headline.startswith(f"{sum(parts)}K in all, of 2097152K, ")


def test_firmware_has_a_holder(make: Make) -> None:
    """Which function it is stands with the trusts, if it is no harmless one."""
    analysis = make(spec_of(process("a", "smc: [0x84000003]"), process("b")))
    assert command.who(analysis, "kernel.smc").headline == "kernel.smc: a."
    assert command.who(analysis, "trusts").sections[0].lines == ["a reaches all memory (kernel.smc)"]


def test_nothing_is_called_so(make: Make) -> None:
    with pytest.raises(Unknown) as caught:
        command.who(make(SYSTEM), "keystor")
    assert str(caught.value).startswith("there is nothing called 'keystor' (did you mean 'keystore'?); there are: time, memory, licences, trusts, policy, tty, ")


@pytest.mark.parametrize(("name", "thing"), [("gic", "the device gic (arm,gic-v3)"), ("timer", "the device timer (arm,armv8-timer)"), ("irq27", "the interrupt 27 of timer (arm,armv8-timer)"), ("27", "the interrupt 27 of timer (arm,armv8-timer)"), ("irq25", "the interrupt 25 of gic (arm,gic-v3)")])
def test_what_the_kernel_drives_is_the_kernel_s(make: Make, name: str, thing: str) -> None:
    answer = command.who(make(SYSTEM), name)
    assert answer.headline == f"{thing}: the kernel." and answer.facts["kernel"]


def test_no_number_is_guessed(make: Make) -> None:
    """Another interrupt is another device's."""
    for number in ("irq99", "32", "irq35"):
        with pytest.raises(Unknown) as caught:
            command.who(make(SYSTEM), number)
        assert str(caught.value).startswith(f"there is nothing called '{number}'; there are: ")


def test_what_a_report_shows(make: Make) -> None:
    """Time with margins, licences, trusts and the policy's results, as plain data."""
    text = SYSTEM + "policy:\n  - no_path: {between: [logger, control]}\n  - only: {may_use: uart0, who: [tty]}\n"
    data = command.report(make(text))
    assert json.loads(json.dumps(data)) == data
    assert data["licences"] == {"tty": None, "keystore": "MIT", "control": None, "logger": None}
    assert data["trusts"] == ["tty keeps the consoles apart (s.yaml:22)"]
    assert [(each["statement"], len(each["broken_by"])) for each in data["policy"]] == [("no data gets between logger and control", 1), ("only tty may use uart0", 0)]
    # Four of 1 ms in 100 ms at one priority: each has its own within 4 ms.
    assert {each["name"]: each["margin_ns"] for each in data["time"]["contexts"]} == dict.fromkeys(("tty", "keystore", "control", "logger"), 96_000_000)


# Statements ------------------------------------------------------------------------------------


def test_a_statement_has_argument_assumptions_and_hashes(make: Make) -> None:
    analysis = make(SYSTEM)
    text = command.write_statement(analysis, command.why(analysis, "control", "can-read", "logger"), [])
    assert text.startswith("# control can never read the memory of logger\n")
    for heading in ("Argument", "Assumptions", "Not covered", "Licences", "Inputs"):
        assert f"\n## {heading}\n" in text
    assert f"| spec s.yaml | {hashlib.sha256(Path('s.yaml').read_bytes()).hexdigest()} |" in text
    assert "- Declared in the spec: tty keeps the consoles apart (s.yaml:22)." in text
    assert "- keystore: MIT\n" in text and "- control: none stated\n" in text
    assert "   - the console ring of logger: logger (s.yaml:22), tty (s.yaml:22)" in text
    assert command.write_statement(make(SYSTEM), command.why(make(SYSTEM), "control", "can-read", "logger"), []) == text


def test_a_statement_names_every_file_that_decides(make: Make) -> None:
    """Whether a device is a bus master stands in its binding: all of the board's are inputs, and the tool's own code, by commit where git knows it."""
    analysis = make(SYSTEM)
    text = command.write_statement(analysis, command.why(analysis, "control", "can-read", "logger"), [])
    rows = dict(line.strip("| ").split(" | ") for line in text[text.index("|---|---|") :].splitlines()[1:])
    for name in ("platform/qemu-virt-aarch64/platform.yaml", "platform/qemu-virt-aarch64/board.dts", "bindings/arm,pl011.yaml", "bindings/arm,pl031.yaml", "bindings/arm,gic-v3.yaml"):
        assert rows[name] == hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    assert "bindings/xlnx,zynqmp-rtc.yaml" not in rows, "another board's"
    assert len(rows["Selvedge: capdl/ and libsel/abi/, which decide"]) == 64
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    is_clone = not commit.returncode and (ROOT / ".git").exists()
    assert (f"\nDecided by Selvedge at commit {commit.stdout.strip()}" if is_clone else "\nDecided by a copy of Selvedge without its history") in text


def test_a_statement_names_the_values_that_were_set(make: Make) -> None:
    """They are no part of the spec's file, whose hash is the same."""
    text = SYSTEM.replace("processes:\n", "parameters: {size: 8K}\nprocesses:\n", 1).replace("size: 8K, w", "size: $(size), w")
    Path("s.yaml").write_text(text)
    analysis = command.load(Path("s.yaml"), "s.yaml", settings=["size=16K"])
    assert " with `--set size=16K`, board " in command.write_statement(analysis, command.why(analysis, "control", "can-read", "logger"), [])
    plain = make(text)
    assert "--set" not in command.write_statement(plain, command.why(plain, "control", "can-read", "logger"), [])


def test_what_can_be_is_not_stated(make: Make) -> None:
    analysis = make(SYSTEM)
    with pytest.raises(Unknown):
        command.write_statement(analysis, command.why(analysis, "logger", "can-read", "control"), [])


def build(analysis: Analysis, folder: Path) -> dict[str, list[dict[str, object]]]:
    """Leave what a build of a plan leaves beside its image; returns what system.json has."""
    plan = analysis.facts.plan
    caps = [{"cnode": cap.cnode, "name": cap.name, "object": cap.object, "rights": cap.rights, "badge": cap.badge} for cap in plan.caps]
    maps = [{"vspace": item.vspace, "object": item.object, "address": item.address, "rights": item.rights} for item in plan.maps]
    threads = [{"tcb": thread.tcb, "priority": thread.priority, "sched": number} for number, thread in enumerate(plan.threads)]
    made = {"caps": caps, "maps": maps, "threads": threads, "scheds": [{"budget_ns": thread.budget_ns, "period_ns": thread.period_ns} for thread in plan.threads]}
    (folder / "gen").mkdir(exist_ok=True)
    (folder / "gen" / "plan.json").write_text(plan.json_text())
    (folder / "system.json").write_text(json.dumps(made))
    (folder / "spec.bin").write_bytes(b"the spec")
    (folder / "image.bin").write_bytes(b"kernel, the spec, programs")
    return made


def stated(analysis: Analysis, image: Path) -> str:
    """A statement that names an image."""
    return command.write_statement(analysis, command.why(analysis, "control", "can-read", "logger"), [str(image)])


def refused(analysis: Analysis, image: Path) -> str:
    """Why an image is not named."""
    with pytest.raises(Unknown) as caught:
        stated(analysis, image)
    return str(caught.value)


def test_an_image_is_named_by_its_hash(make: Make, tmp_path: Path) -> None:
    """A comment and other lines make no other spec."""
    build(make(SYSTEM), tmp_path)
    row = f"| image {tmp_path / 'image.bin'} | {hashlib.sha256(b'kernel, the spec, programs').hexdigest()} |"
    assert row in stated(make(SYSTEM), tmp_path / "image.bin") and row in stated(make("# a comment\n" + SYSTEM), tmp_path / "image.bin")


#: A change of the spec after the build, and what is said to differ.
NOT_BUILT = {
    "threads control: budget_ns is 1000000 in the image, 2000000 in the spec": SYSTEM.replace(CONTROL, CONTROL.replace("budget: 1ms", "budget: 2ms")),
    "processes logger: heap is 0 in the image, 4096 in the spec": SYSTEM.replace("    events: [go]\n", "    events: [go]\n    heap: 4K\n"),
    "processes keystore: names badges s_control_sign is 1 in the image, nothing in the spec": SYSTEM.replace("    uses: {sign: keystore.s}\n", ""),
}


@pytest.mark.parametrize("differs", NOT_BUILT)
def test_an_image_of_another_spec_is_refused(make: Make, tmp_path: Path, differs: str) -> None:
    """It says what differs: a budget, memory, a capability."""
    build(make(SYSTEM), tmp_path)
    said = refused(make(NOT_BUILT[differs]), tmp_path / "image.bin")
    assert said.startswith(f"{tmp_path / 'image.bin'} was not built from this spec: ") and said.endswith("; build the system again, and name the image.bin of that build")
    assert f"spec: {differs}" in said


def test_an_image_that_a_broken_build_left_is_refused(make: Make, tmp_path: Path) -> None:
    """The plan is of this spec, but what was made of it before is not, or the image is older than both."""
    analysis = make(SYSTEM)
    image = tmp_path / "image.bin"
    made = build(analysis, tmp_path)
    slower = [{**each, "budget_ns": 7} for each in made["scheds"]]
    for wrong in ({"caps": made["caps"][1:]}, {"maps": made["maps"][1:]}, {"caps": [*made["caps"], {**made["caps"][0], "rights": ["GRANT"]}]}, {"scheds": slower}):
        (tmp_path / "system.json").write_text(json.dumps(made | wrong))
        assert "was not built from this spec: " in refused(analysis, image)
    build(analysis, tmp_path)
    image.write_bytes(b"kernel, another spec, programs")
    assert f"{image} does not have {tmp_path / 'spec.bin'} in it" in refused(analysis, image)


def test_a_file_that_is_no_image_is_refused_in_words(make: Make, tmp_path: Path) -> None:
    analysis = make(SYSTEM)
    page = tmp_path / "r.html"
    assert refused(analysis, page) == f"there is no file {page}; build the system, and name its image.bin"
    page.write_text("<html>")
    assert refused(analysis, page) == f"there is no {tmp_path / 'gen' / 'plan.json'}, which would say what r.html was built from; name the image.bin in the folder of a build"
    build(analysis, tmp_path)
    (tmp_path / "system.json").write_text("{")
    assert refused(analysis, tmp_path / "image.bin").startswith(f"{tmp_path / 'system.json'} is damaged and does not say what image.bin was built from")
    (tmp_path / "system.json").write_text("{}")
    assert "of another version of Selvedge" in refused(analysis, tmp_path / "image.bin")
    build(analysis, tmp_path)
    (tmp_path / "spec.bin").unlink()
    assert refused(analysis, tmp_path / "image.bin").startswith(f"there is no {tmp_path / 'spec.bin'}, which would say what image.bin was built from")


# diff ------------------------------------------------------------------------------------------


def changed(make: Make, old: str, new: str) -> tuple[bool, list[str]]:
    """Whether no authority was gained, and the lines."""
    before = make(old)
    answer = command.diff(before, make(new))
    return answer.holds, answer.text().splitlines()


def test_a_role_more_is_told_though_no_method_is_gained(make: Make) -> None:
    """keeper may do all that reader may: no authority, and yet not the same spec."""
    Path("vault.yaml").write_text("version: 1\nroles: [reader, keeper]\nmethods: {look: {may_call: [reader, keeper]}, open: {may_call: [keeper]}}\n")
    text = spec_of(process("b", "serves: {s: {protocol: ./vault.yaml, roles: {reader: [c], keeper: [a]}}}"), process("a", "uses: {s: b.s}"), process("c", "uses: {s: b.s}"))
    assert changed(make, text, text.replace("reader: [c]", "reader: [c, a]")) == (True, [
        "no authority was gained.", "roles:", "  - a has the roles reader and keeper on b.s, and had the role keeper: it may call the same methods (s.yaml:7)"])


def test_nothing_differs(make: Make) -> None:
    assert changed(make, SYSTEM, SYSTEM) == (True, ["nothing differs."])


def test_authority_gained_and_lost(make: Make) -> None:
    new = SYSTEM.replace("reads: [logger]", "reads: [keystore]")
    assert changed(make, SYSTEM, new) == (False, [
        "authority grew.", "authority gained:", "  - keystore reads the region log (s.yaml:24)", "authority lost:", "  - logger reads the region log (s.yaml:24)",
        "reach that is gone:", "  - keystore no longer reaches logger", "  - control no longer reaches logger"])


def test_less_is_no_growth(make: Make) -> None:
    holds, lines = changed(make, SYSTEM, SYSTEM.replace("    uses: {sign: keystore.s}\n", "    heap: 0K\n"))
    assert holds and lines[:3] == ["no authority was gained.", "authority lost:", "  - control may call keystore.s (s.yaml:17)"]


def test_memory_and_time_are_told_and_are_no_authority(make: Make) -> None:
    new = spec_of(process("a", "heap: 64K", time="{priority: 60, budget: 2ms, period: 100ms}"))
    assert changed(make, spec_of(process("a")), new) == (True, [
        "no authority was gained.", "memory and time:", "  - a: memory 24K, now 88K (s.yaml:4)", "  - a: priority 50, 1ms of 100ms, now priority 60, 2ms of 100ms (s.yaml:6)"])


def test_a_new_trust_is_growth(make: Make) -> None:
    holds, lines = changed(make, SYSTEM.replace(", separates_clients: true", ""), SYSTEM)
    assert not holds and lines[2] == "  - tty keeps the consoles apart (s.yaml:22) is a trust that answers rest on"


def test_a_trust_less_may_be_growth(make: Make) -> None:
    """Nothing is gained but reach: what the server kept apart meets in it."""
    holds, lines = changed(make, SYSTEM, SYSTEM.replace(", separates_clients: true", ""))
    assert not holds and lines[:2] == ["authority grew.", "authority lost:"] and "  - logger now reaches keystore, control" in lines


def test_a_device_of_a_process_called_like_it(make: Make) -> None:
    answer = command.diff(make(spec_of(process("uart0"))), make(spec_of(process("uart0", "devices: {u: uart0}"))))
    assert answer.facts["gained"] == ["uart0 reads and writes the registers of uart0 (s.yaml:7)", "uart0 handles the interrupt of uart0 (s.yaml:7)"]


def test_a_right_to_power_off_is_told_by_its_key(make: Make) -> None:
    """First what was written, at its line; then what comes of it, in words."""
    answer = command.diff(make(spec_of(process("a", "heap: 4K"))), make(spec_of(process("a", "heap: 4K", "may_power_off: true", "fpu: true"))))
    assert answer.facts["gained"] == ["a may have the machine powered off (s.yaml:8)", "a may use floating point (s.yaml:9)", "a may call the roottask, as for faults (roottask.fault) (s.yaml:4)"]


def test_steps_of_somebody_else_have_places(make: Make) -> None:
    text = spec_of(process("a", "uses: {s: b.s}"), process("b", SERVES, "uses: {t: d.s}"), process("c"), process("d", "serves: {s: {separates_clients: true}}"))
    assert "  - a, in 2 steps (s.yaml:12, s.yaml:7): a then may call d.s" in said(make, "c can-call d.s", text)


def test_a_capability_by_hand_is_growth(make: Make) -> None:
    answer = command.diff(make(SYSTEM), make(SYSTEM, add("logger", "keystore.tcb")))
    assert not answer.holds and answer.facts["gained"] == ["logger holds keystore's tcb (s.yaml:18)"]


def test_a_spec_at_a_git_revision(make: Make, tmp_path: Path) -> None:
    """The committed text, whatever the file says now; what git does not know is said."""
    run = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "system.yaml").write_text(SYSTEM)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*run, *words], check=True)
    (tmp_path / "one" / "system.yaml").write_text("changed")
    for name in ("HEAD:one/system.yaml", "HEAD:one"):
        with command.at_revision(name, tmp_path) as spec:
            assert spec is not None and spec.read_text() == SYSTEM
            assert command.load(spec, name).facts.places.whole.path == name
    with command.at_revision(str(ROOT / "systems/linux/system.yaml"), tmp_path) as spec:
        assert spec is None
    for name in ("HEAD:two/system.yaml", "NO:one/system.yaml"):
        with pytest.raises(Unknown, match="git does not give it"), command.at_revision(name, tmp_path):
            pass


def test_what_lies_beside_the_folder_is_of_the_revision(tmp_path: Path) -> None:
    """As `sel new component` has it: the component's folder with its protocol stands beside the system's."""
    home, lamp = tmp_path / "home", tmp_path / "lamp"
    home.mkdir(), lamp.mkdir()
    (home / "system.yaml").write_text(
        "version: 1\nboard: qemu-virt-aarch64\nprocesses:\n"
        "  lamp: {source: ../lamp, serves: {calls: {protocol: ../lamp/lamp.yaml}}, time: {priority: 80, passive: true}}\n"
    )
    (lamp / "CMakeLists.txt").write_text("sel_component(NAME lamp SOURCES lamp.c)\n")
    (lamp / "lamp.yaml").write_text("version: 1\nmethods:\n  committed: {}\n")
    run = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*run, *words], check=True)
    shutil.rmtree(lamp)
    for name, here in (("HEAD:home/system.yaml", tmp_path), ("HEAD:home", home), ("HEAD:./system.yaml", home), ("HEAD:../home/system.yaml", home)):
        with command.at_revision(name, here) as spec:
            assert spec is not None
            [spoken] = command.load(spec, name).facts.system.spoken.values()
            assert [method.name for method in spoken.protocol.methods] == ["committed"]
    for name, said in (("HEAD:home/none.yaml", "there is no home/none.yaml at HEAD"), ("NO:home/system.yaml", "there is no revision NO")):
        with pytest.raises(Unknown, match=said), command.at_revision(name, tmp_path):
            pass


# Size ------------------------------------------------------------------------------------------


def test_a_large_system_costs_little_more(make: Make) -> None:
    """Twice the processes, twice the edges that a search looks at (a fifth more for the names); everybody can come to hold everything."""

    def edges(count: int) -> int:
        ring = [process(f"p{number}", SERVES, f"uses: {{next: p{(number + 1) % count}.s}}") for number in range(count)]
        view = make(spec_of(*ring)).view()
        assert len(view.flow.reached("p0")) == count - 1
        assert len(list(view.closure.held("p0"))) > 3 * count
        assert view.closure.rounds < 12
        return sum(len(each) for each in view.flow.edges.values())

    small, large = edges(50), edges(100)
    assert large <= 2.2 * small


# Emulated devices ------------------------------------------------------------------------------

MODEL = '#include "vmm/device.h"\nDEVICE_MODEL(lamp) = {\n    .compatible = {"example,lamp"},\n    .register_bytes = 4096,\n};\n'
BARE = spec_of(process("a"), more="""guests:
  g:
    image: {raw: ./guest.bin, load: 0x40080000}
    memory: 4M
    time: {priority: 20, budget: 1ms, period: 100ms}
""")
WITH_LAMP = BARE + '    devices: {lamp: {compatible: "example,lamp", address: 0xc000000, source: ./lamp.c}}\n'


def test_who_emulates_a_device(make: Make) -> None:
    """Its code is the VMM's; by its name, or with its guest's."""
    Path("lamp.c").write_text(MODEL)
    for name in ("lamp", "g.lamp"):
        answer = command.who(make(WITH_LAMP), name)
        assert answer.text().splitlines() == [f"the emulated device {name}: vmm_g.", "by the spec:",
                                              "  - vmm_g emulates lamp (example,lamp) at 0xc000000 for g, by the code of lamp.c, which may do all that vmm_g may (s.yaml:12)"]
    assert answer.as_dict()["emulated"] == [
        {"who": "vmm_g", "for": "g", "device": "lamp", "compatible": ["example,lamp"], "address": 0xC000000, "source": "lamp.c", "place": "s.yaml:12"}]


def test_an_emulated_device_is_growth(make: Make) -> None:
    """Gained, lost, and the same device of another code: files that differ are told apart by what is in them."""
    Path("lamp.c").write_text(MODEL)
    first = hashlib.sha256(MODEL.encode()).hexdigest()[:8]
    bare, lamp = make(BARE), make(WITH_LAMP)
    text = "vmm_g emulates lamp (example,lamp) at 0xc000000 for g, by the code of lamp.c, SHA-256 %s... (s.yaml:12)"
    grown, shrunk = command.diff(bare, lamp), command.diff(lamp, bare)
    assert not grown.holds and grown.facts["gained"] == [text % first]
    assert shrunk.holds and shrunk.facts["lost"] == [text % first]
    assert command.diff(lamp, lamp).headline == "nothing differs."
    Path("other.c").write_text(MODEL + "/* another */\n")
    other = command.diff(lamp, make(WITH_LAMP.replace("./lamp.c", "./other.c")))
    assert not other.holds and other.facts["lost"] == [text % first] and "by the code of other.c" in other.facts["gained"][0]


def test_a_device_s_setting_is_told_and_no_growth(make: Make) -> None:
    Path("lamp.c").write_text(MODEL)
    before = make(WITH_LAMP)
    changed = command.diff(before, make(WITH_LAMP.replace("source: ./lamp.c", "source: ./lamp.c, setting: 7")))
    assert changed.holds and changed.text() == "no authority was gained.\nsettings:\n  - lamp of g: setting 0, now 7 (s.yaml:12)"
    assert changed.facts["settings"] == ["lamp of g: setting 0, now 7 (s.yaml:12)"]
