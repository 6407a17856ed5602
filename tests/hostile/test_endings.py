"""However a conversation ends before its END: no verdict, an outcome, and a reason that says how far it came."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.actor import BROKEN, HONEST
from tests.hostile.swept import passes, swept, targets_of
from tests.transport.server import serve
from tomcat_fleet.transport.channel import Limits

INSIDE = "the evidence stream ended inside a record"
NO_END = "the evidence stream has no END"
BROKEN_STREAM = "evidence stream broken: "
SAID = {
    "mid-record": f"{INSIDE}: exit status 0",
    "killed": f"{INSIDE}: signal KILL",
    "no-exit-status": INSIDE,
    "end-missing": f"{NO_END}: exit status 0",
    "late-status": f"{NO_END}: exit status 4",
    "exit-3": f"{NO_END}: exit status 3",
    "close-without-eof": NO_END,
    "eof-without-close": NO_END,
    "tcp-abort": "the connection broke: ",
    "two-ends": f"{BROKEN_STREAM}a frame after the end of the round",
    "more-after-end": f"{BROKEN_STREAM}text outside of a record",
    "raise-unasked": f"{BROKEN_STREAM}more rights, and nobody asked",
    # The script is longer than what a shell reads that leaves at once, so the write may notice it first.
    "exit-at-once": ("the shell did not run the collector: exit status 0", "the shell closed its input; exit status 0"),
    "another-nonce": "not finished within 8 s",
}


async def test_no_ending_but_the_right_one_gives_a_verdict(tmp_path: Path) -> None:
    users = {**BROKEN, **HONEST}
    async with serve(behaviours=users) as server:
        lines = await swept(
            targets_of(server, tmp_path, users), tmp_path, server.known_hosts_line(), limits=Limits(total_s=8)
        )
    assert set(SAID) == set(BROKEN)
    for user in BROKEN:
        line = lines[user]
        assert line["outcome"] == ("timeout" if user == "another-nonce" else "collector_failed"), line
        assert (line["instances"], passes(line)) == ([], [])
        assert line["outcome_reason"].startswith(SAID[user]), (user, line["outcome_reason"])
    for user in HONEST:
        assert lines[user]["outcome"] == "audited"
        assert len(passes(lines[user])) >= 10


@pytest.mark.parametrize("user", ["no-status", "eof-and-hang", "signalled", "aborted", "no-login"])
async def test_a_shell_that_never_began_is_no_evidence_of_anything(user: str, tmp_path: Path) -> None:
    async with serve() as server:
        lines = await swept(
            targets_of(server, tmp_path, [user]), tmp_path, server.known_hosts_line(), limits=Limits(total_s=8)
        )
    assert lines[user]["outcome"] == "collector_failed"
    assert (lines[user]["instances"], passes(lines[user])) == ([], [])
