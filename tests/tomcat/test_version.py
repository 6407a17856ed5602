"""Version numbers in every spelling, and their order."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tomcat_fleet.tomcat.version import Version


@pytest.mark.parametrize(
    ("text", "expected", "branch"),
    [
        ("9.0.98", "9.0.98", "9.0"),
        ("Apache Tomcat/9.0.98 (Debian)", "9.0.98", "9.0"),
        ("Apache Tomcat/9.0.0.M1", "9.0.0.M1", "9.0"),
        ("10.1.0-M17", "10.1.0-M17", "10.1"),
        ("8.0.0-RC1", "8.0.0-RC1", "8.0"),
        ("9.0.98.0", "9.0.98", "9.0"),
        ("tomcat10-catalina-10.1.60.jar", "10.1.60", "10.1"),
        ("9.0.62.redhat-00018", "9.0.62", "9.0"),
        ("                     Apache Tomcat Version 5.5.36", "5.5.36", "5.5"),
    ],
)
def test_found_in_text(text: str, expected: str, branch: str) -> None:
    found = Version.find(text)
    assert found is not None
    assert str(found) == expected
    assert found.branch == branch


@pytest.mark.parametrize("text", ["", "Tomcat", "9.0", "version 10", "9.0.12345", "1234.0.1", "9.0.x"])
def test_no_full_number_is_no_version(text: str) -> None:
    assert Version.find(text) is None


def test_only_a_version_is_a_version() -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.of("Apache Tomcat/9.0.98")


def test_order_puts_milestones_before_their_release() -> None:
    ordered = """
        4.1.31 5.5.0 5.5.36 7.0.5 7.0.6 7.0.109 8.0.0-RC1 8.0.0-RC5 8.0.1 8.5.100 9.0.0.M1 9.0.0.M27 9.0.0 9.0.9 9.0.98
        10.0.0-M1 10.0.0 10.1.0-M2 10.1.0-M17 10.1.0 11.0.0
    """
    versions = [Version.of(text) for text in ordered.split()]
    assert all(earlier < later for earlier, later in pairwise(versions))
    assert len(set(versions)) == len(versions)


def test_spelling_does_not_matter_for_equality() -> None:
    assert Version.of("9.0.0.M1") == Version.of("9.0.0-M1")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("7.0.103", False),
        ("7.0.104", True),
        ("8.0.53", False),
        ("8.5.54", False),
        ("8.5.55", True),
        ("9.0.34", False),
        ("9.0.35", True),
        ("10.0.0-M4", False),
        ("10.0.0", True),
        ("10.1.0-M1", True),
        ("11.0.1", True),
        ("5.5.36", False),
    ],
)
def test_since_knows_every_branch(version: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert Version.of(version).since("7.0.104", "8.5.55", "9.0.35", "10.0.0-M5") is expected
