"""Whether a version text is that of a build by Apache, which alone the tables speak of."""

from __future__ import annotations

import re

from tomcat_fleet.tomcat.version import Version

_NUMBER = r"\d+\.\d+\.\d+(?:[.-](?:(?:M|RC)\d+|alpha|beta))?"
_APACHE = {
    # build.xml writes "Apache Tomcat/@VERSION@", "@VERSION_NUMBER@" with a fourth part that has always been 0, and
    # Implementation-Version "@VERSION@".
    "server.info": re.compile(rf"Apache Tomcat/{_NUMBER}"),
    "server.number": re.compile(rf"{_NUMBER}(?:\.0)?"),
    "Implementation-Version": re.compile(_NUMBER),
}
_STATED = re.compile(r"(?m)^\s*(server\.info|server\.number|Implementation-V(?:ersion|endor))\s*[=:][ \t]*(\S.*?)\s*$")


def foreign(text: str, number: Version) -> str | None:
    """Take the line of ServerInfo.properties or of a manifest that calls ``number`` somebody else's build.

    Red Hat writes 9.0.62.redhat-00011, tc Server 9.0.83.B.RELEASE, cPanel 9.0.65-ea4, TomEE its own name beside
    Tomcat's, Debian its name behind it, a build from a checkout 10.1.61-dev. A text that speaks of another number, or
    of none, is a disguise and no build.
    """
    for key, value in _STATED.findall(text):
        if key == "Implementation-Vendor":
            if "Apache" not in value:
                return f"{key}: {value}"
            continue
        said = Version.find(value)
        same = said is not None and (said.major, said.minor, said.patch) == (number.major, number.minor, number.patch)
        if same and not _APACHE[key].fullmatch(value):
            return str(value)
    return None
