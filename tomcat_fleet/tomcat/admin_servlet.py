"""Where an application's administration servlets are declared: in its own descriptor or in one that it merges."""

from __future__ import annotations

from tomcat_fleet.model.access import AdminKind
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.stock import admin_servlets
from tomcat_fleet.tomcat.web_descriptor import WebDescriptors
from tomcat_fleet.tomcat.webapp import Webapp


class AdminServlets:
    """Looks through all descriptors of an instance. A jar that cannot be read hides nothing that Tomcat ships."""

    def __init__(self, reader: Reader, config: Config) -> None:
        self._config = config
        self._descriptors = WebDescriptors(reader, config)

    def of(self, app: Webapp) -> tuple[tuple[AdminKind, Place], ...]:
        """Kind and declaration of each servlet, the manager's first, its own descriptor's before the others'."""
        found = [
            (kind, Place(path, line))
            for path, descriptor in (*self._descriptors.of_application(app), *self._descriptors.around(app))
            if isinstance(descriptor, Known) and descriptor.value
            for kind, line in admin_servlets(descriptor.value)
        ]
        return tuple(sorted(found, key=lambda one: one[0] is not AdminKind.MANAGER))

    def gaps(self) -> tuple[Unknown, ...]:
        """Descriptors of the server and its hosts that could not be read: they may declare one for everybody."""
        hosts = self._config.hosts.value if isinstance(self._config.hosts, Known) else ()
        shared = (self._descriptors.of_server(), *map(self._descriptors.of_host, hosts))
        return tuple(dict.fromkeys(found for _, found in shared if isinstance(found, Unknown)))
