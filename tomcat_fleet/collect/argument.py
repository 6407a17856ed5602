"""Process arguments without secrets.

Kept: the program, JVM switches, ``-Dname=value`` whose name does not speak of a secret, the main class and Tomcat's
own commands. Everything after another main class belongs to somebody's application and is dropped, and so is
everything that a program got which has nothing to do with Tomcat.
"""

from __future__ import annotations

import re

from tomcat_fleet.model import escape
from tomcat_fleet.model.masking import GONE, as_data, masked, names_secret
from tomcat_fleet.tomcat.command_line import WITH_VALUE

_CLASS_PATH = frozenset({"-cp", "-classpath", "--class-path"})
_TAKE_VALUE = WITH_VALUE | {"-jar", "-config"}
_MAIN = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+\Z")
_SAFE_TAIL = re.compile(
    r"(?:start|stop|run|configtest|-config|-nonaming|-generateCode|org\.apache\.catalina\.[\w.]+|/[\w./+-]*)\Z"
)
_SHORT = re.compile(r"-p(?!idfile)[^-]")  # mysql -pPASSWORD, in a line that also starts Tomcat
_LAUNCHER = re.compile(r"(?:java|jsvc)[^/]*\Z")
_TOMCAT = re.compile(r"org\.apache\.catalina\.|-Dcatalina\.|tomcat-embed|/(?:catalina|startup|daemon)\.sh\b")


def redacted(argv: list[bytes], *, program: str = "", split: bool = False) -> tuple[str, ...]:
    """Each argument as display text, secrets replaced by ``[redacted]``.

    ``program`` is the executable where it is known; argv[0] may be any text. ``split``: the list was one line that
    was cut at its blanks, so that a word may be the rest of the one before.
    """
    words = [word.decode("utf-8", "surrogateescape") for word in argv]
    launched = bool(_LAUNCHER.match(_base(program)) or (words and _LAUNCHER.match(_base(words[0]))))
    if not launched and not any(map(_TOMCAT.search, words)):
        out = [masked(word) if index == 0 else GONE for index, word in enumerate(words)]
    else:
        out = _cleaned(words, launched=launched, split=split)
    return tuple(escape.from_bytes(word.encode("utf-8", "surrogateescape")) for word in out)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _cleaned(words: list[str], *, launched: bool, split: bool) -> list[str]:
    out: list[str] = []
    main = takes_value = False
    before = ""
    for index, word in enumerate(words):
        bare = index > 0 and not takes_value and not word.startswith(("-", "@"))
        foreign = main and not takes_value and not _SAFE_TAIL.match(word)
        value = bare and before.startswith("-") and not before.startswith("-D") and names_secret(before)
        rest = split and bare and not main and not _MAIN.match(word) and not _SAFE_TAIL.match(word)
        out.append(GONE if foreign or value or rest or (not launched and _SHORT.match(word)) else _clean(word))
        begins = before == "-jar" or (launched and bare and not value and not rest)
        main = main or begins or (index > 0 and before not in _CLASS_PATH and bool(_MAIN.match(word)))
        takes_value = word in _TAKE_VALUE
        before = "" if "=" in word else word
    return out


def _clean(word: str) -> str:
    name, equals, _ = word.partition("=")
    if equals and names_secret(name):
        return f"{name}={GONE}"
    if equals and word.startswith(("-javaagent:", "-agentpath:", "-agentlib:")):
        return f"{name}={GONE}"
    if word.startswith("-") and not re.search(r"\s-", word):
        return as_data(word, lambda _: GONE)
    return masked(word)
