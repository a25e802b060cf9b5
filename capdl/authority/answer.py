# SPDX-License-Identifier: BSD-2-Clause
"""An answer as data: what is said, on which grounds, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from capdl.authority.links import Link


class Unknown(Exception):
    """A name or a number of words that makes no question; the sentence says what there is."""


@dataclass
class Section:
    """A heading, and under it links (numbered: a path) or lines."""

    title: str
    links: list[Link] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    key: str = ""

    def text(self) -> list[str]:
        """In lines."""
        steps = [f"  {number}. {link.text}" for number, link in enumerate(self.links, 1)]
        return [self.title, *steps, *(f"  - {line}" for line in self.lines)]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {"title": self.title}
        if self.links:
            found["links"] = [link.as_dict() for link in self.links]
        if self.lines:
            found["lines"] = self.lines
        return found


@dataclass
class Answer:
    """`holds`: what was asked is so. `facts` is what JSON has besides the sentences."""

    question: str
    holds: bool
    headline: str
    sections: list[Section] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def rest_on(self, trusts: list[str]) -> None:
        """Name the separators that the answer rests on."""
        if trusts:
            self.sections.append(Section("this rests on:", lines=trusts, key="rests_on"))
        self.facts["rests_on"] = trusts

    def text(self) -> str:
        """For people."""
        return "\n".join([self.headline, *(line for section in self.sections for line in section.text())])

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        sections = [section.as_dict() for section in self.sections]
        return {"question": self.question, "holds": self.holds, "answer": self.headline, "sections": sections, **self.facts}
