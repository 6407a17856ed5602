"""Hundreds of fake hosts, three in ten of them faulty, under the real command over real SSH.

Every kind of fault is there; a thorough run has a thousand hosts, ``TOMCAT_FLEET_SOAK`` sets another number.
``make soak`` has a thousand as well and adds what depends on the load of the machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from tests.conftest import Figure
from tests.soak import figures
from tests.soak.fault import FAULTS, Login
from tests.soak.fleet import Fleet, playing
from tests.soak.judge import Judge, raw_controls
from tests.soak.plan import Host, drawn
from tests.soak.sweep import Sweep, audit
from tests.thorough import times

HOSTS = times(300, 1000, "TOMCAT_FLEET_SOAK")
FAULTY = max(HOSTS * 3 // 10, len(FAULTS))
SEED = int(os.environ.get("TOMCAT_FLEET_SOAK_SEED", "20261125"))
TIMEOUT_S = 45.0
LATE_S = 30.0  # a loaded machine may be this late; ``make soak`` wants two seconds
LIMIT_S = 540.0

pytestmark = pytest.mark.timeout(LIMIT_S + 120)


@dataclass(frozen=True)
class Soak:
    """One sweep and everything around it."""

    hosts: tuple[Host, ...]
    fleet: Fleet
    sweep: Sweep
    judge: Judge


@pytest.fixture(scope="module")
def soak(tmp_path_factory: pytest.TempPathFactory) -> Soak:
    hosts = drawn(HOSTS - FAULTY, FAULTY, SEED)
    place = tmp_path_factory.mktemp("soak")
    with playing(hosts, place) as fleet:
        sweep = audit(fleet, place, timeout=TIMEOUT_S, limit_s=LIMIT_S)
    return Soak(hosts, fleet, sweep, Judge.of(hosts, sweep))


def test_the_sweep_says_that_it_is_incomplete(soak: Soak, figure: Figure) -> None:
    for line in figures.lines(soak.judge, soak.sweep, soak.fleet, TIMEOUT_S):
        figure(line)
    assert soak.sweep.code == 3, soak.sweep.said[-2000:]
    assert soak.sweep.summary()["complete"] is False


def test_there_are_enough_faults_of_enough_kinds(soak: Soak) -> None:
    kinds = {host.fault for host in soak.hosts} - {None}
    assert len(kinds) == len(FAULTS) >= 25
    assert sum(host.fault is not None for host in soak.hosts) >= 3 * HOSTS // 10


def test_every_host_of_the_inventory_has_exactly_one_row_and_one_page(soak: Soak) -> None:
    assert soak.judge.missing_or_double() == []
    summary = soak.sweep.summary()
    assert sum(summary["outcomes"].values()) == summary["targets"] == HOSTS
    pages = {path.stem for path in (soak.sweep.output / "hosts").iterdir()}
    assert pages == {result.slug for result in soak.judge.results}


def test_every_good_host_is_said_to_be_exactly_what_it_is(soak: Soak) -> None:
    assert soak.judge.inexact() == []
    assert len(list(soak.judge.good())) == HOSTS - FAULTY


def test_no_fault_makes_a_pass(soak: Soak) -> None:
    assert soak.judge.false_passes() == []


def test_every_fault_has_its_own_outcome(soak: Soak) -> None:
    assert soak.judge.surprises() == []


def test_no_host_takes_longer_than_its_deadline(soak: Soak) -> None:
    assert figures.slowest(soak.judge)[0] <= TIMEOUT_S + LATE_S
    assert figures.slowest_seen(soak.judge, soak.fleet)[0] <= TIMEOUT_S + LATE_S


def test_nobody_logs_in_to_a_host_whose_key_is_not_trusted(soak: Soak) -> None:
    untrusted = {Login.UNKNOWN_KEY, Login.CHANGED_KEY}
    met = [soak.fleet.visits[h.name] for h in soak.hosts if h.fault and FAULTS[h.fault].login in untrusted]
    assert met
    assert all(visits["connections"] == 1 for visits in met)
    assert not any(visits["logins"] for visits in met)


def test_every_good_host_is_met_once(soak: Soak) -> None:
    met = {host.name: soak.fleet.visits[host.name] for host, _ in soak.judge.good()}
    assert {(v["connections"], v["logins"], v["shells"]) for v in met.values()} == {(1, 1, 1)}


def test_memory_stays_flat(soak: Soak) -> None:
    assert soak.sweep.peak_mib < 1024


def test_no_raw_control_character_is_written(soak: Soak) -> None:
    assert raw_controls(soak.sweep) == []


def test_nothing_is_written_outside_of_the_output_directory(soak: Soak) -> None:
    assert soak.sweep.strays == ()
