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
from enum import StrEnum

import asyncssh
from asyncssh.constants import OPEN_REQUEST_SESSION_FAILED

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model import escape
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.known_hosts import HostKeys, Trust

_LIMIT = 512  # bytes
# RFC 4254 5.1.
_OPEN_PROHIBITED = 1
# asyncssh refuses a revoked key before it asks anyone, and tells it from a bad certificate by these words only.
_REVOKED = ("Host key is revoked", "Host CA key is revoked")
# asyncssh raises what its parsers raise when a hostile server breaks them, not only its own exceptions.
PEER_FAULTS = (asyncssh.Error, OSError, ValueError, ArithmeticError, LookupError, TypeError, AssertionError)


class Stage(StrEnum):
    """How far an attempt got."""

    CONNECT = "connect"
    BANNER = "banner"
    EXCHANGE = "key exchange"
    AUTHENTICATION = "authentication"


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


def shown(error: BaseException) -> str:
    """Return an exception's text, escaped and short; its class when it has none."""
    return short(escape.one_line(str(error).strip() or type(error).__name__, _LIMIT))


def of_connection(error: BaseException, stage: Stage) -> TargetError:
    """Return the meaning of ``error``, raised at ``stage``. Host keys have ``of_host_key``."""
    if isinstance(error, asyncssh.ChannelOpenError):
        outcome = Outcome.JUMP_FAILED if error.code == _OPEN_PROHIBITED else Outcome.UNREACHABLE
        return TargetError(outcome, line("through the jump host", shown(error)))
    if isinstance(error, TimeoutError):
        return TargetError(Outcome.TIMEOUT, line(stage, shown(error)))
    if _is_refusal(error):
        return TargetError(Outcome.AUTH_FAILED, shown(error))
    if stage is Stage.CONNECT:
        return _unreachable(error)
    if stage is Stage.BANNER and isinstance(error, asyncssh.ConnectionLost | ConnectionError):
        return ConnectionFaultError(Outcome.SSH_FAILED, line(stage, shown(error)))
    return TargetError(Outcome.SSH_FAILED, line(stage, shown(error)))


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


def of_start(error: BaseException) -> str:
    """Return why there is no shell on a connection that stands: which of its two steps was refused."""
    if isinstance(error, asyncssh.ChannelOpenError) and error.code != OPEN_REQUEST_SESSION_FAILED:
        return line("no session was opened", shown(error))
    return line("the shell was refused", shown(error))


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
    return isinstance(error, asyncssh.DisconnectError) and "Too many authentication failures" in error.reason
