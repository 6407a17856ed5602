"""Private keys as ssh-keygen writes them, encrypted and not."""

from __future__ import annotations

import base64
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import asyncssh
import pytest

from tests.cli.terminal import environment
from tests.need import need
from tests.transport.server import write_private
from tomcat_fleet.transport.private_file import CredentialError
from tomcat_fleet.transport.private_key import EncryptedKeyError, WrongPassphraseError, read_identity
from tomcat_fleet.transport.secret import Secret

CANARY = "C4NARY phrase 암호"
KINDS = {"ed25519": ["-t", "ed25519"], "ecdsa": ["-t", "ecdsa", "-b", "384"], "rsa": ["-t", "rsa", "-b", "1024"]}
FORMS = ["RFC4716", "PEM", "PKCS8"]  # the first is ssh-keygen's word for OpenSSH's own


@cache
def written(kind: str, form: str, phrase: str = CANARY) -> bytes:
    """A key file by ssh-keygen."""
    path = Path(mkdtemp()) / "id"
    arguments = [*KINDS.get(kind, ["-t", kind]), "-N", phrase, "-m", form, "-a", "4", "-f", str(path)]
    subprocess.run([need("ssh-keygen"), "-q", *arguments], check=True, capture_output=True, timeout=60)
    content = path.read_bytes()
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    return content


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [*KINDS, "dsa"])
class TestEncrypted:
    def test_the_passphrase_opens_it(self, kind: str, form: str, tmp_path: Path) -> None:
        path = write_private(tmp_path / "id", written(kind, form))
        identity = read_identity(path, Secret(CANARY))
        public = subprocess.run(
            [need("ssh-keygen"), "-y", "-P", CANARY, "-f", str(path)], check=True, capture_output=True, timeout=20
        ).stdout
        assert identity.key.convert_to_public() == asyncssh.import_public_key(public)

    @pytest.mark.parametrize("phrase", ["wrong", "", CANARY + " ", "\udcff"])
    def test_another_does_not(self, kind: str, form: str, phrase: str, tmp_path: Path) -> None:
        path = write_private(tmp_path / "id", written(kind, form))
        with pytest.raises(WrongPassphraseError, match=r"^the passphrase does not open it$"):
            read_identity(path, Secret(phrase))

    def test_without_one_it_is_told_from_damage(self, kind: str, form: str, tmp_path: Path) -> None:
        with pytest.raises(EncryptedKeyError, match=r"^encrypted; set key_passphrase"):
            read_identity(write_private(tmp_path / "id", written(kind, form)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_passphrase_for_a_key_without_one_is_not_used(kind: str, form: str, tmp_path: Path) -> None:
    path = write_private(tmp_path / "id", written(kind, form, ""))
    assert read_identity(path, Secret(CANARY)).key == read_identity(path).key


def test_wrong_passphrases_whose_padding_looks_right_are_wrong_passphrases(tmp_path: Path) -> None:
    """One in some hundred decrypts a PEM file to padding that fits, and to nonsense inside."""
    path = write_private(tmp_path / "id", written("ecdsa", "PEM"))
    for number in range(600):
        with pytest.raises(WrongPassphraseError):
            read_identity(path, Secret(f"wrong{number}"))


@pytest.mark.parametrize("form", FORMS)
def test_damage_is_no_missing_passphrase(form: str, tmp_path: Path) -> None:
    lines = written("rsa", form, "").splitlines(keepends=True)
    path = write_private(tmp_path / "id", b"".join([*lines[:3], *lines[5:]]))
    for phrase in (None, Secret(CANARY)):
        with pytest.raises(CredentialError, match=r"^holds no private key that can be used$"):
            read_identity(path, phrase)


def test_an_encrypted_key_has_its_certificate_beside_it(tmp_path: Path) -> None:
    path = write_private(tmp_path / "id", written("ed25519", "RFC4716"))
    authority = write_private(tmp_path / "authority", written("rsa", "RFC4716", ""))
    key = read_identity(path, Secret(CANARY)).key
    (tmp_path / "id.pub").write_bytes(key.export_public_key())
    subprocess.run(
        [need("ssh-keygen"), "-q", "-s", str(authority), "-I", "operator", "-n", "audit", str(tmp_path / "id.pub")],
        check=True,
        capture_output=True,
        timeout=20,
    )
    certificate = read_identity(path, Secret(CANARY)).certificate
    assert certificate
    assert certificate.key == key.convert_to_public()


def security_key() -> bytes:
    """What ``ssh-keygen -t ed25519-sk`` leaves in the file: the handle of a key that never leaves its device."""

    def text(value: bytes) -> bytes:
        return len(value).to_bytes(4, "big") + value

    kind, point = text(b"sk-ssh-ed25519@openssh.com"), text(bytes(range(32)))
    public = kind + point + text(b"ssh:")
    secret = b"\0\0\0\1" * 2 + public + b"\1" + text(b"handle" * 10) + text(b"") + text(b"comment")
    secret += bytes(range(1, 1 + -len(secret) % 8))
    blob = b"openssh-key-v1\0" + text(b"none") * 2 + text(b"") + b"\0\0\0\1" + text(public) + text(secret)
    lines = base64.encodebytes(blob).decode()
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}-----END OPENSSH PRIVATE KEY-----\n".encode()


def test_a_security_key_is_named(tmp_path: Path) -> None:
    path = write_private(tmp_path / "id_ed25519_sk", security_key())
    shown = subprocess.run(
        [need("ssh-keygen"), "-l", "-f", str(path)], check=True, capture_output=True, text=True, timeout=20
    ).stdout
    assert "(ED25519-SK)" in shown
    with pytest.raises(CredentialError, match=r"^is kept in a FIDO authenticator; add it to an agent"):
        read_identity(path)


def test_a_missing_bcrypt_is_named(tmp_path: Path) -> None:
    """OpenSSH's own form derives its key by bcrypt, which asyncssh takes as an option."""
    path = write_private(tmp_path / "id", written("ed25519", "RFC4716"))
    script = (
        "import sys; sys.modules['bcrypt'] = None\n"
        "from pathlib import Path\n"
        "from tomcat_fleet.transport.private_key import *\n"
        "from tomcat_fleet.transport.secret import Secret\n"
        "try: read_identity(Path(sys.argv[1]), Secret('C4NARY'))\n"
        "except CredentialError as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "CredentialError encrypted; opening it needs the package bcrypt\n"


def test_a_key_that_takes_for_ever_to_open_is_named(tmp_path: Path) -> None:
    """ssh-keygen -a takes any number of rounds; this one would take weeks."""
    (first, *lines, last) = written("ed25519", "RFC4716").decode().splitlines()
    blob = base64.b64decode("".join(lines)).replace(b"\0\0\0\x04\0\0\0\x01", b"\x7f\xff\xff\xff\0\0\0\x01", 1)
    path = write_private(tmp_path / "id", f"{first}\n{base64.encodebytes(blob).decode()}{last}\n".encode())
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tomcat_fleet.transport.private_key import *\n"
        "from tomcat_fleet.transport.reference import patience\n"
        "from tomcat_fleet.transport.secret import Secret\n"
        "patience.TIME_LIMIT_S = 0.5\n"
        "try: read_identity(Path(sys.argv[1]), Secret('C4NARY'))\n"
        "except CredentialError as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env=environment(), capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip
    assert done.stdout == "CredentialError encrypted; opening it takes too long; ssh-keygen -p -a 16 writes it anew\n"
