"""What a sweep reads before its first connection, and every fault it names."""

from __future__ import annotations

import pickle
import socket
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.transport.server import write_private
from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.secret import Secret

KEY = asyncssh.generate_private_key("ssh-ed25519")
WEB = Target(name="web01", address="192.0.2.10", source="hosts.toml:7")
CANARY = "C4NARY-secret"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory of an operator without an agent."""
    directory = tmp_path / "home"
    (directory / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("LOGNAME", "operator")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return directory


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "known_hosts"
    path.write_text(f"192.0.2.10 {KEY.export_public_key().decode()}", encoding="ascii")
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return write_private(tmp_path / "key", KEY.export_private_key())


def faults(*targets: Target, **options: object) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        load_access(targets, **options)  # type: ignore[arg-type]
    return caught.value.faults


def messages(*targets: Target, **options: object) -> str:
    return "\n".join(map(str, faults(*targets, **options)))


def identities(access: Access, target: Target = WEB) -> list[str]:
    return [identity.path for identity in access.login(target).identities]


def test_the_operators_own_files_are_the_default(home: Path, known: Path) -> None:
    (home / ".ssh" / "known_hosts").write_bytes(known.read_bytes())
    own = write_private(home / ".ssh" / "id_ed25519", KEY.export_private_key())
    access = load_access([WEB])
    assert identities(access) == [str(own)]
    assert access.known_hosts.of("192.0.2.10", 22).keys == (KEY.convert_to_public(),)
    assert access.login(WEB).account == "operator"
    assert access.login(replace(WEB, user="tomcat")).account == "tomcat"


def test_a_missing_default_known_hosts_is_one_clear_fault(home: Path, key: Path) -> None:
    (found,) = faults(WEB, replace(WEB, name="web02"), key_files=[key])
    assert found.file == str(home / ".ssh" / "known_hosts")
    assert "No such file" in found.message


def test_everything_wrong_is_listed_at_once(tmp_path: Path) -> None:
    target = replace(WEB, key_files=(str(tmp_path / "none"),), password="env:ABSENT", use_agent=True)
    listed = messages(target, known_hosts=tmp_path / "nowhere")
    assert f"{tmp_path}/nowhere: cannot be read: No such file or directory" in listed
    assert f"{tmp_path}/none: private key cannot be read: No such file or directory" in listed
    assert "hosts.toml:7: web01: the environment variable ABSENT is not set or is empty" in listed
    assert "the agent is asked for, but SSH_AUTH_SOCK is not set" in listed


def test_targets_without_ssh_need_nothing() -> None:
    assert load_access([replace(WEB, transport="local")]).login(WEB).identities == ()


def test_a_target_that_cannot_be_logged_in_to_is_a_fault(known: Path) -> None:
    others = [replace(WEB, name=f"web{number:02}") for number in range(2, 6)]
    (found,) = faults(WEB, *others, known_hosts=known)
    assert found.message.startswith("5 target(s) cannot be logged in to: web01, web02, web03, …: no usable key")


def test_an_encrypted_default_key_is_passed_over_and_named(home: Path, known: Path) -> None:
    write_private(home / ".ssh" / "id_ed25519", KEY.export_private_key(passphrase=CANARY, rounds=50))
    assert "(~/.ssh/id_ed25519 encrypted)" in messages(WEB, known_hosts=known)
    rsa = write_private(home / ".ssh" / "id_rsa", asyncssh.generate_private_key("ssh-rsa").export_private_key())
    assert identities(load_access([WEB], known_hosts=known)) == [str(rsa)]


@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
def test_an_encrypted_key_file_is_a_fault(form: str, tmp_path: Path, known: Path) -> None:
    rsa = asyncssh.generate_private_key("ssh-rsa")
    path = write_private(tmp_path / "rsa", rsa.export_private_key(form, passphrase=CANARY, rounds=50))
    (found,) = faults(WEB, known_hosts=known, key_files=[path])
    assert found.file == str(path)
    assert found.message == "private key encrypted; set key_passphrase, or add it to an agent and ask for that"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o700 | 0o001])
def test_a_key_open_to_others_is_a_fault(mode: int, key: Path, known: Path) -> None:
    key.chmod(mode)
    assert f"private key mode {mode:04o} is open to others" in messages(WEB, known_hosts=known, key_files=[key])


@pytest.mark.parametrize(
    "content",
    [b"", b"not a key", KEY.export_public_key(), b"\0" * 70000],
    ids=["empty", "prose", "public-key", "binary"],
)
def test_what_is_no_private_key_is_a_fault(content: bytes, tmp_path: Path, known: Path) -> None:
    path = write_private(tmp_path / "odd", content)
    assert "private key " in messages(WEB, known_hosts=known, key_files=[path])


def test_a_directory_is_no_key(tmp_path: Path, known: Path) -> None:
    assert "private key cannot be read: Is a directory" in messages(WEB, known_hosts=known, key_files=[tmp_path])


def test_a_target_s_own_keys_come_before_the_sweeps(tmp_path: Path, key: Path, known: Path) -> None:
    own = write_private(tmp_path / "own", asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    target = replace(WEB, key_files=(str(own),))
    access = load_access([WEB, target], known_hosts=known, key_files=[key])
    assert identities(access, target) == [str(own)]
    assert identities(access) == [str(key)]


def test_a_certificate_beside_its_key_is_used(tmp_path: Path, key: Path, known: Path) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    authority.generate_user_certificate(KEY, "operator").write_certificate(tmp_path / "key-cert.pub")
    access = load_access([WEB], known_hosts=known, key_files=[key])
    assert access.login(WEB).identities[0].certificate is not None
    (tmp_path / "key-cert.pub").write_text("broken", encoding="ascii")
    assert "certificate key-cert.pub cannot be used" in messages(WEB, known_hosts=known, key_files=[key])


def test_the_agent_is_for_those_who_ask(
    tmp_path: Path, key: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "agent")
    asking = replace(WEB, use_agent=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        some = load_access([WEB, asking], known_hosts=known, key_files=[key])
        assert some.login(asking).agent_path == path
        assert some.login(WEB).agent_path is None
        everyone = load_access([WEB], known_hosts=known, use_agent=True)
        assert everyone.login(WEB).agent_path == path
        assert everyone.login(WEB).identities == ()


def test_an_agent_socket_that_is_none_is_a_fault(known: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(key))
    assert "SSH_AUTH_SOCK is not a socket" in messages(WEB, known_hosts=known, key_files=[key], use_agent=True)


def test_passwords_come_from_environment_and_file(tmp_path: Path, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PASSWORD", CANARY)
    path = write_private(tmp_path / "password", f"{CANARY} \n")
    by_name, by_file = replace(WEB, password="env:WEB_PASSWORD"), replace(WEB, password=f"file:{path}")
    access = load_access([by_name, by_file], known_hosts=known)
    first, second = access.login(by_name).password, access.login(by_file).password
    assert first
    assert second
    assert (first.reveal(), second.reveal()) == (CANARY, f"{CANARY} ")
    assert CANARY not in f"{access!r} {access.login(by_name)!r}"
    (hop,) = access.route(replace(by_name, jump="ops@192.0.2.9"))
    assert (hop.login.account, hop.login.password, hop.login.identities) == (
        "ops", None, access.login(by_name).identities
    )  # fmt: skip


@pytest.mark.parametrize("reference", [CANARY, f"plain:{CANARY}", "env:", "file:", ""])
def test_a_password_in_the_inventory_is_refused_and_not_repeated(reference: str, known: Path, key: Path) -> None:
    listed = messages(replace(WEB, password=reference), known_hosts=known, key_files=[key])
    assert listed == (
        "hosts.toml:7: web01: a secret is given by reference: env:NAME, file:PATH, cmd:PROGRAM, "
        "keyring:SERVICE/USER, systemd-creds:NAME or vault:PATH#FIELD"
    )


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (CANARY.encode(), 0o644, "mode 0644 is open to others"),
        (b"", 0o600, "must hold exactly one line"),
        (f"{CANARY}\n{CANARY}\n".encode(), 0o600, "must hold exactly one line"),
        (b"C4NARY-\xff", 0o600, "not UTF-8 text"),
        (b"C" * 5000, 0o600, "larger than 4096 bytes"),
    ],
)
def test_a_password_file_must_be_private_and_one_line(
    content: bytes, mode: int, said: str, tmp_path: Path, known: Path
) -> None:
    path = write_private(tmp_path / "password", content)
    path.chmod(mode)
    listed = messages(replace(WEB, password=f"file:{path}"), known_hosts=known)
    assert f"password file {path}: {said}" in listed
    assert "C4NARY" not in listed


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(CANARY)
    assert f"{secret} {secret!r} {[secret]} {secret!s:>20}".count("***") == 4
    assert CANARY not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def _described(key: Path, **other: object) -> Target:
    return Target(name="near", address="192.0.2.9", port=2222, user="ops", key_files=(str(key),), **other)  # type: ignore[arg-type]


def test_a_jump_host_that_is_described_has_a_login_of_its_own(tmp_path: Path, known: Path, key: Path) -> None:
    other = write_private(tmp_path / "near", asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    near = _described(other)
    far = replace(near, name="far", address="192.0.2.10", jump="near", user=None)
    target = replace(WEB, jump="far", key_files=(str(key),))
    access = load_access([target], jumps={"near": near, "far": far}, known_hosts=known)
    first, second = access.route(target)
    assert (first.address, first.port, first.login.account) == ("192.0.2.9", 2222, "ops")
    assert (second.address, second.port, second.login.account) == ("192.0.2.10", 2222, access.account)
    assert [each.path for each in first.login.identities] == [str(other)]
    written = replace(target, jump="root@near:22")
    assert [(str(hop), hop.login.account) for hop in access.route(written)] == [("192.0.2.9:22", "root")]


def test_a_described_jump_host_counts_only_where_it_is_on_the_way(known: Path, key: Path, tmp_path: Path) -> None:
    gone = _described(tmp_path / "no such key")
    target = replace(WEB, key_files=(str(key),))
    load_access([target], jumps={"near": gone}, known_hosts=known)
    (message,) = messages(replace(target, jump="near"), jumps={"near": gone}, known_hosts=known).splitlines()
    assert message.startswith(f"{tmp_path}/no such key: private key")


def test_jump_hosts_in_a_circle_are_refused(known: Path, key: Path) -> None:
    near = _described(key, jump="far")
    far = replace(near, name="far", jump="near")
    found = messages(
        replace(WEB, jump="near", key_files=(str(key),)), jumps={"near": near, "far": far}, known_hosts=known
    )
    assert found == "hosts.toml:7: web01: the jump hosts form a circle: near > far > near"


def test_a_wrong_passphrase_costs_only_the_hosts_that_need_the_key(
    tmp_path: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = asyncssh.generate_private_key("ssh-ed25519")
    locked = write_private(tmp_path / "locked", private.export_private_key("pkcs8-pem", passphrase="right"))
    monkeypatch.setenv("PHRASE", "wrong-C4NARY")
    target = replace(WEB, key_files=(str(locked),), key_passphrase="env:PHRASE")
    access = load_access([target], known_hosts=known)
    assert access.login(target).empty
    assert access.login(target).locked == (f"private key {locked}: the passphrase does not open it",)
    assert "C4NARY" not in repr(access)
    monkeypatch.setenv("PHRASE", "right")
    assert [each.path for each in load_access([target], known_hosts=known).login(target).identities] == [str(locked)]


def test_a_key_that_needs_the_agent_is_left_to_it(tmp_path: Path, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ssh: IdentityFile names a key that is encrypted, and the agent has it."""
    private = asyncssh.generate_private_key("ssh-ed25519")
    encrypted = write_private(tmp_path / "encrypted", private.export_private_key("pkcs8-pem", passphrase="right"))
    named = replace(WEB, key_files=(str(encrypted),))
    path = str(tmp_path / "agent")
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(path)
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        for asking, use_agent in ((named, True), (replace(named, use_agent=True), False)):
            login = load_access([asking], known_hosts=known, use_agent=use_agent).login(asking)
            assert (login.identities, login.agent_path, login.locked) == ((), path, ())
        both = load_access([WEB], known_hosts=known, key_files=[encrypted], use_agent=True)
        assert both.login(WEB).agent_path == path
        with pytest.raises(ConfigError, match="private key encrypted"):
            load_access([replace(named, use_agent=True), replace(named, name="web02")], known_hosts=known)
        with pytest.raises(ConfigError, match="cannot be read: No such file"):
            load_access([replace(WEB, key_files=("/none",))], known_hosts=known, use_agent=True)
