"""How an inventory allows escalation, and the instances it names."""

from __future__ import annotations

from collections.abc import Mapping

from tomcat_fleet.inventory import credential, value
from tomcat_fleet.inventory.value import RefusedError, Where
from tomcat_fleet.model.escalation import ASKING
from tomcat_fleet.model.spelling import meant, quoted
from tomcat_fleet.model.target import Become, InstanceHint

METHODS: Mapping[str, str] = {name: name for name in ("sudo", "su", "doas", "dzdo", "pbrun")} | {
    f"{collection}.{name}": name
    for collection, names in {"ansible.builtin": ("sudo", "su"), "community.general": ("doas", "dzdo", "pbrun")}.items()
    for name in names
}


def method(raw: object) -> str:
    """Return a become method of ours; the plugins' full names are understood."""
    found = value.text(raw)
    if found.lower() not in METHODS:
        short = [name for name in METHODS if "." not in name]
        raise RefusedError(f"{quoted(found)} is not one of {', '.join(short)}{meant(found, short)}")
    return METHODS[found.lower()]


def become(raw: object) -> Become | None:
    """Return ``true``, ``false``, a method, or a table of ``method``, ``user`` and ``password``."""
    if isinstance(raw, Mapping):
        return _table(raw)
    try:
        return Become() if value.boolean(raw) else None
    except RefusedError:
        return Become(method=method(raw))


def _table(raw: Mapping[object, object]) -> Become:
    problems: list[tuple[Where, str]] = []
    found = {"method": "sudo", "user": "root"}
    for key, part in raw.items():
        try:
            found[str(key)] = _become_part(str(key), part)
        except RefusedError as error:
            problems.append(((str(key),), f"{quoted(key)}: {error}"))
    if "password" in raw and found["method"] not in ASKING:
        problems.append((("password",), f"'password': {no_password(found['method'])}"))
    if problems:
        raise RefusedError(problems[0][1], problems)
    return Become(method=found["method"], user=found["user"], password=found.get("password"))


def no_password(method: str) -> str:
    """Return why a password cannot be given to a method."""
    return f"a password can be typed for {' and '.join(ASKING)} only, not for {method}"


def _become_part(key: str, part: object) -> str:
    if key == "method":
        return method(part)
    if key == "user":
        return value.user(part)
    if key == "password":
        return credential.reference(part)
    raise RefusedError(f"unknown key{meant(key, ('method', 'user', 'password'))}")


def instances(raw: object) -> tuple[InstanceHint, ...]:
    """``tomcat_instances``: a list of tables with ``base``, ``home``, ``was_accounts``."""
    problems: list[tuple[Where, str]] = []
    found: dict[str, InstanceHint] = {}
    for index, entry in enumerate(value.listed(raw)):
        hint = _instance(entry, index, problems)
        if hint and hint.base in found:
            problems.append(((index,), f"{quoted(hint.base)} is listed twice"))
        elif hint:
            found[hint.base] = hint
    if problems:
        raise RefusedError(problems[0][1], problems)
    return tuple(found.values())


def _instance(entry: object, index: int, problems: list[tuple[Where, str]]) -> InstanceHint | None:
    if not isinstance(entry, Mapping):
        problems.append(((index,), "needs tables with a key 'base', and 'home' or 'was_accounts' where they differ"))
        return None
    found: dict[str, object] = {}
    faults = len(problems)
    for key, part in entry.items():
        try:
            found[key] = _part(str(key), part)
        except RefusedError as error:
            problems.append(((index, str(key)), f"{quoted(key)}: {error}"))
    if "base" not in entry:
        problems.append(((index,), "an instance has no 'base'"))
    if len(problems) > faults:
        return None
    home, accounts = found.get("home"), found.get("was_accounts", ())
    assert isinstance(accounts, tuple)
    return InstanceHint(base=str(found["base"]), home=str(home) if home else None, was_accounts=accounts)


def _part(key: str, part: object) -> object:
    if key in {"base", "home"}:
        return value.path(part)
    if key == "was_accounts":
        return value.accounts(part)
    raise RefusedError(f"unknown key{meant(key, ('base', 'home', 'was_accounts'))}")


def bases(raw: object) -> tuple[InstanceHint, ...]:
    """``tomcat_bases``: CATALINA_BASE paths, a list or comma-separated."""
    return tuple(InstanceHint(base=found) for found in dict.fromkeys(map(value.path, value.listed(raw))))
