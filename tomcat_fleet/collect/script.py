"""The remote script and the lines around it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from tomcat_fleet import __version__
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Question
from tomcat_fleet.model.target import Target

_SEARCH_SECONDS = 60  # the target's own time limit for one search
_PATIENCE = 20  # seconds for a program that raises rights: to answer, to ask, to judge what it was told
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+:=,@")


@cache
def source() -> bytes:
    """The POSIX collector, comments and blank lines left out: they would only cost transfer."""
    lines = files("tomcat_fleet.collect").joinpath("posix.sh").read_bytes().split(b"\n")
    kept = (line for line in lines if line.strip() and not line.lstrip().startswith(b"# "))
    return b"\n".join(kept) + b"\n"


@cache
def version() -> str:
    """Version and hash of the collector, for reports."""
    return f"posix {__version__} sha256:{hashlib.sha256(source()).hexdigest()[:16]}"


def encoded(shown: str) -> str:
    r"""A path as one shell word for ``printf %b``: safe characters as they are, all others as ``\0ooo``."""
    return "".join(chr(byte) if byte in _PLAIN else f"\\0{byte:03o}" for byte in escape.to_bytes(shown)) or "\\0040"


def opening(target: Target, nonce: str, *, seconds: int = _SEARCH_SECONDS, patience: int = _PATIENCE) -> bytes:
    """Everything sent to ``sh -s`` before the first answer."""
    bases = [hint.base for hint in target.instances]
    homes = [hint.home for hint in target.instances if hint.home]
    accounts = {*target.was_accounts, *(name for hint in target.instances for name in hint.was_accounts)}
    head = (
        f"TF_NONCE={nonce}\n"
        f"TF_MODE=plain TF_SECONDS={seconds} TF_PATIENCE={patience} TF_DISCOVER={int(target.discover)}\n"
        f"TF_BASES='{_words(bases)}'\nTF_HOMES='{_words(homes)}'\nTF_ACCOUNTS='{_words(sorted(accounts))}'\n"
    ).encode("ascii")
    if target.become is None:
        return head + source() + b"tf_main\n"
    quoted = source().replace(b"'", b"'\\''")
    return head + b"TF_SCRIPT='" + quoted + b'\'\neval "$TF_SCRIPT"\ntf_main\n'


def _words(paths: Iterable[str]) -> str:
    return " ".join(encoded(path) for path in paths)


def asking(questions: Iterable[Question]) -> bytes:
    """The lines that ask ``questions`` and for the END of the round."""
    lines = [f"{q.verb.value} {encoded(q.detail) if q.detail else '-'} {encoded(q.path)}" for q in questions]
    return "".join(f"{line}\n" for line in [*lines, ". - -"]).encode("ascii")


def raising(method: str, user: str) -> bytes:
    """The line that asks the shell to go on with another account's rights."""
    return f"raise {encoded(method)} {encoded(user)}\n".encode("ascii")


def prompting(method: str, user: str, mark: str) -> bytes:
    """The line that asks the shell to run ``method`` with a prompt that holds ``mark``."""
    return f"password {encoded(f'{method}:{mark}')} {encoded(user)}\n".encode("ascii")


def raised(nonce: str, count: int, uids: str) -> bytes:
    """Everything sent to a raised shell that reads from the channel; ``uids`` are what the first one told."""
    if not set(uids) <= set("0123456789 "):
        raise ValueError("not numbers of accounts")
    head = (
        f"TF_NONCE={nonce} TF_MODE=raised TF_COUNT={count} TF_SECONDS={_SEARCH_SECONDS} TF_PATIENCE={_PATIENCE}"
        f" tf_uids='{uids}'\n"
    )
    return head.encode("ascii") + source() + b"tf_main\n"


def repeating(names: Iterable[str]) -> bytes:
    """Lines that repeat the process table or the search of the usual places."""
    return "".join(f"{name} - -\n" for name in names).encode("ascii")
