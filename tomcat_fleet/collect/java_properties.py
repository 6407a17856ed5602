"""Java properties without their secrets, read as Java reads them: escapes, continuation lines, separators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import javaproperties

from tomcat_fleet.model.masking import names_secret

Change = Callable[[str], str]

_KEY = re.compile(r"[ \t\f]*+((?:\\.|[^=:\s\\])*+)([ \t\f]*+[=:]?[ \t\f]*+)", re.DOTALL)


def redacted(text: str, *, cut: Change, data: Change, drop: Change) -> str:
    """``text`` with as many lines; a logical line that held a secret stands on the first of its lines.

    ``cut`` replaces a secret, ``data`` cleans the value of a key that names none, ``drop`` is told comments.
    """
    return "\n".join(_lines(iter(text.split("\n")), cut, data, drop))


def _lines(lines: Iterator[str], cut: Change, data: Change, drop: Change) -> Iterator[str]:
    for line in lines:
        if line.lstrip(" \t\f").startswith(("#", "!")):
            yield drop(line)
            continue
        physical = [line]
        while _continues(physical[-1]) and (following := next(lines, None)) is not None:
            physical.append(following)
        yield from _logical(physical, cut, data)


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _logical(physical: list[str], cut: Change, data: Change) -> list[str]:
    joined = "".join(
        (line if number == 0 else line.lstrip(" \t\f"))[: -1 if number < len(physical) - 1 else None]
        for number, line in enumerate(physical)
    )
    found = _KEY.match(joined)
    assert found is not None  # it matches the empty string, too
    value = _unescaped(joined[found.end() :])
    new = _cleaned(_unescaped(found[1]), value, cut, data)
    if new == value:
        return physical
    return [found[0] + _escaped(new), *("" for _ in physical[1:])]


def _cleaned(key: str, value: str, cut: Change, data: Change) -> str:
    if value and (names_secret(key) or names_secret(key.encode("latin-1", "ignore").decode("utf-8", "ignore"))):
        return cut(value)
    return data(value)


def _unescaped(text: str) -> str:
    try:
        return javaproperties.unescape(text)
    except ValueError:  # Tomcat does not start with such a file
        return text


def _escaped(text: str) -> str:
    for char, shown in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\f", "\\f")):
        text = text.replace(char, shown)
    return re.sub(r"\A ", r"\\ ", text)
