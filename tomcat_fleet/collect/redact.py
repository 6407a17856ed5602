"""Secrets are cut out of text here, before anything is stored, logged or raised.

Markup is handled by structure: attributes and elements by name, pairs of a name and a value, credentials inside URLs.
Comments are emptied: Tomcat ignores them, and people park old passwords there. Property, shell and unit files keep
only lines that say something about Tomcat. Line numbers never change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tomcat_fleet.collect import password
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.evidence import Content
from tomcat_fleet.model.secret import SecretFacts
from tomcat_fleet.tomcat import xml

_SECRET_NAME = re.compile(
    r"pass(?!ive|through)|pwd|(?:^|[^a-z])pw(?:$|[^a-z])|secret(?!required)|token|credential(?!s?handler)|passphrase"
    r"|(?:api|private|secret|access|encryption|signing|master)[._-]?key|(?:^|[._-])key$",
    re.IGNORECASE,
)
# A path, an algorithm or a switch is not a secret, and Tomcat's semantics need it.
_TELLING_NAME = re.compile(
    r"(?:file|path|dir|directory|class|classname|type|algorithm|required|enabled|encoding|pattern|provider|alias)$",
    re.IGNORECASE,
)
_ORACLE_LOGIN = re.compile(r"(jdbc:oracle:\w+:[^/@\s\"'<>]*/)([^\s\"'<>]+)(?=@)")
_URL_LOGIN = re.compile(r"(://[^/\s:@\"'<>]*:)([^\s\"'<>]+)(?=@)")  # greedy: a password may hold @ and /
_INLINE = re.compile(
    r"((?:\bpw|pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|credential)[\w.]*[\"']?\s*[=:]\s*[\"']?)"
    r"(\{[^}]*\}|[^\s;&\"'<>]+)",
    re.IGNORECASE,
)
_DEFINE = re.compile(r"(-D([^\s=\"']+)=)(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_ATTRIBUTE = re.compile(r"""\s+([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_INERT = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_TO_QUOTE_OR_END = re.compile(r"""[^"'>]*("[^"]*"|'[^']*'|>)""")
_CHARACTER_DATA = re.compile(r"(?:[^<]|<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_PAIRS = {"param-name": "param-value", "env-entry-name": "env-entry-value", "name": "value"}
_SECRET_ATTRIBUTES = frozenset({"shutdown"})
_HARMLESS = frozenset({"true", "false", ""})

_KEPT_LINE = re.compile(
    r"\s*(?:(?:export\s+)?(?:CATALINA_\w+|JAVA_\w+|JRE_HOME|UMASK|JSVC_\w+|TOMCAT\w*|SERVICE_USER|JDK_JAVA_OPTIONS)="
    r"|umask\s+\d|\[[^\]=]+\]\s*$"
    r"|(?:User|Group|DynamicUser|Environment|EnvironmentFile|ExecStart|UMask|WorkingDirectory|StandardOutput"
    r"|StandardError|Type|PIDFile|WantedBy)=)"
)


@dataclass
class Redactor:
    """Collects the facts of every secret cut out of one file. ``key`` is the sweep's fingerprint key."""

    key: bytes
    secrets: list[SecretFacts] = field(default_factory=list)

    def cut(self, value: str, account: str | None = None) -> str:
        """The mark that stands for ``value`` from now on."""
        facts = password.opaque(value, self.key) if account is None else password.examine(value, account, self.key)
        self.secrets.append(facts)
        return f"[redacted:{len(self.secrets) - 1}]"

    def inline(self, text: str) -> str:
        """``text`` without logins in URLs, ``-Dpassword=…`` definitions and ``password=…`` pairs."""
        for login in (_URL_LOGIN, _ORACLE_LOGIN):
            text = login.sub(lambda found: found[1] + self.cut(found[2]), text)
        text = _DEFINE.sub(self._define, text)
        return _INLINE.sub(self._pair, text)

    def _define(self, found: re.Match[str]) -> str:
        return found[1] + self.cut(found[3]) if names_secret(found[2]) else found[0]

    def _pair(self, found: re.Match[str]) -> str:
        if found[2].startswith("[redacted:") or found[2].lower() in _HARMLESS:
            return found[0]
        return found[1] + self.cut(found[2])


def names_secret(name: str) -> bool:
    """Whether a property, attribute or variable of this name holds a secret."""
    return bool(_SECRET_NAME.search(name)) and not _TELLING_NAME.search(name)


def content(path: str, raw: bytes, key: bytes) -> Content:
    """Redacted content of a file; raises ``EvidenceError`` for text that cannot be understood."""
    kind = _kind(path.rpartition("/")[2].lower(), raw)
    digest = hashlib.sha256(raw).hexdigest()
    known = _FREE_OF_SECRETS.get((kind, digest))
    if known is not None:
        return Content(path=path, text=known, sha256=digest, size=len(raw))
    redactor = Redactor(key)
    text = kind(raw, redactor)
    if redactor.secrets:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        secrets = tuple(redactor.secrets)
        return Content(path=path, text=text, sha256=digest, size=len(raw), secrets=secrets, redacted=True)
    _remember(kind, digest, text)
    return Content(path=path, text=text, sha256=digest, size=len(raw))


# A fleet's conf/web.xml is mostly one and the same 170 kB file. Only texts without any secret are remembered.
_FREE_OF_SECRETS: dict[tuple[Callable[[bytes, Redactor], str], str], str] = {}
_REMEMBERED = 64
_REMEMBERED_SIZE = 512 * 1024


def _remember(kind: Callable[[bytes, Redactor], str], digest: str, text: str) -> None:
    if len(text) > _REMEMBERED_SIZE:
        return
    if len(_FREE_OF_SECRETS) >= _REMEMBERED:
        _FREE_OF_SECRETS.pop(next(iter(_FREE_OF_SECRETS)))
    _FREE_OF_SECRETS[kind, digest] = text


def _kind(name: str, raw: bytes) -> Callable[[bytes, Redactor], str]:
    looks_like_markup = raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<!--"))
    if name.endswith((".xml", ".xml.default", ".tld")) or looks_like_markup:
        return _markup
    if name.endswith((".properties", ".mf")) or name == "release-notes":
        return _properties if name.endswith(".properties") else _prose
    return _script


def _lines(raw: bytes, errors: str = "replace") -> list[str]:
    return raw.decode("utf-8", errors).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _prose(raw: bytes, redactor: Redactor) -> str:
    return "\n".join(redactor.inline(line) for line in _lines(raw))


def _properties(raw: bytes, redactor: Redactor) -> str:
    """Java properties: comments emptied, values of secret keys cut with their continuation lines."""
    out: list[str] = []
    following = secret = False
    for line in raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        bare = line.lstrip(" \t\f")
        if not following and bare.startswith(("#", "!")):
            out.append("")
            continue
        if not following:
            head = re.match(r"\s*((?:\\.|[^=:\s\\])+)(\s*[=:\s]\s*)?", line)
            secret = bool(head and names_secret(head[1]))
            out.append(head[0] + redactor.cut(line[head.end() :]) if secret and head else redactor.inline(line))
        else:
            out.append("" if secret else redactor.inline(line))
        following = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        if secret and following and not out[-1].endswith("\\"):
            out[-1] += "\\"
    return "\n".join(out)


def _script(raw: bytes, redactor: Redactor) -> str:
    """Shell and unit files: only lines that say something about Tomcat stay. Their paths may be no UTF-8."""
    out: list[str] = []
    following = False
    for line in _lines(raw, "surrogateescape"):
        kept = following or bool(_KEPT_LINE.match(line))
        out.append(_assignment(line, redactor) if kept else "")
        following = kept and line.rstrip().endswith("\\")
    return "\n".join(out)


def _assignment(line: str, redactor: Redactor) -> str:
    name, equals, value = line.partition("=")
    if equals and names_secret(name.split()[-1] if name.split() else ""):
        return f"{name}={redactor.cut(value)}"
    if name.strip() == "Environment":  # systemd: Environment="NAME=value" …
        value = re.sub(
            r"((?:^|[\s\"'])([A-Za-z_]\w*)=)([^\"']*)",
            lambda found: found[1] + redactor.cut(found[3]) if names_secret(found[2]) else found[0],
            value,
        )
    return redactor.inline(f"{name}{equals}{value}")


def _markup(raw: bytes, redactor: Redactor) -> str:
    text = xml.decode(raw)
    root = xml.parse(text)
    starts = _line_starts(text)
    edits: list[tuple[int, int, str]] = []
    users = root.name == "tomcat-users"
    for parent, element in _walk(root):
        at = starts[element.line - 1] + element.column
        edits.extend(_attribute_edits(text, at, element, redactor, users=users))
        edits.extend(_text_edits(text, at, parent, element, redactor))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    text = _INERT.sub(_emptied, text)
    xml.parse(text)
    return text


def _walk(root: xml.Element) -> Iterator[tuple[xml.Element | None, xml.Element]]:
    stack: list[tuple[xml.Element | None, xml.Element]] = [(None, root)]
    while stack:
        parent, element = stack.pop()
        yield parent, element
        stack.extend((element, child) for child in element.children)


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _emptied(found: re.Match[str]) -> str:
    inner = found[0]
    if inner.startswith("<![CDATA["):
        return inner
    if inner.startswith("<?"):
        return re.sub(r"[^\n]", " ", inner)
    return "<!--" + re.sub(r"[^\n]", " ", inner[4:-3]) + "-->"


def _attribute_edits(
    text: str, at: int, element: xml.Element, redactor: Redactor, *, users: bool
) -> Iterator[tuple[int, int, str]]:
    if not text.startswith("<" + element.name, at):
        raise EvidenceError("start tag not found where the parser saw it")
    position = at + 1 + len(element.name)
    named = element.attributes.get("name") or ""
    while (found := _ATTRIBUTE.match(text, position)) is not None:
        position = found.end()
        name, quote = found[1], found[2][0]
        value = element.attributes.get(name, "")
        new = _attribute_value(name, value, named, element, redactor, users=users)
        if new != value:
            escaped = new.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&apos;")
            yield found.start(2), found.end(2), f"{quote}{escaped}{quote}"


def _attribute_value(
    name: str, value: str, named: str, element: xml.Element, redactor: Redactor, *, users: bool
) -> str:
    if users and name == "password":
        account = element.attributes.get("username", element.attributes.get("name", ""))
        return redactor.cut(value, account)
    pair = name == "value" and names_secret(named)
    if name in _SECRET_ATTRIBUTES or pair or names_secret(name):
        # A class name or a switch is not a secret, and Tomcat's semantics need it.
        return value if value.lower() in _HARMLESS or name == "className" else redactor.cut(value)
    return redactor.inline(value)


def _text_edits(
    text: str, at: int, parent: xml.Element | None, element: xml.Element, redactor: Redactor
) -> Iterator[tuple[int, int, str]]:
    value = element.text.strip()
    if not value or element.children:
        return
    if names_secret(element.name) or (parent is not None and _pair_names_secret(parent, element)):
        new = value if value.lower() in _HARMLESS else redactor.cut(value)
    else:
        new = redactor.inline(element.text)
        if new == element.text:
            return
    start = _end_of_tag(text, at)
    end = _CHARACTER_DATA.match(text, start).end()  # type: ignore[union-attr]  # it matches the empty string too
    lines = text.count("\n", start, end)
    kept = new.replace("&", "&amp;").replace("<", "&lt;")
    yield start, end, kept + "\n" * max(0, lines - kept.count("\n"))


def _pair_names_secret(parent: xml.Element, element: xml.Element) -> bool:
    return any(element.name == value and names_secret(parent.value(name) or "") for name, value in _PAIRS.items())


def _end_of_tag(text: str, at: int) -> int:
    position = at
    while (found := _TO_QUOTE_OR_END.match(text, position)) is not None:
        position = found.end()
        if found[1] == ">":
            return position
    raise EvidenceError("start tag without an end")
