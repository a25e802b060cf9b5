# SPDX-License-Identifier: BSD-2-Clause
"""The page in headless Chromium: the graph of 60 processes can be read, search and click-through work by keyboard, nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import made_up
import pytest
from browser import Browser
from conftest import GUEST

from report import data, graph, page
from report.authority import Authority

#: Reads the graph as it is shown: its texts and boxes in px of the window.
_SHOWN = """
(() => {
  const svg = document.querySelector(".graph svg");
  const box = (element) => { const r = element.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const texts = Array.from(svg.querySelectorAll("text"), (text) => ({
    text: text.textContent, box: box(text), px: parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a,
    node: box(text.closest(".node").querySelector("path")),
  }));
  return { texts, width: svg.getBoundingClientRect().width, page: document.documentElement.scrollWidth };
})()
"""
_VISIBLE = """
Array.from(document.querySelectorAll("INSIDE [data-row]")).filter((row) => row.checkVisibility())
  .map((row) => Array.from(row.cells ?? [row], (each) => each.textContent).join(" ").replace(/\\s+/g, " "))
"""


def collected(folder: Path, count: int, guests: int = 2) -> dict:
    """The data of a made-up system."""
    (folder / "guest.bin").write_bytes(GUEST)
    spec = folder / "made_up.yaml"
    spec.write_text(made_up.spec(count, guests), encoding="utf-8")
    return data.collect(Authority(spec, "made_up.yaml"), None, "debug", "not built")


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a system of 60 processes and two guests."""
    folder = tmp_path_factory.mktemp("sixty")
    (folder / "report.html").write_text(page.render(collected(folder, 60)), encoding="utf-8")
    return folder / "report.html"


@pytest.fixture
def shown(browser: Browser, sixty: Path) -> Browser:
    """The browser with the page, from its top."""
    browser.media()
    browser.open(sixty)
    return browser


def visible(browser: Browser, inside: str = "body") -> list[str]:
    """The rows that are to be seen, a space between their cells."""
    return browser.evaluate(_VISIBLE.replace("INSIDE", inside))


def overlapping(texts: list[dict]) -> list[tuple[str, str]]:
    """Pairs of texts that share some of their area."""
    ordered = sorted(texts, key=lambda each: each["box"][0])
    found = []
    for number, first in enumerate(ordered):
        for second in ordered[number + 1 :]:
            if second["box"][0] >= first["box"][2] - 0.1:
                break
            if second["box"][1] < first["box"][3] - 0.1 and first["box"][1] < second["box"][3] - 0.1:
                found.append((first["text"], second["text"]))
    return found


def test_graph_of_sixty_processes_can_be_read(shown: Browser) -> None:
    found = shown.evaluate(_SHOWN)
    texts = found["texts"]
    names = {each["text"] for each in texts}
    assert {"console", "clock", "guest0", "vmm_guest1", "uart0", "table4", *(f"server{n}" for n in range(8)), *(f"client{n}" for n in range(50))} <= names
    assert overlapping(texts) == []
    assert min(each["px"] for each in texts) >= 9
    outside = [each["text"] for each in texts if each["box"][0] < each["node"][0] or each["box"][2] > each["node"][2] or each["box"][1] < each["node"][1] or each["box"][3] > each["node"][3] + 1]
    assert outside == []
    assert found["width"] <= 1600 and found["page"] <= 1600


def test_a_graph_too_wide_is_scrolled_and_not_shrunk(browser: Browser, tmp_path: Path) -> None:
    """150 processes in any direction: letters stay, the picture scrolls in its frame, the page does not."""
    (tmp_path / "report.html").write_text(page.render(collected(tmp_path, 150)), encoding="utf-8")
    browser.open(tmp_path / "report.html")
    found = browser.evaluate(_SHOWN)
    assert found["width"] > 1600 and found["page"] <= 1600
    assert min(each["px"] for each in found["texts"]) >= 9
    assert overlapping(found["texts"]) == []


def test_overlaps_would_be_found(shown: Browser) -> None:
    """The twin: one label moved onto another, and letters made small."""
    shown.evaluate("(() => { const [a, b] = document.querySelectorAll('.graph text'); a.setAttribute('x', b.getAttribute('x')); a.setAttribute('y', b.getAttribute('y')); })()")
    shown.evaluate("document.querySelector('.graph > div').style.width = '700px'")
    texts = shown.evaluate(_SHOWN)["texts"]
    assert len(overlapping(texts)) >= 1
    assert min(each["px"] for each in texts) < 9


def test_nothing_is_loaded_and_no_script_fails(shown: Browser, sixty: Path) -> None:
    assert shown.requests == [f"file://{sixty}"]
    assert shown.errors == []
    links = shown.evaluate("Array.from(document.querySelectorAll('[src], link, [href]')).map((each) => each.getAttribute('href') ?? each.src).filter((each) => !each.startsWith('#'))")
    assert links == []


def test_every_link_leads_somewhere(shown: Browser) -> None:
    lost = shown.evaluate(
        "Array.from(document.querySelectorAll('a')).map((each) => each.getAttribute('href') ?? each.getAttribute('xlink:href')).filter((each) => each && !document.getElementById(each.slice(1)))")
    assert lost == []


def test_search_by_keyboard(shown: Browser) -> None:
    shown.key("/", "/")
    shown.type("server3.work")
    rows = visible(shown)
    # The channel's own row; the capability of its clients: client3, 11, ... 43 by number, and server5 above it; its server's own.
    assert any(row.startswith("server3.work server3") for row in rows)
    assert all("server3.work" in row for row in rows)
    assert sum(1 for row in rows if " call server3.work" in row) == 7
    assert shown.evaluate("document.getElementById('found').textContent") == f"{len(rows)} rows"
    shown.key("Escape")
    assert shown.evaluate("document.getElementById('search').value") == ""
    assert shown.evaluate("document.querySelectorAll('[data-row][hidden]').length") == 0
    shown.type("no such thing")
    assert shown.evaluate("document.getElementById('found').textContent") == "0 rows"


def test_search_keeps_all_of_a_process_that_is_named(shown: Browser) -> None:
    shown.evaluate("document.getElementById('search').focus()")
    shown.type("clock process")
    assert shown.evaluate("Array.from(document.querySelectorAll('details.process:not([hidden])'), (each) => each.id)") == ["process-clock"]
    assert any("receive calls on clock.now" in row for row in visible(shown))


def test_from_the_graph_to_a_processs_authority_by_keyboard(shown: Browser) -> None:
    assert not shown.evaluate("document.getElementById('process-client8').open")
    shown.evaluate("document.getElementById('node-client8').querySelector('a').focus()")
    shown.key("Enter", "\r")
    _settle(shown)
    assert shown.evaluate("location.hash") == "#process-client8"
    assert shown.evaluate("document.getElementById('process-client8').open")
    assert shown.evaluate("document.activeElement.parentElement.id") == "process-client8"
    rows = visible(shown, "#process-client8")
    assert any("first" in row and "call server0.work" in row for row in rows)
    near = shown.evaluate("Array.from(document.querySelectorAll('.graph .node.near'), (each) => each.id).sort()")
    # It uses server8 % 8 and (3 * 8 + 1) % 8, and wakes client7.
    assert near == ["node-client7", "node-client8", "node-server0", "node-server1"]


def test_from_one_process_to_its_server(shown: Browser, sixty: Path) -> None:
    shown.open(sixty, "#process-client5")
    _settle(shown)
    assert shown.evaluate("document.getElementById('process-client5').open")
    shown.evaluate("Array.from(document.querySelectorAll('#process-client5 a')).find((each) => each.textContent == 'clock').click()")
    _settle(shown)
    assert shown.evaluate("[location.hash, document.getElementById('process-clock').open]") == ["#process-clock", True]


def test_dark_and_light_have_contrast(shown: Browser) -> None:
    colours = []
    for scheme in ("light", "dark"):
        shown.media(scheme)
        pairs = shown.evaluate(
            "['body', '.soft', 'a'].map((name) => [getComputedStyle(document.querySelector(name)).color, getComputedStyle(document.body).backgroundColor])")
        colours.append(pairs[0][1])
        assert all(contrast(*pair) >= 4.5 for pair in pairs), (scheme, pairs)
        node = shown.evaluate("(() => { const node = document.getElementById('node-client8'); return [getComputedStyle(node.querySelector('text')).fill, getComputedStyle(node.querySelector('path')).fill]; })()")
        assert contrast(*node) >= 4.5, (scheme, node)
        for kind in ("kernel", "k-guest", "free", "k-device"):
            piece = shown.evaluate(f"(() => {{ const style = getComputedStyle(document.querySelector('.space .{kind}')); return [style.color, style.backgroundColor]; }})()")
            assert contrast(*piece) >= 4.5, (scheme, kind, piece)
    assert colours[0] != colours[1]


def contrast(first: str, second: str) -> float:
    """The ratio of two colours `rgb(r, g, b)` (WCAG 2.1, 1.4.3)."""
    lights = sorted(_luminance(each) for each in (first, second))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(each) / 255 for each in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_paper_has_everything_and_no_search(shown: Browser) -> None:
    shown.media(kind="print")
    shown.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert not shown.evaluate("document.getElementById('search').checkVisibility()")
    assert shown.evaluate("Array.from(document.querySelectorAll('details')).every((each) => each.open)")
    assert shown.evaluate("document.querySelector('.graph').scrollWidth <= document.documentElement.clientWidth")
    shown.media()


def _settle(browser: Browser) -> None:
    """Let the page answer the change of its address."""
    browser.evaluate("new Promise((done) => setTimeout(done, 50))")


# Without a browser --------------------------------------------------------------------------------

def test_a_long_chain_is_laid_out_from_top_to_bottom(tmp_path: Path) -> None:
    """40 processes behind each other are 40 boxes wide from left to right, more than a page has, but one wide from the top."""
    lines = ["version: 1", "board: qemu-virt-aarch64", "processes:"]
    for number in range(40):
        uses = f"uses: {{next: link{number + 1}.work}}, " if number < 39 else ""
        lines.append(f"  link{number}: {{source: components/echo_server, {uses}serves: {{work: {{}}}}, time: {{priority: 10, budget: 1ms, period: 100ms}}}}")
    spec = tmp_path / "chain.yaml"
    spec.write_text("\n".join(lines) + "\n", encoding="utf-8")
    picture = graph.draw(data.collect(Authority(spec, "chain.yaml"), None, "debug", "not built"))
    assert picture is not None
    assert picture.width < 300 < 40 * 60 < picture.height


def test_a_thousand_processes_have_no_picture_and_say_so(tmp_path: Path) -> None:
    found = collected(tmp_path, 1000, 0)
    assert len(found["processes"]) == 1000
    assert graph.draw(found) is None
    text = page.render(found)
    assert "it is left out" in text and text.count('<details class="process"') == 1000


def test_a_name_in_the_spec_cannot_become_markup(tmp_path: Path) -> None:
    found = collected(tmp_path, 10, 1)
    found["system"]["spec"] = "<img src=x>.yaml"
    assert "<img" not in page.render(found)


def test_who_has_a_budget_is_not_called_passive(tmp_path: Path) -> None:
    """In the spec the word is for those who work on their callers' time alone; a VMM has time of its own as well."""
    found = collected(tmp_path, 10, 1)
    vmm, server = (next(each for each in found["processes"] if each["time"]["is_passive"] and (each["time"]["budget_ns"] is None) is has_none) for has_none in (False, True))
    assert "passive" not in graph._time_text(vmm["time"]) and graph._time_text(server["time"]).endswith(" passive")
    told = {name: page.render(found).partition(f'id="process-{name}"')[2].partition("</details>")[0] for name in (vmm["name"], server["name"])}
    assert "and its callers' time" in told[vmm["name"]].replace("&#39;", "'") and "passive" not in told[vmm["name"]]
    assert ", passive" in told[server["name"]]


def test_same_data_same_page(tmp_path: Path) -> None:
    found = collected(tmp_path, 10)
    assert page.render(found) == page.render(found)


