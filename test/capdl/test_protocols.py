# SPDX-License-Identifier: BSD-2-Clause
"""Protocols of services: what each process is told of its channels and clients, and the C code that is made of a protocol.

What the code does is tested where it runs: test/unit/protocol, test/system/protocols.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT
from ruamel.yaml import YAML
from test_expand import emit_system
from test_robust import mutated

from capdl import cli, protocol
from capdl.abi import Abi
from capdl.diagnostics import Reporter

SPEC = """version: 1
board: qemu-virt-aarch64
processes:
  keys:
    source: components/busy
    serves:
      sign: {protocol: ./sign.yaml, roles: {admin: [control], user: [control, logger]}}
      raw: {}
    authority: [cnode]
    time: {priority: 80, passive: true}
  control:
    source: components/busy
    uses: {key: keys.sign}
    time: {priority: 70, budget: 1ms, period: 10ms}
  logger:
    source: components/busy
    uses: {sign: keys.sign, second: keys.sign, raw: keys.raw}
    time: {priority: 70, budget: 1ms, period: 10ms}
  guest:
    source: components/busy
    uses: {sign: keys.sign}
    time: {priority: 70, budget: 1ms, period: 10ms}
"""

SIGN = """version: 1
roles: [admin, user]
errors: [no_key]
methods:
  ping: {}
  digest: {may_call: [user], arguments: {data: {bytes_max: 400}, key: u8}, results: {digest: {bytes: 32}}}
  put: {may_call: [admin], arguments: {page: cap}}
  close: {may_call: []}
"""

PROTOCOLS = sorted((ROOT / "protocols").glob("*.yaml"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The build folder of SPEC."""
    (tmp_path / "system.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "sign.yaml").write_text(SIGN, encoding="utf-8")
    emit_system(tmp_path / "system.yaml", tmp_path)
    return tmp_path / "out"


def test_a_server_is_told_its_clients(out: Path) -> None:
    """In the order of the spec, which is that of badges; methods by number from bit 0: ping 1, digest 2, put 4, close 8."""
    text = (out / "gen" / "keys" / "sel_spec.c").read_text(encoding="utf-8")
    clients = re.findall(r'\{\.name = "(\w+)", \.local = "(\w+)", \.number = (\d+), \.methods = (0x[0-9a-f]+)\}', text)
    assert clients == [("control", "key", "0", "0x7"), ("logger", "sign", "1", "0x3"), ("logger", "second", "2", "0x3"), ("guest", "sign", "3", "0x1")]
    assert "sel_service_raw" not in text
    assert re.findall(r"uint64_t (sel_badge_\w+) = (\d+);", text) == [("sel_badge_raw_logger_raw", "1")]


def test_badges_are_the_places_of_the_clients(out: Path) -> None:
    system = json.loads((out / "system.json").read_text(encoding="utf-8"))
    badges = {(row["cnode"], row["name"]): row["badge"] for row in system["caps"] if row["object"] == "keys.sign" and row["badge"]}
    assert badges == {("control.cnode", "key"): 1, ("logger.cnode", "sign"): 2, ("logger.cnode", "second"): 3, ("guest.cnode", "sign"): 4}


def test_slots_for_capabilities_are_nobody_elses(out: Path, abi: Abi) -> None:
    """As many as a message can carry, whatever the protocol takes; the spec puts nothing there and the program is not told they are free."""
    text = (out / "gen" / "keys" / "sel_spec.c").read_text(encoding="utf-8")
    first = int(re.search(r"\.receive_index = (\d+)", text)[1])
    free = int(re.search(r"\.first_free_slot = (\d+)", text)[1])
    system = json.loads((out / "system.json").read_text(encoding="utf-8"))
    used = {row["slot"] for row in system["caps"] if row["cnode"] == "keys.cnode"}
    assert first > 0 and not used & set(range(first, first + abi.limits().message_caps))
    assert free >= first + abi.limits().message_caps
    cnode = next(row["slot"] for row in system["caps"] if row["cnode"] == "keys.cnode" and row["name"] == "cnode")
    assert f".cnode_cap = {cnode}," in text


def test_a_client_is_told_its_channel_by_protocol(out: Path) -> None:
    """The symbol names the protocol, so that a program of another one is not linked."""
    text = (out / "gen" / "logger" / "sel_spec.c").read_text(encoding="utf-8")
    assert re.findall(r'__asm__\("(.*)"\)', text) == ["sel_channel_sign.protocol_sign", "sel_channel_second.protocol_sign"]


def test_every_instance_of_a_part_has_the_same_server(tmp_path: Path) -> None:
    """Roles name clients of the same instance or outside it; the protocol is beside the part's file, and the server's program knows no instance."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "sign.yaml").write_text(SIGN, encoding="utf-8")
    (tmp_path / "lib" / "part.yaml").write_text("""version: 1
parts:
  signer:
    offers: {sign: keys.sign}
    processes:
      keys:
        source: components/busy
        serves: {sign: {protocol: ./sign.yaml, roles: {user: [client]}}}
        authority: [cnode]
        time: {priority: 80, passive: true}
      client: {source: components/busy, uses: {sign: keys.sign}, time: {priority: 70, budget: 1ms, period: 10ms}}
""", encoding="utf-8")
    (tmp_path / "system.yaml").write_text("""version: 1
board: qemu-virt-aarch64
include: [lib/part.yaml]
instances: {left: {part: signer}, right: {part: signer}}
processes:
  other: {source: components/busy, uses: {sign: right.sign}, time: {priority: 70, budget: 1ms, period: 10ms}}
""", encoding="utf-8")
    emit_system(tmp_path / "system.yaml", tmp_path)
    for instance, expected in (("left", [("client", "0", "0x3")]), ("right", [("other", "0", "0x1"), ("client", "1", "0x3")])):
        text = (tmp_path / "out" / "gen" / f"{instance}_keys" / "sel_spec.c").read_text(encoding="utf-8")
        assert re.findall(r'\{\.name = "(\w+)", \.local = "sign", \.number = (\d+), \.methods = (0x[0-9a-f]+)\}', text) == expected


def test_a_change_of_the_protocol_makes_a_new_plan(out: Path) -> None:
    assert f"sel_plan_input([===[{out.parent / 'sign.yaml'}]===])" in (out / "gen" / "plan.cmake").read_text(encoding="utf-8")


def test_headers_of_a_protocol_that_is_spoken_no_more_go(out: Path, tmp_path: Path) -> None:
    assert sorted(path.name for path in (out / "gen" / "protocol").iterdir()) == ["sign.h", "sign_server.h"]
    (tmp_path / "sign.yaml").rename(tmp_path / "seal.yaml")
    (tmp_path / "system.yaml").write_text(SPEC.replace("./sign.yaml", "./seal.yaml"), encoding="utf-8")
    emit_system(tmp_path / "system.yaml", tmp_path)
    assert sorted(path.name for path in (out / "gen" / "protocol").iterdir()) == ["seal.h", "seal_server.h"]


@pytest.mark.parametrize("path", [*PROTOCOLS, ROOT / "test/unit/protocol/sign.yaml"], ids=lambda path: path.stem)
def test_headers_compile_alone_without_a_warning(path: Path, tmp_path: Path) -> None:
    """Of every protocol of the project, for the target, as components are compiled."""
    from capdl import spec_format

    assert cli.main(["protocol", str(path), "--out", str(tmp_path / "gen")]) == 0
    subprocess.run(["/usr/bin/python3", "-m", "abigen", "generate", "--out", str(tmp_path)], cwd=ROOT, env={"PYTHONPATH": "tools"}, check=True)
    (tmp_path / "gen" / "roottask_spec.h").write_text(spec_format.header_text(), encoding="utf-8")
    for name in (f"{path.stem}.h", f"{path.stem}_server.h"):
        (tmp_path / "alone.c").write_text(f'#include "gen/protocol/{name}"\n', encoding="utf-8")
        run = subprocess.run(
            [shutil.which("clang-19") or "", "--target=aarch64-none-elf", "-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-mgeneral-regs-only", "-fsyntax-only",
             f"-I{tmp_path}", f"-I{ROOT}/libsel", "-isystem", "/usr/lib/picolibc/aarch64-linux-gnu/include", str(tmp_path / "alone.c")],
            capture_output=True, text=True, check=False,
        )
        assert run.stderr == ""


def test_a_text_ends_no_comment(tmp_path: Path) -> None:
    (tmp_path / "evil.yaml").write_text('version: 1\ntext: "a */ int x; /* b\\nc"\nmethods: {ping: {text: "*/ #error"}}\n', encoding="utf-8")
    assert cli.main(["protocol", str(tmp_path / "evil.yaml"), "--out", str(tmp_path)]) == 0
    text = (tmp_path / "protocol" / "evil.h").read_text(encoding="utf-8")
    assert "for its clients: a * / int x; / * b c */" in text
    assert " * * / #error\n" in text


def test_the_schema_is_committed() -> None:
    """docs/spec/protocol.schema.json is what `python3 -m capdl protocol-schema` writes."""
    committed = json.loads((ROOT / "docs" / "spec" / "protocol.schema.json").read_text(encoding="utf-8"))
    assert committed == protocol.json_schema()


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_protocols_of_the_project_fit_the_schema(path: Path, abi: Abi) -> None:
    jsonschema.validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")), protocol.json_schema())
    reporter = Reporter()
    assert protocol.load(path, path.name, abi.limits(), reporter) is not None
    assert reporter.diagnostics == []


@pytest.mark.parametrize("wrong", [{"methods": {"ping": {"arguments": {"a": "int"}}}}, {"methods": {"ping": {"arguments": {"a": {"bytes": 0}}}}}, {"methods": {"ping": {"arguments": {"a": {"bytes": 1, "bytes_max": 2}}}}}, {}])
def test_the_schema_refuses_what_the_tool_refuses(wrong: dict) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": 1, **wrong}, protocol.json_schema())


@pytest.mark.parametrize("seed", range(6))
def test_mutated_protocols(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Random edits are accepted or refused with diagnostics only."""
    chance = random.Random(seed)
    monkeypatch.chdir(tmp_path)
    for _ in range(50):
        Path("sign.yaml").write_text(mutated(SIGN, chance), encoding="utf-8", newline="")
        code = cli.main(["protocol", "sign.yaml", "--out", "gen"])
        lines = capsys.readouterr().err.splitlines()
        assert code in (0, 2)
        assert (code == 2) == bool(lines)
        assert all(line.startswith("sign.yaml:") and ": error SEL-" in line for line in lines[:-1]), lines
