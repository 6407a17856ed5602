import dataclasses
import re
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.reading import Page, read, report
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report import fleet
from tomcat_fleet.report.slug import slug


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
        "state", "numbers", "grid-section", "things", "unknown", "shared", "basis",
    ]  # fmt: skip


def test_the_state_in_one_paragraph(page: Page) -> None:
    text = " ".join(page.one("state").text.split())
    assert "2 of 13 instances fail at least one high item." in text
    assert "2 of 15 hosts could not be audited." in text
    assert "Hosts audited only in part: 1." in text
    assert "Verdicts left unknown for want of evidence: 2." in text


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([sample.good()], "Of 1 instances, none fails a high item. All 1 hosts were reached."),
        ([sample.bad()], "1 of 1 instances fails at least one high item."),
        ([sample.unreachable()], "No Tomcat instance was audited. 1 of 1 hosts could not be audited."),
        ([], "No Tomcat instance was audited. All 0 hosts were reached."),
    ],
)
def test_the_state_of_small_fleets(tmp_path: Path, results: list[TargetResult], sentence: str) -> None:
    report(tmp_path, results, "en")
    assert sentence in " ".join(read(tmp_path / "index.html").one("state").text.split())


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


def test_versions_with_their_patch_status(page: Page) -> None:
    rows = [" ".join(node.text.split()) for node in page.all("tr")]
    assert "9.0.502Fail 2" in rows
    assert "10.1.6011Pass 11" in rows


def test_versions_sort_as_versions() -> None:
    versions = ["10.1.9", "9.0.100", "10.1.10", "9.0.20", "", "11.0.0-M1", "odd", "²"]
    assert sorted(versions, key=fleet._version_key) == [
        "9.0.20", "9.0.100", "10.1.9", "10.1.10", "11.0.0-M1", "", "odd", "²",
    ]  # fmt: skip


def test_a_fleet_that_passes_says_so(tmp_path: Path) -> None:
    report(tmp_path, [sample.good()], "en")
    page = read(tmp_path / "index.html")
    assert "Nothing fails." in page.one("things").text
    assert "Every host was audited completely." in page.one("unknown").text


def test_beyond_a_thousand_instances_groups_have_pages_of_their_own(tmp_path: Path) -> None:
    results = copies(sample.good(), fleet.GRID + 1)
    results[0] = dataclasses.replace(results[0], zone=None)
    report(tmp_path, results, "en")
    index = read(tmp_path / "index.html")
    assert not [node for node in index.all("tr") if "data-name" in node.attrs]
    pages = sorted((tmp_path / "groups").iterdir())
    links = {node.attrs["href"] for node in index.all("a") if (node.attrs["href"] or "").startswith("groups/")}
    assert links == {f"groups/{path.name}" for path in pages}
    assert len(pages) == 3
    names: list[str | None] = []
    for path in pages:
        found = read(path)
        names += [node.attrs["data-name"] for node in found.all("tr") if "data-name" in node.attrs]
        for node in found.all("a"):
            assert (path.parent / (node.attrs["href"] or "").partition("#")[0]).exists()
    assert sorted(map(str, names)) == [result.target for result in results]
    assert f"groups/{pages[0].name}" in (tmp_path / "SHA256SUMS").read_text()
    report(tmp_path, [sample.good()], "en")
    assert not (tmp_path / "groups").exists()


def test_long_lists_of_what_is_not_known_are_counted_to_the_end(tmp_path: Path) -> None:
    results = copies(sample.unreachable(), fleet.LISTED + 7)
    report(tmp_path, results, "en")
    text = " ".join(read(tmp_path / "index.html").one("unknown").text.split())
    assert text.count("connect: timed out after 10 s") == fleet.LISTED
    assert "Further hosts, marked in the verdicts by host above: 7." in text


def weak(name: str, base: str, code: str = "WT-08", subject: str = "conf/web.xml") -> TargetResult:
    others = [one for one in sample.good_findings(base) if one.item != code]
    said = sample.words("켜져 있습니다.", "It is on.")
    found = sample.finding(code, Status.FAIL, "on", said, f"{base}/{subject}")
    return sample.target(name, (sample.instance([*others, found], base),))


def test_the_same_place_below_other_bases_is_one_change(tmp_path: Path) -> None:
    report(tmp_path, [weak("a", "/srv/a"), weak("b", "/srv/b"), weak("c", "/srv/b")], "en")
    text = " ".join(read(tmp_path / "index.html").one("things").text.split())
    assert "One change would fix" in text
    assert "3 of them $CATALINA_BASE/conf/web.xml" in text


def test_without_anything_in_common_there_is_no_column_for_it(tmp_path: Path) -> None:
    report(tmp_path, [weak("a", "/srv/a"), weak("b", "/srv/b", "WT-09")], "en")
    assert "One change would fix" not in read(tmp_path / "index.html").one("things").text
