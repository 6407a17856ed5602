"""``Secret``: whatever shows, copies, stores or compares objects gets nothing of the value."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable

import msgspec
import pytest
import rich.pretty

from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.redact import Redactor
from tomcat_fleet.transport.access import Access, Login
from tomcat_fleet.transport.secret import Secret

CANARY = "C4NARY-7f3a"


def fail(secret: Secret, login: Login) -> None:
    raise ValueError(secret, login)


def trace(secret: Secret) -> str:
    try:
        fail(secret, Login(account="audit", password=secret))
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    raise AssertionError


def log(secret: Secret) -> str:
    record = logging.LogRecord(
        "x", logging.INFO, "", 0, "%s %r %(x)s" if not secret else "%s %r", (secret, secret), None
    )
    return record.getMessage()


SHOWS: dict[str, Callable[[Secret], object]] = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret} {secret!r} {secret!s} {secret:>30} {secret:x}",
    "percent": lambda secret: "%s %r %a" % (secret, secret, secret),  # noqa: UP031
    "bytes": lambda secret: b"%r" % secret,
    "pprint": pprint.pformat,
    "rich": rich.pretty.pretty_repr,
    "a list": lambda secret: repr([secret, {"x": secret}, (secret,)]),
    "a login": lambda secret: repr(Login(account="audit", password=secret)),
    "an access": lambda secret: repr(Access(account="audit", passwords={"env:X": secret})),
    "a traceback with locals": trace,
    "a log": log,
    "dir": dir,
    "the hash": hash,
    "json with default": lambda secret: json.dumps(secret, default=str),
    "the type": lambda secret: [getattr(type(secret), name) for name in dir(type(secret))],
}
REFUSES: dict[str, Callable[[Secret], object]] = {
    **{f"pickle {number}": lambda secret, number=number: pickle.dumps(secret, number) for number in range(6)},  # type: ignore[misc]
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "asdict": lambda secret: dataclasses.asdict(Login(account="audit", password=secret)),
    "the state": lambda secret: secret.__getstate__(),
    "json": json.dumps,
    "msgspec": msgspec.json.encode,
    "msgspec of a login": lambda secret: msgspec.json.encode(Login(account="audit", password=secret)),
    "vars": vars,
    "len": len,  # type: ignore[dict-item]
    "iterating": list,  # type: ignore[dict-item]
    "bytes": bytes,  # type: ignore[dict-item]
    "sorting": lambda secret: sorted([secret, Secret("x")]),  # type: ignore[type-var]
    "joining": "".join,
    "changing": lambda secret: setattr(secret, "_value", "x"),
    "adding": lambda secret: setattr(secret, "other", "x"),
    "deleting": lambda secret: delattr(secret, "_value"),
}


@pytest.mark.parametrize("way", SHOWS)
def test_a_secret_is_not_shown(way: str) -> None:
    assert CANARY not in repr(SHOWS[way](Secret(CANARY)))


@pytest.mark.parametrize("way", REFUSES)
def test_a_secret_is_not_handed_on(way: str) -> None:
    secret = Secret(CANARY)
    with pytest.raises((TypeError, AttributeError)) as raised:
        REFUSES[way](secret)
    assert CANARY not in str(raised.value)
    assert secret.reveal() == CANARY


def test_a_secret_is_equal_to_nothing_but_itself() -> None:
    secret, other = Secret(CANARY), Secret(CANARY)
    assert secret == secret  # noqa: PLR0124
    assert secret != other
    assert secret != CANARY
    assert len({secret, other}) == 2


def test_the_key_of_the_fingerprints_is_not_shown_either() -> None:
    key = b"C4NARY-key of the fingerprints.."
    assert "C4NARY" not in repr(Ingest(key)) + repr(Redactor(key))
