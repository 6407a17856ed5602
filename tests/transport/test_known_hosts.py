"""The known_hosts file as ssh(1) reads it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import asyncssh
import pytest

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.transport.host_name import hash_name
from tomcat_fleet.transport.known_hosts import KnownHosts, Trust, read_known_hosts

KEY, OTHER = (asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for _ in range(2))
RSA = asyncssh.generate_private_key("ssh-rsa", key_size=2048).convert_to_public()
LINE, OTHER_LINE, RSA_LINE = (key.export_public_key().decode().strip() for key in (KEY, OTHER, RSA))
SALT = bytes(range(20))


def read(directory: Path, *lines: str) -> KnownHosts:
    path = directory / "known_hosts"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_known_hosts(path)


@pytest.mark.parametrize(
    ("lines", "address", "port", "trust"),
    [
        ([f"web01 {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"web01 {LINE}"], "WEB01", 22, Trust.TRUSTED),
        ([f"web01 {LINE}"], "web02", 22, Trust.UNKNOWN),
        ([f"web01,192.0.2.1 {LINE}"], "192.0.2.1", 22, Trust.TRUSTED),
        ([f"web01 {OTHER_LINE}"], "web01", 22, Trust.CHANGED),
        ([f"web01 {OTHER_LINE}", f"web01 {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"[web01]:2222 {LINE}"], "web01", 2222, Trust.TRUSTED),
        ([f"[web01]:2222 {LINE}"], "web01", 22, Trust.UNKNOWN),
        ([f"[web01]:2222 {OTHER_LINE}"], "web01", 2222, Trust.CHANGED),
        ([f"web01 {LINE}"], "web01", 2222, Trust.TRUSTED),
        ([f"web01 {OTHER_LINE}"], "web01", 2222, Trust.UNKNOWN),
        ([f"web01 {LINE}", f"[web01]:2222 {OTHER_LINE}"], "web01", 2222, Trust.CHANGED),
        ([f"*.example.com {LINE}"], "web01.example.com", 22, Trust.TRUSTED),
        ([f"*.example.com,!web01.example.com {LINE}"], "web01.example.com", 22, Trust.UNKNOWN),
        ([f"[*.example.com]:2222 {LINE}"], "web01.example.com", 2222, Trust.TRUSTED),
        ([f"web01 {LINE}", f"@revoked * {LINE}"], "web01", 22, Trust.REVOKED),
        ([f"[web01]:2222 {LINE}", f"@revoked web01 {LINE}"], "web01", 2222, Trust.REVOKED),
        ([f"@cert-authority * {OTHER_LINE}"], "web01", 22, Trust.UNKNOWN),
        ([f"@cert-authority [web01]:2222 {OTHER_LINE}", f"web01 {LINE}"], "web01", 2222, Trust.TRUSTED),
        ([f"@cert-authority * {OTHER_LINE}", f"web01 {OTHER_LINE}"], "web01", 2222, Trust.UNKNOWN),
        ([f"[2001:db8::1]:2222 {LINE}"], "2001:db8::1", 2222, Trust.TRUSTED),
        ([f"WEB01.Example.com {LINE}"], "web01.example.com", 22, Trust.TRUSTED),
        ([f"*.EXAMPLE.com {LINE}"], "web01.example.com", 22, Trust.TRUSTED),
        ([f"web0? {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"web0? {LINE}"], "web011", 22, Trust.UNKNOWN),
        ([f"!web01,* {LINE}"], "web01", 22, Trust.UNKNOWN),
        ([f"!web01 {LINE}"], "web02", 22, Trust.UNKNOWN),
        ([f"* {LINE}"], "web01", 2222, Trust.TRUSTED),
        ([f"10.0.0.0/8 {LINE}"], "10.1.2.3", 22, Trust.UNKNOWN),  # no network to ssh(1), only a name
        ([f"web[01] {LINE}"], "web0", 22, Trust.UNKNOWN),
        ([f"web+01 {LINE}"], "web01", 22, Trust.UNKNOWN),
        ([f"{hash_name('web01', SALT)} {LINE}"], "WEB01", 22, Trust.TRUSTED),
        ([f"{hash_name('[web01]:2222', SALT)} {LINE}"], "web01", 2222, Trust.TRUSTED),
        ([f"{hash_name('[web01]:2222', SALT)} {LINE}"], "web01", 22, Trust.UNKNOWN),
        ([f"{hash_name('web01', SALT)} {OTHER_LINE}"], "web01", 22, Trust.CHANGED),
        ([f"{hash_name('web01', SALT)} {OTHER_LINE}", f"web01 {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"{hash_name('web01', SALT)} {RSA_LINE}", f"{hash_name('web01', SALT)} {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"web01 {LINE}", f"@revoked {hash_name('web01', SALT)} {LINE}"], "web01", 22, Trust.REVOKED),
        ([f"@revoked web02 {LINE}", f"web01 {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"web01 {RSA_LINE}", f"web01 {LINE}"], "web01", 22, Trust.TRUSTED),
        ([f"web01 {RSA_LINE}"], "web01", 22, Trust.CHANGED),
        ([f"web01 {LINE} # a comment, with web02"], "web02", 22, Trust.UNKNOWN),
    ],
)
def test_lookup(lines: list[str], address: str, port: int, trust: Trust, tmp_path: Path) -> None:
    assert read(tmp_path, *lines).of(address, port).trust(KEY) is trust


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "# 회사 서버 목록",
        f"web01 {LINE} 운영 웹서버",
        f"web01\t{LINE}\r",
        "web01 ssh-future@example.com AAAA",
    ],
    ids=["empty", "blank", "comment", "trailing-comment", "carriage-return", "future-type"],  # keys differ per run
)
def test_comments_and_unknown_key_types_are_no_faults(line: str, tmp_path: Path) -> None:
    hosts = read(tmp_path, line, f"web02 {LINE}")
    assert hosts.of("web02", 22).trust(KEY) is Trust.TRUSTED
    assert (hosts.of("web01", 22).trust(KEY) is Trust.TRUSTED) is line.startswith(("web01 ssh-ed25519", "web01\t"))


def test_every_malformed_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(
            tmp_path,
            f"web01 {LINE}",
            "web02",
            f"@trusted web03 {LINE}",
            f"web04 {LINE[:-20]}",
            f"|1|bad {LINE}",
            "<<<<<<< HEAD",
            f"web05 ssh-rsa {LINE.split()[1]}",
            f"|1|AAAA|AAAA {LINE}",
            f"@revoked web06 {LINE[:-20]}",
        )
    file = str(tmp_path / "known_hosts")
    assert caught.value.faults == (
        Fault(file, 2, "not an entry: host names, key type and key are needed"),
        Fault(file, 3, "unknown marker; @cert-authority and @revoked exist"),
        Fault(file, 4, "damaged ssh-ed25519 key"),
        Fault(file, 5, "damaged hashed host name"),
        Fault(file, 6, "not an entry: host names, key type and key are needed"),
        Fault(file, 7, "damaged ssh-rsa key"),
        Fault(file, 8, "damaged hashed host name"),
        Fault(file, 9, "damaged ssh-ed25519 key"),
    )


def negative_dss() -> str:
    """A key of numbers below zero, at which cryptography complains in a way of its own."""
    parts = [b"ssh-dss", b"\0\x87" + bytes(127), b"\0\xc4" + bytes(19), b"Q" + bytes(127), b"\x92" + bytes(127)]
    return "ssh-dss " + b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


def test_a_key_of_impossible_numbers_is_passed_over_as_ssh_does(tmp_path: Path) -> None:
    hosts = read(tmp_path, f"web01 {negative_dss()}", f"web02 {LINE}")
    assert hosts.of("web01", 22).keys == ()
    assert hosts.of("web02", 22).trust(KEY) is Trust.TRUSTED


def test_a_directory_is_no_known_hosts_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_known_hosts(tmp_path)


@pytest.mark.parametrize(
    ("lines", "trust"),
    [
        ([f"web01 {LINE}"], Trust.TRUSTED),
        ([f"WEB01 {LINE}"], Trust.TRUSTED),
        ([f"{hash_name('web01', SALT)} {LINE}"], Trust.TRUSTED),
        ([f"web01 {OTHER_LINE}", f"192.0.2.1 {LINE}", f"[192.0.2.1]:2222 {LINE}"], Trust.CHANGED),
        ([f"192.0.2.1 {LINE}", f"[192.0.2.1]:2222 {LINE}"], Trust.UNKNOWN),
        ([f"[web01]:2222 {LINE}"], Trust.UNKNOWN),
        ([f"web01 {LINE}", f"@revoked * {LINE}"], Trust.REVOKED),
    ],
)
@pytest.mark.parametrize("port", [22, 2222])
def test_an_alias_is_looked_up_alone_and_without_the_port(
    lines: list[str], trust: Trust, port: int, tmp_path: Path
) -> None:
    assert read(tmp_path, *lines).of("192.0.2.1", port, "Web01").trust(KEY) is trust


def test_many_hashed_names_are_mentioned_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A small file asked as often as a large one would be: 20 million hashes take half a minute, so one salt counts."""
    hosts = read(tmp_path, *(f"{hash_name(f'web{number}', bytes([number]) * 20)} {LINE}" for number in range(200)))
    hosts._index._done = 20_000_000 - 300
    for number in (7, 7, 7, 8, 9):
        hosts.of(f"web{number}", 22)
    assert [record.getMessage().partition(",")[0] for record in caplog.records] == ["known_hosts has 200 hashed names"]
