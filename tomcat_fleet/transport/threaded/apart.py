"""Blocking work in a thread of its own, awaited from the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_LEAVE_S = 1.0  # for a thread that was told to stop


async def apart(name: str, work: Callable[[], T], unblock: Callable[[], None]) -> T:
    """Return what ``work`` returns, or raise what it raises.

    The default executor has few threads and would be held by hosts that do not answer. A caller that is cancelled,
    by a deadline for instance, waits for the thread to leave after ``unblock`` was called, which must not block.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    done.add_done_callback(_seen)

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  raised again where it is awaited
            post(loop, _fail, done, error)
        else:
            post(loop, _settle, done, result)

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        unblock()
        await asyncio.wait([done], timeout=_LEAVE_S)
        raise


def post(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: object) -> None:
    """Have the event loop ``call``; harmless once the loop is closed."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *args)


def _settle(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def _seen(done: asyncio.Future[T]) -> None:
    """Mark an exception as retrieved: one that comes after a cancellation interests nobody."""
    if not done.cancelled():
        done.exception()
