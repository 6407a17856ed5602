"""Host names of known_hosts match as OpenSSH's own ssh-keygen says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import asyncssh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.need import need
from tests.thorough import times
from tomcat_fleet.transport.host_name import HostIndex, hash_name, split_hash
from tomcat_fleet.transport.known_hosts import lookup_name, parse_known_hosts

KEYS = [
    asyncssh.generate_private_key(kind).export_public_key().decode().strip()
    for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
]
# Few parts, so that files and questions meet.
HOSTS = st.sampled_from(
    ["web01", "web02", "WEB01", "web1", "a.example.com", "b.Example.com", "example.com", "10.0.0.1", "2001:db8::1", "w"]
)
NAMES = st.builds(lookup_name, HOSTS, st.sampled_from([22, 22, 2222, 22222]))
MIXED = st.one_of(NAMES, NAMES.map(str.upper))
WILD = st.sampled_from(
    ["*", "web0?", "WEB*", "*.example.com", "?", "[*]:2222", "[web0?]:*", "10.0.0.*", "*e*e*", "web01*", "[w]", "w.b01"]
)
PATTERNS = st.one_of(MIXED, WILD, st.one_of(MIXED, WILD).map("!{}".format), st.just("!"), st.just(""))
SALTS = st.binary(min_size=20, max_size=20)
FIELDS = st.one_of(
    MIXED,
    st.lists(PATTERNS, min_size=1, max_size=4).map(",".join).filter(bool),
    st.builds(hash_name, NAMES, SALTS),
)
LINES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "", "@cert-authority ", "@revoked "]),  # OpenSSH 9 overlooks a marker before a tab
    FIELDS,
    st.sampled_from([" ", "\t", "   "]),
    st.sampled_from(KEYS),
    st.sampled_from(["", " web01 operator@desk", "\r"]),
)
OTHER_LINES = st.sampled_from(["", "# web01 of old", "   # web01", "web01 ssh-future AAAA"])


def found_by_openssh(file: Path, name: str) -> list[int]:
    """Numbers of the lines that ssh-keygen says ``name`` has."""
    done = subprocess.run(
        [need("ssh-keygen"), "-F", name, "-f", str(file)], capture_output=True, text=True, check=False, timeout=20
    )
    return [int(number) for number in re.findall(r"^# Host .* found: line (\d+)", done.stdout, re.MULTILINE)]


@settings(max_examples=times(60, 150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.one_of(LINES, LINES, OTHER_LINES), max_size=12), sought=st.lists(NAMES, max_size=3))
def test_the_same_lines_are_found(tmp_path: Path, lines: list[str], sought: list[str]) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="")
    hosts = parse_known_hosts(file.read_bytes(), str(file))
    known = {entry.line for entry in hosts.entries}
    for name in sought:
        ours = [entry.line for entry in hosts.under(name)]
        assert ours == [line for line in found_by_openssh(file, name) if line in known], name


@given(name=st.text(min_size=1), salt=SALTS)
def test_a_hashed_name_is_taken_apart_again(name: str, salt: bytes) -> None:
    parts = split_hash(hash_name(name, salt))
    assert parts
    assert parts[0] == salt


def test_plain_names_are_found_at_once() -> None:
    """One by one, the names of a large fleet would take minutes to be found in a large file."""
    index = HostIndex([f"web{number}.example.com,10.0.{number >> 8}.{number & 255}" for number in range(50_000)])
    assert all(index.find(f"web{number}.example.com") == [number] for number in range(50_000))


def test_openssh_finds_what_we_hashed(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    names = ["web01", "[web01]:2222", "2001:db8::1", "[2001:db8::1]:2222"]
    file.write_text("".join(f"{hash_name(name, bytes(20))} {KEYS[0]}\n" for name in names), encoding="ascii")
    assert [found_by_openssh(file, name) for name in names] == [[1], [2], [3], [4]]
    assert found_by_openssh(file, "web02") == []


def test_we_find_what_openssh_hashed(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"web01,192.0.2.1 {KEYS[0]}\n[web01]:2222 {KEYS[1]}\n", encoding="ascii")
    subprocess.run([need("ssh-keygen"), "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    hosts = parse_known_hosts(file.read_bytes(), str(file))
    assert len(hosts.entries) == 3
    assert all(entry.hashed for entry in hosts.entries)
    for name in ("web01", "192.0.2.1", "[web01]:2222"):
        (entry,) = hosts.under(name)
        assert found_by_openssh(file, name) == [entry.line]
