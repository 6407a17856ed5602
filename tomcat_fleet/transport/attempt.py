"""How often a connection is attempted, whichever library makes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.endpoint import Login
from tomcat_fleet.transport.failure import ConnectionFaultError

C = TypeVar("C")


async def attempted(once: Callable[[], Awaitable[C]], login: Login, limits: Limits, deadline: Deadline) -> C:
    """What ``once`` brings; raises ``TargetError``.

    Faults before the key exchange are tried again, with jitter. Nothing later is: a second attempt could lock an
    account or answer an attacker. Without anything to log in with there is no attempt.
    """
    if login.empty and login.locked:
        raise TargetError(Outcome.AUTH_FAILED, failure.line("nothing to log in with", "; ".join(login.locked)))
    retries = stamina.retry_context(
        on=ConnectionFaultError,
        attempts=1 + limits.retries,
        timeout=None,
        wait_initial=0.2,
        wait_jitter=0.4,
        wait_max=2.0,
    )
    async with deadline.phase(lambda: "total", limits.total_s):
        async for attempt in retries:
            with attempt:
                return await once()
    raise TargetError(Outcome.UNREACHABLE, "no attempt was made")
