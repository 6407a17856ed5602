"""Connectors: where a service listens."""

from __future__ import annotations

from tomcat_fleet.model.fact import Known
from tomcat_fleet.tomcat.config import Config, ServiceNode
from tomcat_fleet.tomcat.document import attribute
from tomcat_fleet.tomcat.xml import Element

_LOOPBACK_NAMES = frozenset({"localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1"})


def ports_of(config: Config, service: ServiceNode) -> tuple[int, ...] | None:
    """Ports as the valves see them, the Server's portOffset added; None when one of them is not known."""
    offset = 0
    if isinstance(config.server, Known):
        offset_text = attribute(config.server.value, "portOffset") or "0"
        if not offset_text.isdecimal():
            return None
        offset = int(offset_text)
    texts = [attribute(connector, "port") or "" for connector in service.connectors]
    if not all(text.isdecimal() for text in texts):
        return None
    return tuple(dict.fromkeys(int(text) + offset for text in texts))


def listens_on_loopback(config: Config, service: ServiceNode) -> bool:
    """Whether there are connectors and every one of them certainly listens on loopback addresses only."""
    return bool(service.connectors) and all(_is_loopback(config, element) for element in service.connectors)


def _is_loopback(config: Config, connector: Element) -> bool:
    address = attribute(connector, "address")
    if address is None:
        # AJP connectors listen on loopback by default since the answer to CVE-2020-1938.
        recent = config.version is not None and config.version.since("7.0.100", "8.5.51", "9.0.31", "10.0.0-M3")
        return recent and "ajp" in (attribute(connector, "protocol") or "").lower()
    return address.startswith("127.") or address.lower() in _LOOPBACK_NAMES
