"""Host ranges against their definition."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomcat_fleet.inventory.expand import BadRangeError, expand, split_port

_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault


@_UNHURRIED
@given(
    first=st.integers(0, 400),
    length=st.integers(0, 60),
    step=st.integers(1, 9),
    width=st.integers(4, 6),
    padded=st.booleans(),
)
def test_numbers_count_up_with_their_padding(*, first: int, length: int, step: int, width: int, padded: bool) -> None:
    last = first + length
    ends = (f"{first:0{width}}", f"{last:0{width}}") if padded else (str(first), str(last))
    found = expand(f"web[{ends[0]}:{ends[1]}:{step}].x")
    numbers = range(first, last + 1, step)
    assert list(found) == [f"web{number:0{width}}.x" if padded else f"web{number}.x" for number in numbers]


@_UNHURRIED
@given(ends=st.lists(st.sampled_from(string.ascii_letters), min_size=2, max_size=2).map(sorted), step=st.integers(1, 5))
def test_letters_follow_the_alphabet(ends: list[str], step: int) -> None:
    start, stop = sorted(string.ascii_letters.index(end) for end in ends)
    letters = string.ascii_letters[start : stop + 1 : step]
    pattern = f"[{string.ascii_letters[start]}:{string.ascii_letters[stop]}:{step}]"
    assert list(expand(pattern)) == list(letters)


@_UNHURRIED
@given(left=st.integers(0, 9), right=st.integers(0, 9))
def test_two_ranges_multiply_the_last_turning_fastest(left: int, right: int) -> None:
    found = list(expand(f"a[0:{left}]-[0:{right}]"))
    assert found == [f"a{one}-{two}" for one in range(left + 1) for two in range(right + 1)]


@_UNHURRIED
@given(pattern=st.text(alphabet="w01:[]ab-", max_size=14))
def test_any_text_expands_or_is_refused(pattern: str) -> None:
    try:
        found = expand(pattern)
    except BadRangeError as error:
        assert str(error)  # noqa: PT017
    else:
        assert found
        assert not any(bracket in name for name in found for bracket in "[]")


def test_an_open_beginning_is_zero() -> None:
    assert list(expand("n[:2]")) == ["n0", "n1", "n2"]


@pytest.mark.parametrize(
    ("pattern", "name", "port"),
    [
        ("web", "web", None),
        ("web:2222", "web", 2222),
        ("web[1:3]", "web[1:3]", None),
        ("web[1:3]:2222", "web[1:3]", 2222),
        ("2001:db8::1", "2001:db8::1", None),
        ("::1", "::1", None),
        ("[2001:db8::1]:22", "2001:db8::1", 22),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("192.0.2.1:22", "192.0.2.1", 22),
        ("[1:3]", "[1:3]", None),
    ],
)
def test_port_of_a_pattern(pattern: str, name: str, port: int | None) -> None:
    assert split_port(pattern) == (name, port)
