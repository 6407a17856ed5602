"""A Vault on loopback: tokens, AppRole, namespaces, both versions of the key-value store, and its bad days.

Paths, statuses and bodies are those of Vault's HTTP API.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hvs.C4NARY-token"
ROLE, ROLE_SECRET = "role-1", "C4NARY-secret-id"
VERSION_2: dict[str, dict[str, Any]] = {
    "web": {"password": "C4NARY-web", "user": "audit", "port": 22, "empty": "", "lines": "C4NARY\nC4NARY"},
    "team/db": {"password": "C4NARY-db"},
}
VERSION_1: dict[str, dict[str, Any]] = {"old": {"password": "C4NARY-old", "data": "C4NARY-data"}}


@dataclass
class VaultServer:
    """What it is to do, and what it was asked."""

    address: str = ""
    sealed: bool = False
    delay_s: float = 0.0
    redirect_to: str = ""
    namespace: str = ""
    forbidden: tuple[str, ...] = ()
    mounts_hidden: bool = False  # a policy without sys/internal/ui/mounts
    body: bytes | None = None  # instead of JSON
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    def answer(self, method: str, path: str, token: str | None, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and document of one request."""
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if (method, path) == ("POST", "auth/approle/login"):
            given = json.loads(body)
            if (given.get("role_id"), given.get("secret_id")) != (ROLE, ROLE_SECRET):
                return 400, {"errors": [f"invalid role or secret ID {given}"]}
            return 200, {"auth": {"client_token": TOKEN, "renewable": True, "lease_duration": 60}, "data": None}
        if token != TOKEN or path in self.forbidden:
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        return self._read(path)

    def _read(self, path: str) -> tuple[int, dict[str, Any]]:
        kind, _, rest = path.partition("/")
        if path.startswith("sys/internal/ui/mounts/"):
            return self._mount(path.removeprefix("sys/internal/ui/mounts/"))
        if kind == "kv1" and rest in VERSION_1:
            return 200, {"data": VERSION_1[rest], "lease_duration": 2764800}
        inner = rest.removeprefix("data/")
        if kind == "secret" and rest.startswith("data/") and inner in VERSION_2:
            return 200, {"data": {"data": VERSION_2[inner], "metadata": {"version": 3, "destroyed": False}}}
        if kind == "secret" and not rest.startswith("data/"):
            return 404, {"errors": [], "warnings": ["Invalid path for a versioned K/V secrets engine."]}
        return 404, {"errors": []}

    def _mount(self, path: str) -> tuple[int, dict[str, Any]]:
        mounts = {"secret": {"version": "2"}, "kv1": {"version": "1"}}
        name = path.partition("/")[0]
        if self.mounts_hidden or name not in mounts:
            return 403, {"errors": ["preflight capability check returned 403, please ensure client's policies ..."]}
        return 200, {"data": {"path": f"{name}/", "type": "kv", "options": mounts[name], "config": {}}}


@contextmanager
def vault(**options: Any) -> Iterator[VaultServer]:
    """Run a Vault for the duration of the block."""
    state = VaultServer(**options)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_: object) -> None: ...

        def _serve(self, body: bytes) -> None:
            time.sleep(state.delay_s)
            path = self.path.removeprefix("/v1/")
            state.asked.append(path)
            state.tokens.append(self.headers["X-Vault-Token"])
            if state.redirect_to:
                self.send_response(307)
                self.send_header("Location", f"{state.redirect_to}{self.path}")
                self.end_headers()
                return
            status, document = state.answer(self.command, path, self.headers["X-Vault-Token"], body)
            if (self.headers["X-Vault-Namespace"] or "") != state.namespace:
                status, document = 404, {"errors": ["no handler for route"]}
            content = json.dumps(document).encode() if state.body is None else state.body
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
