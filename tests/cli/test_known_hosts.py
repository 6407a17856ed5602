"""Enrolling host keys as an operator does it: scan, review, approve, audit."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import asyncssh
import pytest

from tests.cli.terminal import fleet, inventory
from tests.sshd import Sshd
from tomcat_fleet.cli import known_hosts
from tomcat_fleet.cli.pending import review
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.sweep import clock

OTHER = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    directory = tmp_path_factory.mktemp("sshd")
    key = directory / "ecdsa"
    key.write_bytes(asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_private_key())
    key.chmod(0o600)
    with Sshd(directory, [f"HostKey {key}"]) as server:
        yield server


@pytest.fixture
def hosts(sshd: Sshd, tmp_path: Path) -> Path:
    """One server under two names, and a port where nobody is."""
    return inventory(
        tmp_path / "hosts.toml",
        f'[hosts.web01]\naddress = "127.0.0.1"\nport = {sshd.port}\n'
        f'[hosts.web02]\naddress = "localhost"\nport = {sshd.port}\n'
        '[hosts.gone]\naddress = "127.0.0.1"\nport = 1\n',
    )


def scan(hosts: Path, known: Path, *options: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return fleet("known-hosts", "scan", "-i", hosts, "--known-hosts", known, "--lang", "en", *options, **extra)


@pytest.mark.sshd
def test_from_nothing_to_a_trusted_host(sshd: Sshd, hosts: Path, tmp_path: Path) -> None:
    known, pending = tmp_path / "known_hosts", tmp_path / "known_hosts.pending"
    mark = sshd.host_key.get_fingerprint()
    done = scan(hosts, known)
    assert done.returncode == 3
    rows = [re.split(r"  +", line.rstrip()) for line in done.stdout.splitlines()]
    assert rows[0] == ["Host", "Name in known_hosts", "Type", "Fingerprint", "State"]
    assert rows[1] == ["web01", f"[127.0.0.1]:{sshd.port}", "ssh-ed25519", mark, "new"]
    assert [row[0] for row in rows[1:]] == ["web01", "web01", "web02", "web02", "gone"]
    assert rows[5][2:] == ["-", rows[5][3], "not reached"]
    assert rows[5][3].startswith("unreachable: connection refused (127.0.0.1, port ")
    for said in (
        f"{known}: does not exist yet; every key is new",
        "hosts 3 · new keys 4 · 0 known · 0 changed · 0 revoked · 1 not reached",
        f"One key on several hosts: [127.0.0.1]:{sshd.port}, [localhost]:{sshd.port}",
        "whoever sits between here and a server has been written down in its place",
        "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        f"tomcat-fleet known-hosts approve {pending} --known-hosts {known}",
    ):
        assert said in done.stderr
    assert not known.exists()
    assert stat.S_IMODE(pending.stat().st_mode) == 0o600
    text = pending.read_text("utf-8")
    assert f"#   new: 256 {mark} ssh-ed25519\n#     {sshd.host_key.get_fingerprint('md5')}\n" in text
    assert "#   not reached: connect: " in text
    assert "\n\n" in text

    done = fleet("known-hosts", "approve", pending, "--known-hosts", known, "--only", "web01", "--lang", "en")
    assert done.returncode == 0
    assert f"added: [127.0.0.1]:{sshd.port}  256 {mark} ssh-ed25519  web01\n" in done.stdout
    assert done.stdout.endswith(f"{known}: 2 added · 0 known already · 0 refused\n")
    assert len(known.read_text().splitlines()) == 2

    done = scan(hosts, known, "--limit", "web*", "-o", str(tmp_path / "second"))
    assert done.returncode == 0
    assert re.findall(r"(\w+) *$", done.stdout, re.MULTILINE)[1:] == ["known", "known", "new", "new"]
    assert "#   known, leave this line: 256" in (tmp_path / "second").read_text("utf-8")


@pytest.mark.sshd
def test_a_changed_key_is_loud_and_needs_a_word_of_its_own(sshd: Sshd, hosts: Path, tmp_path: Path) -> None:
    known, pending = tmp_path / "known_hosts", tmp_path / "review me"
    name = f"[127.0.0.1]:{sshd.port}"
    former = f"{name} {OTHER}\n@revoked [localhost]:{sshd.port} {sshd.known_hosts_line().split(' ', 1)[1]}\n"
    known.write_text(former, encoding="ascii")
    done = scan(hosts, known, "-o", str(pending), "--limit", "web*")
    assert done.returncode == 0
    assert re.findall(r"(\w+) *$", done.stdout, re.MULTILINE)[1:] == ["CHANGED", "CHANGED", "REVOKED", "new"]
    assert f"WARNING: web01 ({name}) shows a key that is not the one known" in done.stderr
    assert f"approve '{pending}'" in done.stderr
    old = asyncssh.import_public_key(OTHER).get_fingerprint()
    assert f"#   known so far: 256 {old} ssh-ed25519\n#   CHANGED: 256 {sshd.host_key.get_fingerprint()}" in (
        pending.read_text("utf-8")
    )

    arguments = ("known-hosts", "approve", pending, "--known-hosts", known, "--lang", "en")
    done = fleet(*arguments)
    assert done.returncode == 3
    assert done.stderr.count("refused: ") == 3
    assert "this key is revoked" in done.stderr
    assert known.read_text("ascii").startswith(former)

    done = fleet(*arguments, "--replace")
    assert done.returncode == 3
    assert f"removed: {name}  256 {old} ssh-ed25519" in done.stdout
    assert done.stderr.count("refused: ") == 1
    assert f"The file as it was: {known}.old" in done.stderr
    assert OTHER not in known.read_text("ascii")
    assert OTHER in Path(f"{known}.old").read_text("ascii")


def test_what_is_wrong_is_said_at_once_and_nothing_written(tmp_path: Path) -> None:
    pending, known = tmp_path / "pending", tmp_path / "known_hosts"
    pending.write_text(f"web01 {OTHER}\n* {OTHER}\nweb02\n", encoding="ascii")
    done = fleet("known-hosts", "approve", pending, "--known-hosts", known)
    assert done.returncode == 2
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [f"{pending}:2", f"{pending}:3"]
    pending.write_text(f"web01 {OTHER}\n", encoding="ascii")
    with pytest.raises(ConfigError, match="which --only names") as caught:
        known_hosts._chosen(known_hosts._read(pending), ["web02", "web01", "web03"], pending)
    assert len(caught.value.faults) == 2
    assert not known.exists()


def test_what_stands_behind_a_key_is_shown_safely(tmp_path: Path) -> None:
    pending = tmp_path / "pending"
    pending.write_text(
        f"web01 {OTHER.rsplit(' ', 1)[0] if OTHER.count(' ') > 1 else OTHER} a\x1b]0;x\x07b, 웹\n", "utf-8"
    )
    done = fleet("known-hosts", "approve", pending, "--known-hosts", tmp_path / "known_hosts", "--lang", "en")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("  a\\x1b]0;x\\x07b, 웹")


def test_known_hosts_is_no_place_for_what_waits_for_review(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    (tmp_path / "link").symlink_to(known)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "hosts.toml").write_text("[hosts.web01]\n", "utf-8")
    for output, said in (
        (known, "is known_hosts itself"),
        (tmp_path / "link", "is known_hosts"),
        (tmp_path, "is a dir"),
        (tmp_path / "pipe", "is not a regular file"),
        (tmp_path / "hosts.toml", "holds something else than keys for review"),
    ):
        with pytest.raises(ConfigError, match=said):
            known_hosts._check_output(output, known)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        known_hosts._read(tmp_path / "none")


@pytest.mark.parametrize("lang", list(Lang))
def test_what_an_earlier_scan_wrote_is_replaced(lang: Lang, tmp_path: Path) -> None:
    pending = tmp_path / "pending"
    pending.write_text(review([], speaker(lang), clock.now(), str(pending)), "utf-8")
    known_hosts._check_output(pending, tmp_path / "known_hosts")


def test_a_damaged_known_hosts_stops_the_scan(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    assert known_hosts._known(known) is None
    known.write_text("<<<<<<< HEAD\n", encoding="ascii")
    with pytest.raises(ConfigError, match="known_hosts:1: "):
        known_hosts._known(known)
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        known_hosts._known(known / "below")


@pytest.mark.sshd
def test_the_usual_places_are_those_of_ssh(sshd: Sshd, tmp_path: Path) -> None:
    """Nothing is there yet: neither the directory nor the file."""
    hosts = inventory(tmp_path / "hosts.toml", f'[hosts.web01]\naddress = "127.0.0.1"\nport = {sshd.port}\n')
    done = fleet("known-hosts", "scan", "-i", hosts, HOME=str(tmp_path))
    assert done.returncode == 0
    assert "새 키" in done.stdout
    pending = tmp_path / ".ssh" / "known_hosts.pending"
    assert f"approve {pending}\n" in done.stderr
    assert stat.S_IMODE(pending.parent.stat().st_mode) == 0o700
    done = fleet("known-hosts", "approve", pending, "--hash", HOME=str(tmp_path))
    assert done.returncode == 0
    assert "등록 2건" in done.stdout
    known = tmp_path / ".ssh" / "known_hosts"
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
    assert all(line.startswith("|1|") for line in known.read_text("ascii").splitlines())


def test_words_are_there_in_both_languages_with_the_same_places() -> None:
    table = tomllib.loads(Path(known_hosts.__file__).with_name("words.toml").read_text("utf-8"))["known_hosts"]
    for name, words in table.items():
        korean, english = ({field for _, field, *_ in Formatter().parse(words[lang]) if field} for lang in ("ko", "en"))
        assert korean == english, name
