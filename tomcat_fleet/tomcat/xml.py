"""XML of a target, read strictly: a document that might mean something else to Tomcat is refused, never guessed.

``decode`` turns a file's bytes into text by its declared encoding, ``parse`` turns text into a small tree that knows
the line of every start tag. Both raise ``EvidenceError`` without quoting the document.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, InputSource

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from tomcat_fleet.errors import EvidenceError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 256
MAX_ELEMENTS = 100_000
MAX_ATTRIBUTES = 256
_USUAL = 15_000  # conf/web.xml has 10,000

_DECLARATION = re.compile(r"""\A<\?xml\s+version\s*=\s*["']([0-9.]+)["']([^>]*?)\?>""")
_ENCODING = re.compile(rb"""\A<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BEFORE = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_LITERAL = r"""(?:"[^"<&]*"|'[^'<&]*')"""
_DOCTYPE = re.compile(rf"<!DOCTYPE\s+[^\s<>\[\"']+(\s+(?:SYSTEM|PUBLIC\s+{_LITERAL})\s+{_LITERAL})?\s*>")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);|#)[^\s;&<]+;?")
_INERT = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
# What Java and Python both take for a text encoding. Python has others, which no parser of Tomcat's reads and some of
# which take hours for a megabyte.
_TEXT_ENCODING = re.compile(
    r"ascii|utf-8|utf-(?:16|32)(?:-[bl]e)?|iso8859-\d+|cp\d+|koi8-[ru]|euc_(?:jp|kr)|shift_jis|gb2312|gbk|gb18030|big5"
    r"|johab|iso2022_(?:jp|kr)|tis-620"
)
# Korean Windows editors declare their code page by any of these names; cp949 contains euc-kr.
_KOREAN = frozenset({"euc-kr", "euckr", "cp949", "ms949", "windows-949", "ks_c_5601-1987", "x-windows-949"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element. ``text`` is its own character data, children's excluded; ``line`` that of its start tag."""

    name: str
    line: int
    column: int  # characters before the start tag on its line
    attributes: Mapping[str, str]
    children: tuple[Element, ...] = ()
    text: str = ""

    def iter(self, name: str | None = None) -> Iterator[Element]:
        """This element and all below in document order, optionally only those called ``name``."""
        if name is None or self.name == name:
            yield self
        for child in self.children:
            yield from child.iter(name)

    def each(self, name: str) -> Iterator[Element]:
        """Direct children called ``name``."""
        return (child for child in self.children if child.name == name)

    def value(self, name: str) -> str | None:
        """Stripped text of the first direct child called ``name``; None without such a child."""
        return next((child.text.strip() for child in self.each(name)), None)


def decode(raw: bytes) -> str:
    """Text of an XML file with line ends as LF and without a byte-order mark or an encoding declaration.

    The declaration's characters are kept as blanks so that columns of the first line stay true.
    """
    if len(raw) > MAX_BYTES:
        raise EvidenceError(f"larger than {MAX_BYTES} bytes")
    encoding = _encoding(raw)
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError) as exc:
        raise EvidenceError("text does not fit its declared encoding") from exc
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = _DECLARATION.match(text)
    if found is None:
        return text
    if found[1] != "1.0":
        raise EvidenceError("not XML 1.0")
    if encoding.startswith("utf-16") and "encoding" in found[2] and "utf-16" not in found[2].lower():
        raise EvidenceError("text does not fit its declared encoding")
    return re.sub(r"[^\n]", " ", found[0]) + text[found.end() :]


def _encoding(raw: bytes) -> str:
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if raw.startswith(mark):
            return name
    for start, name in ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be")):
        if raw.startswith(start):
            return name
    found = _ENCODING.match(raw)
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    if declared in _KOREAN:
        return "cp949"
    try:
        codec = codecs.lookup(declared).name
    except LookupError as exc:
        raise EvidenceError("text does not fit its declared encoding") from exc
    if not _TEXT_ENCODING.fullmatch(codec):
        raise EvidenceError("not a text encoding for configuration")
    return codec


def parse(text: str, *, namespaces: bool = False) -> Element:
    """Tree of a decoded document.

    ``namespaces`` selects how Tomcat's own parser of that file matches names: false by the name as written, which is
    the rule, true by local name, which a web.xml is where xmlNamespaceAware is switched on.

    Refused: malformed text, a document type with declarations of its own (entities, ATTLIST defaults), and an external
    one together with a reference that only it could define, since parsers silently turn that reference into nothing.
    """
    return (_remembered if is_usual(text) else _parsed)(text, namespaces=namespaces)


def is_usual(text: str) -> bool:
    """Whether the tree is small enough to be kept; one of ``MAX_ELEMENTS`` takes 30 MB."""
    return text.count("<") <= _USUAL


@lru_cache(maxsize=16)  # a fleet's conf/web.xml is mostly one and the same file
def _remembered(text: str, *, namespaces: bool) -> Element:
    return _parsed(text, namespaces=namespaces)


def _parsed(text: str, *, namespaces: bool) -> Element:
    _refuse_unknowable(text)
    handler = _Builder(namespaces=namespaces)
    # External identifiers themselves are fine (every old web.xml has one): SAX leaves them unopened by default.
    parser: Any = DefusedExpatParser(namespaceHandling=0, forbid_dtd=False, forbid_entities=True, forbid_external=False)
    parser.setContentHandler(handler)
    try:
        parser.parse(_as_source(text))
    except SAXParseException as exc:
        raise EvidenceError(f"not well-formed at line {exc.getLineNumber()}") from exc
    except DefusedXmlException as exc:
        raise EvidenceError(f"refused: {type(exc).__name__}") from exc
    except (ValueError, LookupError, RecursionError) as exc:
        raise EvidenceError("cannot be parsed") from exc
    return handler.root()


def _as_source(text: str) -> InputSource:
    source = InputSource()
    source.setByteStream(io.BytesIO(text.encode("utf-8", "surrogatepass")))
    source.setEncoding("utf-8")
    return source


def _refuse_unknowable(text: str) -> None:
    """Judge the document type by the grammar of what may stand before it, so that nothing can pose as a comment."""
    start = _BEFORE.match(text).end()  # type: ignore[union-attr]  # it matches the empty string too
    if not text.startswith("<!DOCTYPE", start):
        return
    found = _DOCTYPE.match(text, start)
    if found is None:
        raise EvidenceError("refused: a document type with declarations of its own")
    if found[1] and _REFERENCE.search(_INERT.sub("", text[found.end() :])):
        raise EvidenceError("refused: entity reference that an external document type defines")


@dataclass
class _Open:
    name: str
    line: int
    column: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class _Builder(ContentHandler):
    def __init__(self, *, namespaces: bool) -> None:
        super().__init__()
        self._namespaces = namespaces
        self._stack: list[_Open] = []
        self._root: Element | None = None
        self._count = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX's name
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._stack) >= MAX_DEPTH or attrs.getLength() > MAX_ATTRIBUTES:
            raise EvidenceError("too many elements, levels or attributes")
        self._stack.append(
            _Open(
                name.rpartition(":")[2] if self._namespaces else name,
                self._locator.getLineNumber(),
                self._locator.getColumnNumber(),
                dict(attrs.items()),
            )
        )

    def characters(self, content: str) -> None:
        if self._stack:
            self._stack[-1].text.append(content)

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - SAX's signature
        done = self._stack.pop()
        element = Element(done.name, done.line, done.column, done.attributes, tuple(done.children), "".join(done.text))
        if self._stack:
            self._stack[-1].children.append(element)
        else:
            self._root = element

    def root(self) -> Element:
        if self._root is None:
            raise EvidenceError("no element")
        return self._root
