"""A Korean page holds no English sentence and an English one no Korean: real verdicts in the guide's own words."""

from __future__ import annotations

import dataclasses
import re

import pytest

from tests import stock
from tests.report import sample
from tests.report.reading import Page, read, waived
from tests.verdict import audit
from tomcat_fleet.guide import book
from tomcat_fleet.model.result import SeenResult, TargetResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.writer import ReportWriter
from tomcat_fleet.tomcat.seen import SeenKind

HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
SENTENCE = re.compile(r"\b[A-Za-z]{2,}(?:,? [a-z]{2,}){2,}\b")  # three words in a row that no name of Tomcat's has


def hosts() -> list[TargetResult]:
    told = tuple(SeenResult(kind=kind.value, subject="/srv/x", detail="-") for kind in SeenKind)
    guide = book.load()
    bad = audit(stock.stock("9.0.50", "/opt/tomcat"))
    denied = stock.good("10.1.60", "/srv/tomcat")
    denied.deny("/srv/tomcat/logs")
    denied.deny("/srv/tomcat/conf/tomcat-users.xml")
    found = [
        dataclasses.replace(waived(bad), target="bad", seen=told),
        dataclasses.replace(audit(denied), target="denied"),
        dataclasses.replace(audit(stock.old()), target="old"),
        *(
            sample.target(outcome.value, (), outcome, outcome_message=guide.outcomes[outcome.value],
                          outcome_reason="connect: not done within 10 s")
            for outcome in (Outcome.UNREACHABLE, Outcome.NO_TOMCAT)
        ),
    ]  # fmt: skip
    return [dataclasses.replace(one, slug=slug(one.target)) for one in found]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Page]]:
    folder = tmp_path_factory.mktemp("prose")
    found = hosts()
    for lang in ("ko", "en"):
        with ReportWriter(folder / lang, lang=lang) as writer:
            writer.open(sample.facts())
            for result in found:
                writer.write(result)
            writer.finish("2026-11-23T17:50:20Z")
    return {lang: [read(folder / lang / f"hosts/{one.slug}.html") for one in found] for lang in ("ko", "en")}


def strange(page: Page, lang: str) -> list[str]:
    return [text for text in page.prose if (SENTENCE if lang == "ko" else HANGUL).search(text)]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_page_speaks_one_language(pages: dict[str, list[Page]], lang: str) -> None:
    assert [text for page in pages[lang] for text in strange(page, lang)] == []


def test_the_other_language_would_be_noticed(pages: dict[str, list[Page]]) -> None:
    assert len(strange(pages["en"][0], "ko")) > 60
    assert len(strange(pages["ko"][0], "en")) > 60


def test_korean_sentences_end_in_one_manner(pages: dict[str, list[Page]]) -> None:
    for page in pages["ko"]:
        text = " ".join(page.prose)
        ends = re.findall(r"[가-힣]+다(?=\.(?: |$))", text)
        assert ends
        assert [end for end in ends if not end.endswith("니다")] == []
        assert not re.search(r"\{\w*\}|\bNone\b", text)
