"""Settings of every test run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.alone import alone

# The same examples in every run, so that a failure is a change; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=300)
os.environ["TOMCAT_FLEET_HISTORY"] = "none"  # no test writes into its user's own
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was compared, tried and found: a count of passed tests does not."""
    _write(terminalreporter, "model against running Tomcats", list(_recorded(terminalreporter, "live")))
    _write(terminalreporter, "measured", [*_cells(terminalreporter), *_recorded(terminalreporter, "figure")])


def _cells(reporter: pytest.TerminalReporter) -> Iterator[str]:
    cells = [cell.split("|") for cell in _recorded(reporter, "cell")]
    for group in sorted({group for group, _, _ in cells}):
        pairs = {(shell, tools) for name, shell, tools in cells if name == group}
        shells, sets = ({pair[part] for pair in pairs} for part in (0, 1))
        yield f"{len(shells)} {group} and {len(sets)} tool sets in {len(pairs)} pairs: complete and byte-exact"


def _write(reporter: pytest.TerminalReporter, title: str, lines: list[str]) -> None:
    if lines:
        reporter.section(title)
        for line in lines:
            reporter.write_line(line)


def _recorded(reporter: pytest.TerminalReporter, what: str) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in reporter.getreports(outcome):
            yield from (str(value) for name, value in report.user_properties if name == what)


Figure = Callable[[str], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Takes a sentence with what was measured, for the end of the run."""
    return lambda sentence: record_property("figure", sentence)


@pytest.fixture
def lone() -> Iterator[None]:
    """For tests that start what an audit of the whole machine would find."""
    with alone():
        yield
