"""What a traceback says, and what it does not."""

from __future__ import annotations

import pytest

from tomcat_fleet.sweep.trace import frames

SECRET = f"C4{chr(78)}ARY"


def fail(secret: str) -> None:
    local = secret
    raise KeyError(local)


def fail_together(secret: str) -> None:
    try:
        fail(secret)
    except KeyError as error:
        raise ExceptionGroup(secret, [ValueError(secret)]) from error


def test_causes_and_members_are_shown_without_what_they_say() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        fail_together(SECRET)
    shown = frames(caught.value)
    assert SECRET not in shown
    assert shown.index("in fail") < shown.index("KeyError") < shown.index("ValueError") < shown.index("ExceptionGroup")


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = KeyError(), ValueError()
    first.__context__, second.__context__ = second, first
    assert frames(first) == "ValueError\nKeyError"
    group = ExceptionGroup("", [first])
    first.__context__ = group
    assert frames(first) == "ExceptionGroup\nKeyError"
