"""Secrets kept in a Vault, and every way in which it does not hand them out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import environment
from tests.transport.server import write_private
from tests.transport.vault_server import ROLE, ROLE_SECRET, TOKEN, vault
from tomcat_fleet.transport.credential import CredentialError, resolve, resolve_all
from tomcat_fleet.transport.reference import patience
from tomcat_fleet.transport.secret import Secret

VARIABLES = ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_SECRET_ID", "VAULT_NAMESPACE", "VAULT_CACERT")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Point the environment at a Vault, with its token unless told otherwise."""

    def point(address: str, **variables: str) -> None:
        for name, value in {"VAULT_ADDR": address, "VAULT_TOKEN": TOKEN, **variables}.items():
            monkeypatch.setenv(name, value)

    return point


def refusal(reference: str) -> str:
    with pytest.raises(CredentialError) as caught:
        resolve(reference)
    assert "C4NARY" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("secret/web#password", "C4NARY-web"),
        ("secret/data/web#password", "C4NARY-web"),
        ("/secret/web/#password", "C4NARY-web"),
        ("secret/team/db#password", "C4NARY-db"),
        ("kv1/old#password", "C4NARY-old"),
        ("kv1/old#data", "C4NARY-data"),
    ],
)
def test_both_versions_of_the_store(place: str, value: str, at: Any) -> None:
    with vault() as server:
        at(server.address)
        assert resolve(f"vault:{place}").reveal() == value


def test_the_path_of_the_api_needs_no_look_at_the_mounts(at: Any) -> None:
    with vault(mounts_hidden=True) as server:
        at(server.address)
        assert resolve("vault:secret/data/web#password").reveal() == "C4NARY-web"
        assert resolve("vault:kv1/old#password").reveal() == "C4NARY-old"


def test_one_login_and_one_look_at_each_path(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with vault() as server:
        at(server.address, VAULT_ROLE_ID=ROLE, VAULT_SECRET_ID=ROLE_SECRET)
        monkeypatch.delenv("VAULT_TOKEN")
        places = ["secret/web#password", "secret/web#user", "secret/team/db#password", "kv1/old#password"]
        found = resolve_all([f"vault:{place}" for place in places] * 25)
        assert list(found) == [f"vault:{place}" for place in places]
        values = [one.reveal() for one in found.values() if isinstance(one, Secret)]
        assert values == ["C4NARY-web", "audit", "C4NARY-db", "C4NARY-old"]
        assert sorted(server.asked) == sorted([
            "auth/approle/login",
            *(f"sys/internal/ui/mounts/{path}" for path in ("secret/web", "secret/team/db", "kv1/old")),
            *("secret/data/web", "secret/data/team/db", "kv1/old"),
        ])  # fmt: skip


def test_the_token_may_lie_in_the_home_directory(home: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with vault() as server:
        at(server.address)
        monkeypatch.delenv("VAULT_TOKEN")
        wanted = "VAULT_TOKEN, or VAULT_ROLE_ID with VAULT_SECRET_ID is not set, and ~/.vault-token"
        assert refusal("vault:secret/web#user") == (
            f"Vault secret secret/web#user: {wanted} cannot be read: No such file or directory"
        )
        path = write_private(home / ".vault-token", TOKEN)
        assert resolve("vault:secret/web#user").reveal() == "audit"
        path.chmod(0o644)
        assert "~/.vault-token mode 0644 is open to others" in refusal("vault:secret/web#user")


def test_a_namespace_is_named(at: Any) -> None:
    with vault(namespace="ops/seoul") as server:
        at(server.address)
        assert refusal("vault:secret/web#user").endswith("Vault has nothing there (404)")
        at(server.address, VAULT_NAMESPACE="ops/seoul")
        assert resolve("vault:secret/web#user").reveal() == "audit"


@pytest.mark.parametrize(
    ("options", "variables", "place", "said"),
    [
        ({}, {"VAULT_TOKEN": "hvs.C4NARY\n"}, "secret/web#user", "the token for Vault is not one line of ASCII"),
        ({}, {"VAULT_TOKEN": "C4NARY-열쇠"}, "secret/web#user", "the token for Vault is not one line of ASCII"),
        ({}, {"VAULT_TOKEN": "hvs.C4NARY-wrong"}, "secret/web#user", "the token may not read it (403)"),
        ({"forbidden": ("secret/data/web",)}, {}, "secret/web#user", "the token may not read it (403)"),
        ({}, {}, "secret/none#user", "Vault has nothing there (404)"),
        ({"mounts_hidden": True}, {}, "secret/web#user", "Vault has nothing there (404)"),
        ({}, {}, "secret/web#none", "the secret has no such field"),
        ({}, {}, "secret/web#port", "the field does not hold one line of text"),
        ({}, {}, "secret/web#empty", "the field does not hold one line of text"),
        ({}, {}, "secret/web#lines", "the field does not hold one line of text"),
        ({"sealed": True}, {}, "secret/web#user", "Vault is sealed or down for maintenance (503)"),
        ({"body": b"<html>C4NARY"}, {}, "secret/web#user", "what answers at VAULT_ADDR is no Vault"),
        ({"body": b"[1]"}, {}, "secret/web#user", "what answers at VAULT_ADDR is no Vault"),
        ({"body": b"{}" + b" " * 3_000_000}, {}, "secret/web#user", "what answers at VAULT_ADDR is no Vault"),
    ],
)
def test_each_refusal_has_its_line(
    options: dict[str, Any], variables: dict[str, str], place: str, said: str, at: Any
) -> None:
    with vault(**options) as server:
        at(server.address, **variables)
        assert refusal(f"vault:{place}") == f"Vault secret {place}: {said}"


def test_a_refused_approle_is_tried_once(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with vault() as server:
        at(server.address, VAULT_ROLE_ID=ROLE, VAULT_SECRET_ID="C4NARY-wrong")
        monkeypatch.delenv("VAULT_TOKEN")
        found = resolve_all([f"vault:secret/{name}#password" for name in ("web", "team/db", "none")])
        assert {str(error).partition(": ")[2] for error in found.values()} == {"Vault refused the AppRole login (400)"}
        assert server.asked == ["auth/approle/login"]


def test_a_redirect_is_not_followed(at: Any) -> None:
    with vault() as other, vault(redirect_to=other.address) as server:
        at(server.address)
        assert "Vault redirects to another address; name that one in VAULT_ADDR" in refusal("vault:secret/web#user")
        assert other.asked == []


def test_a_slow_one_is_waited_for_once(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "TIME_LIMIT_S", 0.5)
    with vault(delay_s=1.0) as server:
        at(server.address)
        found = resolve_all([f"vault:secret/{number}#password" for number in range(40)])
        assert {str(error).partition(": ")[2] for error in found.values()} == {"gave no answer within 0.5 s"}
        assert len(server.asked) <= 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "VAULT_ADDR is not set"),
        ("http://vault.example.com:8200", "VAULT_ADDR is not https; a token would cross the network in the clear"),
        ("http://192.0.2.1:8200", "VAULT_ADDR is not https; a token would cross the network in the clear"),
        ("http://127.0.0.1.example.com", "VAULT_ADDR is not https; a token would cross the network in the clear"),
        ("vault.example.com:8200", "VAULT_ADDR is no address; https://HOST:PORT is expected"),
        ("https://audit:C4NARY@127.0.0.1", "VAULT_ADDR is no address; https://HOST:PORT is expected"),
        ("https://[::1", "VAULT_ADDR is no address"),
        ("http://127.0.0.1:1", "no answer from VAULT_ADDR: ConnectionError"),
        ("http://localhost:1", "no answer from VAULT_ADDR: ConnectionError"),
        ("http://[::1]:1", "no answer from VAULT_ADDR: ConnectionError"),
        ("https://127.0.0.1:1", "no answer from VAULT_ADDR: ConnectionError"),
    ],
)
def test_where_a_token_does_not_go(address: str, said: str, at: Any) -> None:
    at(address)
    assert refusal("vault:secret/web#user") == f"Vault secret secret/web#user: {said}"


def test_the_certificate_is_verified(home: Path, at: Any) -> None:
    with vault() as server:
        at(server.address.replace("http:", "https:"))
        assert "no answer from VAULT_ADDR: SSLError" in refusal("vault:secret/web#user")
        at(server.address, VAULT_CACERT=str(home / "none.pem"))
        assert f"VAULT_CACERT {home}/none.pem: is not there" in refusal("vault:secret/web#user")


@pytest.mark.parametrize(
    "place", ["secret/web", "#user", "secret/web#", "secret/../sys#a", "secret/web?list=true#a", "a%2e%2e/b#a", "a#b#c"]
)
def test_what_is_no_place_is_not_asked_for(place: str, at: Any) -> None:
    with vault() as server:
        at(server.address)
        assert refusal(f"vault:{place}") == "a secret of Vault is given as vault:PATH#FIELD"
        assert server.asked == []


def test_neither_proxy_nor_netrc_comes_between(home: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write_private(home / ".netrc", "default login x password C4NARY-netrc\n")
    with vault() as proxy, vault() as server:
        at(server.address)
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.address)
        assert resolve("vault:secret/web#user").reveal() == "audit"
        assert proxy.asked == []


def test_without_the_package_the_way_to_it_is_named() -> None:
    script = (
        "import sys; sys.modules['hvac'] = None\n"
        "from tomcat_fleet.transport.credential import resolve_all\n"
        "print(*resolve_all(['vault:secret/web#password']).values())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(VAULT_ADDR="http://127.0.0.1:1", VAULT_TOKEN=TOKEN),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "Vault secret secret/web#password: Vault needs the package hvac: pip install 'tomcat-fleet[vault]'\n"
    )
