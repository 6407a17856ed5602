"""The line of everything in a TOML document."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tomcat_fleet.model.toml_lines import locate

_EXAMPLE = Path(__file__).parents[2] / "inventory" / "hosts.toml"

_AWKWARD = '''\
# [not.a.table]
top = "a # no comment" # a comment
"quoted key" = 1
a.b."c.d" = 2
text = """
[not.a.table]
key = 1 \\"""
"""
raw = \'\'\'
[[nor]]
\'\'\'
[one . "two three"]   # spaces
inline = { x = 1, y.z = [2, { w = "]" }], "q r" = {} }
list = [
  1, # ]
  [ "a", "b" ],

  { deep = [
    true,
  ] },
]
when = 1979-05-27T07:32:00Z
[[rows]]
n = 1
[rows.sub]
m = 1
[[rows]]
[[rows.more]]
k = 1
[[rows.more]]
k = """one line"""
[super.sub]
[super]
late = \'\'
'''


def _paths(data: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if path:
        yield path, data
    if isinstance(data, dict):
        for key, part in data.items():
            yield from _paths(part, (*path, key))
    elif isinstance(data, list):
        for index, part in enumerate(data):
            yield from _paths(part, (*path, index))


@pytest.mark.parametrize("text", [_AWKWARD, _EXAMPLE.read_text("utf-8")], ids=["awkward", "example"])
def test_every_key_has_a_line_that_shows_it(text: str) -> None:
    lines = locate(text)
    source = text.split("\n")
    paths = dict(_paths(tomllib.loads(text)))
    assert set(lines) == set(paths)
    for path in paths:
        if isinstance(path[-1], str):
            assert path[-1] in source[lines[path] - 1]


def test_lines() -> None:
    lines = locate(_AWKWARD)
    assert lines["text",] == 5
    assert lines["raw",] == 9
    assert lines["one", "two three"] == 12
    assert lines["one", "two three", "inline", "y", "z", 1, "w"] == 13
    assert lines["one", "two three", "list", 0] == 15
    assert lines["one", "two three", "list", 1, 1] == 16
    assert lines["one", "two three", "list", 2, "deep", 0] == 19
    assert lines["rows", 0, "sub", "m"] == 26
    assert lines["rows", 1, "more", 1, "k"] == 31
    assert lines["super",] == 33
    assert lines["super", "sub"] == 32


def test_the_nearest_known_place_stands_in() -> None:
    lines = locate("[a]\nb = 1\n")
    assert lines.near(("a", "b", "c", 0)) == 2
    assert lines.near(("a", "z")) == 1
    assert lines.near(("nowhere",)) == 1
