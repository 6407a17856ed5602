"""The known_hosts file as ssh(1) reads it."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.transport.known_hosts import KnownHosts, Trust, read_known_hosts

KEY, OTHER = (asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for _ in range(2))
LINE, OTHER_LINE = (key.export_public_key().decode().strip() for key in (KEY, OTHER))


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
        ([f"[2001:db8::1]:2222 {LINE}"], "2001:db8::1", 2222, Trust.TRUSTED),
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
        )
    file = str(tmp_path / "known_hosts")
    assert caught.value.faults == (
        Fault(file, 2, "not an entry: host names, key type and key are needed"),
        Fault(file, 3, "unknown marker; @cert-authority and @revoked exist"),
        Fault(file, 4, "damaged ssh-ed25519 key"),
        Fault(file, 5, "damaged hashed host name"),
        Fault(file, 6, "not an entry: host names, key type and key are needed"),
    )


def test_a_directory_is_no_known_hosts_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_known_hosts(tmp_path)
