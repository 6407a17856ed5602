"""Which status codes a set of error pages covers."""

from __future__ import annotations

from collections.abc import Iterable

from tomcat_fleet.model.web import ErrorPage


def covered(pages: Iterable[ErrorPage], codes: Iterable[int], *, default_page: bool) -> frozenset[int]:
    """Codes of ``codes`` that ``pages`` answer; ``default_page``: a page without code and type answers all."""
    wanted = frozenset(codes)
    found: set[int] = set()
    for page in pages:
        if page.exception is None and page.code is not None:
            found.add(page.code)
        elif page.exception is None and default_page:
            found |= wanted
    return wanted & found


def listed(codes: Iterable[int]) -> str:
    """Write the codes as one text, ascending."""
    return ", ".join(str(code) for code in sorted(codes))


def block(code: int) -> tuple[str, ...]:
    """Lines of web.xml that give the code a page."""
    return (
        "<error-page>",
        f"  <error-code>{code}</error-code>",
        f"  <location>/error/{code}.html</location>",
        "</error-page>",
    )
