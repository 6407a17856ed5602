"""Paths of a target, by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomcat_fleet.tomcat.path import is_below, outermost

PATHS = st.lists(st.text("ab/", min_size=1, max_size=8).map(lambda text: "/" + text), max_size=12)


@given(found=PATHS)
def test_the_outermost_paths_are_those_below_no_other(found: list[str]) -> None:
    every = set(found)
    expected = [path for path in sorted(every) if not any(is_below(path, one) and path != one for one in every)]
    assert list(outermost(found)) == expected


def test_examples() -> None:
    assert outermost(["/srv/a/b", "/srv/ab", "/srv/a", "/srv/a", "/opt"]) == ("/opt", "/srv/a", "/srv/ab")
    assert outermost(["/srv", "/"]) == ("/",)
    assert outermost([]) == ()


@pytest.mark.timeout(120)  # it takes a moment; comparing each with each would take many minutes
def test_many_paths_are_told_apart_without_comparing_each_with_each() -> None:
    assert len(outermost(f"/srv/{n}" for n in range(100_000))) == 100_000
