"""WT-08: no servlet lists the files of a directory."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Place
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.web import DefaultServlet, ListingFile, ListingScope


class Reason(StrEnum):
    """Everything this check can say."""

    ON = "on"
    OFF = "off"
    OFF_BY_DEFAULT = "off-by-default"
    NO_SERVLET = "no-servlet"
    UNDECIDED = "undecided"
    UNREADABLE = "unreadable"
    NOT_A_BOOLEAN = "not-a-boolean"


_FIX = ("<init-param>", "  <param-name>listings</param-name>", "  <param-value>false</param-value>", "</init-param>")


def judge(instance: Instance, _context: Context) -> Iterator[Finding]:
    """One finding per web.xml that declares a listing servlet, and always one for conf/web.xml."""
    files = instance.listing_files
    if isinstance(files, Unknown):
        yield _unknown(instance.base, files, ())
        return
    if not any(file.scope is ListingScope.GLOBAL for file in files.value):
        path = f"{instance.base}/conf/web.xml"
        yield _unknown(path, Unknown(Gap.MISSING, path), ())
    for file in files.value:
        if isinstance(file.servlets, Unknown):
            yield _unknown(file.path, file.servlets, ())
        elif file.servlets.value:
            yield _judge_servlets(file, file.servlets.value)
        elif file.scope is ListingScope.GLOBAL:
            yield _without_servlet(file)


def _without_servlet(file: ListingFile) -> Finding:
    refs = (Place(file.path), Observation(file.path, "DefaultServlet|WebdavServlet: 0"))
    return Finding(
        status=Status.PASS, reason=Reason.NO_SERVLET, subject=file.path, refs=refs, params={"file": file.path}
    )


def _judge_servlets(file: ListingFile, servlets: tuple[DefaultServlet, ...]) -> Finding:
    """Let the worst servlet decide for its file."""
    places = tuple(servlet.place for servlet in servlets)
    listing = [servlet for servlet in servlets if servlet.listings == Known(value=True)]
    if listing:
        return _finding(Status.FAIL, Reason.ON, file, listing)
    gaps = [servlet.listings for servlet in servlets if isinstance(servlet.listings, Unknown)]
    if gaps:
        decisive = next((gap for gap in gaps if gap.gap is not Gap.UNRESOLVED), None)
        if decisive is not None:
            return _unknown(file.path, decisive, places)
        return _finding(Status.MANUAL, Reason.UNDECIDED, file, servlets)
    absent = all(servlet.listings_text is None for servlet in servlets)
    return _finding(Status.PASS, Reason.OFF_BY_DEFAULT if absent else Reason.OFF, file, servlets)


def _finding(
    status: Status, reason: Reason, file: ListingFile, servlets: tuple[DefaultServlet, ...] | list[DefaultServlet]
) -> Finding:
    places = tuple(servlet.place for servlet in servlets)
    texts = [servlet.listings_text.strip().lower() for servlet in servlets if servlet.listings_text is not None]
    odd = status is Status.PASS and any(text not in {"true", "false"} for text in texts)
    return Finding(
        status=status,
        reason=reason,
        subject=file.path,
        refs=places,
        params={
            "file": file.path,
            "lines": ", ".join(_line(place, file) for place in places),
            "servlets": printable(", ".join(sorted({servlet.name for servlet in servlets}))),
            "mappings": printable(", ".join(sorted({url for servlet in servlets for url in servlet.mappings}))) or "-",
            "application": (file.application or "/") if file.scope is ListingScope.APPLICATION else "*",
        },
        commands=tuple(line for place in places for line in (f"# {place}", *_FIX)) if status is Status.FAIL else (),
        notes=(Reason.NOT_A_BOOLEAN,) if odd else (),
    )


def _line(place: Place, file: ListingFile) -> str:
    return str(place.line) if place.line and place.path == file.path else str(place)


def _unknown(subject: str, fact: Unknown, places: tuple[Place, ...]) -> Finding:
    params = {"file": fact.source, "gap": fact.gap.value}
    return Finding(
        status=Status.UNKNOWN, reason=Reason.UNREADABLE, subject=subject, refs=(*places, fact), params=params
    )


CHECK = Check(item="WT-08", slug="directory_listing", severity=Severity.HIGH, reasons=Reason, judge=judge)
