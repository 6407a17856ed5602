"""Weak SSH is shown as information: on the host's page and counted for the fleet, in no verdict and no score."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.report import sample
from tests.report.reading import read, report
from tomcat_fleet.model.result import MethodResult, TargetResult
from tomcat_fleet.report.oddity import LISTED, Oddities
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.weak_ssh import weak
from tomcat_fleet.transport.algorithm import PROFILES

OLD = ("diffie-hellman-group1-sha1", "ssh-rsa 1024", "3des-cbc", "hmac-md5")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("diffie-hellman-group1-sha1", "1024 bits, SHA-1"),
        ("diffie-hellman-group14-sha1", "SHA-1"),
        ("diffie-hellman-group-exchange-sha1", "SHA-1"),
        ("ssh-rsa 2048", "SHA-1"),
        ("ssh-rsa 1024", "SHA-1, RSA 1024"),
        ("rsa-sha2-512 1024", "RSA 1024"),
        ("ssh-dss 1024", "DSA"),
        ("3des-cbc", "3DES, CBC"),
        ("aes128-cbc", "CBC"),
        ("hmac-sha1", "SHA-1"),
        ("hmac-md5", "MD5"),
    ],
)
def test_what_is_weak_and_why(name: str, why: str) -> None:
    assert weak((name,)) == ((name, why),)


def test_nothing_that_the_modern_profile_offers_is_weak() -> None:
    modern = PROFILES["modern"]
    assert not weak((*modern.exchange, *modern.cipher, *modern.mac, *modern.host_key, "rsa-sha2-256 2048"))
    assert not weak(("", " ", "ssh-rsa-cert-v01@openssh.com of the future", "rsa-sha2-512 many"))


@pytest.mark.parametrize("name", ["legacy-2012", "legacy-2005"])
def test_everything_that_an_old_profile_adds_is_weak(name: str) -> None:
    modern, old = PROFILES["modern"], PROFILES[name]
    for ours, theirs in ((modern.exchange, old.exchange), (modern.cipher, old.cipher), (modern.mac, old.mac),
                         (modern.host_key, old.host_key)):  # fmt: skip
        added = [one for one in theirs if one not in ours]
        assert [one for one, _ in weak(added)] == added


def host(number: int, algorithms: tuple[str, ...]) -> TargetResult:
    name = f"web{number:04}"
    method = MethodResult(transport="asyncssh", profile="legacy-2005", algorithms=algorithms)
    return replace(sample.good(), target=name, slug=slug(name), method=method)


def test_pages_tell_it_and_the_score_does_not(tmp_path: Path) -> None:
    weakened, sound = host(1, OLD), host(2, ("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com"))
    report(tmp_path / "weak", [weakened, sound])
    report(tmp_path / "sound", [replace(weakened, method=sound.method), sound])
    summaries = [json.loads((tmp_path / name / "summary.json").read_text()) for name in ("weak", "sound")]
    assert [summary.pop("weak_ssh") for summary in summaries] == [1, 0]
    assert summaries[0]["score"] == summaries[1]["score"]
    assert summaries[0]["statuses"] == summaries[1]["statuses"]
    page = read(tmp_path / "weak" / "hosts" / f"{weakened.slug}.html").text
    for part in (
        "SSH 알고리즘",
        "ssh_profile legacy-2005",
        "ssh-rsa 1024 (SHA-1, RSA 1024)",
        "13개 항목의 판단 기준이 아닙니다",
    ):
        assert part in page
    assert "약한 알고리즘" not in read(tmp_path / "weak" / "hosts" / f"{sound.slug}.html").text
    index = (tmp_path / "weak" / "index.html").read_text("utf-8")
    assert 'id="weak-ssh"' in index
    assert "diffie-hellman-group1-sha1, ssh-rsa 1024, 3des-cbc, hmac-md5" in index
    assert 'id="weak-ssh"' not in (tmp_path / "sound" / "index.html").read_text("utf-8")


def test_pages_in_english_tell_it_too(tmp_path: Path) -> None:
    weakened = host(1, OLD)
    report(tmp_path, [weakened], lang="en")
    assert "Weak SSH on this server: diffie-hellman-group1-sha1 (1024 bits, SHA-1)" in " ".join(
        read(tmp_path / "hosts" / f"{weakened.slug}.html").text.split()
    )


def test_countless_ones_are_counted_and_the_first_are_named() -> None:
    found = Oddities()
    for number in range(500, 0, -1):
        found.add(host(number, OLD))
    assert (found.weak_total, len(found.weak_links())) == (500, LISTED)
    assert found.weak_links()[0][0] == "web0001"


def test_a_result_of_an_earlier_release_reads_as_one_whose_algorithms_are_not_known() -> None:
    old = msgspec.to_builtins(sample.good().method)
    del old["profile"], old["algorithms"]
    read_back = msgspec.convert(old, MethodResult)
    assert (read_back.profile, read_back.algorithms) == ("", ())
