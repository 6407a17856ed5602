"""``ProxyCommand`` in the forms that are a jump host: ``ssh … -W %h:%p host``, and the older ``ssh host nc %h %p``."""

from __future__ import annotations

import re
import shlex

_PROGRAM = re.compile(r"(?:/\S*/)?ssh\Z")
_SILENCED = re.compile(r"\s2>\s*/dev/null\s*\Z")
_FORWARDED = re.compile(r"\[?%h\]?:%p\Z")
_RELAY = re.compile(r"(?:exec )?(?:/\S*/)?(?:nc|ncat|netcat)(?: -[wqi] ?\d+| -N)* %h %p(?: 2> ?/dev/null)?\Z")
_FLAGS = frozenset("46AaCgKkNnqTtVvXxYy")
_HARMLESS_WITH_ARGUMENT = frozenset("bcEemS")


class NoJumpError(ValueError):
    """A command that is not a jump host. The message does not quote it: there may be a password in it."""


def jump_of(command: str) -> str:
    """``user@host:port`` of the jump host; raises ``NoJumpError`` for any other command."""
    try:
        words = shlex.split(_SILENCED.sub("", command), comments=True)
    except ValueError:
        raise NoJumpError("has a quote that is not closed") from None
    if words[:1] == ["exec"]:
        del words[0]
    if not words or not _PROGRAM.match(words[0]):
        raise NoJumpError("is not run here; only 'ssh -W %h:%p host', which is a jump host, is understood")
    found = _Options()
    found.read(words[1:])
    if not found.forwards:
        raise NoJumpError("has no -W %h:%p; only 'ssh -W %h:%p host', which is a jump host, is understood")
    return found.jump()


class _Options:
    def __init__(self) -> None:
        self.forwards = False
        self._host = ""
        self._user = ""
        self._port = ""

    def read(self, words: list[str]) -> None:
        while words:
            word = words.pop(0)
            if word == "--":
                continue
            if not word.startswith("-") or word == "-":
                self._destination(word, words)
            else:
                self._cluster(word[1:], words)

    def _cluster(self, letters: str, words: list[str]) -> None:
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _FLAGS:
                continue
            argument, letters = (letters or (words.pop(0) if words else "")), ""
            self._option(letter, argument)

    def _option(self, letter: str, argument: str) -> None:
        if letter == "W":
            if not _FORWARDED.match(argument):
                raise NoJumpError("forwards to something other than %h:%p")
            self.forwards = True
        elif letter == "l":
            self._user = self._user or argument
        elif letter == "p":
            self._port = self._port or argument
        elif letter == "o":
            self._setting(argument)
        elif letter not in _HARMLESS_WITH_ARGUMENT:
            raise NoJumpError(f"has the option -{letter}, which is not understood here; describe the jump host instead")

    def _setting(self, argument: str) -> None:
        name, _, setting = argument.replace("=", " ", 1).strip().partition(" ")
        if name.lower() == "user":
            self._user = self._user or setting.strip()
        elif name.lower() == "port":
            self._port = self._port or setting.strip()
        elif name.lower() in {"proxyjump", "proxycommand", "hostname", "identityfile"}:
            raise NoJumpError(f"sets {name}, which is not understood here; describe the jump host instead")

    def _destination(self, word: str, words: list[str]) -> None:
        if not self._host:
            self._host = word
        elif not self.forwards and _RELAY.match(" ".join([word, *words])):
            self.forwards = True
            words.clear()
        else:
            raise NoJumpError("runs a program on the jump host; only 'ssh -W %h:%p host' is understood")

    def jump(self) -> str:
        """Return what the options say, as ``ProxyJump`` would say it."""
        account, _, host = self._host.removeprefix("ssh://").rpartition("@")
        if not host:
            raise NoJumpError("names no jump host")
        user = account or self._user  # -l and user@ : ssh takes what it meets first, and nobody writes both
        if self._port and not re.search(r"(?:\A|\]):\d+\Z|\A[^:]+:\d+\Z", host):
            host = f"[{host}]:{self._port}" if ":" in host and not host.startswith("[") else f"{host}:{self._port}"
        return f"{user}@{host}" if user else host
