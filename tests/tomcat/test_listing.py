"""Directory listings."""

from __future__ import annotations

import pytest

from tests.tomcat.look import BASE, Site, server_xml, site
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.web import DefaultServlet, ListingFile, ListingScope
from tomcat_fleet.tomcat.listing import listing_files

DEFAULT = "org.apache.catalina.servlets.DefaultServlet"


def web(*values: str, class_name: str = DEFAULT, name: str = "default", root: str = "web-app") -> str:
    parameters = "".join(
        f"\n<init-param><param-name>listings</param-name><param-value>{value}</param-value></init-param>"
        for value in values
    )
    return (
        f"<{root}><servlet><servlet-name>{name}</servlet-name><servlet-class>{class_name}</servlet-class>{parameters}"
        f"</servlet><servlet-mapping><servlet-name>{name}</servlet-name><url-pattern>/</url-pattern></servlet-mapping></{root}>"
    )


def files(made: Site) -> dict[str, ListingFile]:
    return {one.path.removeprefix(BASE + "/"): one for one in made.see(listing_files)}


def servlets(found: ListingFile) -> tuple[DefaultServlet, ...]:
    assert isinstance(found.servlets, Known)
    return found.servlets.value


def only(made: Site, path: str = "conf/web.xml") -> DefaultServlet:
    (servlet,) = servlets(files(made)[path])
    return servlet


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), (" TRUE ", True), ("\n\ttrue\n", True), ("True", True), ("yes", False), ("1", False), ("", False),
     ("false", False), ("tr ue", False), ("true\u00a0", False)],
)  # fmt: skip
def test_java_booleans(value: str, expected: bool) -> None:  # noqa: FBT001 - a table
    servlet = only(site(**{"conf/web.xml": web(value)}))
    assert servlet.listings == Known(expected)
    assert servlet.place.line == 2


def test_absent_parameter_is_off() -> None:
    servlet = only(site(**{"conf/web.xml": web()}))
    assert (servlet.listings_text, servlet.listings, servlet.mappings) == (None, Known(False), ("/",))


def test_commented_parameter_is_absent() -> None:
    text = web("true").replace("<init-param>", "<!-- <init-param>").replace("</init-param>", "</init-param> -->")
    assert only(site(**{"conf/web.xml": text})).listings_text is None


@pytest.mark.parametrize(
    ("class_name", "name", "counts"),
    [
        ("org.apache.catalina.servlets.WebdavServlet", "dav", True),
        (DEFAULT, "files", True),
        ("com.example.DefaultServlet", "default", False),
        ("", "default", True),
        ("", "other", False),
    ],
)
def test_classes(class_name: str, name: str, counts: bool) -> None:  # noqa: FBT001 - a table
    text = web("true", class_name=class_name, name=name)
    found = files(site(**{"webapps/a/WEB-INF/web.xml": text}))["webapps/a/WEB-INF/web.xml"]
    assert bool(servlets(found)) is counts


@pytest.mark.parametrize(("version", "expected"), [("10.1.60", True), ("6.0.53", False)])
def test_which_of_two_values_counts(version: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert only(site(version, **{"conf/web.xml": web("true", "false")})).listings == Known(expected)


def test_two_values_without_a_version_are_not_known() -> None:
    assert isinstance(only(site(None, **{"conf/web.xml": web("true", "false")})).listings, Unknown)
    assert only(site(None, **{"conf/web.xml": web("true", "true")})).listings == Known(True)


def test_placeholder() -> None:
    made = site(**{"conf/web.xml": web("${show}")})
    made.arguments = {"show": "true"}
    assert only(made).listings == Known(True)
    made.arguments = {"org.apache.tomcat.util.digester.PROPERTY_SOURCE": "com.example.Vault"}
    found = only(made).listings
    assert isinstance(found, Unknown)
    assert found.gap is Gap.UNRESOLVED


def test_every_kind_of_file() -> None:
    made = site(**{
        "conf/web.xml": web("false"),
        "conf/Catalina/localhost/web.xml.default": web("true"),
        "webapps/a/WEB-INF/web.xml": web("true"),
        "webapps/b/index.html": "",
    })  # fmt: skip
    made.war("webapps/c.war", {"WEB-INF/web.xml": web("true")})
    made.war("webapps/b/WEB-INF/lib/x.jar", {"META-INF/web-fragment.xml": web("true", root="web-fragment")})
    made.war("webapps/b/WEB-INF/lib/y.jar", {})
    found = files(made)
    assert {path: (one.scope, one.application) for path, one in found.items()} == {
        "conf/web.xml": (ListingScope.GLOBAL, ""),
        "conf/Catalina/localhost/web.xml.default": (ListingScope.HOST_DEFAULT, ""),
        "webapps/a/WEB-INF/web.xml": (ListingScope.APPLICATION, "/a"),
        "webapps/c.war!/WEB-INF/web.xml": (ListingScope.APPLICATION, "/c"),
        "webapps/b/WEB-INF/lib/x.jar!/META-INF/web-fragment.xml": (ListingScope.APPLICATION, "/b"),
    }
    assert [one.listings for path in found if path != "conf/web.xml" for one in servlets(found[path])] == [
        Known(True)
    ] * 4


@pytest.mark.parametrize(
    ("version", "complete", "asked"),
    [("10.1.60", "false", True), ("10.1.60", "true", False), ("6.0.53", "false", False)],
)
def test_fragments_are_only_asked_for_where_they_count(version: str, complete: str, asked: bool) -> None:  # noqa: FBT001
    made = site(version, **{"webapps/a/WEB-INF/web.xml": f"<web-app metadata-complete='{complete}'/>"})
    made.war("webapps/a/WEB-INF/lib/x.jar", {"META-INF/web-fragment.xml": web("true", root="web-fragment")})
    assert any("x.jar" in path for path in files(made)) is asked


@pytest.mark.parametrize(("text", "gap"), [("<web-app>", Gap.MALFORMED), ("<x/>", Gap.MALFORMED)])
def test_malformed_files_are_unknown(text: str, gap: Gap) -> None:
    for path in ("conf/web.xml", "webapps/a/WEB-INF/web.xml"):
        found = files(site(**{path: text}))[path].servlets
        assert isinstance(found, Unknown)
        assert found.gap is gap


def test_missing_global_file_is_unknown() -> None:
    made = site()
    made.host.remove(f"{BASE}/conf/web.xml")
    assert files(made)["conf/web.xml"].servlets == Unknown(Gap.MISSING, f"{BASE}/conf/web.xml")


def test_unlisted_applications_are_unknown_beside_the_rest() -> None:
    found = files(site(**{"webapps/a/x": ""}).deny("webapps"))
    assert isinstance(found["webapps"].servlets, Unknown)
    assert isinstance(found["conf/web.xml"].servlets, Known)
    unknown = files(site(server="<Server"))
    assert isinstance(unknown["conf/server.xml"].servlets, Unknown)


def test_unreadable_library_directory_is_unknown() -> None:
    made = site(**{"webapps/a/WEB-INF/lib/x": "", "webapps/a/WEB-INF/web.xml": "<web-app/>"}).deny(
        "webapps/a/WEB-INF/lib"
    )
    assert isinstance(files(made)["webapps/a/WEB-INF/lib"].servlets, Unknown)


def test_undeployed_applications_do_not_list() -> None:
    server = server_xml(attributes="autoDeploy='false' deployOnStartup='false'")
    assert set(files(site(server=server, **{"webapps/a/WEB-INF/web.xml": web("true")}))) == {"conf/web.xml"}


def test_descriptors_that_a_context_names() -> None:
    made = site(
        **{
            "conf/Catalina/localhost/a.xml": "<Context altDDName='/srv/alt.xml' defaultWebXml='conf/own.xml'/>",
            "webapps/a/WEB-INF/web.xml": web("false"),
            "/srv/alt.xml": web("true"),
            "conf/own.xml": web("true"),
        }
    )
    found = files(made)
    assert [one.listings for path in ("/srv/alt.xml", "conf/own.xml") for one in servlets(found[path])] == [
        Known(True)
    ] * 2
    assert "webapps/a/WEB-INF/web.xml" not in found


@pytest.mark.parametrize(("version", "counts"), [("9.0.98", True), ("8.5.100", False)])
def test_tomcat_web_xml_of_an_application(version: str, counts: bool) -> None:  # noqa: FBT001 - a table
    made = site(version, **{"webapps/a/WEB-INF/tomcat-web.xml": web("true")})
    assert ("webapps/a/WEB-INF/tomcat-web.xml" in files(made)) is counts
