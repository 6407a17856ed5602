"""Old servers: OpenSSH held to the algorithms of its time. A profile reaches them, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.sshd import Sshd
from tests.transport.agent import empty_agent
from tests.transport.reach import QUICK, access_for, open_channel, reach
from tests.transport.server import serve
from tests.transport.test_sshd import answer, target_of
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import negotiation
from tomcat_fleet.transport.algorithm import PROFILES, Offer, agreed, mismatch

sshd = pytest.mark.sshd
OLDEST = ("KexAlgorithms diffie-hellman-group1-sha1", "HostKeyAlgorithms ssh-rsa")
OLD = ("KexAlgorithms diffie-hellman-group14-sha1", "HostKeyAlgorithms ssh-rsa", "MACs hmac-sha1")

# Options, host key, size, the weakest profile that reaches it, what is agreed on.
SERVERS: dict[str, tuple[tuple[str, ...], str, int, str, tuple[str, ...]]] = {
    "group1 and 3des": (
        (*OLDEST, "Ciphers 3des-cbc", "MACs hmac-sha1"), "ssh-rsa", 2048, "legacy-2005",
        ("diffie-hellman-group1-sha1", "ssh-rsa 2048", "3des-cbc", "hmac-sha1"),
    ),
    "group1 and md5": (
        (*OLDEST, "Ciphers aes128-cbc", "MACs hmac-md5"), "ssh-rsa", 2048, "legacy-2005",
        ("diffie-hellman-group1-sha1", "ssh-rsa 2048", "aes128-cbc", "hmac-md5"),
    ),
    "dss": (
        (OLDEST[0], "HostKeyAlgorithms ssh-dss", "Ciphers 3des-cbc", "MACs hmac-md5"), "ssh-dss", 1024, "legacy-2005",
        ("diffie-hellman-group1-sha1", "ssh-dss 1024", "3des-cbc", "hmac-md5"),
    ),
    "group14-sha1": (
        (*OLD, "Ciphers aes128-cbc"), "ssh-rsa", 2048, "legacy-2012",
        ("diffie-hellman-group14-sha1", "ssh-rsa 2048", "aes128-cbc", "hmac-sha1"),
    ),
    "gex-sha1": (
        ("KexAlgorithms diffie-hellman-group-exchange-sha1", *OLD[1:], "Ciphers aes256-cbc"), "ssh-rsa", 2048,
        "legacy-2012", ("diffie-hellman-group-exchange-sha1", "ssh-rsa 2048", "aes256-cbc", "hmac-sha1"),
    ),
    "a host key of 1024 bits": (
        (*OLD, "Ciphers aes128-cbc", "RequiredRSASize 1024"), "ssh-rsa", 1024, "legacy-2012",
        ("diffie-hellman-group14-sha1", "ssh-rsa 1024", "aes128-cbc", "hmac-sha1"),
    ),
    "only the cipher is old": (
        ("Ciphers 3des-cbc",), "ssh-ed25519", 0, "legacy-2005",
        ("curve25519-sha256", "ssh-ed25519", "3des-cbc", "hmac-sha2-256-etm@openssh.com"),
    ),
    "only the host key is old": (
        ("HostKeyAlgorithms ssh-rsa",), "ssh-rsa", 2048, "legacy-2012",
        ("curve25519-sha256", "ssh-rsa 2048", "aes128-gcm@openssh.com"),
    ),
}  # fmt: skip


def server_of(case: str, directory: Path) -> Sshd:
    options, key_type, size, _, _ = SERVERS[case]
    server = Sshd(directory, options=options)
    more = {"key_size": size} if key_type == "ssh-rsa" else {}
    server.host_key = asyncssh.generate_private_key(key_type, **more)  # type: ignore[arg-type]
    return server


async def refused(server: Sshd, profile: str, directory: Path) -> TargetError:
    with pytest.raises(TargetError) as caught:
        await answer(server, replace(target_of(server), ssh_profile=profile), directory)
    return caught.value


@sshd
@pytest.mark.parametrize("case", SERVERS)
async def test_an_old_server_is_reached_by_its_profile_alone(case: str, tmp_path: Path) -> None:
    *_, profile, algorithms = SERVERS[case]
    with server_of(case, tmp_path) as server:
        stronger = [*PROFILES][: [*PROFILES].index(profile)]
        for one in stronger:
            error = await refused(server, one, tmp_path)
            assert error.outcome is Outcome.SSH_FAILED
            assert error.reason.startswith("key exchange: no common ")
            assert error.reason.endswith(f"; ssh_profile = {profile} would reach it (weak)")
        assert server.log().count("Connection from") == len(stronger)  # each tried once, with nothing weaker
        target = replace(target_of(server), ssh_profile=profile)
        channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
        await channel.aclose()
    assert channel.link.profile == profile
    assert channel.link.algorithms == algorithms


@sshd
async def test_what_was_agreed_on_is_kept_with_the_evidence(tmp_path: Path) -> None:
    *_, profile, algorithms = SERVERS["group14-sha1"]
    with server_of("group14-sha1", tmp_path) as server:
        target = replace(target_of(server), ssh_profile=profile)
        channel = await open_channel(
            target, access_for(target, tmp_path, server.known_hosts_line()), replace(QUICK, idle_s=60, total_s=90)
        )
        try:
            method = (await collect(channel, target, key=bytes(32), want=lambda _: ())).method
        finally:
            await channel.aclose()
    assert (method.profile, method.algorithms) == (profile, algorithms)


@sshd
async def test_the_reason_says_what_the_server_offers(tmp_path: Path) -> None:
    options = ("KexAlgorithms diffie-hellman-group1-sha1",)
    with Sshd(tmp_path, options=options) as server:
        error = await refused(server, "modern", tmp_path)
    assert error.reason == (
        "key exchange: no common key exchange algorithm; the server offers diffie-hellman-group1-sha1 only; "
        "ssh_profile = legacy-2005 would reach it (weak)"
    )


@sshd
async def test_a_modern_server_is_spoken_to_by_the_strongest_even_with_an_old_profile(tmp_path: Path) -> None:
    with Sshd(tmp_path) as server:
        for profile in PROFILES:
            target = replace(target_of(server), ssh_profile=profile)
            channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
            await channel.aclose()
            assert channel.link.algorithms == ("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com")


@pytest.mark.parametrize("telling", [True, False], ids=["told", "as before OpenSSH 7.2"])
async def test_sha1_signatures_are_made_for_an_old_profile_only(telling: bool, tmp_path: Path) -> None:  # noqa: FBT001
    user_key = asyncssh.generate_private_key("ssh-rsa")
    async with serve(user_key=user_key, signatures=("ssh-rsa",), telling=telling) as server:
        with pytest.raises(TargetError) as caught:
            async with reach(server, "hello", tmp_path):
                pass
        assert caught.value.outcome is Outcome.AUTH_FAILED
        assert caught.value.reason.endswith(
            "it takes no SHA-2 signatures of RSA keys: use another key, or ssh_profile = legacy-2012 (weak)"
        )
        for profile in ("legacy-2012", "legacy-2005"):
            async with reach(server, "hello", tmp_path, ssh_profile=profile) as channel:
                assert channel.link.account == "hello"


async def test_the_agent_s_rsa_keys_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_key, other = (asyncssh.generate_private_key(kind) for kind in ("ssh-rsa", "ssh-ed25519"))
    with empty_agent(tmp_path) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        async with (
            serve(user_key=user_key, signatures=("ssh-rsa", "ssh-ed25519")) as server,
            asyncssh.connect_agent(agent) as client,
        ):
            for added, advice in ((user_key, "ssh_profile = legacy-2012 (weak)"), (other, "expiry there")):
                await client.add_keys([added])
                with pytest.raises(TargetError) as caught:
                    async with reach(server, "agent", tmp_path, key_files=(), use_agent=True):
                        pass
                assert caught.value.reason.endswith(advice)  # with another key it may be that one's fault
            async with reach(server, "agent", tmp_path, key_files=(), use_agent=True, ssh_profile="legacy-2012") as it:
                assert it.link.account == "agent"


@pytest.mark.parametrize("taken", ["rsa-sha2-512", "rsa-sha2-256"])
async def test_rsa_keys_sign_with_sha2_where_the_server_takes_it(taken: str, tmp_path: Path) -> None:
    user_key = asyncssh.generate_private_key("ssh-rsa")
    async with serve(user_key=user_key, signatures=(taken,)) as server:
        for profile in PROFILES:
            async with reach(server, "hello", tmp_path, ssh_profile=profile) as channel:
                assert channel.link.account == "hello"


def offer(**changes: object) -> Offer:
    both = (("aes128-ctr",), ("aes128-ctr",))
    macs = (("hmac-sha2-256",), ("hmac-sha2-256",))
    plain = Offer(exchange=("curve25519-sha256",), host_key=("ssh-ed25519",), cipher=both, mac=macs)
    return replace(plain, **changes)  # type: ignore[arg-type]


MISMATCHES: dict[str, tuple[Offer, str, str]] = {
    "nothing": (offer(), "modern", ""),
    "weaker in one direction": (
        offer(cipher=(("aes128-ctr",), ("3des-cbc",))), "modern",
        "no common cipher algorithm; the server offers 3des-cbc only; ssh_profile = legacy-2005 would reach it (weak)",
    ),
    "signals are no algorithms": (
        offer(exchange=("ext-info-s", "kex-strict-s-v00@openssh.com")), "modern",
        "no common key exchange algorithm; the server offers none; no ssh_profile reaches it",
    ),
    "nobody's": (
        offer(host_key=("x509v3-sign-rsa", "pgp-sign-rsa")), "legacy-2005",
        "no common host key algorithm; the server offers x509v3-sign-rsa, pgp-sign-rsa; no ssh_profile reaches it",
    ),
    "a whole cipher needs no MAC": (
        offer(cipher=(("aes128-gcm@openssh.com",),) * 2, mac=((), ())), "modern", "",
    ),
    "a MAC that nobody has": (
        offer(mac=(("none",), ("none",))), "modern",
        "no common MAC algorithm; the server offers none only; no ssh_profile reaches it",
    ),
    "many": (
        offer(cipher=(("a", "b", "c", "d", "e", "f"),) * 2), "modern",
        "no common cipher algorithm; the server offers a, b, c, d and 2 more; no ssh_profile reaches it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MISMATCHES)
def test_what_is_missing_is_computed_from_every_list(case: str) -> None:
    server, profile, said = MISMATCHES[case]
    assert mismatch(server, profile) == said


def test_a_hostile_offer_is_one_short_line_that_ends_with_the_advice() -> None:
    names = tuple(f"\x1b[2J{letter * 5000}\u202e" for letter in "abcdefgh")
    said = mismatch(offer(exchange=names, host_key=names, cipher=(names, names), mac=(names, names)), "modern")
    assert said.isprintable()
    assert len(f"key exchange: {said}".encode()) <= 512
    assert said.endswith("; no ssh_profile reaches it")


def test_what_is_agreed_on_is_the_client_s_first_that_the_server_has() -> None:
    client = offer(exchange=("x", "y", "z"), host_key=("k", "l"))
    server = offer(exchange=("z", "y"), host_key=("l",))
    assert agreed(client, server) == ("y", "l", "aes128-ctr", "hmac-sha2-256")


def packet(*lists: str) -> bytes:
    names = b"".join(len(one).to_bytes(4, "big") + one.encode() for one in lists)
    return bytes([20]) + bytes(16) + names


@pytest.mark.parametrize(
    "raw",
    [None, b"", "text", packet("a")[:-1], packet("a", "b", "c", "d", "e"), packet(*"abcdef")[:-1], bytes(70000)],
)
def test_what_is_no_kexinit_says_nothing(raw: object) -> None:
    assert negotiation.read(raw) is None


def test_a_kexinit_is_read_as_its_lists() -> None:
    read: Callable[[object], Offer | None] = negotiation.read
    assert read(packet("x,y", "k", "c", "", "m", "n")) == Offer(
        exchange=("x", "y"), host_key=("k",), cipher=(("c",), ()), mac=(("m",), ("n",))
    )
