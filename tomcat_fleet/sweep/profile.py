"""The profile file: judging parameters an operator sets, read strictly."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.policy import ManagerRequired, Policy
from tomcat_fleet.model.spelling import meant, quoted
from tomcat_fleet.model.toml_lines import NotTomlError, parse

_FIRST_CODE, _LAST_CODE = 400, 599
_WHO_WHY_UNTIL = ("who", "why", "until")


def load_profile(path: Path) -> Policy:
    """Policy of a TOML profile file.

    Raises ConfigError with every fault of the file at once, each with its line.
    """
    text = _read(path)
    try:
        data, lines = parse(text)
    except NotTomlError as error:
        raise ConfigError([Fault(str(path), error.line, f"not TOML: {error.reason}")]) from None
    values: dict[str, Any] = {}
    faults = []
    for key, value in data.items():
        try:
            values[key] = _reader(key)(value)
        except ValueError as error:
            faults.append(Fault(str(path), lines.near((key,)), str(error)))
    if faults:
        raise ConfigError(faults)
    return Policy(**values)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError([Fault(str(path), 0, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise ConfigError([Fault(str(path), 0, "not UTF-8")]) from None


def _reader(key: str) -> Callable[[Any], object]:
    if key in _READERS:
        return _READERS[key]
    raise ValueError(f"unknown key {quoted(key)}{meant(key, _READERS)}")


def _choice(key: str, *allowed: str | int) -> Callable[[Any], object]:
    def read(value: Any) -> object:
        if value in allowed and isinstance(value, str | int) and not isinstance(value, bool):
            return value
        raise ValueError(f"{key} must be one of {', '.join(map(repr, allowed))}, not {value!r}")

    return read


def _list(key: str, kind: str, accept: Callable[[Any], bool]) -> Callable[[Any], object]:
    def read(value: Any) -> object:
        if not isinstance(value, list):
            raise ValueError(f"{key} must be a list of {kind}, not {value!r}")  # noqa: TRY004  one kind for the caller
        wrong = [each for each in value if not accept(each)]
        if wrong:
            raise ValueError(f"{key}: not {kind}: {', '.join(map(repr, wrong))}")
        return tuple(value)

    return read


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_code(value: Any) -> bool:
    return isinstance(value, int) and _FIRST_CODE <= value <= _LAST_CODE


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/")


def _is_network(value: Any) -> bool:
    try:
        ipaddress.ip_network(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _days(value: Any) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"advisories_max_age_days must be a positive whole number, not {value!r}")


def _required(value: Any) -> object:
    if not isinstance(value, Mapping) or set(value) != set(_WHO_WHY_UNTIL):
        raise ValueError("manager_required must be a table with exactly who, why and until")
    until = value["until"]
    if not (_is_name(value["who"]) and _is_name(value["why"])):
        raise ValueError("manager_required: who and why must say something")
    try:
        last = until if type(until) is date else date.fromisoformat(until)
    except (TypeError, ValueError):
        raise ValueError(f"manager_required: until must be a date such as 2027-03-31, not {until!r}") from None
    return ManagerRequired(who=value["who"], why=value["why"], until=last.isoformat())


_READERS: Mapping[str, Callable[[Any], object]] = {
    "dir_group_execute": _choice("dir_group_execute", "literal", "ignore"),
    "owner_root": _choice("owner_root", "accept", "fail"),
    "password_classes": _choice("password_classes", 3, 4),
    "password_scope": _choice("password_scope", "all", "admin"),
    "default_accounts": _list("default_accounts", "account names", _is_name),
    "error_codes": _list("error_codes", "HTTP error codes", _is_code),
    "manager_required": _required,
    "manager_networks": _list("manager_networks", "networks such as 10.1.0.0/16", _is_network),
    "upload_dirs": _list("upload_dirs", "absolute paths", _is_path),
    "advisories_max_age_days": _days,
}
assert set(_READERS) == {field.name for field in fields(Policy)}
