"""Process arguments without secrets.

Kept: the program, JVM switches, ``-Dname=value`` whose name does not speak of a secret, the main class and Tomcat's
own commands. Everything after another main class belongs to somebody's application and is dropped.
"""

from __future__ import annotations

import re

from tomcat_fleet.collect.redact import names_secret
from tomcat_fleet.model import escape

GONE = "[redacted]"
_LOGIN = re.compile(r"(://[^/\s:@]*:|jdbc:oracle:\w+:[^/@\s]*/)\S+@")
_CLASS_PATH = frozenset({"-cp", "-classpath", "--class-path"})
_TAKE_VALUE = frozenset({"-jar", "-user", "-pidfile", "-outfile", "-errfile", "-home", "-config"})
_DEFINE = re.compile(r"(-D([^\s=\"']+)=)(\"[^\"]*\"|'[^']*'|\S+)")  # inside one word: su -c 'java -D…'
_MAIN = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+\Z")
_SAFE_TAIL = re.compile(
    r"(?:start|stop|run|configtest|-config|-nonaming|-generateCode|org\.apache\.catalina\.[\w.]+|/[\w./+-]*)\Z"
)


def redacted(argv: list[bytes]) -> tuple[str, ...]:
    """Each argument as display text, secrets replaced by ``[redacted]``."""
    words = [escape.from_bytes(word) for word in argv]
    out: list[str] = []
    main = takes_value = False
    for index, word in enumerate(words):
        foreign = main and not takes_value and not _SAFE_TAIL.match(word)
        out.append(GONE if foreign else _clean(word))
        main = main or (index > 0 and words[index - 1] not in _CLASS_PATH and bool(_MAIN.match(word)))
        takes_value = word in _CLASS_PATH or word in _TAKE_VALUE
    return tuple(out)


def _clean(word: str) -> str:
    name, equals, _ = word.partition("=")
    if equals and name.startswith("-D") and names_secret(name[2:]):
        return f"{name}={GONE}"
    if word.startswith(("-javaagent:", "-agentpath:", "-agentlib:")) and equals:
        return f"{name}={GONE}"
    if equals and names_secret(name):
        return f"{name}={GONE}"
    word = _DEFINE.sub(lambda found: found[1] + GONE if names_secret(found[2]) else found[0], word)
    return _LOGIN.sub(lambda found: f"{found[1]}{GONE}@", word)
