"""What a generator writes: one CATALINA_BASE with several virtual hosts, and what to ask each of them."""

from __future__ import annotations

import io
import os
import random
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.live.release import Release

MARK = "where.txt"  # every application has it; it holds the application's own path
LISTED = "zz-entry.txt"  # lies in a directory without a welcome file
OWN_PAGE = "a page of our own"
EXAMPLES, ADMIN = "examples.txt", "admin.txt"  # what an application of that kind has beside its web.xml
# Stands first in every Engine while the server runs and is gone when its files are read: with it a request can claim
# any address, so that 8.8.8.8 can be asked about on a machine that has only loopback.
INSTRUMENT = (
    '<Valve className="org.apache.catalina.valves.RemoteIpValve" remoteIpHeader="X-Claimed-Address"'
    ' internalProxies="127\\..*|::1|0:0:0:0:0:0:0:1"/>'
)
PLACE_OF_INSTRUMENT = "<!--here-->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A login that somebody may try. ``stored`` is the text of the file, with ``digest`` the hash of ``clear``."""

    file: str
    line: int
    name: str
    stored: str | None
    clear: str
    digest: bool


@dataclass(kw_only=True)
class Site:
    """One virtual host: one configuration."""

    topic: str
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)  # children of its Host element
    paths: set[str] = field(default_factory=set)  # context paths to ask for, also of what should not be there
    admin: dict[str, str] = field(default_factory=dict)  # context path of an administration application: what to ask
    attempts: list[Attempt] = field(default_factory=list)
    filtered: bool = False  # a filter by address stands behind the login
    slow: bool = False  # deployed by the background thread only
    peers: bool = False  # a valve compares the peer's address, so that a claimed one shows nothing
    engine: str = ""
    port: int = 0

    @property
    def app_base(self) -> str:
        return self.attributes.get("appBase", f"apps-{self.name}")

    def element(self) -> str:
        """Its Host element."""
        named = {"name": self.name, "appBase": self.app_base} | self.attributes
        return "\n".join((f"<Host{attributes(named)}>", *self.body, "</Host>"))


@dataclass(kw_only=True)
class Draft:
    """A CATALINA_BASE being written."""

    release: Release
    root: Path
    random: random.Random
    files: dict[str, str | bytes] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    engine_body: dict[str, list[str]] = field(default_factory=dict)
    copies: dict[str, Path] = field(default_factory=dict)  # directories of the release itself
    options: list[str] = field(default_factory=list)  # of the JVM

    def shipped(self, directory: str, name: str) -> None:
        """A copy of an application that the release brings."""
        self.copies[directory] = self.release.home / "webapps" / name
        self.files[f"{directory}/{MARK}"] = f"{self.root}/{directory}"

    def app(self, directory: str, files: Mapping[str, str | bytes] | None = None) -> None:
        """An application in ``directory``, relative to the base or absolute."""
        where = f"{self.root}/{directory}" if not directory.startswith("/") else directory
        content: dict[str, str | bytes] = {MARK: where, f"d/{LISTED}": "x", f"files/d/{LISTED}": "x", **(files or {})}
        self.files.update({f"{directory}/{name}": text for name, text in content.items()})

    def war(self, path: str, files: Mapping[str, str | bytes] | None = None) -> None:
        """An application packed into ``path``."""
        self.files[path] = packed({MARK: f"{self.root}/{path}", f"d/{LISTED}": "x", **(files or {})})

    def conf(self, site: Site, name: str) -> str:
        """Path of a file in the host's own configuration directory."""
        return f"conf/{site.engine}/{site.name.lower()}/{name}"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def write(self, ports: Mapping[str, int]) -> None:
        """Everything onto the disk, with the instrument in server.xml."""
        self.files.setdefault("conf/logging.properties", "handlers=java.util.logging.ConsoleHandler\n")
        self.files["conf/server.xml"] = self.server_xml(ports)
        for directory, source in self.copies.items():
            shutil.copytree(source, self.root / directory)
        written: list[Path] = []
        for name, content in self.files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            # ContextConfig takes two descriptors of one host for the same when they are of the same age.
            os.utime(path, (1_700_000_000 + len(written), 1_700_000_000 + len(written)))
            written.append(path)
        (self.root / "logs").mkdir(exist_ok=True)
        for site in self.sites:
            (self.root / site.app_base).mkdir(parents=True, exist_ok=True)
        self._server(INSTRUMENT)

    def remove_instrument(self) -> None:
        """The server.xml that is audited; the running server has long read the other one."""
        self._server("")

    def _server(self, valve: str) -> None:
        text = str(self.files["conf/server.xml"])
        (self.root / "conf/server.xml").write_text(text.replace(PLACE_OF_INSTRUMENT, valve), "utf-8")

    def server_xml(self, ports: Mapping[str, int]) -> str:
        services = []
        for engine in dict.fromkeys(site.engine for site in self.sites):
            own = [site for site in self.sites if site.engine == engine]
            services.append(
                f'<Service name="S-{engine}">\n<Connector port="{ports[engine]}" bindOnInit="false" maxThreads="10"/>\n'
                f'<Engine name="{engine}" defaultHost="{own[0].name}" backgroundProcessorDelay="1">'
                f"{PLACE_OF_INSTRUMENT}\n"
                + "\n".join((*self.engine_body.get(engine, ()), *(site.element() for site in own)))
                + "\n</Engine>\n</Service>"
            )
        resources = "\n".join(self.resources)
        return (
            f'<Server port="-1" shutdown="x">\n<GlobalNamingResources>\n{resources}\n</GlobalNamingResources>\n'
            + "\n".join(services)
            + "\n</Server>\n"
        )


def packed(members: Mapping[str, str | bytes]) -> bytes:
    """An archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def attributes(values: Mapping[str, str]) -> str:
    """Attributes of an element, quoted."""
    return "".join(f" {name}={quoteattr(value)}" for name, value in values.items())


def element(name: str, values: Mapping[str, str], body: str = "") -> str:
    """An element on one line."""
    return f"<{name}{attributes(values)}>{body}</{name}>" if body else f"<{name}{attributes(values)}/>"
