"""The XML lines that close an administration context on one host."""

from __future__ import annotations

import re
from html import escape

from tomcat_fleet.model.access import AdminContext
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.instance import Instance

_PACKAGE = "org.apache.catalina.valves"
_LOOPBACK_BLOCKS = ("127.0.0.0/8", "::1/128")
_LOOPBACK_PATTERN = r"127\.\d+\.\d+\.\d+|::1|0:0:0:0:0:0:0:1"
# First releases with RemoteCIDRValve, by branch; 8.0 never had it. Every later branch does.
_CIDR_SINCE = {(7, 0): 90, (8, 0): None, (8, 5): 32, (9, 0): 10}


def restriction(instance: Instance, admin: AdminContext, networks: tuple[str, ...]) -> tuple[str, ...]:
    """Header line ``# file`` and the Context with its valve as that version understands it.

    ``privileged`` stays, for without it Tomcat refuses to load the administration servlets. ``docBase`` is given where
    the definition lies outside the application.
    """
    file = admin.definition.path
    if file.endswith("web.xml"):
        file = f"{admin.doc_base}/META-INF/context.xml"
    elsewhere = not file.startswith(f"{admin.doc_base}/")
    base = f' docBase="{escape(admin.doc_base)}"' if elsewhere else ""
    path = f' path="{escape(admin.path)}"' if file.endswith("server.xml") else ""
    return (f"# {file}", f'<Context{path}{base} privileged="true">', f"  {_valve(instance, networks)}", "</Context>")


def _valve(instance: Instance, networks: tuple[str, ...]) -> str:
    if has_cidr_valve(instance):
        blocks = ",".join(networks or _LOOPBACK_BLOCKS)
        return f'<Valve className="{_PACKAGE}.RemoteCIDRValve" allow="{escape(blocks)}" />'
    return f'<Valve className="{_PACKAGE}.RemoteAddrValve" allow="{_LOOPBACK_PATTERN}" />'


def has_cidr_valve(instance: Instance) -> bool:
    """Whether this version is known to have RemoteCIDRValve."""
    number = instance.version.number
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", number.value) if isinstance(number, Known) else None
    if found is None:
        return False
    major, minor, patch = map(int, found.groups())
    first = _CIDR_SINCE.get((major, minor), 0 if major > max(_CIDR_SINCE)[0] else None)
    return first is not None and patch >= first
