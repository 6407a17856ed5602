"""A described tree as real files, for tests that run the real collector."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from tests.virtual_host import Node, VirtualHost
from tomcat_fleet.model import escape


def plant(host: VirtualHost, root: str) -> None:
    """Make what the host has at and below ``root``, with owners and modes. The parent of ``root`` exists."""
    made = [(name, node) for name, node in sorted(host.nodes.items()) if name == root or name.startswith(root + "/")]
    for name, node in made:
        path = Path(os.fsdecode(escape.to_bytes(name)))
        _make(path, node)
        os.chown(path, node.uid, node.gid, follow_symlinks=False)
        if node.kind != "link":
            path.chmod(node.mode)


def _make(path: Path, node: Node) -> None:
    if node.kind == "directory":
        path.mkdir(exist_ok=True)
    elif node.kind == "link":
        path.symlink_to(os.fsdecode(escape.to_bytes(node.target)))
    elif node.members:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in node.members.items():
                archive.writestr(name, data)
    else:
        path.write_bytes(node.data)
