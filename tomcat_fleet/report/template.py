"""Jinja as the pages need it: everything escaped, everything defined, content policy by hash."""

from __future__ import annotations

import base64
import hashlib
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.guide import book
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.change import fixes
from tomcat_fleet.report.evidence import excerpts, told
from tomcat_fleet.report.font import Face, embedded
from tomcat_fleet.report.page import untold
from tomcat_fleet.report.visible import css_string, visible
from tomcat_fleet.report.word import parse

PAGES = ("host.html.j2", "index.html.j2", "group.html.j2", "register.html.j2", "followup.html.j2")


def template_dir() -> Path:
    """The templates that ship with this version: inside the package when installed, else the checkout's."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "_templates"
    return installed if installed.is_dir() else here.parent / "templates"


def environment(lang: str, override: Path | None = None, font: Path | None = None) -> Environment:
    """An environment for pages in ``lang``; a file of ``override`` stands in for the one of the same name.

    ``font`` is put into every page, cut down to its letters. Raises ConfigError when ``override`` is no directory, a
    template does not compile, words are incomplete or ``font`` cannot be embedded.
    """
    if override is not None and not override.is_dir():
        raise ConfigError([Fault(str(override), 0, "is not a directory of templates")])
    folders = [folder for folder in (override, template_dir()) if folder is not None]
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        t=operator.attrgetter(lang),
        csp=csp_source,
        css_string=_css,
        moment=_moment,
        octal=lambda mode: f"{mode:04o}",
        fixes=fixes,
        n="{:,}".format,
        told=told,
        excerpts=excerpts,
    )
    made.tests.update(untold=lambda finding: untold(finding, lang))
    try:
        made.globals.update(w=parse(_source(made, "words.toml"), lang), lang=lang, said=said)
        made.globals.update(letters="", face=_face(made, font, lang))
        made.globals.update(style=_asset(made, "style.css"), script=_asset(made, "script.js"))
        for page in PAGES:
            made.get_template(page)
        mark: Any = made.get_template("_mark.html.j2").module
        made.globals.update(keep=_keeper(), marks={status.value: mark.status(status.value) for status in Status})
        made.globals.update(shapes={name: mark.shape(name) for name in (*(status.value for status in Status), "none")})
    except TemplateSyntaxError as error:
        raise ConfigError([Fault(error.filename or "", error.lineno, error.message or "syntax error")]) from error
    except (TemplateError, ValueError) as error:
        raise ConfigError(f"templates: {error}") from error
    return made


def draw(made: Environment, name: str, **values: Any) -> bytes:
    """The page that the template ``name`` makes of ``values``, with its font when there is one."""
    template = made.get_template(name)
    face: Any = made.globals["face"]
    return embedded(face, lambda style: template.render(letters=Markup(style), **values))  # noqa: S704  our own rule


def _face(made: Environment, font: Path | None, lang: str) -> Face | None:
    if font is None:
        return None
    guide = book.load()
    said = msgspec.json.encode([list(guide.items.values()), guide.gaps, guide.outcomes, guide.defects]).decode()
    return Face(font, (_source(made, "words.toml"), said), required={"ko": "가힣"}.get(lang, "") + "Aa")


def csp_source(text: str) -> str:
    """The Content-Security-Policy source of an inline block holding exactly ``text``."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _keeper() -> Callable[..., Any]:
    """``keep(key, macro, …)``: what ``macro`` makes of its arguments, made once per environment and key."""
    kept: dict[str, Any] = {}

    def keep(key: str, macro: Callable[..., Any], *arguments: Any) -> Any:
        if key not in kept:
            kept[key] = macro(*arguments)
        return kept[key]

    return keep


def _shown(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def _css(text: str) -> Markup:
    return Markup(css_string(text))  # noqa: S704  # holds letters, digits and numeric escapes only


def _moment(text: str) -> str:
    return text.replace("T", " ").replace("Z", " UTC")


def _source(made: Environment, name: str) -> str:
    loader: BaseLoader | None = made.loader
    if loader is None:
        raise TemplateNotFound(name)
    source: Callable[[Environment, str], tuple[str, Any, Any]] = loader.get_source
    return source(made, name)[0]


def _asset(made: Environment, name: str) -> Markup:
    return Markup(_source(made, name).strip())  # noqa: S704  # our own file, or the operator's
