import re

import pytest

from tomcat_fleet.report.template import template_dir

STYLE = (template_dir() / "style.css").read_text("utf-8")
ON_PAPER = ("ink", "soft", "accent", "pass", "fail", "manual", "unknown", "na")
PAIRS = [
    *((name, paper) for name in ON_PAPER for paper in ("paper", "tint")),
    ("error", "error-paper"),
    ("mark-ink", "mark"),
]


def properties(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", block))


ROOTS = re.findall(r":root\s*\{(.*?)\}", STYLE, re.DOTALL)
SCHEMES = {"light": properties(ROOTS[0]), "dark": properties(ROOTS[0]) | properties(ROOTS[1])}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_knows_the_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_text_is_legible(scheme: str, ink: str, paper: str) -> None:
    colours = SCHEMES[scheme]
    assert contrast(colours[ink], colours[paper]) >= 4.5


def test_dark_redefines_every_colour() -> None:
    assert set(properties(ROOTS[1])) == set(properties(ROOTS[0]))


def test_no_other_colours_are_used() -> None:
    rest = re.sub(r":root\s*\{.*?\}", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=\s*[;,)])|\b(?:rgb|hsl)a?\(", rest) == []
