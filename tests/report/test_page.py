import base64
import dataclasses
import hashlib
import re
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.reading import Page, files, read, report, waived
from tomcat_fleet.model.result import MethodResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.template import template_dir

LANGUAGES = ("ko", "en")
ELEMENTS = {
    "a", "abbr", "b", "body", "br", "caption", "circle", "code", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "head", "header", "html", "i",
    "input", "label", "legend", "li", "link", "main", "mark", "meta", "nav", "ol", "option", "output", "p", "path",
    "pattern", "pre", "rect", "script", "section", "select", "span", "style", "summary", "svg", "symbol", "table",
    "tbody", "td", "th", "thead", "title", "tr", "ul", "use",
}  # fmt: skip
ACTIVE = frozenset(
    {"iframe", "object", "embed", "base", "applet", "audio", "video", "source", "img", "image", "foreignobject"}
)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
RESULTS = [*sample.fleet(), *map(sample.hostile, sample.HOSTILE)]
SAMPLES = ("index.html", *(f"hosts/{result.slug}.html" for result in RESULTS))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for lang in LANGUAGES:
        report(folder / lang, RESULTS, lang, sample.HOSTILE[3])
    return {lang: folder / lang for lang in LANGUAGES}


@pytest.fixture(scope="module")
def pages(written: dict[str, Path]) -> dict[tuple[str, str], Page]:
    return {(lang, name): read(written[lang] / name) for lang in LANGUAGES for name in SAMPLES}


each = pytest.mark.parametrize("name", SAMPLES)
both = pytest.mark.parametrize("lang", LANGUAGES)


@both
@each
def test_nothing_active_and_nothing_foreign(pages: dict[tuple[str, str], Page], lang: str, name: str) -> None:
    page = pages[lang, name]
    tags = {node.tag for node in page.nodes}
    assert tags <= ELEMENTS
    assert not tags & ACTIVE
    assert page.comments == []
    for node in page.nodes:
        assert not [key for key in node.attrs if key.startswith("on") or key in ("style", "src", "srcdoc", "action")]
    assert len(page.all("script")) == 1
    assert page.all("html")[0].attrs["lang"] == lang


@both
@each
def test_links_stay_in_the_report(
    pages: dict[tuple[str, str], Page], written: dict[str, Path], lang: str, name: str
) -> None:
    page = pages[lang, name]
    for node in page.nodes:
        target = node.attrs.get("href")
        if target is None or node.attrs.get("rel") == "icon":
            assert target in (None, "data:,")
            continue
        assert re.fullmatch(r"(\.\./)?((hosts/)?[a-z0-9.-]+\.html)?(#[a-z0-9_-]+)?", target)
        path, _, fragment = target.partition("#")
        file = (written[lang] / name).parent / path if path else written[lang] / name
        assert file.resolve().is_relative_to(written[lang].resolve())
        assert file.exists()
        if fragment and not path:
            assert [one for one in page.nodes if one.attrs.get("id") == fragment]


@both
@each
def test_the_policy_names_exactly_the_inline_bytes(
    pages: dict[tuple[str, str], Page], written: dict[str, Path], lang: str, name: str
) -> None:
    data = (written[lang] / name).read_bytes()
    page = pages[lang, name]
    (policy,) = [n.attrs["content"] for n in page.all("meta") if n.attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), data, re.DOTALL)
        hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(block).digest()).decode()}'" for block in blocks]
        assert rules[rule].split() == hashes
        assert len(blocks) == {"style": 2, "script": 1}[tag]
    assert b"\r" not in data


@both
@each
def test_no_hidden_character_reaches_a_page(written: dict[str, Path], lang: str, name: str) -> None:
    text = (written[lang] / name).read_text("utf-8")
    assert HIDDEN.findall(text) == []


@pytest.mark.parametrize("number", range(len(sample.HOSTILE)))
def test_hostile_text_is_shown_as_text(pages: dict[tuple[str, str], Page], number: int) -> None:
    text = sample.HOSTILE[number]
    shown = pages["en", f"hosts/{sample.hostile(text).slug}.html"].text
    visible = HIDDEN.sub(
        lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}", text
    )
    assert shown.count(visible) > 13 * 5


@both
@each
def test_an_english_page_holds_no_korean_of_ours(written: dict[str, Path], lang: str, name: str) -> None:
    if lang == "en" and "hosts/host-" not in name and name != "index.html":
        assert not re.search(
            "[\uac00-\ud7a3]", re.sub("가{120}", "", (written[lang] / name).read_text("utf-8")).partition("<body>")[2]
        )


@both
def test_a_host_report_has_its_parts_in_order(pages: dict[tuple[str, str], Page], lang: str) -> None:
    page = pages[lang, f"hosts/{sample.bad().slug}.html"]
    sections = [node.attrs["id"] for node in page.all("section")]
    assert sections == ["summary", "first", "detail", "method"]
    rows = [node.text for node in page.all("tr") if re.match(r"\s*WT-\d\d", node.text)]
    assert len(rows) == 13
    details = [node for node in page.all("details") if node.attrs.get("class") == "item"]
    assert [node.attrs["id"] for node in details] == [code.lower() for code in sample.TITLES]


@both
def test_what_failed_or_is_unknown_is_open_and_what_passed_is_folded(
    pages: dict[tuple[str, str], Page], lang: str
) -> None:
    page = pages[lang, f"hosts/{sample.bad().slug}.html"]
    folded = {Status.PASS, Status.NOT_APPLICABLE}
    for code, status in sample.bad().verdicts.items():
        assert ("open" in page.one(code.lower()).attrs) == (status not in folded), code


def test_the_title_block_says_what_an_auditor_files(pages: dict[tuple[str, str], Page]) -> None:
    text = pages["en", f"hosts/{sample.bad().slug}.html"].all("header")[0].text
    for fact in (
                 "web02.dmz.example", "192.0.2.10:22", "dmz", "Ubuntu 22.04.5 LTS", "2026-11-23 17:50:14 UTC", "0.41 s",
                 "tomcat-fleet 0.1.0", sample.facts().guide, sample.SWEEP, "Partly audited", "/opt/tomcat",
                 "9.0.50",
    ):  # fmt: skip
        assert fact in text
    assert "40.0" in text
    assert "4 passed ÷ (4 passed + 6 failed) × 100" in text


def test_evidence_shows_three_lines_around_the_decisive_one(pages: dict[tuple[str, str], Page]) -> None:
    page = pages["ko", f"hosts/{sample.bad().slug}.html"]
    marked = [node.text for node in page.all("mark")]
    assert "113            <param-value>true</param-value>" in marked
    assert '2<Context antiResourceLocking="false" privileged="true">' in marked
    text = page.text
    assert "112            <param-name>listings</param-name>" in text
    assert "/opt/tomcat/conf/web.xml : 113" in text
    assert "-rw-r--r-- 0644 tomcat(998):tomcat(998)" in text
    assert "org.apache.catalina.startup.Bootstrap start" in text


def test_commands_are_one_block_that_can_be_run(pages: dict[tuple[str, str], Page]) -> None:
    page = pages["en", f"hosts/{sample.bad().slug}.html"]
    (block,) = [node.text for node in page.all("pre") if node.attrs.get("class") == "cmd all"]
    lines = block.split("\n")
    assert lines[0] == "# WT-01 Manager page access"
    assert lines[1].startswith('# <Valve className="org.apache.catalina.valves.RemoteAddrValve"')
    assert [line for line in lines if not line.startswith("#")] == [
        "chmod 0600 /opt/tomcat/conf/tomcat-users.xml",
        *(
            f"chmod 0600 /opt/tomcat/conf/{name}"
            for name in ("server.xml", "context.xml", "web.xml", "catalina.policy")
        ),
        "sed -i.bak '113s/true/false/' /opt/tomcat/conf/web.xml",
        "systemctl edit tomcat.service",
    ]


def test_a_base_cannot_end_its_comment_in_the_block(pages: dict[tuple[str, str], Page]) -> None:
    text = "line\nbreak\r\nand\ttab\u2028sep"
    page = pages["en", f"hosts/{sample.hostile(text).slug}.html"]
    blocks = [node.text for node in page.all("pre") if node.attrs.get("class") == "cmd all"]
    bases = [block.split("\n")[0] for block in blocks]
    assert bases == [f"# CATALINA_BASE line\\x0abreak\\x0d\\x0aand tab\\u2028sep{more}" for more in ("", "2")]


def test_what_could_not_be_read_is_listed_with_what_would_help(pages: dict[tuple[str, str], Page]) -> None:
    text = pages["en", f"hosts/{sample.bad().slug}.html"].text
    assert "Sources that could not be read: 1." in text
    assert "Permission was refused." in text
    assert "audit ALL=(tomcat) NOPASSWD: /bin/sh" in text
    assert "tomcat-embed-core 9.0.65" in text


def test_method_says_how_the_host_was_read(pages: dict[tuple[str, str], Page]) -> None:
    text = pages["ko", f"hosts/{sample.good().slug}.html"].one("method").text
    for fact in ("asyncssh", "audit", "bastion.dmz", "SHA256:Xo4c0q0z", "sudo", "sh -s", "248,113",
                 sample.sha("stream"),
                 sample.sha("web.xml"), "dir_group_execute", "literal"):  # fmt: skip
        assert fact in text


def test_two_instances_stand_side_by_side(pages: dict[tuple[str, str], Page]) -> None:
    page = pages["ko", f"hosts/{sample.two().slug}.html"]
    heads = [node.text for node in page.all("th") if node.attrs.get("class") == "col-inst"]
    assert [re.findall(r"\S+", head)[0] for head in heads] == [
        "/srv/tomcat/shopTomcat",
        "/srv/tomcat/admin-consoleTomcat",
    ]
    row = next(node.text for node in page.all("tr") if "WT-08" in node.text)
    assert row.index("취약") < row.index("양호")


@pytest.mark.parametrize("make", [sample.unreachable, sample.changed])
def test_a_host_that_was_not_reached_has_a_page_of_its_own(pages: dict[tuple[str, str], Page], make: type) -> None:
    result = make()
    page = pages["en", f"hosts/{result.slug}.html"]
    assert result.outcome_reason in page.text
    assert result.outcome_message.en in page.text
    assert "has not passed" in page.text
    assert "Pass" not in [word.strip() for word in re.findall(r"\w+", page.text)]
    assert "Everything that was asked for was read" not in page.text


def test_absence_is_a_statement(pages: dict[tuple[str, str], Page]) -> None:
    assert "Complete evidence shows" in pages["en", f"hosts/{sample.absent().slug}.html"].text


@both
def test_every_status_is_word_and_shape(pages: dict[tuple[str, str], Page], lang: str) -> None:
    page = pages[lang, f"hosts/{sample.bad().slug}.html"]
    marks = [node for node in page.nodes if (node.attrs.get("class") or "").startswith("s ")]
    assert len(marks) > 40
    assert all(node.text.strip() for node in marks)
    symbols = {node.attrs["id"] for node in page.all("symbol")}
    assert {f"s-{status.value}" for status in Status} <= symbols
    assert all((node.attrs["href"] or "").removeprefix("#") in symbols for node in page.all("use"))


def test_identities_are_unique(pages: dict[tuple[str, str], Page]) -> None:
    for page in pages.values():
        names = [node.attrs["id"] for node in page.nodes if "id" in node.attrs]
        assert len(names) == len(set(names))


def test_tables_are_described(pages: dict[tuple[str, str], Page]) -> None:
    for page in pages.values():
        for node in page.all("th"):
            assert node.attrs.get("scope") in {"col", "row", "rowgroup"}


def test_usual_pages_are_small(written: dict[str, Path]) -> None:
    found = files(written["ko"])
    for result in sample.fleet():
        assert len(found[f"hosts/{result.slug}.html"]) < 150_000, result.target


def test_a_classification_is_printed_only_when_given(tmp_path: Path) -> None:
    report(tmp_path / "a", [sample.good()], classification="대외비")
    report(tmp_path / "b", [sample.good()])
    marked, plain = (read(tmp_path / name / "hosts" / f"{sample.good().slug}.html") for name in ("a", "b"))
    assert [node.text for node in marked.nodes if node.attrs.get("class") == "secret"] == ["대외비"]
    assert not [node for node in plain.nodes if node.attrs.get("class") == "secret"]
    assert '@top-right { content: "\\b300 \\c678 \\be44 "' in marked.all("style")[1].text


def test_every_printed_page_names_the_host_the_sweep_and_its_number(pages: dict[tuple[str, str], Page]) -> None:
    style = pages["en", f"hosts/{sample.bad().slug}.html"].all("style")[1].text
    boxes = dict(re.findall(r"@([a-z-]+) \{ content: ([^;]+);", style))
    assert sample.bad().target in boxes["top-left"]
    assert sample.SWEEP in boxes["bottom-left"]
    assert boxes["bottom-right"].endswith('counter(page) " / " counter(pages)')
    assert "size: A4; margin: 18mm" in pages["en", "index.html"].all("style")[0].text


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    folder = tmp_path_factory.mktemp("accepted")
    for lang in LANGUAGES:
        report(folder / lang, [waived(sample.bad())], lang)
    return {lang: read(folder / lang / f"hosts/{sample.bad().slug}.html") for lang in LANGUAGES}


def test_a_waiver_is_laid_over_and_hides_nothing(accepted: dict[str, Page]) -> None:
    item = re.sub(r"\s+", " ", accepted["ko"].one("wt-04").text)
    assert "취약" in item
    assert "위험 수용 2027-03-31까지 유효 승인자 보안팀 · 사유 폐기 예정 · waivers.toml:12" in item
    assert "2026-12-10까지 유효(만료 임박)" in accepted["ko"].one("wt-13").text
    assert "기한 만료(2026-11-22) – 다시 취약으로 계산" in accepted["ko"].one("wt-08").text
    assert "expired on 2026-11-22: counts as a failure again" in accepted["en"].one("wt-08").text
    assert re.sub(r"\s+", "", accepted["ko"].all("header")[0].text).count("취약6(위험수용2)") == 1
    assert "(2 accepted)" in accepted["en"].all("header")[0].text


def test_the_summary_and_a_list_of_their_own_name_the_accepted_risks(accepted: dict[str, Page]) -> None:
    page = accepted["en"]
    rows = {node.text.strip()[:5]: node.text for node in page.all("tr") if node.text.strip().startswith("WT-")}
    assert "Risk accepted until 2027-03-31" in rows["WT-04"]
    assert "Risk accepted in part until 2027-03-31" in rows["WT-07"]
    assert "Accepted risk expired" in rows["WT-08"]
    assert "ccepted" not in rows["WT-05"]
    listed = [re.sub(r"\s+", " ", node.text) for node in page.all("tr") if "waivers.toml" in node.text]
    assert [line.partition("WT")[0].strip() for line in listed] == [
        "expired on 2026-11-22: counts as a failure again", "until 2026-12-10 (expiring soon)", "until 2027-03-31",
    ]  # fmt: skip
    assert "WT-04, WT-07" in listed[2]


def test_what_is_accepted_comes_last_and_is_in_no_block(accepted: dict[str, Page]) -> None:
    page = accepted["en"]
    (block,) = [node.text for node in page.all("pre") if node.attrs.get("class") == "cmd all"]
    assert "tomcat-users.xml" not in block
    assert "/conf/web.xml" in block  # WT-08 counts again
    assert "chmod 0600 /opt/tomcat/conf/web.xml" not in block
    assert "Commands for accepted findings are left out (WT-07, WT-04)." in page.one("first").text
    heads = [node.text.split()[0] for node in page.all("h3") if "li" in node.parents]
    assert heads == ["WT-01", "WT-07", "WT-08", "WT-05", "WT-04", "WT-13"]


def test_findings_beyond_the_page_are_counted(tmp_path: Path) -> None:
    many = [
        sample.finding("WT-07", Status.FAIL if n < 70 else Status.UNKNOWN, "x", sample.words("가", "a"), f"/f{n}")
        for n in range(75)
    ]
    others = [one for one in sample.good_findings() if one.item != "WT-07"]
    result = sample.target("web01", (sample.instance([*many, *others]),))
    report(tmp_path, [result], "en")
    text = read(tmp_path / "hosts" / f"{result.slug}.html").one("wt-07").text
    assert "/f39" in text
    assert "/f40" not in text
    assert "35 more findings are in results.jsonl: Fail 30, Unknown 5" in text


def test_templates_hold_no_words() -> None:
    for path in template_dir().glob("*.j2"):
        assert not re.search("[\uac00-\ud7a3]", path.read_text("utf-8")), path


@both
@each
def test_every_page_names_the_patch_tables_it_was_judged_by(
    pages: dict[tuple[str, str], Page], lang: str, name: str
) -> None:
    text = pages[lang, name].all("body")[0].text
    bundled = {"ko": "내장", "en": "bundled"}[lang]
    for shown in ("/home/auditor/advisories.json", sample.sha("advisories"), bundled, sample.sha("releases")):
        assert shown in text


def test_a_host_that_was_not_reached_ran_no_command(tmp_path: Path) -> None:
    lost = dataclasses.replace(
        sample.unreachable(), method=MethodResult(transport="asyncssh", account="audit", jump="gate")
    )
    good = sample.good()
    report(tmp_path, [lost, good], "en")
    texts = [read(tmp_path / "hosts" / f"{result.slug}.html").text for result in (lost, good)]
    assert ["Command run" in text for text in texts] == [False, True]
    assert "Jump host" in texts[0]
