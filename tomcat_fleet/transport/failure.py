"""What a failed connection attempt means: one outcome and one safe line.

- ``unreachable``: the name does not resolve, the port refuses, no route; through a jump host: it could not connect.
- ``timeout``: no answer within a deadline, the kernel's own TCP timeout included. A silent port is a timeout.
- ``ssh_failed``: something answered, but the banner, the key exchange or the link broke.
- ``hostkey_unknown``, ``hostkey_changed`` (also for a revoked key): nothing was sent that authenticates.
- ``auth_failed``: the host key is trusted and the server refused the account.
- ``jump_failed``: the same troubles on the way to the target.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from enum import StrEnum

import asyncssh
from asyncssh.constants import OPEN_REQUEST_SESSION_FAILED

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model import escape
from tomcat_fleet.model.masking import masked
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.endpoint import Login
from tomcat_fleet.transport.known_hosts import HostKeys, Trust

_LIMIT = 512  # bytes
_ONE_LINE = bytes.maketrans(b"\t\r\n", b"   ")
# RFC 4254 5.1.
_OPEN_PROHIBITED = 1
# asyncssh refuses a revoked key before it asks anyone, and tells it from a bad certificate by these words only.
_REVOKED = ("Host key is revoked", "Host CA key is revoked")
_HUNG_UP = "the server hung up before its banner (too many logins at a time, or no SSH server?)"
_PASSWORDS = frozenset({"password", "keyboard-interactive"})
_THROUGH = "through the jump host"
_KEYS = 2  # key files that a reason names
# OpenSSH's words when MaxAuthTries is used up.
_TOO_MANY = "Too many authentication failures"
# asyncssh raises what its parsers raise when a hostile server breaks them, not only its own exceptions.
PEER_FAULTS = (asyncssh.Error, OSError, ValueError, ArithmeticError, LookupError, TypeError, AssertionError)
# Trust or an account is what the trouble is about.
SETTLED = frozenset({Outcome.AUTH_FAILED, Outcome.HOSTKEY_CHANGED, Outcome.HOSTKEY_UNKNOWN})


class Stage(StrEnum):
    """How far an attempt got."""

    CONNECT = "connect"
    BANNER = "banner"
    EXCHANGE = "key exchange"
    AUTHENTICATION = "authentication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is known of an attempt beside the exception that ended it; nothing of it is a guess."""

    mismatch: str = ""  # why no algorithms were agreed on, see ``algorithm.mismatch``
    login: Login | None = None
    agent_keys: int = 0
    accepted: tuple[str, ...] = ()  # methods that the server named, of those that could serve here
    sha1_only: bool = False  # signatures of RSA keys that the server takes and that the profile would not make


class ConnectionFaultError(TargetError):
    """A fault before the key exchange that may pass: worth another attempt."""


def line(*parts: str) -> str:
    """Return parts that are safe already as one line of at most 512 bytes."""
    return short(": ".join(part for part in parts if part))


def short(text: str) -> str:
    """Return a line that is safe already, cut to 512 bytes."""
    raw = text.encode()
    # Decoding drops the half of a character that the cut may leave.
    return text if len(raw) <= _LIMIT else raw[: _LIMIT - len("…".encode())].decode("utf-8", "ignore") + "…"


def said(raw: bytes) -> str:
    """Return what a program printed as one safe line; a login script may trace its secrets."""
    text = raw.translate(_ONE_LINE).strip().decode("utf-8", "surrogateescape")
    return short(escape.from_text(masked(text)))


def shown(error: BaseException) -> str:
    """Return an exception's text, escaped and short; its class when it has none."""
    return short(escape.one_line(str(error).strip() or type(error).__name__, _LIMIT))


def of_connection(error: BaseException, stage: Stage, course: Course | None = None) -> TargetError:
    """Return the meaning of ``error``, raised at ``stage``. Host keys have ``of_host_key``."""
    course = course or Course()
    if isinstance(error, asyncssh.ChannelOpenError):
        outcome = Outcome.JUMP_FAILED if error.code == _OPEN_PROHIBITED else Outcome.UNREACHABLE
        return TargetError(outcome, line(_THROUGH, shown(error)))
    if isinstance(error, TimeoutError):
        return TargetError(Outcome.TIMEOUT, line(stage, shown(error)))
    if _is_refusal(error):
        return TargetError(Outcome.AUTH_FAILED, _refusal(error, course))
    return _unreachable(error) if stage is Stage.CONNECT else _broken(error, stage, course)


def of_host_key(offered: asyncssh.SSHKey | None, known: HostKeys, error: asyncssh.HostKeyNotVerifiable) -> TargetError:
    """Return the meaning of a refused host key. ``offered`` is ``None`` for a revoked key and for a certificate."""
    if offered is None:
        revoked = error.reason.startswith(_REVOKED)
        return TargetError(Outcome.HOSTKEY_CHANGED if revoked else Outcome.HOSTKEY_UNKNOWN, shown(error))
    mark = f"{offered.get_algorithm()} {offered.get_fingerprint()}"
    if known.trust(offered) is Trust.CHANGED:
        kept = ", ".join(sorted(key.get_fingerprint() for key in known.keys))
        return TargetError(Outcome.HOSTKEY_CHANGED, line(f"the server offers {mark}, known_hosts has {kept}"))
    return TargetError(Outcome.HOSTKEY_UNKNOWN, line(f"the server offers {mark}, known_hosts has no key for it"))


def named(error: TargetError, hop: object) -> TargetError:
    """Return the refusal of jump host ``hop`` to lead on with its name, any other error as it is."""
    if error.outcome is not Outcome.JUMP_FAILED or not error.reason.startswith(_THROUGH):
        return error
    said = error.reason.removeprefix(f"{_THROUGH}: ")
    return TargetError(error.outcome, line(f"jump host {hop}", "forwarding was refused", said))


def settled(error: TargetError, login: Login) -> bool:
    """Whether another attempt would answer an attacker, or could count against the account.

    A password that was on its way when time ran out or the link broke may have been judged.
    """
    if error.outcome in SETTLED:
        return True
    return login.password is not None and error.reason.startswith((f"{Stage.AUTHENTICATION}: ", "total: "))


def of_start(error: BaseException) -> str:
    """Return why there is no shell on a connection that stands: which of its two steps was refused."""
    if isinstance(error, asyncssh.ChannelOpenError) and error.code != OPEN_REQUEST_SESSION_FAILED:
        return line("no session was opened", shown(error))
    return line("the shell was refused", shown(error))


def _broken(error: BaseException, stage: Stage, course: Course) -> TargetError:
    """Something answered that did not go on."""
    parted = isinstance(error, asyncssh.ConnectionLost | ConnectionError)
    if stage is Stage.BANNER and parted:
        return ConnectionFaultError(Outcome.SSH_FAILED, line(stage, _HUNG_UP))
    if stage is Stage.EXCHANGE and course.mismatch and (parted or isinstance(error, asyncssh.DisconnectError)):
        return TargetError(Outcome.SSH_FAILED, line(stage, course.mismatch))
    return TargetError(Outcome.SSH_FAILED, line(stage, shown(error)))


def _unreachable(error: BaseException) -> TargetError:
    reason = line(Stage.CONNECT, shown(error))
    if isinstance(error, socket.gaierror):
        passing = error.errno == socket.EAI_AGAIN
    else:
        passing = isinstance(error, OSError) and error.errno not in {errno.EACCES, errno.EPERM, errno.EINVAL}
    return (ConnectionFaultError if passing else TargetError)(Outcome.UNREACHABLE, reason)


def _is_refusal(error: BaseException) -> bool:
    """Whether the server refused the account; OpenSSH's MaxAuthTries arrives as a protocol error with this text."""
    if isinstance(error, asyncssh.PermissionDenied | asyncssh.IllegalUserName):
        return True
    return isinstance(error, asyncssh.DisconnectError) and _TOO_MANY in error.reason


def _refusal(error: BaseException, course: Course) -> str:
    """What was tried, what the server would take, and what may be done about it."""
    if course.login is None:
        return shown(error)
    account = escape.one_line(course.login.account, 64)
    if isinstance(error, asyncssh.IllegalUserName):
        return line(f"{account} cannot be an account's name", shown(error))
    said = f"the server refused {account}: offered {_offered(course)}"
    return short("; ".join(part for part in (said, _taken(error, course), _advice(error, course)) if part))


def _taken(error: BaseException, course: Course) -> str:
    """What the server would take; nothing where it hung up without a last word on that."""
    taken = ",".join(escape.one_line(method, 32) for method in course.accepted)
    if taken:
        return f"it accepts {taken}"
    return (
        "" if isinstance(error, asyncssh.DisconnectError) and _TOO_MANY in error.reason else "it accepts none of these"
    )


def _offered(course: Course) -> str:
    """Keys by fingerprint and file, then the agent, then the password, as they were offered."""
    login = course.login
    if login is None:
        return "nothing"
    keys = [f"{one.key.get_fingerprint()} ({escape.one_line(one.path, 200)})" for one in login.identities]
    named = [f"key {', key '.join(keys[:_KEYS])}"] if keys else []
    named += [f"{len(keys) - _KEYS} more keys"] if len(keys) > _KEYS else []
    named += [f"agent: {course.agent_keys} {'key' if course.agent_keys == 1 else 'keys'}"] if login.agent_path else []
    named += ["password"] if login.password else []
    return ", ".join(named) or "nothing"


def _advice(error: BaseException, course: Course) -> str:
    """What may be done, in few words. Servers never tell which of these it is."""
    login = course.login
    keys = course.agent_keys + (len(login.identities) if login else 0)
    key = keys and "publickey" in course.accepted
    password = login and login.password and _PASSWORDS & {*course.accepted}
    advice = {
        "its MaxAuthTries are used up: name the one key file for this target": _TOO_MANY in str(error),
        "it takes no SHA-2 signatures of RSA keys: use another key, or ssh_profile = legacy-2012 (weak)": (
            course.sha1_only
        ),
        "see authorized_keys, the password, AllowUsers and the account's expiry there": key and password,
        "see authorized_keys, AllowUsers and the account's expiry there": key,
        "see the password, AllowUsers and the account's expiry there": password,
        "give the target a key file or load the agent": "publickey" in course.accepted,
        "give the target a password reference": _PASSWORDS & {*course.accepted},
    }
    return next((said for said, fits in advice.items() if fits), "")
