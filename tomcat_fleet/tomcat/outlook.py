"""Questions that nearly every instance raises, asked before the first answers say so. It saves rounds, nothing else."""

from __future__ import annotations

from tomcat_fleet.model.evidence import SearchKind
from tomcat_fleet.tomcat.discovery import Seed
from tomcat_fleet.tomcat.jar import MANIFEST, SERVER_INFO, companions
from tomcat_fleet.tomcat.reader import Reader

_LISTINGS = ("conf", "conf/Catalina/localhost", "webapps", "logs")
_CONTENTS = ("conf/tomcat-users.xml", "conf/context.xml", "conf/Catalina/localhost/web.xml.default")


def look_ahead(reader: Reader, seed: Seed) -> None:
    """Ask for the usual places of an instance of which nothing has been read yet."""
    for name in _LISTINGS:
        reader.listing(f"{seed.base}/{name}")
    for name in _CONTENTS:
        reader.content(f"{seed.base}/{name}")
    reader.search(f"{seed.base}/webapps", SearchKind.SOURCE_FILES)
    jar = f"{seed.home}/lib/catalina.jar"
    for member in (SERVER_INFO, MANIFEST):
        reader.member(jar, member)
    for _, path in companions(seed.home, f"{seed.home}/lib"):
        reader.member(path, MANIFEST)
    reader.content(f"{seed.base}/lib/{SERVER_INFO}")
    reader.content(f"{seed.home}/RELEASE-NOTES")
