"""Ports behind which there is no SSH server, or none that keeps to the protocol."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Port: TypeAlias = Callable[[Reader, Writer], Awaitable[None]]
_VERSION = b"SSH-2.0-OpenSSH_9.2\r\n"


async def silence(reader: Reader, _: Writer) -> None:
    while await reader.read(65536):
        pass


async def version_then_silence(reader: Reader, writer: Writer) -> None:
    writer.write(_VERSION)
    await silence(reader, writer)


async def garbage_banner(reader: Reader, writer: Writer) -> None:
    writer.write(b"\x1b]0;owned\x07\xff\xfe\0<script>\r\n" * 40 + b"220 mail ready\r\n\r\n")
    await writer.drain()
    await asyncio.wait_for(reader.read(65536), 1)


async def banner_flood(_: Reader, writer: Writer) -> None:
    while True:
        writer.write(b"welcome\r\n" * 1000)
        await writer.drain()


async def endless_line(_: Reader, writer: Writer) -> None:
    while True:
        writer.write(b"w" * 65536)
        await writer.drain()


async def huge_packet(reader: Reader, writer: Writer) -> None:
    writer.write(_VERSION + b"\xff\xff\xff\xff" + b"\0" * 64)
    await silence(reader, writer)


async def garbage_in_exchange(reader: Reader, writer: Writer) -> None:
    writer.write(_VERSION + b"\0\0\0\x0c\x0a" + b"\xff" * 1000)
    await silence(reader, writer)


async def close_in_exchange(reader: Reader, writer: Writer) -> None:
    writer.write(_VERSION)
    await writer.drain()
    await reader.readuntil(b"\n")
    await reader.read(8)  # the client's own key exchange has begun


async def hang_up(_: Reader, __: Writer) -> None:
    return


async def reset(_: Reader, writer: Writer) -> None:
    abort(writer.get_extra_info("socket"))


def abort(connection: socket.socket) -> None:
    """Let closing send a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
