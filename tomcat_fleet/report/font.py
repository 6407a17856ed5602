"""A font of the operator's inside the pages: only the letters that a page shows, so that any machine prints them."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tomcat_fleet.errors import ConfigError, Fault

FAMILY = "tomcat-fleet"  # the first of style.css
_PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))
_KEPT = 200  # sets of letters that are remembered: a new one takes about a second


class Face:
    """One font file, cut down to ``usual`` characters and what a page has beyond them.

    Raises ConfigError when the file is no TrueType or OpenType font, lacks a letter of ``required``, or fontTools is
    not installed.
    """

    def __init__(self, path: Path, usual: Iterable[str], required: str = "") -> None:
        if find_spec("fontTools") is None:
            raise ConfigError("an embedded font needs the extra: pip install 'tomcat-fleet[font]'")
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise ConfigError([Fault(str(path), 0, f"cannot be read: {error.strerror}")]) from error
        self._kept: dict[frozenset[str], str] = {}
        try:
            font = _opened(self._data)
            self._known = frozenset(map(chr, font.getBestCmap() or ()))
            self._weights = _weights(font)
            self._usual = (_PRINTABLE | frozenset("".join(usual))) & self._known
            self.style("")
        except _broken() as error:
            raise ConfigError([Fault(str(path), 0, f"is not a font that can be embedded: {error}")]) from error
        if not self._known.issuperset(required):
            raise ConfigError([Fault(str(path), 0, "lacks the letters of the report's language")])

    def style(self, text: str) -> str:
        """The rule that gives ``text`` its letters, as far as the font has them; the same text, the same bytes."""
        more = (frozenset(text) - self._usual) & self._known
        if more not in self._kept:
            if len(self._kept) > _KEPT:
                self._kept = {frozenset(): self._kept[frozenset()]}
            self._kept[more] = self._rule(self._usual | more)
        return self._kept[more]

    def _rule(self, letters: frozenset[str]) -> str:
        from fontTools import subset  # noqa: PLC0415  an extra

        options: Any = subset.Options(
            layout_features=[], hinting=False, notdef_outline=True, name_IDs=[], recalc_timestamp=False
        )
        flavor = "woff2" if find_spec("brotli") else "woff"
        options.flavor = flavor
        font = _opened(self._data)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=sorted(map(ord, letters)))
        cutter.subset(font)
        cut = io.BytesIO()
        font.flavor = flavor
        font.save(cut)
        data = base64.b64encode(cut.getvalue()).decode()
        return (
            f'@font-face {{ font-family: "{FAMILY}"; font-weight: {self._weights}; '
            f'src: url("data:font/{flavor};base64,{data}") format("{flavor}"); }}'
        )


def embedded(face: Face | None, render: Callable[[str], str]) -> bytes:
    """The page that ``render`` makes of a style, with the letters that it turned out to have."""
    page = render("")
    return (render(face.style(page)) if face else page).encode()


def _broken() -> tuple[type[Exception], ...]:
    """All the ways in which fontTools stumbles over a damaged file."""
    from fontTools.ttLib import TTLibError  # noqa: PLC0415  an extra

    careless = (ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, TypeError, ValueError)
    return (TTLibError, struct.error, OSError, *careless)


def _opened(data: bytes) -> Any:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  an extra

    return TTFont(io.BytesIO(data), recalcTimestamp=False, lazy=True, fontNumber=0)


def _weights(font: Any) -> str:
    axes = font["fvar"].axes if "fvar" in font else ()
    return next((f"{axis.minValue:.0f} {axis.maxValue:.0f}" for axis in axes if axis.axisTag == "wght"), "normal")
