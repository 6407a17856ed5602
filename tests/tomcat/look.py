"""Looking at a described host through the configuration modules until they ask nothing new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tests.virtual_host import VirtualHost
from tomcat_fleet.collect.ingest import unanswered
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.config import Config, load_config
from tomcat_fleet.tomcat.deployment import load_deployment
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.version import Version
from tomcat_fleet.tomcat.webapp import Deployment

T = TypeVar("T")
BASE = "/opt/tomcat"
SERVER = (
    "<Server><Service name='Catalina'>{connectors}<Engine name='Catalina'>{engine}{hosts}</Engine></Service></Server>"
)
HOST = "<Host name='localhost' appBase='webapps' {attributes}>{body}</Host>"
WEB = "<web-app/>"
MANAGER = (
    "<web-app><servlet><servlet-name>M</servlet-name>"
    "<servlet-class>org.apache.catalina.manager.HTMLManagerServlet</servlet-class></servlet>{more}</web-app>"
)


def server_xml(
    body: str = "",
    *,
    attributes: str = "",
    engine: str = "",
    hosts: str = "",
    connectors: str = "<Connector port='8080'/>",
) -> str:
    """server.xml; ``body`` and ``attributes`` belong to the Host, ``hosts`` replaces it."""
    host = hosts or HOST.format(attributes=attributes, body=body)
    return SERVER.format(connectors=connectors, engine=engine, hosts=host)


@dataclass
class Site:
    """One instance under test: files by path below the base (or absolute), version and -D options."""

    version: str | None = "10.1.60"
    home: str = BASE
    arguments: Mapping[str, str] = field(default_factory=dict)
    host: VirtualHost = field(default_factory=VirtualHost)

    def put(self, files: Mapping[str, str]) -> Site:
        """Write files; a path that ends in a slash is a directory."""
        for path, text in files.items():
            full = path if path.startswith("/") else f"{BASE}/{path}"
            if full.endswith("/"):
                self.host.directory(full.rstrip("/"))
            else:
                self.host.file(full, text)
        return self

    def war(self, path: str, members: Mapping[str, str]) -> Site:
        """Write an archive."""
        self.host.archive(path if path.startswith("/") else f"{BASE}/{path}", dict(members))
        return self

    def deny(self, path: str) -> Site:
        """Refuse reading."""
        self.host.deny(path if path.startswith("/") else f"{BASE}/{path}")
        return self

    def see(self, view: Callable[[Reader, Config, Deployment], T]) -> T:
        """What ``view`` makes of the host once every question has been answered."""
        return self.view(self.evidence(view), view)[0]

    def view(self, evidence: Evidence, view: Callable[[Reader, Config, Deployment], T]) -> tuple[T, Reader]:
        """What ``view`` makes of one state of knowledge."""
        version = Version.of(self.version) if self.version else None
        reader = Reader(evidence)
        config = load_config(reader, base=BASE, home=self.home, version=version, arguments=self.arguments)
        return view(reader, config, load_deployment(reader, config)), reader

    def evidence(self, view: Callable[[Reader, Config, Deployment], object]) -> Evidence:
        """Evidence with an answer to everything that ``view`` asks."""
        ingest = self.host._first(Target(name="t", address="192.0.2.1"))
        for _ in range(10):
            evidence = ingest.evidence()
            questions = unanswered(evidence, self.view(evidence, view)[1].wanted)
            if not questions:
                return evidence
            for question in questions:
                self.host._answer(question, ingest)
        raise AssertionError("never satisfied")


def site(version: str | None = "10.1.60", *, server: str | None = None, **files: str) -> Site:
    """An instance with server.xml, conf/web.xml, conf/context.xml and an empty webapps."""
    made = Site(version=version)
    made.put(
        {
            "conf/server.xml": server if server is not None else server_xml(),
            "conf/web.xml": WEB,
            "conf/context.xml": "<Context/>",
            "webapps/": "",
        }
    )
    return made.put(files)
