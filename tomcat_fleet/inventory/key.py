"""The variables that mean something here, under Ansible's names and ours, with their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar, cast

from tomcat_fleet.inventory import credential, escalation, route, value
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.value import Notes, RefusedError, UnusableError

T = TypeVar("T")


class Setting(NamedTuple):
    """One variable as defined: the word the operator wrote, its typed value or why it cannot be used, its place."""

    word: str
    value: object
    spot: Spot


Settings: TypeAlias = Mapping[str, Setting]


class Vaulted:
    """A value encrypted with Ansible Vault."""


@dataclass(frozen=True, slots=True)
class Key(Generic[T]):
    """A variable that is honoured."""

    name: str
    parse: Callable[[object, Notes], T]

    def of(self, settings: Settings) -> T | None:
        """Return the typed value in force; None when it is not set."""
        found = settings.get(self.name)
        return None if found is None else cast("T | None", found.value)


def _plain(parse: Callable[[object], T]) -> Callable[[object, Notes], T]:
    return lambda raw, _notes: parse(raw)


def _choice(known: Mapping[str, str]) -> Callable[[object, Notes], str]:
    return lambda raw, _notes: value.one_of(raw, known)


def _host_keys(raw: object, notes: Notes) -> bool:
    if not value.boolean(raw):
        notes.append("has no effect here: host keys are always checked, and unknown ones are refused")
    return True


_TRANSPORTS = {
    "asyncssh": "asyncssh", "ssh": "asyncssh", "smart": "asyncssh", "ansible.builtin.ssh": "asyncssh",
    "paramiko": "paramiko", "paramiko_ssh": "paramiko", "ansible.builtin.paramiko_ssh": "paramiko",
    "ansible.netcommon.paramiko_ssh": "paramiko", "local": "local", "ansible.builtin.local": "local",
}  # fmt: skip
_PROFILES = {name: name for name in ("modern", "legacy-2012", "legacy-2005")}
_SYSTEMS = {name: name for name in ("posix", "linux", "freebsd", "solaris", "aix", "hpux", "windows")}

ADDRESS = Key("ansible_host", _plain(value.address))
PORT = Key("ansible_port", _plain(value.port))
USER = Key("ansible_user", _plain(value.user))
KEY_FILES = Key("ansible_ssh_private_key_file", _plain(value.key_files))
PASSWORD = Key("ansible_password", _plain(credential.reference))
KEY_PASSPHRASE = Key("ansible_ssh_private_key_passphrase", _plain(credential.reference))
BECOME_PASSWORD = Key("ansible_become_password", _plain(credential.reference))
OTHER_SECRET = Key("another secret", credential.ignored_reference)
HOST_KEY_CHECKING = Key("ansible_host_key_checking", _host_keys)
HOST_KEY_ALIAS = Key("host_key_alias", _plain(value.address))
COMMON_ARGS = Key("ansible_ssh_common_args", route.common_args)
EXTRA_ARGS = Key("ansible_ssh_extra_args", route.common_args)
SSH_ARGS = Key("ansible_ssh_args", route.common_args)
ANSIBLE_BECOME = Key("ansible_become", _plain(value.boolean))
BECOME_METHOD = Key("ansible_become_method", _plain(escalation.method))
BECOME_USER = Key("ansible_become_user", _plain(value.user))
TRANSPORT = Key("ansible_connection", _choice(_TRANSPORTS))
INSTANCES = Key("tomcat_instances", _plain(escalation.instances))
BASES = Key("tomcat_bases", _plain(escalation.bases))
DISCOVER = Key("tomcat_discover", _plain(value.boolean))
WAS_ACCOUNTS = Key("was_accounts", _plain(value.accounts))
OS = Key("os", _choice(_SYSTEMS))
ZONE = Key("zone", _plain(value.word))
JUMP = Key("jump", _plain(route.jump))
SSH_PROFILE = Key("ssh_profile", _choice(_PROFILES))
BECOME = Key("become", _plain(escalation.become))
USE_AGENT = Key("use_agent", _plain(value.boolean))

KEYS: Mapping[str, Key[object]] = {
    key.name: cast("Key[object]", key)
    for key in (
        ADDRESS, PORT, USER, KEY_FILES, PASSWORD, KEY_PASSPHRASE, BECOME_PASSWORD, OTHER_SECRET,
        HOST_KEY_CHECKING, HOST_KEY_ALIAS, COMMON_ARGS, EXTRA_ARGS, SSH_ARGS,
        ANSIBLE_BECOME, BECOME_METHOD,
        BECOME_USER, TRANSPORT, INSTANCES, BASES, DISCOVER, WAS_ACCOUNTS, OS, ZONE, JUMP, SSH_PROFILE, BECOME,
        USE_AGENT,
    )
}  # fmt: skip

_ALIASES = {
    "ansible_ssh_host": "ansible_host", "ansible_ssh_port": "ansible_port", "ansible_ssh_user": "ansible_user",
    "ansible_private_key_file": "ansible_ssh_private_key_file",
    "ansible_ssh_pass": "ansible_password", "ansible_ssh_password": "ansible_password",
    "ansible_private_key_passphrase": "ansible_ssh_private_key_passphrase",
    "key_passphrase": "ansible_ssh_private_key_passphrase",
    "ansible_become_pass": "ansible_become_password",
    "ansible_ssh_host_key_checking": "ansible_host_key_checking",
    "ansible_paramiko_host_key_checking": "ansible_host_key_checking",
}  # fmt: skip

# Right for Ansible, wrong only for a host that we are asked to reach.
_ANOTHER_TOOLS = frozenset({"ansible_connection", "ansible_become_method"})


def canonical(name: str) -> str:
    """Return the name under which a variable is kept: aliases are resolved, secrets of no use here share one name."""
    found = _ALIASES.get(name, name)
    if found not in KEYS and credential.is_secret(found):
        return OTHER_SECRET.name
    return found


def settle(word: str, raw: object, spot: Spot, ledger: Ledger) -> Setting | None:
    """``raw`` as a typed setting; None when it was refused or has to be skipped, which the ledger then says."""
    name = canonical(word)
    key = KEYS.get(name)
    if isinstance(raw, Vaulted):
        if key:
            ledger.warn(spot, f"{word} is encrypted with Ansible Vault and was skipped")
        return None
    if key is None:
        return Setting(word, shown(word, raw), spot)
    if raw is None:
        return Setting(word, None, spot)
    if has_template(raw):
        return Setting(word, UnusableError("is a template ({{ }}), which is not expanded here"), spot)
    return _typed(key, word, raw, spot, ledger)


def _typed(key: Key[object], word: str, raw: object, spot: Spot, ledger: Ledger) -> Setting | None:
    notes: Notes = []
    try:
        typed = key.parse(raw, notes)
    except RefusedError as error:
        if key.name in _ANOTHER_TOOLS:
            return Setting(word, UnusableError(str(error)), spot)
        if key is KEYS["os"]:
            ledger.warn(spot, f"{word}: {error}; the system is found out on the target")
            return None
        for _, message in error.problems:
            ledger.fault(spot, f"{word}: {message}")
        return None
    for note in notes:
        ledger.warn(spot, f"{word}: {note}")
    return Setting(word, typed, spot)


def has_template(raw: object) -> bool:
    """Whether any text inside ``raw`` is a Jinja template."""
    if isinstance(raw, str):
        return "{{" in raw or "{%" in raw
    waiting, seen = [raw], set[int]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if "{{" in part or "{%" in part:
                return True
        elif isinstance(part, Mapping | list | tuple) and id(part) not in seen:
            seen.add(id(part))
            waiting.extend(part.values() if isinstance(part, Mapping) else part)
    return False


def shown(word: str, raw: object) -> str:
    """Return a variable of the operator's own as text for display, hidden when its name suggests a secret."""
    if credential.looks_secret(word):
        return "(hidden)"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Mapping | list | tuple):
        return f"({len(raw)} entries)"
    return "" if raw is None else str(raw)
