"""Our side: the real collector over a local shell, the real model, the real checks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.live.server import is_local
from tests.shell_channel import shell
from tests.verdict import result_of
from tests.virtual_host import TODAY
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import InstanceResult
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import Settings, examine

KEY = b"k" * 32
# Where the requests of the oracle come from; as networks they become probes of the model.
SOURCES = tuple(filter(is_local, ("127.0.0.1", "127.9.9.9", "::1")))
NETWORKS = tuple(f"{source}/{128 if ':' in source else 32}" for source in SOURCES)


@dataclass(frozen=True, slots=True)
class Audit:
    """``instance`` knows the sources too; ``result`` is what a sweep says by the default policy."""

    instance: Instance
    result: InstanceResult


def audit(base: Path, home: Path) -> Audit:
    """Collect from this machine and judge the one instance at ``base``."""
    hint = InstanceHint(base=str(base), home=str(home))  # the home of one that is down stands nowhere
    target = Target(name="live", address="local", discover=False, instances=(hint,))
    evidence = asyncio.run(_collected(target))
    (instance,) = examine(evidence, target, _settings(NETWORKS)).instances
    (result,) = result_of(evidence, target=target).instances
    return Audit(instance, result)


async def _collected(target: Target) -> Evidence:
    settings = _settings(NETWORKS)
    async with shell(["/bin/sh", "-s"]) as channel:
        collected = await collect(
            channel, target, key=KEY, want=lambda evidence: examine(evidence, target, settings).wanted
        )
    return collected.evidence


def _settings(networks: tuple[str, ...]) -> Settings:
    return Settings(policy=Policy(manager_networks=networks), today=TODAY)
