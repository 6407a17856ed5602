"""The search finds what it is there to find."""

from __future__ import annotations

import base64
import gzip
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.secrets.hunt import Hunt, dresses

SECRET = "C4nary9f3a7e2b61"
FACT = f"some words before, {SECRET}, and some after".encode()


def _zip(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", data)
    return out.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "upper": bytes.upper,
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "base64": base64.b64encode,
    "base64 one further": lambda data: base64.b64encode(b"x" + data),
    "base64 two further": lambda data: base64.b64encode(b"xx" + data),
    "hex": lambda data: data.hex().encode(),
    "percent": lambda data: "".join(f"%{byte:02X}" for byte in data).encode(),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zlib behind something": lambda data: b"head" + zlib.compress(data) + b"tail",
    "zip": _zip,
    "gzip of hex": lambda data: gzip.compress(data.hex().encode()),
    "zlib of gzip": lambda data: zlib.compress(gzip.compress(data)),
    "a part": lambda data: data[: data.index(SECRET.encode()) + 9],
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_secret_is_found_in_every_packing(packing: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(PACKINGS[packing](FACT))
    hunt = Hunt({"one": SECRET, "other": "Zq81c0d2aa94f7b3"})
    hunt.files(tmp_path)
    assert {name for name, _, _ in hunt.found} == {"one"}
    assert hunt.seen == 1


@pytest.mark.parametrize("packing", ["plain", "zlib", "gzip", "base64"])
def test_a_secret_is_found_in_a_database(packing: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as base:
        base.execute("CREATE TABLE result (target TEXT, body BLOB)")
        base.execute("INSERT INTO result VALUES (?, ?)", ("a", PACKINGS[packing](FACT * 500)))
    base.close()
    hunt = Hunt({"one": SECRET})
    hunt.files(tmp_path)
    assert hunt.found


def test_names_and_hashes_are_found() -> None:
    for dress in ("md5", "sha1", "sha256", "sha512"):
        hunt = Hunt({"one": SECRET})
        hunt.data(b"sum " + dresses(SECRET)[dress], "x")
        assert hunt.found == [("one", "x", dress)]
    hunt = Hunt({"one": SECRET})
    hunt.text(f"/tmp/{SECRET}.txt", "a name")
    assert hunt.found


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(gzip.compress(b"nothing" * 1000) + bytes(range(256)) * 100)
    hunt = Hunt({"one": SECRET})
    hunt.files(tmp_path)
    assert hunt.found == []
