"""Every way in which real OpenSSH turns a login away has its outcome, and a reason that says what to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import pytest

from tests.need import need
from tests.sshd import Sshd
from tests.transport.agent import empty_agent
from tests.transport.reach import QUICK, access_for, open_channel
from tests.transport.server import PASSWORD, write_private
from tests.transport.test_behaviour import drain
from tests.transport.test_sshd import target_of
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target

pytestmark = [pytest.mark.sshd, pytest.mark.root]
OTHER = asyncssh.generate_private_key("ssh-ed25519")
# openssl passwd -6 of PASSWORD
_HASH = "$6$tomcatfleet$sCM.J3xjZj7R.a97iMVSRRw5w68EEwX3QeSOvZscvrllLNG6klhJyiD3C/h8/cCitBdlndSf/XsWghXegwNdR."
# Accounts of the server's own files, mounted over the machine's: name -> shell, last field but one of shadow (expiry).
_ACCOUNTS = {"audit": ("/bin/sh", ""), "closed": ("/usr/sbin/nologin", ""), "expired": ("/bin/sh", "1")}


@contextmanager
def server(directory: Path, *options: str) -> Iterator[Sshd]:
    """OpenSSH with accounts of its own; their keys are those of the test, whoever they are."""
    need("root")
    need("mount-namespaces")
    made = Sshd(directory, options=(*options, "AuthorizedKeysFile none", "AuthorizedKeysCommandUser root",
                                    f"AuthorizedKeysCommand /bin/cat {directory}/authorized_keys"))  # fmt: skip
    for name, lines in {
        "passwd": (
            f"{name}:x:{60001 + at}:60001::/:{shell}" for at, (name, (shell, _)) in enumerate(_ACCOUNTS.items())
        ),
        "shadow": (f"{name}:{_HASH}:19000:0:99999:7::{expiry}:" for name, (_, expiry) in _ACCOUNTS.items()),
    }.items():
        text = "".join(f"{line}\n" for line in lines)
        write_private(directory / name, Path("/etc", name).read_text("utf-8") + text).chmod(0o644)
    wrapper = directory / "sshd"
    mounts = " && ".join(f"mount --bind {directory}/{name} /etc/{name}" for name in ("passwd", "shadow"))
    wrapper.write_text(f'#!/bin/sh\nexec unshare -m sh -c \'{mounts} && exec {made.program} "$@"\' sh "$@"\n')
    wrapper.chmod(0o755)
    made.program = str(wrapper)
    with made:
        yield made


async def failure(target: Target, directory: Path, *known: str, retries: int = 0) -> TargetError:
    """How an audit of ``target`` ends, from the connection to the collector's last word."""
    access = access_for(target, directory, *known)

    async def audit() -> None:
        channel = await open_channel(target, access, replace(QUICK, retries=retries))
        try:
            await collect(channel, target, key=bytes(32), want=lambda _: ())
        finally:
            await channel.aclose()

    with pytest.raises(TargetError) as caught:
        await audit()
    reason = caught.value.reason
    assert reason.isprintable()
    assert len(reason.encode()) <= 512
    assert PASSWORD not in reason
    return caught.value


@dataclass(frozen=True, kw_only=True)
class Case:
    """``reason`` may name {user}, {key} and {file}."""

    outcome: Outcome
    reason: str
    options: tuple[str, ...] = ()
    user: str = "audit"
    password: str = ""
    keys: bool = True


KEY = "offered key {key} ({file})"
SEE_THERE = "see authorized_keys, AllowUsers and the account's expiry there"
CASES = {
    "a key that is not authorised": Case(
        options=("AuthorizedKeysCommand /bin/true",), outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused audit: {KEY}; it accepts publickey; {SEE_THERE}",
    ),
    "a user who is not allowed": Case(
        options=("AllowUsers somebody",), outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused audit: {KEY}; it accepts publickey; {SEE_THERE}",
    ),
    "an account that has expired": Case(
        user="expired", outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused expired: {KEY}; it accepts publickey; {SEE_THERE}",
    ),
    "an account that does not exist": Case(
        user="nobody-there", outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused nobody-there: {KEY}; it accepts publickey; {SEE_THERE}",
    ),
    "a wrong password": Case(
        options=("PasswordAuthentication yes",), password="wrong", keys=False, outcome=Outcome.AUTH_FAILED,
        reason="the server refused audit: offered password; it accepts publickey,password; "
        "see the password, AllowUsers and the account's expiry there",
    ),
    "a wrong key and a wrong password": Case(
        options=("PasswordAuthentication yes", "AuthorizedKeysCommand /bin/true"), password="wrong",
        outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused audit: {KEY}, password; it accepts publickey,password; "
        "see authorized_keys, the password, AllowUsers and the account's expiry there",
    ),
    "a server that takes passwords only": Case(
        options=("PasswordAuthentication yes", "PubkeyAuthentication no"), outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused audit: {KEY}; it accepts password; give the target a password reference",
    ),
    "a server that takes keys only": Case(
        password=PASSWORD, keys=False, outcome=Outcome.AUTH_FAILED,
        reason="the server refused audit: offered password; it accepts publickey; "
        "give the target a key file or load the agent",
    ),
    "a password after the key": Case(
        options=("PasswordAuthentication yes", "AuthenticationMethods publickey,password"), outcome=Outcome.AUTH_FAILED,
        reason=f"the server refused audit: {KEY}; it accepts password; give the target a password reference",
    ),
    "an account without a shell": Case(
        user="closed", outcome=Outcome.COLLECTOR_FAILED,
        reason="the shell did not run the collector: exit status 1; This account is currently not available.",
    ),
    "files only": Case(
        options=("ForceCommand internal-sftp",), outcome=Outcome.COLLECTOR_FAILED,
        reason="the shell did not run the collector: exit status ",
    ),
    "another command": Case(
        options=("ForceCommand echo maintenance",), outcome=Outcome.COLLECTOR_FAILED,
        reason="the shell did not run the collector: exit status 0; maintenance",
    ),
    "a root directory without a shell": Case(
        options=("ChrootDirectory /usr/share",), outcome=Outcome.COLLECTOR_FAILED,
        reason="the shell did not run the collector: exit status 1; /bin/sh: No such file or directory",
    ),
    "a server that opens no session": Case(
        options=("MaxSessions 0",), outcome=Outcome.COLLECTOR_FAILED, reason="no session was opened: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_how_it_ends_and_what_is_said(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    monkeypatch.setenv("WEB_PASSWORD", case.password)
    monkeypatch.setenv("HOME", str(tmp_path))
    with server(tmp_path, *case.options) as made:
        target = replace(target_of(made), user=case.user, password="env:WEB_PASSWORD" if case.password else None)
        target = target if case.keys else replace(target, key_files=())
        error = await failure(target, tmp_path, made.known_hosts_line())
    key = {"key": made.user_key.get_fingerprint(), "file": made.user_key_file}
    assert error.outcome is case.outcome
    assert error.reason.startswith(case.reason.format(**key))
    korean = said(error.reason).ko
    assert not {"refused", "offered", "accepts", "shell did"} & set(korean.split(": ")[0].split())


@pytest.mark.parametrize(("user", "password"), [("audit", ""), ("audit", PASSWORD)])
async def test_with_nothing_wrong_the_same_server_lets_in(
    user: str, password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    monkeypatch.setenv("HOME", str(tmp_path))
    with server(tmp_path, "PasswordAuthentication yes") as made:
        target = replace(target_of(made), user=user)
        target = replace(target, password="env:WEB_PASSWORD", key_files=()) if password else target
        channel = await open_channel(target, access_for(target, tmp_path, made.known_hosts_line()), QUICK)
        await channel.write(b"id -un; exit\n")
        assert await drain(channel) == f"{user}\n".encode()
        await channel.aclose()


Known = Callable[[Sshd], list[str]]
HOST_KEYS: dict[str, tuple[Known, Outcome, str]] = {
    "unknown": (lambda _: [], Outcome.HOSTKEY_UNKNOWN, "the server offers ssh-ed25519 {key}, known_hosts has no key"),
    "changed": (
        lambda made: [f"[127.0.0.1]:{made.port} {OTHER.export_public_key().decode().strip()}"],
        Outcome.HOSTKEY_CHANGED, f"the server offers ssh-ed25519 {{key}}, known_hosts has {OTHER.get_fingerprint()}",
    ),
    "revoked": (
        lambda made: [made.known_hosts_line(), f"@revoked {made.known_hosts_line()}"],
        Outcome.HOSTKEY_CHANGED, "Host key is revoked",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOST_KEYS)
async def test_a_host_key_that_is_not_trusted(name: str, tmp_path: Path) -> None:
    known, outcome, reason = HOST_KEYS[name]
    with Sshd(tmp_path) as made:
        error = await failure(target_of(made), tmp_path, *known(made))
    log = made.log()
    assert error.outcome is outcome
    assert error.reason.startswith(reason.format(key=made.host_key.get_fingerprint()))
    assert "Accepted" not in log
    assert "Failed" not in log


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (0, "offered agent: 0 keys; it accepts publickey; give the target a key file or load the agent"),
        (
            1,
            f"offered agent: 1 key; it accepts publickey; {SEE_THERE}",
        ),
        (5, "offered agent: 5 keys; its MaxAuthTries are used up: name the one key file for this target"),
    ],
)
async def test_an_agent_without_the_key(
    keys: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_agent(tmp_path) as path, Sshd(tmp_path, options=("MaxAuthTries 3",)) as made:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        async with asyncssh.connect_agent(path) as client:
            await client.add_keys([asyncssh.generate_private_key("ssh-ed25519") for _ in range(keys)])
        target = replace(target_of(made), key_files=(), use_agent=True)
        error = await failure(target, tmp_path, made.known_hosts_line())
    assert (error.outcome, error.reason) == (Outcome.AUTH_FAILED, f"the server refused {made.account}: {reason}")


HUNG_UP = "banner: the server hung up before its banner (too many logins at a time, or no SSH server?)"


async def test_too_many_logins_at_a_time_are_tried_again_and_then_told(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("MaxStartups 3:100:3",)) as made, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", made.port))).recv(1)
        error = await failure(target_of(made), tmp_path, made.known_hosts_line(), retries=2)
        log = made.wait_for_log("drop connection")
    assert (error.outcome, error.reason) == (Outcome.SSH_FAILED, HUNG_UP)
    assert log.count("Accepted") == 0


async def test_twelve_at_once_come_in_or_say_why_not(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("MaxStartups 3:100:3",)) as made:
        target = target_of(made)
        access = access_for(target, tmp_path, made.known_hosts_line())

        async def one() -> str:
            try:
                await (await open_channel(target, access, replace(QUICK, retries=2))).aclose()
            except TargetError as error:
                return f"{error.outcome}: {error.reason}"
            return "in"

        ends = await asyncio.gather(*(one() for _ in range(12)))
    assert set(ends) <= {"in", f"ssh_failed: {HUNG_UP}"}
    assert ends.count("in") >= 3
