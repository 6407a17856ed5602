r"""Bytes of a target as text that can be shown, stored and turned back.

File names, link targets and process arguments are bytes chosen by whoever owns the target. They become text
once, at ingest: printable UTF-8 stays, every other byte and the backslash itself become ``\xNN``. The result
holds no control, bidirectional or surrogate character, and ``to_bytes`` restores the original exactly.
"""

from __future__ import annotations

import re
import shlex
import unicodedata

# Format (Cf: bidi, zero width), control, surrogate, private, unassigned, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")
_PLAIN = re.compile(r"[ -\[\]-~]*\Z")


def _hex(raw: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in raw)


def from_bytes(raw: bytes) -> str:
    """Text for ``raw``: one line, safe to show, reversible by ``to_bytes``."""
    text = raw.decode("utf-8", "surrogateescape")
    if _PLAIN.match(text):
        return text
    return "".join(
        _hex(char.encode("utf-8", "surrogateescape")) if char == "\\" or unicodedata.category(char) in _HIDDEN else char
        for char in text
    )


def from_text(text: str) -> str:
    """Text for a path that came out of a decoded file, e.g. an attribute of server.xml, or out of ``to_text``."""
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte, from an escape in a properties file
        raw = text.encode("utf-8", "surrogatepass")
    return from_bytes(raw)


def to_text(shown: str) -> str:
    """The text that ``from_text`` makes ``shown`` of; bytes that are no UTF-8 become surrogates."""
    return to_bytes(shown).decode("utf-8", "surrogateescape")


def to_bytes(shown: str) -> bytes:
    """The bytes that ``from_bytes`` was given."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), shown.encode("utf-8"))


def shell_word(shown: str) -> str:
    """One word of a shell line that names ``shown``: POSIX quoting, ``$'…'`` when bytes had to be escaped."""
    if "\\" not in shown:
        return shlex.quote(shown)
    return "$'" + shown.replace("'", "\\'") + "'"


def one_line(text: str, limit: int = 512) -> str:
    """Any foreign text (a banner, an error message) as one safe line of at most ``limit`` characters."""
    shown = " ".join("".join(" " if char in "\t\r\n" else char for char in text).split(" "))
    safe = from_text(shown)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def printable(text: str, limit: int = 200) -> str:
    """Any foreign text as one line for a sentence, backslashes kept: not reversible, but a pattern stays readable."""
    shown = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
