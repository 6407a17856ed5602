"""Merging reviewed keys into known_hosts: what is added, what is refused, and that nothing else changes."""

from __future__ import annotations

import multiprocessing
import os
import re
import stat
import subprocess
from pathlib import Path

import asyncssh
import pytest
from filelock import FileLock

from tests.need import need
from tests.sshd import Sshd
from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.transport import approval
from tomcat_fleet.transport.approval import Approval, approve
from tomcat_fleet.transport.enrolment import State, key_text, parse_pending, pending_line, size, standing
from tomcat_fleet.transport.host_name import hash_name
from tomcat_fleet.transport.known_hosts import parse_known_hosts

A, B, C = (asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for _ in range(3))
E, F = (asyncssh.generate_private_key("ecdsa-sha2-nistp256").convert_to_public() for _ in range(2))
R = asyncssh.generate_private_key("ssh-rsa", key_size=2048).convert_to_public()
TEXT = {"A": key_text(A), "B": key_text(B), "C": key_text(C), "E": key_text(E), "F": key_text(F), "R": key_text(R)}
SALT = bytes(range(20))


def written(*lines: str) -> bytes:
    """Lines in which a capital letter stands for a key, and ``h(name)`` for a hashed name."""
    text = "".join(f"{re.sub('^h[(](.*?)[)]', lambda found: hash_name(found[1], SALT), line)}\n" for line in lines)
    return re.sub(r"(?<= )[ABCEFR](?=\s)", lambda found: TEXT[found[0]], text).encode()


def merge(path: Path, *pending: str, hashed: bool = False, replace: bool = False) -> Approval:
    return approve(parse_pending(written(*pending), "pending"), path, hashed=hashed, replace=replace)


# known_hosts before, pending, --replace, known_hosts after, states that were refused
CASES: dict[str, tuple[list[str], list[str], bool, list[str], list[State]]] = {
    "first of all": ([], ["web01 A"], False, ["web01 A"], []),
    "another host": (["web01 A"], ["web02 A"], False, ["web01 A", "web02 A"], []),
    "there already": (["web01 A"], ["web01 A"], False, ["web01 A"], []),
    "there in a list": (["Web02,WEB01 A of old"], ["web01 A"], False, ["Web02,WEB01 A of old"], []),
    "there by a pattern": (["web* A"], ["web01 A"], False, ["web* A"], []),
    "there hashed": (["h(web01) A"], ["web01 A"], False, ["h(web01) A"], []),
    "twice in the review": ([], ["web01 A", "web01 A again"], False, ["web01 A"], []),
    "another port": (["web01 A"], ["[web01]:2222 A"], False, ["web01 A", "[web01]:2222 A"], []),
    "another type beside the known one": (["web01 A"], ["web01 A", "web01 E"], False, ["web01 A", "web01 E"], []),
    "another type without the known one": (["web01 A"], ["web01 E"], False, ["web01 A"], [State.CHANGED]),
    "changed": (["web01 A"], ["web01 B"], False, ["web01 A"], [State.CHANGED]),
    "changed, with a new type": (["web01 A"], ["web01 B", "web01 E"], False, ["web01 A"], [State.CHANGED] * 2),
    "one of two changed": (
        ["web01 A", "web01 E"],
        ["web01 A", "web01 F", "web01 R"],
        False,
        ["web01 A", "web01 E"],
        [State.CHANGED] * 2,
    ),
    "changed, hashed": (["h(web01) A"], ["web01 B"], False, ["h(web01) A"], [State.CHANGED]),
    "changed, another goes in": (["web01 A"], ["web01 B", "web02 C"], False, ["web01 A", "web02 C"], [State.CHANGED]),
    "replaced": (["web02 C", "web01 A", "db C"], ["web01 B"], True, ["web02 C", "db C", "web01 B"], []),
    "replaced with every type": (
        ["web01 A", "web01 E", "web01 R"],
        ["web01 B", "web01 E"],
        True,
        ["web01 E", "web01 B"],
        [],
    ),
    "replaced, hashed": (["h(web01) A", "h(web02) A"], ["web01 B"], True, ["h(web02) A", "? B"], []),
    "replaced in a list": (["a,WEB01,b A  note"], ["web01 B"], True, ["a,b A  note", "web01 B"], []),
    "replaced twice in a list": (["a,web01,b A"], ["web01 B", "b C"], True, ["a A", "web01 B", "b C"], []),
    "replaced in a list to its end": (["web01,b A"], ["web01 B", "b C"], True, ["web01 B", "b C"], []),
    "known by a pattern": (["web* A"], ["web01 B"], True, ["web* A"], [State.CHANGED]),
    "known by a list with a negation": (["web01,!web02 A"], ["web01 B"], True, ["web01,!web02 A"], [State.CHANGED]),
    "nothing to replace": (["web01 A"], ["web02 B"], True, ["web01 A", "web02 B"], []),
    "revoked": (["@revoked web01 A"], ["web01 A"], True, ["@revoked web01 A"], [State.REVOKED]),
    "revoked everywhere": (["@revoked * A", "x C"], ["web01 A"], True, ["@revoked * A", "x C"], [State.REVOKED]),
    "revoked on the usual port": (
        ["@revoked web01 A"],
        ["[web01]:2222 A"],
        True,
        ["@revoked web01 A"],
        [State.REVOKED],
    ),
    "revoked hashed": (["@revoked web01 A", "h(web01) B"], ["web01 A"], False, ["@revoked web01 A", "h(web01) B"], [
        State.REVOKED,
    ]),
    "an authority is no key": (
        ["@cert-authority * A"],
        ["web01 A", "web01 E"],
        False,
        ["@cert-authority * A", "web01 A", "web01 E"],
        [],
    ),
    "authority and revoked stay": (
        ["@cert-authority web01 C", "web01 A", "@revoked web01 C"],
        ["web01 B"],
        True,
        ["@cert-authority web01 C", "@revoked web01 C", "web01 B"],
        [],
    ),
    "odd lines stay": (
        ["# 우리 서버", "", "  # x", "\tweb02\tA\t# y", "web03 ssh-future AAAA"],
        ["web01 B"],
        False,
        ["# 우리 서버", "", "  # x", "\tweb02\tA\t# y", "web03 ssh-future AAAA", "web01 B"],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_the_file(case: str, tmp_path: Path) -> None:
    before, pending, replace, after, refused = CASES[case]
    path = tmp_path / "known_hosts"
    if before:
        path.write_bytes(written(*before))
    result = merge(path, *pending, replace=replace)
    assert [one.state for one in result.refused] == refused
    expected = written(*after)
    if expected.endswith(f"? {TEXT['B']}\n".encode()):  # hashed with a salt of its own
        *kept, last = path.read_bytes().splitlines(keepends=True)
        assert b"".join(kept) == b"".join(expected.splitlines(keepends=True)[:-1])
        assert re.fullmatch(rb"\|1\|[\w+/=]+\|[\w+/=]+ ssh-ed25519 \S+\n", last)
    else:
        assert path.read_bytes() == expected
    backup = tmp_path / "known_hosts.old"
    assert backup.exists() is bool(result.removed)
    if result.removed:
        assert backup.read_bytes() == written(*before)
    again = merge(path, *pending, replace=replace)
    assert again.added == []
    assert [one.state for one in again.refused] == refused


def test_lines_keep_their_bytes_and_the_last_gets_its_end(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    odd = b"# \xc7\xd1\xb1\xdb \xff\r\n" + written("web02 A comment").replace(b"\n", b"\r\n") + b"\n\n   \n# no end"
    path.write_bytes(odd)
    merge(path, "web01 B")
    assert path.read_bytes() == odd + b"\n" + written("web01 B")


def test_nothing_to_add_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(written("web01 A").rstrip())
    before = path.stat()
    merge(path, "web01 A", "web01 A")
    merge(path, "web01 B", "web01 E")
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_mode_owner_and_link_stay(mode: int, tmp_path: Path) -> None:
    real, link = tmp_path / "etc" / "known_hosts", tmp_path / "known_hosts"
    real.parent.mkdir()
    real.write_bytes(written("web01 A"))
    real.chmod(mode)
    owner = 12345 if os.geteuid() == 0 else os.geteuid()
    os.chown(real, owner, -1)
    link.symlink_to("etc/known_hosts")
    merge(link, "web01 B", replace=True)
    assert link.is_symlink()
    for file in (real, real.with_name("known_hosts.old")):
        assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_uid) == (mode, owner)
    assert real.read_bytes() == written("web01 B")
    assert {path.name for path in real.parent.iterdir()} == {"known_hosts", "known_hosts.old", "known_hosts.lock"}


def test_a_new_file_and_its_directory_are_private(tmp_path: Path) -> None:
    path = tmp_path / ".ssh" / "known_hosts"
    former = os.umask(0)
    try:
        merge(path, "web01 A")
    finally:
        os.umask(former)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("before", [[], ["h(web02) A"], ["h(web02) A", "@cert-authority *.example.com C"]])
def test_hashed_names_are_found_by_openssh(before: list[str], tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(written(*before))
    names = ["web01", "[web01]:2222", "2001:db8::1"]
    merge(path, *(f"{name} {key}" for name in names for key in "BE"), hashed=not before)
    text = path.read_text("ascii")
    for name in names:
        assert name not in text
        found = subprocess.run(
            [need("ssh-keygen"), "-F", name, "-f", str(path)], capture_output=True, text=True, check=True
        ).stdout
        assert found.count("found: line") == 2
        assert TEXT["B"] in found
        assert TEXT["E"] in found
    salts = {line.split("|")[2] for line in text.splitlines() if line.startswith("|")}
    assert len(salts) == len(names) + bool(before)


@pytest.mark.parametrize("lines", [["web02 A"], ["h(web02) A", "web03 A"], ["@cert-authority * C"], ["# nothing"]])
def test_a_file_with_plain_names_gets_plain_ones(lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(written(*lines))
    merge(path, "web01 B")
    assert path.read_bytes() == written(*lines, "web01 B")


def test_a_damaged_known_hosts_is_a_fault_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(written("web02 A") + b"<<<<<<< HEAD\n")
    with pytest.raises(ConfigError) as caught:
        merge(path, "web01 A")
    assert [(fault.file, fault.line) for fault in caught.value.faults] == [(str(path), 2)]
    assert path.read_bytes() == written("web02 A") + b"<<<<<<< HEAD\n"


def test_a_second_approval_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval, "_LOCK_S", 0.2)
    path = tmp_path / "known_hosts"
    with FileLock(f"{path}.lock"), pytest.raises(ConfigError, match="another approval is under way"):
        merge(path, "web01 A")
    merge(path, "web01 A")
    assert path.read_bytes() == written("web01 A")


def _approve(path: Path, number: int) -> None:
    for host in range(5):
        approve(parse_pending(f"web{number}-{host} {TEXT['A']}\n".encode(), "pending"), path)


def test_approvals_at_one_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_approve, args=(path, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(parse_known_hosts(path.read_bytes(), "").entries) == 15


def test_a_place_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written: "):
        merge(tmp_path / "file" / "known_hosts", "web01 A")
    with pytest.raises(ConfigError, match="cannot be written: "):
        merge(tmp_path / "none" / "none" / "known_hosts", "web01 A")


@pytest.mark.parametrize("kind", ["pipe", "directory", "link to a pipe"])
def test_what_is_no_file_is_left_alone(kind: str, tmp_path: Path) -> None:
    """Root would put a file in the place of /dev/null."""
    place = path = tmp_path / "known_hosts"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        place = tmp_path / "pipe"
        os.mkfifo(place)
        path.symlink_to(place)
    before = place.lstat()
    with pytest.raises(ConfigError, match="known_hosts: is not a regular file"):
        merge(path, "web01 A")
    assert place.lstat() == before


class TestPending:
    def test_what_scan_writes_is_read_back(self) -> None:
        lines = ["# a comment", "", pending_line("[web01]:2222", A, ["web01", "웹 1", "b\x1b[31m"]), "  # another"]
        (found,) = parse_pending("\r\n".join(lines).encode(), "pending")
        assert (found.name, found.key, found.line) == ("[web01]:2222", A, 3)
        assert found.labels == ("web01", "웹 1", "b\\x1b[31m")
        for host in ("web01", "WEB01", "[web01]:2222", "웹 1"):
            assert found.is_meant_by(host)
        assert not found.is_meant_by("web")

    def test_every_line_that_is_none_is_named(self) -> None:
        plain = "one plain host name is expected, as known-hosts scan writes it; no marker, list, pattern or hash"
        lines = {
            "web01 A": None,
            "web01": "not an entry: host name, key type and key are needed",
            "@cert-authority web01 A": plain,
            "@revoked web01 A": plain,
            "web01,web02 A": plain,
            "* A": plain,
            "!web01 A": plain,
            "h(web01) A": plain,
            "-oProxyCommand=x A": plain,
            f"web01 {TEXT['A'][:-8]}": "damaged ssh-ed25519 key",
            "web01 ssh-future AAAA": "a key of a type that is not known here",
            "web01 E": None,
            "web01 B": "web01 has another ssh-ed25519 key on line 1; delete one, or give one of the machines a host key"
            " alias in the inventory",
        }
        with pytest.raises(ConfigError) as caught:
            parse_pending(written(*lines), "pending")
        assert caught.value.faults == tuple(
            Fault("pending", number, said) for number, said in enumerate(lines.values(), 1) if said
        )

    @pytest.mark.parametrize("key", [A, E, R])
    def test_sizes_and_fingerprints_are_those_of_openssh(self, key: asyncssh.SSHKey, tmp_path: Path) -> None:
        path = tmp_path / "key.pub"
        path.write_bytes(key.export_public_key())
        for kind in ("sha256", "md5"):
            said = subprocess.run(
                [need("ssh-keygen"), "-l", "-E", kind, "-f", str(path)], capture_output=True, text=True, check=True
            ).stdout
            assert said.startswith(f"{size(key)} {key.get_fingerprint(kind)} ")


def test_standing_of_a_machine_that_shows_nothing() -> None:
    assert standing(parse_known_hosts(written("web01 A"), ""), "web01", []) == []


@pytest.mark.sshd
@pytest.mark.parametrize("hashed", [False, True])
def test_openssh_connects_by_what_was_approved(hashed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    path = tmp_path / "approved"
    with Sshd(tmp_path) as server:
        arguments = [
            need("ssh"), "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
            "-o", f"UserKnownHostsFile={path}", "-o", "GlobalKnownHostsFile=none",
            "-i", str(server.user_key_file), "-p", str(server.port), "127.0.0.1", "echo reached",
        ]  # fmt: skip

        def reached() -> bool:
            done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=20)
            assert done.returncode == 0 or "Host key verification failed" in done.stderr
            return done.stdout == "reached\n"

        name = f"[127.0.0.1]:{server.port}"
        path.write_bytes(written("other C"))
        assert not reached()
        line = pending_line(name, server.host_key.convert_to_public(), ["web01"])
        approve(parse_pending(line.encode(), "pending"), path, hashed=hashed)
        assert reached()
        assert (name in path.read_text("ascii")) is not hashed
        other = parse_pending(pending_line(name, A, ["web01"]).encode(), "pending")
        approve(other, path)
        assert reached()
        approve(other, path, replace=True)
        assert not reached()
