"""Keyboard-interactive logins: the password answers the one question that hides its answer, once, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from tests.transport.reach import CARRIER, QUICK, open_channel
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import load_access

pytestmark = pytest.mark.usefixtures("carrier")

PASSWORD = "C4NARY-password"
Prompts = list[tuple[str, bool]]


@dataclass
class Pam(asyncssh.SSHServer):
    """Asks ``rounds`` one after the other; lets in whoever gives the password in the first that asks for something."""

    rounds: list[Prompts]
    takes_password: bool = False
    answers: list[list[str]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return self.takes_password

    def validate_password(self, username: str, password: str) -> bool:
        del username
        self.passwords.append(password)
        return False

    def kbdint_auth_supported(self) -> bool:
        return bool(self.rounds)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> tuple[str, str, str, Prompts]:
        del username, lang, submethods
        return "", "말씀 \x1b[31m", "", self.rounds.pop(0)

    def validate_kbdint_response(self, username: str, responses: list[str]) -> bool | tuple[str, str, str, Prompts]:
        del username
        self.answers.append(responses)
        return ("", "", "", self.rounds.pop(0)) if self.rounds else [PASSWORD] in self.answers


async def _hello(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.exit(0)


@asynccontextmanager
async def reaching(pam: Pam, directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Log in with the password."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen(
        "127.0.0.1", 0, config=None, server_factory=lambda: pam, server_host_keys=[host_key], process_factory=_hello,
        encoding=None,
    )  # fmt: skip
    try:
        known = directory / "known_hosts"
        known.write_text(f"[127.0.0.1]:{listener.get_port()} {host_key.export_public_key().decode()}")
        monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
        target = Target(
            name="web01",
            address="127.0.0.1",
            port=listener.get_port(),
            user="audit",
            password="env:WEB_PASSWORD",
            transport=CARRIER.name,
        )
        channel = await open_channel(target, load_access([target], known_hosts=known), QUICK)
        await channel.aclose()
        yield
    finally:
        listener.close()
        await listener.wait_closed()


@pytest.mark.parametrize("question", ["Password: ", "암호: ", "(audit@web01) Password:", "Passwort: "])
async def test_the_password_answers_one_hidden_question(
    question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pam = Pam([[], [(question, False)], []])
    async with reaching(pam, tmp_path, monkeypatch):
        pass
    assert pam.answers == [[], [PASSWORD], []]


@pytest.mark.parametrize(
    "rounds",
    [
        [[("Login name: ", True)]],
        [[("Password: ", False), ("Code: ", False)]],
        [[("Verification code: ", False)]],
        [[("인증번호: ", False)]],
        [[("Passcode or token: ", False)]],
    ],
    ids=["shown", "two questions", "code", "code in Korean", "token"],
)
async def test_no_other_question_is_answered(
    rounds: list[Prompts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pam = Pam(rounds)
    with pytest.raises(TargetError) as caught:
        async with reaching(pam, tmp_path, monkeypatch):
            pass
    assert caught.value.outcome is Outcome.AUTH_FAILED
    assert pam.answers == []


async def test_what_is_asked_after_the_password_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pam = Pam([[("Password: ", False)], [("Verification code: ", False)]])
    with pytest.raises(TargetError) as caught:
        async with reaching(pam, tmp_path, monkeypatch):
            pass
    assert caught.value.outcome is Outcome.AUTH_FAILED
    assert pam.answers == [[PASSWORD]]
    assert PASSWORD not in caught.value.reason


async def test_a_wrong_password_is_not_sent_by_a_second_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pam = Pam([[("Password: ", False)]], takes_password=True)
    with pytest.raises(TargetError) as caught:
        async with reaching(pam, tmp_path, monkeypatch):
            pass
    assert caught.value.outcome is Outcome.AUTH_FAILED
    assert (pam.passwords, pam.answers) == ([PASSWORD], [])
