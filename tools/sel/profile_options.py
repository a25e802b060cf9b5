# SPDX-License-Identifier: BSD-2-Clause
"""The options of `sel run --profile`, checked before anything is built. The profile itself: tools/exits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sel.errors import BadInput
from sel.files import refuse_no_folder


@dataclass(frozen=True)
class ProfileOptions:
    """Where counting begins (None: with the machine), and where the report goes beside the screen."""

    since: str | None = None
    json_file: Path | None = None

    def check(self) -> None:
        """BadInput for what could not be carried out at the end of a long run."""
        self.pattern()
        refuse_no_folder(self.json_file)

    def pattern(self) -> re.Pattern[bytes] | None:
        """The text where counting begins; `^` and `$` match at lines."""
        if self.since is None:
            return None
        try:
            re.compile(self.since)
            return re.compile(self.since.encode("utf-8"), re.MULTILINE)
        except re.error as error:
            raise BadInput(f"--profile-since '{self.since}' is not a regular expression: {error.msg}") from None
