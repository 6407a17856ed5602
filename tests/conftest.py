"""Settings of every test run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.alone import alone

# The same examples in every run, so that a failure is a change; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much the live tests compared."""
    lines = list(_compared(terminalreporter))
    if lines:
        terminalreporter.section("model against running Tomcats")
        for line in lines:
            terminalreporter.write_line(line)


def _compared(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in reporter.getreports(outcome):
            yield from (str(value) for name, value in report.user_properties if name == "live")


@pytest.fixture
def lone() -> Iterator[None]:
    """For tests that start what an audit of the whole machine would find."""
    with alone():
        yield
