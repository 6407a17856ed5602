"""Making what cannot be seen visible, as a second line of defence behind the escaping at ingest."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, C1, soft hyphen, zero width and bidirectional controls, line separators, letters
# without a shape (Hangul fillers among them), interlinear and tag characters, surrogates, and what is no character:
# U+FFFE and U+FFFF end an XML file that holds them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SAFE_IN_CSS = re.compile(r"[^A-Za-z0-9 ./:_-]")


def visible(text: str) -> str:
    r"""``text`` with every hidden character written as ``\u202e``; tab and newline stay."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_code, text)


def one_line(text: str) -> str:
    """``visible`` for a place that must stay on one line, such as a shell comment."""
    return visible(text).replace("\n", "\\x0a").replace("\t", " ")


def json_escaped(text: str) -> str:
    """Encoded JSON with every hidden character as an escape: it says the same, and no terminal or editor obeys it."""
    return _HIDDEN.sub(_units, text)


def css_string(text: str) -> str:
    """``text`` as the inside of a quoted CSS string: everything but plain letters is a numeric escape."""
    return _SAFE_IN_CSS.sub(lambda found: f"\\{ord(found[0]):x} ", one_line(text))


def _code(found: re.Match[str]) -> str:
    point = ord(found[0])
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def _units(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
