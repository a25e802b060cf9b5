# SPDX-License-Identifier: BSD-2-Clause
"""What `./sel bench` does: build the system, measure the rows, show and write the results; or trace one row; or compare two results; or measure a composed system (composed.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import budgets, costs, history, page, report, traffic
from bench import rows as rows_of
from bench.measure import STRETCH, Followed, Image, follow, measure, trace
from bench.paths import check_followed, lines_of
from bench.rows import Row
from bench.statistics import Summary, summarize
from bench.composed import bench_system
from bench.systems import PRESET, build_image, gic_version, home_board
from bench.trace import read_trace, render
from sel.errors import BadInput, os_error_sentence
from sel.files import refuse_no_folder

_TRACED_REPETITION = 10


@dataclass(frozen=True)
class BenchOptions:
    """What the command line says."""

    patterns: str | None = None
    json_file: Path | None = None
    html_file: Path | None = None
    traced: str | None = None
    diff: tuple[Path, Path] | None = None
    is_recorded: bool = False
    records_budgets: bool = False
    records_costs: bool = False
    counts_lines: bool = False
    board: str | None = None

    @property
    def is_away(self) -> bool:
        """Whether the rows run on another board than the one that budgets, costs, history and the peers' numbers are of."""
        return self.board not in (None, home_board())


def bench_one_system(system: str, ms: int | None, json_file: Path | None, board: str | None = None) -> None:
    """Measure a composed system, show and write the numbers."""
    refuse_no_folder(json_file)
    found = bench_system(system, ms, board)
    print(traffic.render(found))
    if json_file is not None:
        _write(json_file, json.dumps({"compiler": budgets.compiler_version(), **found}, indent=1) + "\n")


def bench(options: BenchOptions) -> None:
    """Do what the options say."""
    if options.diff is not None:
        results = [report.load(path) for path in options.diff]
        print(report.setting_difference(*(report.load_setting(path) for path in options.diff)), end="")
        print(report.difference(*results))
        return
    refuse_no_folder(options.json_file, options.html_file)
    rows = rows_of.load_rows()
    if options.traced is not None and options.traced not in [row.name for row in rows]:
        raise rows_of.unknown_row(options.traced, rows)
    if options.traced in [row.name for row in rows if row.start == STRETCH]:
        raise BadInput(f"--trace {options.traced}: it is found at the end of the run and is no repetition that could be followed; trace the row it lies in")
    chosen = rows_of.choose(rows, options.patterns)
    if len(chosen) < len(rows) and (options.is_recorded or options.records_budgets or options.records_costs):
        raise BadInput("--record, --record-budgets and --record-costs are for all rows: leave --rows out")
    if options.is_away and (options.is_recorded or options.records_budgets or options.records_costs):
        raise BadInput(f"--record, --record-budgets and --record-costs are about {home_board()}: leave --board out")
    chosen = _for_the_board(chosen, options.board)
    if options.records_costs:
        costs.check_files(row.name for row in rows)  # before minutes of measuring
    if options.traced is not None:
        _trace(*_for_the_board([row for row in rows if row.name == options.traced], options.board), options.board)
    elif options.counts_lines or options.records_costs:
        _tell(*measure_and_follow(chosen, options.board), rows, options)
    else:
        _tell(measure_rows(chosen, options.board), {}, rows, options)


def _for_the_board(rows: list[Row], board: str | None) -> list[Row]:
    """The rows that the board's GIC can run; says which it cannot."""
    gic = gic_version(board)
    left_out = [row.name for row in rows if row.gic not in (None, gic)]
    if len(left_out) == len(rows):
        raise BadInput(f"{', '.join(left_out)}: for a GICv3, {board} has a GICv{gic}; leave --board out, or choose others by --rows")
    if left_out:
        print(f"sel: left out, being for a GICv3 where {board} has a GICv{gic}: {', '.join(left_out)}", flush=True)
    return [row for row in rows if row.name not in left_out]


def measure_rows(rows: Sequence[Row], board: str | None = None) -> list[dict]:
    """The results of rows, as in the JSON file, without their lines."""
    return _measure(rows, False, board)[0]


def measure_and_follow(rows: Sequence[Row], board: str | None = None) -> tuple[list[dict], dict[str, Followed]]:
    """The results with their lines, and the paths that these are of: a second run of each system, as long again as the first."""
    return _measure(rows, True, board)


def _measure(rows: Sequence[Row], follows: bool, board: str | None) -> tuple[list[dict], dict[str, Followed]]:
    summaries: dict[str, Summary] = {}
    followed: dict[str, Followed] = {}
    for system in dict.fromkeys(row.system for row in rows):
        image, here = build_image(system, board), [row for row in rows if row.system == system]
        records = measure(image, here)
        summaries |= {row.name: summarize(records[row.name], row.measure) for row in here}
        if follows:
            followed |= _follow(image, here, summaries)
    baselines = rows_of.load_baselines() if board in (None, home_board()) else {}
    lines = {name: lines_of(each.touches, each.image.places) for name, each in followed.items()}
    return [report.result_of(row, summaries[row.name], baselines, lines.get(row.name)) for row in rows], followed


def _follow(image: Image, rows: Sequence[Row], summaries: Mapping[str, Summary]) -> dict[str, Followed]:
    chosen = [replace(row, repetitions=summaries[row.name].followed) for row in rows if row.start != STRETCH]
    touches = follow(image, chosen) if chosen else {}
    for row in chosen:
        check_followed(row, touches[row.name], image.places, summaries[row.name].facts)
    return {name: Followed(image, found) for name, found in touches.items()}


def _trace(row: Row, board: str | None) -> None:
    image = build_image(row.system, board)
    early = replace(row, repetitions=min(row.repetitions, _TRACED_REPETITION))
    addresses, touches = trace(image, early)
    print(render(read_trace(addresses, image.places), touches, image.places))


def _tell(results: list[dict], followed: Mapping[str, Followed], rows: list[Row], options: BenchOptions) -> None:
    compiler = budgets.compiler_version()
    print(report.table(results))
    print(report.notes(results))
    if options.json_file is not None:
        _write(options.json_file, json.dumps({"compiler": compiler, "board": options.board or home_board(), "rows": results}, indent=1) + "\n")
    if options.records_costs:
        costs.record(results, followed, compiler)
        print(f"sel: {costs.COSTS} has the present paths")
    if options.records_budgets:
        budgets.record(results, compiler)
        print(f"sel: {budgets.BUDGETS} has the present counts")
    elif not options.is_away:
        _judge(results, rows, compiler)
    earlier = history.load()
    if options.is_recorded:
        history.append(results, compiler)
        print(f"sel: {history.HISTORY} has the present medians")
    if options.html_file is not None:
        _write(options.html_file, page.render(results, [] if options.is_away else earlier, {"compiler": compiler, "preset": PRESET, "board": options.board or home_board()}))


def _judge(results: list[dict], rows: list[Row], compiler: str) -> None:
    """Tell what the tests would say of the budgets and of costs.md."""
    verdict = budgets.compare(results, budgets.load(row.name for row in rows), compiler)
    if verdict.is_advice and verdict.better:
        print(f"sel: budgets are for another compiler than {compiler}: advice only")
    for sentence in (*verdict.wrong, *verdict.better):
        print(f"sel: {sentence}")
    stale = costs.difference(results, costs.load_totals()) if len(results) == len(rows) and not verdict.is_advice else ""
    if stale:
        print(f"sel: {stale}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise os_error_sentence(error, f"cannot write {path}") from None
    print(f"sel: {path} is written")
