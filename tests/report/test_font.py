"""A font inside the pages: one of letters drawn here, so that no font is needed to test it."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.reading import read
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.report.writer import ReportWriter

pytest.importorskip("fontTools")

LETTERS = "".join({*map(chr, range(0x20, 0x7F)), *map(chr, range(0xAC00, 0xD7A4, 7)), "뷁", "점", "검", "힣"})


@pytest.fixture(scope="module")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from fontTools.fontBuilder import FontBuilder  # noqa: PLC0415  an extra
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # noqa: PLC0415

    names = [".notdef", *(f"u{ord(letter):04X}" for letter in LETTERS)]
    pen = TTGlyphPen(None)
    for draw, corner in ((pen.moveTo, (0, 0)), (pen.lineTo, (0, 500)), (pen.lineTo, (500, 500))):
        draw(corner)
    pen.closePath()
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({ord(letter): name for letter, name in zip(LETTERS, names[1:], strict=True)})
    made.setupGlyf(dict.fromkeys(names, pen.glyph()))
    made.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    path = tmp_path_factory.mktemp("font") / "test.ttf"
    made.save(path)
    return path


def pages(directory: Path, font: Path) -> tuple[bytes, bytes]:
    odd = sample.target("web01", (sample.instance(sample.good_findings()),), zone="뷁")
    plain = sample.target("web02", (sample.instance(sample.good_findings()),))
    with ReportWriter(directory, lang="ko", guide=sample.guide(), font=font) as writer:
        writer.open(sample.facts())
        for result in (odd, plain):
            writer.write(result)
        writer.finish("2026-11-23T17:50:20Z")
    return (directory / f"hosts/{odd.slug}.html").read_bytes(), (directory / f"hosts/{plain.slug}.html").read_bytes()


def letters(page: bytes) -> set[str]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  an extra

    (data,) = re.findall(rb'url\("data:font/woff2?;base64,([^"]+)"\)', page)
    return set(map(chr, TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()))


def test_a_page_carries_the_letters_that_it_shows(tmp_path: Path, font: Path) -> None:
    odd, plain = pages(tmp_path / "a", font)
    assert {"점", "검", "A", "뷁"} <= letters(odd)
    assert "뷁" not in letters(plain)
    shown = set(read(tmp_path / "a/index.html").text) & set(LETTERS)
    assert shown <= letters((tmp_path / "a/index.html").read_bytes())
    assert len(letters(plain)) < len(LETTERS)
    assert pages(tmp_path / "b", font) == (odd, plain)


def test_the_policy_lets_in_that_font_only(tmp_path: Path, font: Path) -> None:
    page = pages(tmp_path, font)[0].decode()
    policy = re.findall('default-src[^"]+', page)[0]
    assert "; font-src data:;" in policy
    assert policy.count("sha256-") == 4
    assert page.count("<style>") == 3


def test_a_font_without_the_letters_of_the_language_is_refused(tmp_path: Path, font: Path) -> None:
    from fontTools import subset  # noqa: PLC0415  an extra

    path = tmp_path / "latin.ttf"
    subset.main([str(font), "--unicodes=20-7e", f"--output-file={path}"])
    with pytest.raises(ConfigError, match="lacks the letters"):
        ReportWriter(tmp_path / "ko", lang="ko", font=path)
    ReportWriter(tmp_path / "en", lang="en", font=path)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.95])
def test_a_font_cut_short_is_refused(tmp_path: Path, font: Path, part: float) -> None:
    whole = font.read_bytes()
    path = tmp_path / "cut.ttf"
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ConfigError, match=r"cut\.ttf: is not a font"):
        ReportWriter(tmp_path / "report", lang="ko", font=path)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "is not a font"), (b"<svg/>", "is not a font"), (None, "cannot be read")],
)
def test_what_is_no_font_is_refused_by_its_name(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "font.ttf"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigError, match=message) as error:
        ReportWriter(tmp_path / "report", lang="ko", font=path)
    assert str(path) in str(error.value)
