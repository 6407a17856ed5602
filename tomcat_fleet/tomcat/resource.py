"""Whether a Context's Resources may put another WEB-INF/web.xml or WEB-INF/lib in front of the docBase.

WebResourceRoot of 8.0 and later mounts PreResources, JarResources and PostResources over the docBase and reads
WEB-INF/web.xml through them; up to 7.0 the aliases of a Context and the extraResourcePaths of VirtualDirContext did so.
"""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.tomcat.document import attribute, class_name
from tomcat_fleet.tomcat.xml import Element

_PLAIN = frozenset(
    {
        "", "org.apache.catalina.webresources.StandardRoot",
        "org.apache.naming.resources.FileDirContext", "org.apache.naming.resources.WARDirContext",
        "org.apache.naming.resources.ProxyDirContext",
    }
)  # fmt: skip
_VIRTUAL = "org.apache.naming.resources.VirtualDirContext"
_SETS = ("PreResources", "JarResources", "PostResources")
_READ = ("/WEB-INF/web.xml", "/WEB-INF/lib")


def hides_web_inf(context: Element) -> bool:
    """Whether what a Context element mounts may take part in its application's WEB-INF."""
    if any(class_name(each) not in {*_PLAIN, _VIRTUAL} for each in context.each("Resources")):
        return True
    return any(map(_reaches_web_inf, _mounts(context)))


def _mounts(context: Element) -> Iterator[str]:
    yield from _keys(attribute(context, "aliases"))
    for resources in context.each("Resources"):
        yield from _keys(attribute(resources, "aliases"))
        yield from _keys(attribute(resources, "extraResourcePaths"))
        for name in _SETS:
            for mounted in resources.each(name):
                yield attribute(mounted, "webAppMount") or "/"


def _keys(text: str | None) -> Iterator[str]:
    """Left sides of a comma list of ``/path=directory``."""
    return (part.partition("=")[0].strip() for part in (text or "").split(",") if part.strip())


def _reaches_web_inf(mount: str) -> bool:
    path = "/" + mount.strip("/")
    inside, around = (path.startswith(_READ), any(f"{name}/".startswith(f"{path.rstrip('/')}/") for name in _READ))
    return inside or around or "${" in mount
