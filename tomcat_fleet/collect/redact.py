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

from tomcat_fleet.collect import java_properties, password
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.evidence import Content
from tomcat_fleet.model.masking import as_data, as_words, may_hold_secret, names_secret
from tomcat_fleet.model.secret import SecretFacts
from tomcat_fleet.tomcat import xml

_ATTRIBUTE = re.compile(r"""\s+([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_INERT = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_TO_QUOTE_OR_END = re.compile(r"""[^"'>]*("[^"]*"|'[^']*'|>)""")
_CHARACTER_DATA = re.compile(r"(?:[^<]|<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_PAIRS = {"param-name": "param-value", "env-entry-name": "env-entry-value", "name": "value"}
_SECRET_ATTRIBUTES = frozenset({"shutdown"})
_NAMING = frozenset({"name", "key", "property", "id", "param", "attribute"})  # attributes whose value names another
_NAMED = frozenset({"value", "text", "content", "default"})
_INSIDE = frozenset({"value", "string"})  # <property name="password"><value>…
_HARMLESS = frozenset({"true", "false", ""})
_MOST_SECRETS = 10_000  # of one file

_KEPT_LINE = re.compile(
    r"\s*(?:(?:export\s+)?(?:CATALINA_\w+|JAVA_\w+|JRE_HOME|UMASK|JSVC_\w+|TOMCAT\w*|SERVICE_USER|JDK_JAVA_OPTIONS)="
    r"|umask\s+\d|\[[^\]=]+\]\s*$"
    r"|(?:User|Group|DynamicUser|Environment|EnvironmentFile|ExecStart|UMask|WorkingDirectory|StandardOutput"
    r"|StandardError|Type|PIDFile|WantedBy)=)"
)

_UNIT_LINE = re.compile(
    r"\s*(?:\[|(?:User|Group|DynamicUser|Environment\w*|Exec\w+|UMask|WorkingDirectory|Standard\w+|Type|PIDFile|WantedBy)=)"
)
_COMMENT = re.compile(r"((?:\"(?:[^\"\\]|\\.)*+\"|'[^']*+'|\\.|[^\s\"'\\]|\s(?!#))*+)(\s#.*+)", re.DOTALL)


@dataclass
class Redactor:
    """Collects the facts of every secret cut out of one file. ``key`` is the sweep's fingerprint key."""

    key: bytes = field(repr=False)
    effort: password.Effort = field(default_factory=password.Effort)
    secrets: list[SecretFacts] = field(default_factory=list)
    dropped: bool = False  # text is gone that may have held a secret

    def cut(self, value: str, account: str | None = None) -> str:
        """The mark that stands for ``value`` from now on. Raises ``EvidenceError`` for more than any real file has."""
        if len(self.secrets) >= _MOST_SECRETS:
            raise EvidenceError("too many secrets")
        if account is None:
            self.secrets.append(password.opaque(value, self.key))
        else:
            self.secrets.append(password.examine(value, account, self.key, compare=self.effort.spend(value)))
        return f"[redacted:{len(self.secrets) - 1}]"

    def data(self, text: str) -> str:
        """``text`` of an attribute, an element or a property without logins in URLs and ``password=…`` pairs."""
        return as_data(text, self.cut)

    def words(self, text: str, *, unit: bool = False) -> str:
        """``text`` of a shell or unit file without the same, and without ``-Dpassword=…`` and ``--password …``."""
        return as_words(text, self.cut, unit=unit)

    def drop(self, text: str) -> str:
        """Nothing, in place of ``text``."""
        self.dropped = self.dropped or may_hold_secret(text)
        return ""


def content(path: str, raw: bytes, key: bytes, effort: password.Effort | None = None) -> Content:
    """Redacted content of a file; raises ``EvidenceError`` for text that cannot be understood.

    ``effort`` is what may be spent on its passwords; without it, what a whole target may cost.
    """
    kind = _kind(path.rpartition("/")[2].lower(), raw)
    digest = hashlib.sha256(raw).hexdigest()
    known = _FREE_OF_SECRETS.get((kind, digest))
    if known is not None:
        return Content(path=path, text=known, sha256=digest, size=len(raw))
    redactor = Redactor(key, effort or password.Effort())
    text = kind(raw, redactor)
    if redactor.secrets or redactor.dropped:
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
    return "\n".join(redactor.data(line) for line in _lines(raw))


def _properties(raw: bytes, redactor: Redactor) -> str:
    text = raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    return java_properties.redacted(text, cut=redactor.cut, data=redactor.data, drop=redactor.drop)


def _script(raw: bytes, redactor: Redactor) -> str:
    """Shell and unit files: only lines that say something about Tomcat stay. Their paths may be no UTF-8."""
    out: list[str] = []
    lines = iter(_lines(raw, "surrogateescape"))
    for line in lines:
        if not _KEPT_LINE.match(line):
            out.append(redactor.drop(line))
            continue
        physical = [line]
        while _continues(physical[-1]) and (following := next(lines, None)) is not None:
            physical.append(following)
        out.extend(_logical(physical, redactor))
    return "\n".join(out)


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _logical(physical: list[str], redactor: Redactor) -> list[str]:
    """The lines of one logical line. With a secret in it all of it stands on the first."""
    unit = bool(_UNIT_LINE.match(physical[0]))
    joined = "".join(
        line if number == len(physical) else line[:-1] + (" " if unit and not line.endswith("=\\") else "")
        for number, line in enumerate(physical, 1)
    )
    told = joined if unit else _without_comment(joined, redactor)
    new = _assignment(told, redactor, unit=unit)
    return physical if new == joined else [new, *("" for _ in physical[1:])]


def _without_comment(line: str, redactor: Redactor) -> str:
    found = _COMMENT.match(line)
    if found is None:
        return line
    redactor.drop(found[2])
    return found[1]


def _assignment(line: str, redactor: Redactor, *, unit: bool) -> str:
    name, equals, value = line.partition("=")
    if equals and value.strip() and names_secret(name.split()[-1] if name.split() else ""):
        return f"{name}={redactor.cut(value)}"
    return redactor.words(line, unit=unit)


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
    text = _edited(text, edits)
    text = _INERT.sub(lambda found: _emptied(found, redactor), text)
    begin = starts[root.line - 1] + root.column  # before it stand the document type and what was emptied
    text = redactor.words(text[:begin]) + text[begin:]
    xml.parse(text)
    return text


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, new in sorted(edits):
        pieces += (text[at:start], new)
        at = end
    return "".join((*pieces, text[at:]))


def _walk(root: xml.Element) -> Iterator[tuple[xml.Element | None, xml.Element]]:
    stack: list[tuple[xml.Element | None, xml.Element]] = [(None, root)]
    while stack:
        parent, element = stack.pop()
        yield parent, element
        stack.extend((element, child) for child in element.children)


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _emptied(found: re.Match[str], redactor: Redactor) -> str:
    inner = found[0]
    if inner.startswith("<![CDATA["):
        return inner
    redactor.drop(inner)
    if inner.startswith("<?"):
        return re.sub(r"[^\n]", " ", inner)
    return "<!--" + re.sub(r"[^\n]", " ", inner[4:-3]) + "-->"


def _attribute_edits(
    text: str, at: int, element: xml.Element, redactor: Redactor, *, users: bool
) -> Iterator[tuple[int, int, str]]:
    if not text.startswith("<" + element.name, at):
        raise EvidenceError("start tag not found where the parser saw it")
    position = at + 1 + len(element.name)
    secret = _is_named_secret(element)
    while (found := _ATTRIBUTE.match(text, position)) is not None:
        position = found.end()
        name, quote = found[1], found[2][0]
        value = element.attributes.get(name, "")
        new = _attribute_value(name, value, element, redactor, users=users, secret=secret)
        if new != value:
            escaped = new.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&apos;")
            lines = text.count("\n", found.start(2), found.end(2))
            yield found.start(2), found.end(2), f"{quote}{escaped}{quote}" + "\n" * max(0, lines - escaped.count("\n"))


def _is_named_secret(element: xml.Element) -> bool:
    """Whether what the element holds is a secret: by its own name, or by the name that an attribute gives it."""
    given = (value for name, value in element.attributes.items() if name.lower() in _NAMING)
    return names_secret(element.name) or any(map(names_secret, given))


def _attribute_value(
    name: str, value: str, element: xml.Element, redactor: Redactor, *, users: bool, secret: bool
) -> str:
    if users and name == "password":
        account = element.attributes.get("username", element.attributes.get("name", ""))
        return redactor.cut(value, account)
    if name in _SECRET_ATTRIBUTES or names_secret(name) or (secret and name.lower() in _NAMED):
        # A class name or a switch is not a secret, and Tomcat's semantics need it.
        return value if value.lower() in _HARMLESS or name == "className" else redactor.cut(value)
    return redactor.data(value)


def _text_edits(
    text: str, at: int, parent: xml.Element | None, element: xml.Element, redactor: Redactor
) -> Iterator[tuple[int, int, str]]:
    value = element.text.strip()
    if not value:
        return
    secret = _is_named_secret(element) or (parent is not None and _names_secret(parent, element))
    if element.children:
        if secret or redactor.data(element.text) != element.text:
            raise EvidenceError("a secret in text between elements")
        return
    if secret:
        new = value if value.lower() in _HARMLESS else redactor.cut(value)
    else:
        new = redactor.data(element.text)
        if new == element.text:
            return
    start = _end_of_tag(text, at)
    end = _CHARACTER_DATA.match(text, start).end()  # type: ignore[union-attr]  # it matches the empty string too
    lines = text.count("\n", start, end)
    kept = new.replace("&", "&amp;").replace("<", "&lt;")
    yield start, end, kept + "\n" * max(0, lines - kept.count("\n"))


def _names_secret(parent: xml.Element, element: xml.Element) -> bool:
    """Whether another element beside it, or the one around it, says that the element holds a secret."""
    if element.name in _INSIDE and _is_named_secret(parent):
        return True
    beside = (name for name, value in _PAIRS.items() if value == element.name)
    return any(names_secret(child.text.strip()) for name in beside for child in parent.each(name))


def _end_of_tag(text: str, at: int) -> int:
    position = at
    while (found := _TO_QUOTE_OR_END.match(text, position)) is not None:
        position = found.end()
        if found[1] == ">":
            return position
    raise EvidenceError("start tag without an end")
