"""What answers on a port before any login: silence, nonsense, floods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
VERSION = b"SSH-2.0-OpenSSH_9.2\r\n"


async def silence(reader: Reader, _: Writer) -> None:
    while await reader.read(65536):
        pass


async def version_then_silence(reader: Reader, writer: Writer) -> None:
    writer.write(VERSION)
    await silence(reader, writer)


async def web_server(_: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def garbage(reader: Reader, writer: Writer) -> None:
    writer.write(VERSION + b"\0\0\0\x0c\x0a" + b"\xff" * 1000)
    await silence(reader, writer)


async def huge_packet(reader: Reader, writer: Writer) -> None:
    writer.write(VERSION + b"\xff\xff\xff\xff" + b"\0" * 64)
    await silence(reader, writer)


async def old_protocol(reader: Reader, writer: Writer) -> None:
    writer.write(b"SSH-1.5-old\r\n")
    await silence(reader, writer)


async def version_in_korean(reader: Reader, writer: Writer) -> None:
    writer.write(b"SSH-2.0-\xc7\xd1\xb1\xdb\r\n")
    await silence(reader, writer)


async def banner_flood(_: Reader, writer: Writer) -> None:
    while True:
        writer.write(b"welcome\r\n" * 1000)
        await writer.drain()


async def long_line(_: Reader, writer: Writer) -> None:
    while True:
        writer.write(b"w" * 65536)
        await writer.drain()


async def hang_up(_: Reader, __: Writer) -> None:
    return


async def hostile_version(reader: Reader, writer: Writer) -> None:
    writer.write(b"SSH-9.9-\x1b[2J\x1b]0;owned\x07" + b"\xe2\x80\xae" * 60 + b"\r\n")
    await silence(reader, writer)


ANSWERS: dict[str, Callable[[Reader, Writer], Awaitable[None]]] = {
    "silence": silence,
    "version-then-silence": version_then_silence,
    "web-server": web_server,
    "garbage": garbage,
    "huge-packet": huge_packet,
    "old-protocol": old_protocol,
    "version-in-korean": version_in_korean,
    "banner-flood": banner_flood,
    "long-line": long_line,
    "hang-up": hang_up,
    "hostile-version": hostile_version,
}
