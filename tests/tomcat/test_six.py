"""Six instances on one machine, each found and judged by itself."""

from __future__ import annotations

import random

import pytest

from tests.six import said, six
from tests.stock import BASE, UID, good
from tests.verdict import audit


@pytest.mark.parametrize("root", ["", "/srv/tree"])
def test_six_instances_of_four_versions(root: str) -> None:
    host, expected = six(root)
    result = audit(host)
    assert said(result, root) == expected
    assert len({one.version for one in expected}) == 4
    assert len(result.instances) == len(expected) == 6
    assert result.seen == ()


def test_the_user_shown_is_the_one_that_is_believed() -> None:
    host = good()
    host.account(1001, "guest")
    host.java(BASE, "/tmp/evil", uid=1001, pid=1)
    (one,) = audit(host).instances
    assert (one.uid, one.user, one.home) == (UID, "tomcat", BASE)


def test_the_order_in_which_they_are_found_does_not_matter() -> None:
    host, expected = six("")
    for seed in range(5):
        random.Random(seed).shuffle(host.processes)
        assert said(audit(host), "") == expected
