"""The figures of a sweep, in plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.soak.fault import FAULTS
from tests.soak.fleet import Fleet
from tests.soak.judge import Judge
from tests.soak.sweep import Sweep
from tomcat_fleet.model.status import Outcome


def p95(values: Iterable[float]) -> float:
    """The value that one in twenty exceeds."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.95)] if ordered else 0.0


def good_p95(judge: Judge) -> float:
    """How long good hosts took."""
    return p95(result.duration_s for _, result in judge.good())


def slowest(judge: Judge) -> tuple[float, str]:
    """The faulty host that took longest, by the product's own clock."""
    return max(((result.duration_s, host.name) for host, result in judge.faulty()), default=(0.0, ""))


def slowest_seen(judge: Judge, fleet: Fleet) -> tuple[float, str]:
    """The longest connection to a faulty host, by the host's clock."""
    return max(((fleet.visits[host.name]["seconds"], host.name) for host, _ in judge.faulty()), default=(0.0, ""))


def overrun(judge: Judge, timeout: float) -> float:
    """By how much a deadline was missed at most: what the event loop was late by."""
    late = (r.duration_s - timeout for _, r in judge.faulty() if r.outcome is Outcome.TIMEOUT)
    return max(late, default=0.0)


def lines(judge: Judge, sweep: Sweep, fleet: Fleet, timeout: float) -> Iterator[str]:
    """All of them."""
    faulty = list(judge.faulty())
    kinds = {host.fault for host, _ in faulty}
    seconds, name = slowest(judge)
    seen, seen_name = slowest_seen(judge, fleet)
    yield f"{len(judge.hosts)} hosts, {len(faulty)} of them faulty in {len(kinds)} of {len(FAULTS)} kinds"
    yield f"{sweep.seconds:.1f} s, {len(judge.hosts) / sweep.seconds:.1f} hosts/s, client CPU {sweep.cpu_s:.1f} s"
    yield f"peak RSS {sweep.peak_mib:.0f} MiB"
    yield f"good hosts: p95 {good_p95(judge):.2f} s, {len(judge.inexact())} not exact"
    yield f"slowest faulty host {seconds:.2f} s ({name}), as a host saw it {seen:.2f} s ({seen_name})"
    yield f"deadline of {timeout:g} s missed by {overrun(judge, timeout):.2f} s at most"
    yield f"false passes: {len(judge.false_passes())}"
    for kind, counts in sorted(judge.histogram().items()):
        yield f"  {kind}: " + ", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items()))
