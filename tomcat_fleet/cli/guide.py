"""``tomcat-fleet guide``: the thirteen items, offline."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli.option import Language
from tomcat_fleet.cli.word import Lang, Say, speaker
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.guide.book import Guide, Item, load
from tomcat_fleet.model.result import Steps, Words


def guide(
    item: Annotated[str | None, typer.Argument(metavar="ITEM", help="WT-01 … WT-13, or just the number.")] = None,
    lang: Language = Lang.KO,
) -> None:
    """List the items of the guide, or explain one in full."""
    book, console = load(), Console(highlight=False)
    say = speaker(lang)
    if item is None:
        console.print(_list(book, say, lang))
    else:
        _explain(console, book.items[_known(item, book)], say, lang)


def _known(item: str, book: Guide) -> str:
    digits = re.fullmatch(r"(?:WT-?)?(\d{1,2})", item, re.IGNORECASE)
    code = f"WT-{int(digits[1]):02}" if digits else item
    if code not in book.items:
        raise ConfigError(f"no item {item!r}: WT-01 … WT-{len(book.items):02}")
    return code


def _list(book: Guide, say: Say, lang: Lang) -> Table:
    table = Table(box=None, pad_edge=False)
    for key in ("item", "severity", "title"):
        table.add_column(say(f"closing.{key}"), no_wrap=key != "title")
    for item in book.items.values():
        table.add_row(item.item, say(f"severity.{item.severity}"), getattr(item.title, lang))
    return table


def _explain(console: Console, item: Item, say: Say, lang: Lang) -> None:
    console.print(Text(f"{item.item}  {getattr(item.title, lang)}  ({say(f'severity.{item.severity}')})", "bold"))
    for key in ("why", "criterion", "reading", "remedy", "impact", "manual_steps"):
        part: Words | Steps | None = getattr(item, key)
        if part is not None:
            _section(console, say(f"guide.{key}"), getattr(part, lang))
    _section(console, say("guide.controls"), ", ".join(item.controls))
    _section(console, say("guide.sources"), item.sources)


def _section(console: Console, title: str, body: str | tuple[str, ...]) -> None:
    if not body:
        return
    console.print(Text(f"\n{title}", "bold"))
    if isinstance(body, str):
        console.print(Padding(Text(body), (0, 0, 0, 2)))
        return
    listed = Table.grid(padding=(0, 1, 0, 0))
    for line in body:
        listed.add_row("-", Text(line, overflow="fold"))
    console.print(Padding(listed, (0, 0, 0, 2)))
