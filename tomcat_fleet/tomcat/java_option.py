"""Everything that a java launcher is given: its arguments, its argument files, the options of its environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tomcat_fleet.model.evidence import Process
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.shell import words

_OPTION_FILES = ("-XX:VMOptionsFile=", "-Xoptionsfile=")  # HotSpot's and OpenJ9's


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One command line as the launcher sees it."""

    argv: tuple[str, ...]  # options of the environment that come first and argument files in their places
    after: tuple[str, ...]  # of _JAVA_OPTIONS: they win
    missing: Unknown | None  # a part of the command line or an argument file that is not known
    doubt: Unknown | None  # ``missing``, or an environment that could not be read

    def is_whole(self) -> bool:
        """Whether the command line is known to its end, the environment aside."""
        return self.missing is None


def given(reader: Reader, process: Process, *, java: bool) -> Given:
    """What the process was given. Only java expands ``@file``; an argument that is cut is left out."""
    gaps: list[Unknown] = []
    where = f"pid {process.pid}"
    if not process.argv_complete:
        gaps.append(Unknown(Gap.TRUNCATED, where, "command line"))
    own = process.argv if process.argv_complete else process.argv[:-1]
    argv = (*own[:1], *process.options_before, *own[1:])
    after = process.options_after
    if java:
        argv, after = (tuple(_expanded(reader, process, tokens, gaps)) for tokens in (argv, after))
    missing = gaps[0] if gaps else None
    hidden = None if process.environment_known else Unknown(Gap.DENIED, where, "environment")
    return Given(argv=argv, after=after, missing=missing, doubt=missing or hidden)


def _expanded(reader: Reader, process: Process, tokens: Iterable[str], gaps: list[Unknown]) -> Iterable[str]:
    for token in tokens:
        file = _file(token)
        text = _text(reader, process, file) if file else None
        if isinstance(text, Unknown):
            gaps.append(text)
            yield token
        elif text is None:
            yield token
        else:
            yield from words(text)


def _file(token: str) -> str | None:
    """Name the file that the argument stands for; ``@@`` begins an ordinary argument."""
    if token.startswith("@"):
        return None if token.startswith("@@") else token[1:] or None
    return next((token[len(option) :] for option in _OPTION_FILES if token.startswith(option)), None)


def _text(reader: Reader, process: Process, file: str) -> str | Unknown:
    if not file.startswith("/") and not process.cwd:
        return Unknown(Gap.UNRESOLVED, file)
    content = reader.content(paths.absolute(file, process.cwd or "/"))
    if isinstance(content, Known):
        return content.value.text if content.value else Unknown(Gap.MISSING, file)
    return content
