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
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


SECTIONS = {"live": "model against running Tomcats", "figure": "measured"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was compared, tried and found: a count of passed tests does not."""
    for name, title in SECTIONS.items():
        lines = list(_told(terminalreporter, name))
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.write_line(line)


def _told(reporter: pytest.TerminalReporter, wanted: str) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in reporter.getreports(outcome):
            yield from (str(value) for name, value in report.user_properties if name == wanted)


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
