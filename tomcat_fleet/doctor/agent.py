"""Whether the SSH agent answers, where it is asked for."""

from __future__ import annotations

import asyncio

import asyncssh

from tomcat_fleet.doctor.finding import Finding, ok, problem
from tomcat_fleet.transport.failure import PEER_FAULTS, shown

_ANSWER_S = 5.0


async def examine(path: str, seconds: float = _ANSWER_S) -> Finding:
    """Ask the agent that listens at ``path`` for its keys, and wait ``seconds`` at most."""
    try:
        async with asyncio.timeout(seconds), asyncssh.SSHAgentClient(path) as agent:
            count = len(await agent.get_keys())
    except TimeoutError:
        return problem("agent", "agent_silent", path=path, seconds=f"{seconds:g}")
    except PEER_FAULTS as error:
        return problem("agent", "agent_broken", path=path, why=shown(error))
    return ok("agent", "agent_ok", path=path, count=count) if count else problem("agent", "agent_empty", path=path)
