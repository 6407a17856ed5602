import dataclasses
import re
from pathlib import Path

import pytest

from tests.report import fleet_sample, sample
from tests.report.reading import Page, read, report
from tomcat_fleet.model.result import EvidenceRow, TargetResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report import edition, fleet
from tomcat_fleet.report.row import summarise
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.tally import Tally
from tomcat_fleet.report.writer import NOTHING, Beside


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    directory = tmp_path_factory.mktemp("fleet")
    report(directory, sample.fleet(), "en")
    return read(directory / "index.html")


def copies(result: TargetResult, count: int, zone: str | None = "dmz") -> list[TargetResult]:
    return [
        dataclasses.replace(result, target=f"h{n:05d}", slug=slug(f"h{n:05d}"), zone=zone, groups=())
        for n in range(count)
    ]


def test_parts_in_order(page: Page) -> None:
    assert [node.attrs["id"] for node in page.all("section")] == [
        "state", "numbers", "grid-section", "things", "unknown", "changes", "shared", "basis",
    ]  # fmt: skip


def said(page: Page, identity: str) -> str:
    return " ".join(page.one(identity).text.split())


def test_the_state_in_one_sentence(page: Page) -> None:
    assert said(page, "state").startswith(
        "1Where we stand 2 of 13 instances fail at least one high item; 2 of 15 hosts could not be audited. Hosts"
    )
    assert "Hosts audited only in part: 1." in said(page, "state")
    assert "Verdicts that could not be given (unknown or error): 2." in said(page, "state")


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([sample.good()], "The one instance audited fails no high item; every host was reached (1)."),
        ([sample.bad()], "The one instance audited fails at least one high item; every host was reached (1)."),
        ([sample.unreachable()], "No Tomcat instance was audited; 1 of 1 hosts could not be audited."),
        ([], "There was no host to audit."),
    ],
)
def test_the_state_of_small_fleets(results: list[TargetResult], sentence: str) -> None:
    assert sentence in said(alone(results), "state")


def test_the_grid_has_a_row_for_every_host_the_worst_first(page: Page) -> None:
    rows = [node for node in page.all("tr") if "data-name" in node.attrs]
    names = [node.attrs["data-name"] for node in rows]
    assert sorted(names, key=str) == sorted(result.target for result in sample.fleet())
    assert names[0] == "web02.dmz.example"
    assert names[-2:] == ["was-03", "batch-01"]
    gone = next(node for node in rows if node.attrs["data-name"] == "web09")
    assert "Unreachable" in gone.text
    assert gone.attrs["data-open"] == "1"


def test_cells_name_their_status_and_lead_to_the_item(page: Page) -> None:
    bad = sample.bad()
    cells = {
        node.attrs["aria-label"]: node.attrs["href"]
        for node in page.all("a")
        if (node.attrs["href"] or "").startswith(f"hosts/{bad.slug}.html#") and "aria-label" in node.attrs
    }
    assert cells["WT-08 Fail"] == f"hosts/{bad.slug}.html#wt-08"
    assert cells["WT-12 Unknown"] == f"hosts/{bad.slug}.html#wt-12"
    assert len(cells) == 13


def test_counts_by_item_add_up_to_the_instances(page: Page) -> None:
    cells = [node for node in page.nodes if node.tag == "td" and "tbody" in node.parents]
    counts = {}
    for at, node in enumerate(cells):
        if re.fullmatch(r"WT-\d\d", node.text) and node.attrs.get("class") == "code":
            counts[node.text] = [int(cell.text) for cell in cells[at + 3 : at + 8]]
    assert list(counts) == list(sample.TITLES)
    assert all(sum(found) == 13 for found in counts.values())
    assert counts["WT-08"] == [2, 0, 0, 11, 0]  # fail, unknown, manual, pass, not applicable
    assert counts["WT-12"] == [0, 2, 0, 11, 0]


def test_one_change_for_several_hosts(page: Page) -> None:
    rows = [node.text for node in page.all("tr") if "has no address filter" in node.text]
    assert len(rows) == 1
    assert "2 of them /manager" in rows[0]


def test_a_process_number_is_no_place_that_hosts_share(page: Page) -> None:
    (row,) = [node.text for node in page.all("tr") if "The JVM runs as root" in node.text]
    assert "pid 812" not in row


def test_what_is_not_known_is_listed_with_reason_and_help(page: Page) -> None:
    text = page.one("unknown").text
    for part in (
                 "web09", "connect: timed out after 10 s", "No connection could be made.", "Host key changed",
                 "Partly audited", "WT-12", "Permission was refused.", "audit ALL=(tomcat) NOPASSWD: /bin/sh",
    ):  # fmt: skip
        assert part in text


def test_a_host_unlike_its_group_stands_out(page: Page) -> None:
    text = page.one("things").text
    assert "10 of 11 in dmz pass." in text
    assert page.one("outliers")


def test_versions_with_their_patch_status(page: Page) -> None:
    rows = [" ".join(node.text.split()) for node in page.all("tr")]
    assert "9.0.502Fail 2" in rows
    assert "10.1.6011Pass 11" in rows


def test_versions_sort_as_versions() -> None:
    versions = ["10.1.9", "9.0.100", "10.1.10", "9.0.20", "", "11.0.0-M1", "odd", "²"]
    assert sorted(versions, key=edition.version_key) == [
        "9.0.20", "9.0.100", "10.1.9", "10.1.10", "11.0.0-M1", "", "odd", "²",
    ]  # fmt: skip


def test_a_fleet_that_passes_says_so() -> None:
    page = alone([sample.good()])
    assert "Nothing fails." in page.one("things").text
    assert "Every host was audited completely." in page.one("unknown").text


@pytest.mark.parametrize(
    ("results", "things", "unknown"),
    [
        ([], "No instance was judged.", "There was no host to audit, so nothing is known."),
        ([sample.unreachable()], "No instance was judged.", "Nothing below is counted as passed."),
    ],
)
def test_where_nothing_was_judged_nothing_is_said_to_pass(
    results: list[TargetResult], things: str, unknown: str
) -> None:
    page = alone(results)
    assert things in page.one("things").text
    assert unknown in page.one("unknown").text
    assert "Nothing fails" not in page.text
    assert "audited completely" not in page.text


def test_beyond_a_thousand_instances_groups_have_pages_of_their_own(tmp_path: Path) -> None:
    found, tally = fleet_sample.rows(1200, zones=3)
    found[0] = dataclasses.replace(found[0], group="")
    *pages, index = fleet_sample.write(tmp_path, "en", found, tally)
    home = read(index)
    links = {node.attrs["href"] for node in home.all("a") if (node.attrs["href"] or "").startswith("groups/")}
    assert links == {f"groups/{path.name}" for path in pages}
    names = [path for path in pages if path.name.startswith("names-")]
    assert len(pages) == 4 + len(names)
    rows = [node for node in home.all("tr") if "data-name" in node.attrs]
    assert {node.attrs["data-name"] for node in rows} == {"zone-00000", "zone-00001", "zone-00002", "no zone or group"}
    assert "Hosts: 400" in next(node.text for node in rows if node.attrs["data-name"] == "zone-00001")
    assert [count(path) for path in names] == [fleet.REGISTER, 1200 - fleet.REGISTER]
    assert sum(count(path) for path in pages) == 2 * 1200
    found_names: list[str | None] = []
    for path in (path for path in pages if path not in names):
        page = read(path)
        found_names += [node.attrs["data-name"] for node in page.all("tr") if "data-name" in node.attrs]
        assert f"../hosts/{found[1].slug}.html" in path.read_text() or found[1].group not in page.text
        assert [node.attrs["href"] for node in page.all("a") if node.attrs["href"] == "../index.html"]
    assert sorted(map(str, found_names)) == sorted(row.name for row in found)


def count(path: Path) -> int:
    return path.read_text("utf-8").count("<tr data-name=")


def test_the_register_has_every_host_by_name(tmp_path: Path) -> None:
    found, tally = fleet_sample.rows(1200, zones=3)
    pages = fleet_sample.write(tmp_path, "en", found[::-1], tally)
    listed: list[str | None] = []
    for path in (path for path in pages if path.name.startswith("names-")):
        page = read(path)
        listed += [node.attrs["data-name"] for node in page.all("tr") if "data-name" in node.attrs]
        assert f"../hosts/{found[0].slug}.html" in {node.attrs["href"] for node in page.all("a")} or len(listed) > 1000
    assert listed == sorted(row.name for row in found)


def test_pages_of_groups_are_in_the_report_and_its_sums_and_go_with_it(tmp_path: Path) -> None:
    (one,) = sample.good().instances
    crowded = dataclasses.replace(sample.good(), instances=(dataclasses.replace(one, findings=()),) * 60)
    report(tmp_path, copies(crowded, fleet.GRID // 60 + 1), "en")
    (first, *_) = sorted((tmp_path / "groups").iterdir())
    assert f"groups/{first.name}" in (tmp_path / "SHA256SUMS").read_text()
    report(tmp_path, [sample.good()], "en")
    assert not (tmp_path / "groups").exists()


def test_countless_groups_share_a_row_and_lose_no_host() -> None:
    found, tally = fleet_sample.rows(1100, zones=1100)
    view = fleet.arrange(found, tally, sample.guide().items, tally.summary(sample.facts(), ""))
    assert len(view.groups) == fleet.GROUPS + 1
    assert view.groups[-1].folded == 1100 - fleet.GROUPS
    assert sorted(row.name for group in view.groups for _, rows in group.pages for row in rows) == sorted(
        row.name for row in found
    )
    files = [name for group in view.groups for name, _ in group.pages]
    assert len(set(files)) == len(files)


def test_long_lists_of_what_is_not_known_are_counted_to_the_end() -> None:
    text = said(alone(copies(sample.unreachable(), fleet.LISTED + 7)), "unknown")
    assert text.count("connect: timed out after 10 s") == fleet.LISTED
    assert "Further hosts, marked in the verdicts by host above: 7." in text


def weak(name: str, base: str, code: str = "WT-08", subject: str = "conf/web.xml") -> TargetResult:
    others = [one for one in sample.good_findings(base) if one.item != code]
    said = sample.words("켜져 있습니다.", "It is on.")
    found = sample.finding(code, Status.FAIL, "on", said, f"{base}/{subject}")
    return sample.target(name, (sample.instance([*others, found], base),))


def test_the_same_place_below_other_bases_is_one_change() -> None:
    text = said(alone([weak("a", "/srv/a"), weak("b", "/srv/b"), weak("c", "/srv/b")]), "things")
    assert "One change would fix" in text
    assert "3 of them $CATALINA_BASE/conf/web.xml" in text


def test_without_anything_in_common_there_is_no_column_for_it() -> None:
    page = alone([weak("a", "/srv/a"), weak("b", "/srv/b", "WT-09")])
    assert "One change would fix" not in page.one("things").text


def with_file(name: str, base: str, digest: str, code: str = "WT-08") -> TargetResult:
    result = weak(name, base, code)
    (instance,) = result.instances
    row = EvidenceRow(kind="file", source=f"{base}/conf/web.xml", line=3, sha256=sample.sha(digest))
    found = tuple(
        dataclasses.replace(one, evidence=(row, row)) if one.status is Status.FAIL else one for one in instance.findings
    )
    return dataclasses.replace(result, instances=(dataclasses.replace(instance, findings=found),))


def test_the_fault_of_one_image_is_one_row_for_all_its_hosts() -> None:
    results = [with_file(f"h{n}", f"/srv/{n}", "image") for n in range(4)]
    results += [with_file("h7", "/srv/7", "image", "WT-09"), with_file("h8", "/srv/8", "another")]
    expected = tallied(results).images.alike()
    (file,) = expected
    assert (file.place, file.hosts, file.items) == ("$CATALINA_BASE/conf/web.xml", 5, {"WT-08", "WT-09"})
    assert file.example[0] == "h0"
    assert tallied(results[::-1]).images.alike() == expected
    row = next(node.text for node in alone(results).all("tr") if sample.sha("image")[:16] in node.text)
    assert row.split() == ["5$CATALINA_BASE/conf/web.xmlWT-08", "WT-09", "e.g.", f"h0{sample.sha('image')[:16]}…"]


def versioned(name: str, version: str, reason: str, status: Status = Status.FAIL) -> TargetResult:
    said = sample.words("판정", "verdict")
    others = [one for one in sample.good_findings() if one.item != "WT-13"]
    found = sample.finding("WT-13", status, reason, said, f"{sample.BASE}/lib/catalina.jar")
    return sample.target(name, (sample.instance([*others, found], version=version),))


def test_versions_past_their_end_and_vulnerable_ones_by_branch() -> None:
    results = [
        *(versioned(f"a{n}", "8.5.99", "end-of-life") for n in range(3)),
        versioned("b", "8.5.100", "end-of-life"),
        versioned("c", "9.0.50", "vulnerable"),
        versioned("d", "10.1.60", "current", Status.PASS),
        versioned("e", "9.0.31", "packaged", Status.MANUAL),
    ]
    found = edition.outdated(tallied(results).outdated)
    assert [(one.name, one.ended, one.vulnerable, one.versions) for one in found] == [
        ("8.5", 4, 0, (("8.5.99", 3), ("8.5.100", 1))),
        ("9.0", 0, 1, (("9.0.50", 1),)),
    ]
    text = said(alone(results), "things")
    assert "8.5408.5.99 ×3, 8.5.100 ×1" in text


def test_versions_that_hosts_invent_are_bounded() -> None:
    page = alone([versioned(f"a{n}", f"9.0.{n}", "vulnerable") for n in range(edition.LISTED + 5)])
    assert "Further versions, listed in results.jsonl: 5." in said(page, "things")


def test_shared_passwords_are_among_the_first_things(page: Page) -> None:
    assert "2 passwords are in use on several hosts, the most common one on 9." in said(page, "things")


def test_a_partly_audited_host_says_what_would_help(page: Page) -> None:
    (row,) = [node.text for node in page.all("tr") if "Partly audited" in node.text]
    assert "Permission was refused. /opt/tomcat/logs" in row
    assert "audit ALL=(tomcat) NOPASSWD: /bin/sh" in row


def tallied(results: list[TargetResult]) -> Tally:
    tally = Tally(fleet_sample.SEVERITIES)
    for result in results:
        tally.add(result)
    return tally


def alone(results: list[TargetResult], beside: Beside = NOTHING, lang: str = "en") -> Page:
    """The fleet page without those of the hosts."""
    rows = [summarise(result, fleet_sample.SEVERITIES, offset=0, length=0) for result in results]
    *_, (_, _, data) = fleet_sample.pages(lang, rows, tallied(results), beside)[1]
    page = Page()
    page.feed(data.decode())
    page.close()
    return page
