"""Logging in, RFC 4252 and 4256 from the client's side, one question and one answer at a time.

paramiko's own handler waits for an answer that may have come before it began to wait, signs with every key before
it knows whether the server wants it, and counts the prompts of a server as high as the server says.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import paramiko
from paramiko import common

from tomcat_fleet.transport.prompt import asks_for_password
from tomcat_fleet.transport.secret import Secret
from tomcat_fleet.transport.threaded.client import Client

_POLL_S = 0.1
_METHODS = frozenset({"publickey", "password", "keyboard-interactive"})
_MOST_ANSWERS = 16
_MOST_ROUNDS = 8
_MSG_60 = common.MSG_USERAUTH_INFO_REQUEST  # also the consent to a key: both are 60
_RSA = ("rsa-sha2-512", "rsa-sha2-256")
_RSA_KEYS = {"ssh-rsa": "", "ssh-rsa-cert-v01@openssh.com": "-cert-v01@openssh.com"}

Answer = tuple[int, paramiko.Message]


class RefusedError(Exception):
    """The server takes nothing of what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key or certificate to offer; ``sign`` may ask an agent."""

    kind: str
    blob: bytes
    sign: Callable[[bytes, str], bytes]


class Authentication:
    """Logs one connection in. What concerns it comes from the connection's thread."""

    def __init__(self, client: Client, account: str, *, sha1: bool) -> None:
        self._client = client
        self._account = account
        self._sha1 = sha1
        self._answers: queue.Queue[Answer] = queue.Queue(_MOST_ANSWERS)
        self._allowed: tuple[str, ...] = ()
        self.accepted: dict[str, None] = {}  # every method that the server named
        self._authenticated = False
        self._handler_table = {
            common.MSG_SERVICE_ACCEPT: self._taker(common.MSG_SERVICE_ACCEPT),
            common.MSG_USERAUTH_FAILURE: self._taker(common.MSG_USERAUTH_FAILURE),
            common.MSG_USERAUTH_SUCCESS: self._taker(common.MSG_USERAUTH_SUCCESS),
            _MSG_60: self._taker(_MSG_60),
            common.MSG_USERAUTH_BANNER: _ignore,
        }
        client.auth_handler = self

    def log_in(self, keys: Iterable[Key], password: Secret | None) -> None:
        """Try the keys in order, then the password, each once; raises ``RefusedError``."""
        self._request(common.cMSG_SERVICE_REQUEST, "ssh-userauth")
        if self._next()[0] != common.MSG_SERVICE_ACCEPT:
            raise paramiko.SSHException("an answer that was not asked for")
        if self._succeeds(self._ask("none")):  # tells what the server takes
            return
        for key in keys:
            if "publickey" in self._allowed and self._offer(key):
                return
        if password and self._give(password):
            return
        raise RefusedError

    def is_authenticated(self) -> bool:
        """Whether the server said so; paramiko asks."""
        return self._authenticated

    def abort(self) -> None:
        """Nothing to do: whoever waits for an answer looks after the connection."""

    def _offer(self, key: Key) -> bool:
        algorithm = self._algorithm(key)
        if algorithm is None:
            return False
        answer = self._ask("publickey", False, algorithm, key.blob)
        if answer[0] != _MSG_60:
            return self._succeeds(answer)
        asked = self._question("publickey", True, algorithm, key.blob).asbytes()
        session = paramiko.Message()
        session.add_string(self._client.session_id)
        signature = key.sign(session.asbytes() + asked, algorithm)
        return self._succeeds(self._ask("publickey", True, algorithm, key.blob, signature))

    def _algorithm(self, key: Key) -> str | None:
        """The signature of an RSA key depends on what the server says it takes; old ones say nothing and know SHA-1."""
        suffix = _RSA_KEYS.get(key.kind)
        if suffix is None:
            return key.kind
        told = self._client.server_extensions.get("server-sig-algs", b"")
        taken = bytes(told).decode("ascii", "replace").split(",") if told else ()
        known = (*_RSA, "ssh-rsa") if self._sha1 else _RSA
        if not taken:
            return known[-1] + suffix if self._sha1 else known[0] + suffix
        return next((name + suffix for name in known if name in taken or name + suffix in taken), None)

    def _give(self, password: Secret) -> bool:
        if "password" in self._allowed:
            answer = self._ask("password", False, password.reveal())
            return answer[0] != _MSG_60 and self._succeeds(answer)  # 60 is the wish for a new one here
        if "keyboard-interactive" in self._allowed:
            return self._converse(password)
        return False

    def _converse(self, password: Secret) -> bool:
        """Answer the one prompt that asks for the password, and prompts for nothing, which only show a text."""
        given = False
        answer = self._ask("keyboard-interactive", "", "")
        for _ in range(_MOST_ROUNDS):
            if answer[0] != _MSG_60:
                return self._succeeds(answer)
            prompt = _prompt(answer[1])
            if prompt is not None and (given or not prompt):
                return False
            given = given or prompt is not None
            answer = self._respond(() if prompt is None else (password.reveal(),))
        return False

    def _respond(self, answers: tuple[str, ...]) -> Answer:
        message = paramiko.Message()
        message.add_byte(common.cMSG_USERAUTH_INFO_RESPONSE)
        message.add_int(len(answers))
        for text in answers:
            message.add_string(text)
        self._client.send(message)
        return self._next()

    def _succeeds(self, answer: Answer) -> bool:
        """Whether it is done; otherwise note what the server takes now, also after a first of several factors."""
        kind, message = answer
        if kind == common.MSG_USERAUTH_SUCCESS:
            return True
        if kind != common.MSG_USERAUTH_FAILURE:
            raise paramiko.SSHException("an answer that was not asked for")
        self._allowed = tuple(message.get_binary().decode("ascii", "replace").split(","))
        self.accepted.update(dict.fromkeys(method for method in self._allowed if method in _METHODS))
        return False

    def _ask(self, method: str, *fields: bytes | str | bool) -> Answer:
        self._client.send(self._question(method, *fields))
        return self._next()

    def _question(self, method: str, *fields: bytes | str | bool) -> paramiko.Message:
        message = paramiko.Message()
        message.add_byte(common.cMSG_USERAUTH_REQUEST)
        for text in (self._account, "ssh-connection", method):
            message.add_string(text)
        for field in fields:
            if isinstance(field, bool):
                message.add_boolean(field)
            else:
                message.add_string(field)
        return message

    def _request(self, kind: bytes, text: str) -> None:
        message = paramiko.Message()
        message.add_byte(kind)
        message.add_string(text)
        self._client.send(message)

    def _next(self) -> Answer:
        while True:
            try:
                return self._answers.get(timeout=_POLL_S)
            except queue.Empty:
                if not self._client.active:
                    raise self._client.broken() from None

    def _taker(self, kind: int) -> Callable[[paramiko.Message], None]:
        def take(message: paramiko.Message) -> None:
            if kind == common.MSG_USERAUTH_SUCCESS:
                self._authenticated = True
                self._client.logged_in()
            try:
                self._answers.put_nowait((kind, message))
            except queue.Full:
                raise paramiko.SSHException("answers that were not asked for") from None

        return take


def _ignore(_: paramiko.Message) -> None:
    """Leave a banner unread: it is for people."""


def _prompt(message: paramiko.Message) -> str | None:
    """The only prompt when it asks for the password, an empty one for anything else; ``None`` when there is none."""
    for _ in ("name", "instruction", "language"):
        message.get_binary()
    count = message.get_int()
    if not count:
        return None
    prompt = message.get_binary().decode("utf-8", "replace")
    return prompt if count == 1 and asks_for_password(prompt, shown=message.get_boolean()) else ""
