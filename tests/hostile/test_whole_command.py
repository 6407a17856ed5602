"""``audit`` against hosts that do everything wrong beside hosts that do nothing wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.hostile.actor import BROKEN, FLOODS, HONEST, SLOW
from tests.hostile.fleet import fleet
from tests.hostile.swept import passes
from tests.hostile.watched import audit
from tests.transport.raw import ANSWERS

TIMEOUT = 15
PROMISED = 2.0  # seconds after its deadline at which a host has its result
LOADED = 15.0  # more, for a machine that is busy with something else
GOOD = {f"web{number:02}": ("good", "good-noise")[number % 2] for number in range(8)}
SHELLS = ("flood", "errflood", "slow", "silent", "no-status", "eof-and-hang", "signalled", "aborted", "no-login",
          "deaf", "no-session", "no-exec", "refused", "banner", "hostile-banner", "hostile-language",
          "hostile-goodbye")  # fmt: skip
HOSTILE = (*BROKEN, *FLOODS, *SLOW, *SHELLS, *ANSWERS)
LATE = {"another-nonce", "deaf", "silence", "version-then-silence", "silent", "slow", "trickle"}
OUTCOMES = {
    **dict.fromkeys([*BROKEN, *FLOODS, *SHELLS], "collector_failed"),
    **dict.fromkeys(["refused", "banner", "hostile-banner"], "auth_failed"),
    **dict.fromkeys([*ANSWERS, "hostile-language", "hostile-goodbye"], "ssh_failed"),
    **dict.fromkeys(LATE, "timeout"),
}


def test_every_host_has_its_own_line_and_the_good_ones_are_audited(tmp_path: Path, figure: Figure) -> None:
    assert set(GOOD.values()) == set(HONEST)
    with fleet(tmp_path / "servers") as servers:
        inventory = "".join(servers.host(name, name) for name in HOSTILE)
        inventory += "".join(servers.host(name, user) for name, user in GOOD.items())
        done = audit(tmp_path, inventory, "--timeout", str(TIMEOUT), *servers.options)
    assert done.code == 3, done.err[-3000:]
    assert Counter(line["target"] for line in done.lines) == Counter([*HOSTILE, *GOOD])
    lines = {line["target"]: line for line in done.lines}
    for name in GOOD:
        assert lines[name]["outcome"] == "audited", lines[name]
        assert len(passes(lines[name])) >= 10
    for name in HOSTILE:
        assert lines[name]["outcome"] in {OUTCOMES[name], *(("timeout",) if name in FLOODS else ())}, lines[name]
        assert (lines[name]["instances"], passes(lines[name])) == ([], []), lines[name]
        assert lines[name]["outcome_reason"].isprintable()
        assert len(lines[name]["outcome_reason"].encode()) <= 512
    assert list(done.hidden_characters()) == []
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    slowest = max(done.lines, key=lambda line: line["duration_s"])
    good = sorted(lines[name]["duration_s"] for name in GOOD)
    figure(
        f"{len(HOSTILE)} hostile hosts beside {len(GOOD)} good ones: slowest {slowest['target']} after"
        f" {slowest['duration_s']:.2f} s (goal: {TIMEOUT} + {PROMISED:.0f}), {done.peak_mib:.0f} MiB;"
        f" good ones {good[0]:.2f} to {good[-1]:.2f} s"
    )
    assert slowest["duration_s"] < TIMEOUT + LOADED
    # One login and one command for each host that got so far; nobody was asked twice.
    assert set(servers.seen["logins"].values()) <= {1, list(GOOD.values()).count("good")}
    assert servers.seen["logins"]["refused"] == 1
    assert set(servers.seen["commands"]) == {"sh -s"}
    summary = json.loads((done.report / "summary.json").read_text("utf-8"))
    assert sum(summary["outcomes"].values()) == len(HOSTILE) + len(GOOD)


@pytest.mark.parametrize("kinds", [("flood", "errflood", "banner-flood"), ("payload-flood", "record-flood", "flood")])
def test_two_hundred_floods_at_once_fit_in_memory(kinds: tuple[str, ...], tmp_path: Path, figure: Figure) -> None:
    count, limit_mib = 200, 300
    with fleet(tmp_path / "servers") as servers:
        hosts = [f"{kinds[number % len(kinds)]}-{number:03}" for number in range(count)]
        inventory = "".join(servers.host(host, host.rpartition("-")[0]) for host in hosts)
        done = audit(tmp_path, inventory, "--timeout", "30", "--concurrency", str(count), *servers.options)
    assert done.code == 3, done.err[-3000:]
    lines = done.lines
    assert sorted(line["target"] for line in lines) == sorted(hosts)
    assert {line["outcome"] for line in lines} <= {"collector_failed", "timeout", "ssh_failed"}
    assert [line for line in lines if line["instances"]] == []
    said = Counter((line["outcome"], line["outcome_reason"]) for line in lines)
    slowest = max(line["duration_s"] for line in lines)
    print(dict(said))  # noqa: T201 - what became of them, for pytest -rP
    figure(
        f"{count} floods at once ({', '.join(kinds)}): {done.peak_mib:.0f} MiB (goal: below {limit_mib}),"
        f" slowest host {slowest:.1f} s (goal: 30 + {PROMISED:.0f})"
    )
    assert done.peak_mib < limit_mib
    assert "Traceback" not in done.err
