import re

import pytest

from tomcat_fleet.report.slug import is_slug, slug

HOSTILE_NAMES = (
    "../../etc/cron.d/x",
    "a/b",
    "a\\b",
    "nul\x00byte",
    "x" * 300,
    "-rf",
    "CON",
    "con.txt",
    "..",
    ".hidden",
    "",
    "웹서버-01",
    "line\nbreak",
    "a\u202eb\ud800",
    "~root",
    "%2e%2e%2f",
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_slug_is_one_harmless_segment(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9.-]{1,80}-[0-9a-f]{8}", made)
    assert is_slug(made)
    assert not made.startswith((".", "-"))
    assert ".." not in made
    assert made.split(".", maxsplit=1)[0] not in {"con", "nul", "aux", "prn"}


def test_names_that_look_alike_get_different_files() -> None:
    names = ["Web01", "web01", "web01 ", "web-01", "web_01", "web.01", *HOSTILE_NAMES]
    assert len({slug(name) for name in names}) == len(names)


def test_slug_is_readable_and_stable() -> None:
    assert slug("web01.dmz.example").startswith("web01.dmz.example-")
    assert slug("web01") == slug("web01") == "web01-1f94fe44"


@pytest.mark.parametrize(
    "text", ["", "web01", "../x-00000000", "a/b-00000000", ".x-00000000", "x-0000000g", "x-00000000\n"]
)
def test_other_texts_are_no_slugs(text: str) -> None:
    assert not is_slug(text)
