"""Wildcards are no regular expressions, and two of them overlap when a text fits both."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tomcat_fleet.waiver.pattern import matcher, overlap

TEXTS = ["".join(chars) for length in range(7) for chars in product("abc", repeat=length)]
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]"]), min_size=1, max_size=4).map("".join)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("web*", "web01", True),
        ("web*", "Web01", False),
        ("web", "web01", False),
        ("*", "", True),
        ("*", "a\nb\u202e\x00", True),
        ("web.1", "webx1", False),
        ("(a|b)+", "a", False),
        ("(a|b)+", "(a|b)+", True),
        ("web[12]", "web1", True),
        ("web[12]", "web[12]", True),
        ("web[!12]", "web3", True),
        (r"C:\was\*", r"C:\was\one", True),
        ("a?c", "a\nc", True),
        ("*a" * 30, "a" * 29, False),
        ("a*" * 40 + "b", "a" * 5000, False),
    ],
)
def test_a_pattern_is_what_it_says(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001  table
    assert matcher([pattern])(text) is fits
    assert matcher(["other", pattern])(text) is fits


def test_no_pattern_covers_every_text() -> None:
    assert matcher([])("anything")


@settings(max_examples=150)
@given(PATTERNS, PATTERNS)
def test_two_patterns_overlap_when_a_text_fits_both(one: str, other: str) -> None:
    both = any(fnmatchcase(text, one) and fnmatchcase(text, other) for text in TEXTS)
    assert overlap([one], [other]) is overlap([other], [one]) is both
