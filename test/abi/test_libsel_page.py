# SPDX-License-Identifier: BSD-2-Clause
"""docs/reference/libsel.md: as the headers are now, with every function that a component can be linked with; the reader of headers itself."""

from __future__ import annotations

import re
from pathlib import Path

from pages import libsel

ROOT = Path(__file__).resolve().parents[2]
HEADER = """/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it is, <b>*.
 *
 * More, `a*b`.
 */
#pragma once

#include <stdint.h>

/** A thing. */
struct thing {
    int (*call)(int);

    int b;
};

/** First of `x`,
 *  on. */
struct thing first(int a,
                   int b);
const char *second(void);

/** Inline. */
static inline int third(int a)
{
    if (a) {
        return 1;
    }

    return 2;
}

#define FOURTH(x) \\
    ((x) + 1)

typedef bool (*handler)(void *context);

#define BOUND 5u /* of it */
"""


def test_the_page_is_that_of_the_headers() -> None:
    """Mended by `PYTHONPATH=tools python3 -m pages`."""
    assert libsel.PAGE.read_text(encoding="utf-8") == libsel.page()


def test_every_function_of_the_headers_is_found_from_the_top() -> None:
    listed = libsel.PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    for path in libsel.public_headers(ROOT / "libsel" / "sel"):
        declared = set(re.findall(r"^(?!#|typedef| |/?\*).*?\b(sel_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert {each for each in declared if f"[{each}](#{each})" not in listed} == set(), path.name
    assert "[sel_text_decimal](#sel_text_decimal)" in listed


def test_links_lead_somewhere() -> None:
    text = libsel.PAGE.read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="(\w+)">', text)) | {re.sub(r"[^a-z]", "", head) for head in re.findall(r"^## (.*)$", text, re.MULTILINE)}
    assert {each for each in re.findall(r"\]\(#(\w+)\)", text)} == anchors


def test_a_header_is_read_by_its_blank_lines() -> None:
    about, found = libsel.entries(HEADER)
    assert about == "What it is, \\<b>\\*.\n\nMore, `a*b`."
    assert [(entry.names, entry.text) for entry in found] == [
        (("thing",), "A thing."), (("first", "second"), "First of `x`, on."), (("third",), "Inline."), (("FOURTH",), ""), (("handler",), ""), (("BOUND",), ""),
    ]
    assert [entry.code for entry in found][2:] == ["int third(int a);", "#define FOURTH(x)", "typedef bool (*handler)(void *context);", "#define BOUND 5u /* of it */"]
