"""What a server says around the login is shown escaped and short, and never breaks anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transport.reach import QUICK, access_for, open_channel, reach, target_of
from tests.transport.server import HOSTILE_TEXT, serve
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.failure import line, short

LONGEST = 512


def is_safe(text: str) -> bool:
    return text.isprintable() and len(text.encode()) <= LONGEST


@pytest.mark.parametrize(
    ("user", "outcome", "said"),
    [
        ("hostile-banner", Outcome.AUTH_FAILED, "the server refused hostile-banner: offered key SHA256:"),
        ("hostile-language", Outcome.SSH_FAILED, "authentication: "),
        ("hostile-goodbye", Outcome.SSH_FAILED, "authentication: \\x1b[2J\\x1b]0;owned\\x07 "),
    ],
)
async def test_a_hostile_text_becomes_one_safe_line(user: str, outcome: Outcome, said: str, tmp_path: Path) -> None:
    async with serve() as server:
        target = target_of(server, user, tmp_path)
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
        assert server.authentications == [user]
    assert caught.value.outcome is outcome
    assert caught.value.reason.startswith(said)
    assert is_safe(caught.value.reason)


async def test_standard_error_is_one_safe_line(tmp_path: Path) -> None:
    async def complain(process: object) -> None:
        process.stderr.write(HOSTILE_TEXT)  # type: ignore[attr-defined]
        process.exit(1)  # type: ignore[attr-defined]

    async with serve(behaviours={"complains": complain}) as server, reach(server, "complains", tmp_path) as channel:
        assert await channel.read() == b""
        assert channel.stderr().startswith("\\x1b[2J\\x1b]0;owned\\x07  \\xff\\xfe")
        assert is_safe(channel.stderr())


@pytest.mark.parametrize("text", ["x" * 600, "한" * 200, "🐈" * 200, "한" * 171, "a" + "한" * 171, "x" * 512])
def test_the_limit_is_in_bytes_and_cuts_no_character(text: str) -> None:
    for cut in (short(text), line("connect", text)):
        assert is_safe(cut)
        assert len(cut.encode()) > LONGEST - 8
        assert (
            cut.removeprefix("connect: ").removesuffix("…")
            == text[: len(cut.removeprefix("connect: ").removesuffix("…"))]
        )
    assert short(text) == text or short(text).endswith("…")
