"""A page as a browser's parser builds it: elements, attributes, links; and what may be among them."""

from __future__ import annotations

import base64
import hashlib
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import html5lib

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufffe\uffff\ud800-\udfff]"
)
LINK = re.compile(r"(\.\./)?((hosts|groups)/)?([a-z0-9.-]+\.html)?(#[a-z0-9_-]+)?")
_LOADING = frozenset(
    {"src", "srcset", "srcdoc", "action", "formaction", "background", "poster", "data", "style", "ping"}
)
# Elements whose attributes are all of our own making; the values are part of the shape.
_OWN = frozenset({"class", "id", "scope", "lang", "hidden", "tabindex", "role", "open", "rel", "type", "viewbox", "d"})


@dataclass(frozen=True)
class Shape:
    """``elements`` in document order, with the attributes that a target's words never change."""

    elements: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    faults: tuple[str, ...]
    scripts: tuple[str, ...]  # hashes


def shape_of(path: Path) -> Shape:
    with path.open("rb") as file:
        root = html5lib.parse(file, namespaceHTMLElements=False, transport_encoding="utf-8")
    elements: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    faults: list[str] = []
    scripts: list[str] = []
    for node in root.iter():
        if not isinstance(node.tag, str):
            faults.append("a comment")
            continue
        tag = node.tag.rpartition("}")[2].lower()
        attributes = {str(name).rpartition("}")[2].lower(): value for name, value in node.attrib.items()}
        faults += _faults(tag, attributes)
        if tag == "script":
            scripts.append(base64.b64encode(hashlib.sha256((node.text or "").encode()).digest()).decode())
        kept = tuple(sorted((name, value if name in _OWN else "") for name, value in attributes.items()))
        elements.append((tag, kept))
    return Shape(tuple(elements), tuple(faults), tuple(scripts))


def _faults(tag: str, attributes: dict[str, Any]) -> list[str]:
    found = [f"<{tag} {name}>" for name in attributes if name.startswith("on") or name in _LOADING]
    link = attributes.get("href")
    icon = tag == "link" and attributes.get("rel") == "icon" and link == "data:,"
    if link is not None and not icon and not LINK.fullmatch(link):
        found.append(f"a link to {link[:40]!r}")
    return found
