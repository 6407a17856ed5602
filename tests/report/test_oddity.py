"""One machine under several names, clones, and wrong clocks are shown; each host keeps its own verdicts."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

from tests.report import sample
from tests.report.reading import report
from tomcat_fleet.model.result import HostResult, MethodResult, TargetResult
from tomcat_fleet.report.oddity import LISTED, NAMED, Oddities
from tomcat_fleet.report.slug import slug


def host(number: int, *, key: str = "", skew: int | None = 0) -> TargetResult:
    name = f"web{number:04}"
    return replace(
        sample.good(),
        target=name,
        slug=slug(name),
        host=HostResult(os="linux", hostname="same", clock_skew_s=skew),
        method=MethodResult(transport="asyncssh", host_key=key),
    )


def told(results: list[TargetResult]) -> Oddities:
    found = Oddities()
    for result in results:
        found.add(result)
    return found


def test_hosts_are_grouped_by_their_key_whatever_the_order() -> None:
    results = [host(number, key=f"SHA256:{number % 3 or number}") for number in range(30)]
    expected = told(results).twins()
    assert [(twins.key, twins.hosts) for twins in expected] == [("SHA256:2", 10), ("SHA256:1", 10)][::-1]
    random.Random(1).shuffle(results)
    assert told(results).twins() == expected


def test_a_host_that_was_not_reached_has_no_key_to_share() -> None:
    assert told([host(1), host(2), replace(host(3), method=None)]).twins() == ()


def test_a_clock_counts_beyond_two_minutes_in_either_direction() -> None:
    found = told([host(1, skew=120), host(2, skew=-121), host(3, skew=4000), host(4, skew=None)])
    assert found.clocks() == (("web0003", slug("web0003"), 4000), ("web0002", slug("web0002"), 121))
    assert found.clocks_total == 2


def test_countless_ones_are_counted_and_the_first_are_named() -> None:
    found = told([host(number, key="SHA256:x", skew=-1000 - number) for number in range(500)])
    (twins,) = found.twins()
    assert (twins.hosts, len(twins.targets)) == (500, NAMED)
    assert (found.clocks_total, len(found.clocks())) == (500, LISTED)


def test_page_and_summary_name_them(tmp_path: Path) -> None:
    report(tmp_path, [host(1, key="SHA256:x"), host(2, key="SHA256:x", skew=900), host(3, key="SHA256:y")])
    page = (tmp_path / "index.html").read_text("utf-8")
    assert 'id="twins"' in page
    assert "SHA256:x" in page
    assert "SHA256:y" not in page
    assert 'id="clocks"' in page
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["shared_host_keys"] == [{"key": "SHA256:x", "hosts": 2, "targets": ["web0001", "web0002"]}]
    assert (summary["shared_host_keys_total"], summary["wrong_clocks"], summary["targets"]) == (1, 1, 3)


def test_nothing_odd_takes_no_room(tmp_path: Path) -> None:
    report(tmp_path, [host(1, key="SHA256:x"), host(2, key="SHA256:y")])
    page = (tmp_path / "index.html").read_text("utf-8")
    assert 'id="twins"' not in page
    assert 'id="clocks"' not in page
