"""Accepted risks: who has accepted what, why and until when; laid over findings, hiding none."""

from tomcat_fleet.waiver.overlay import Laid, Overlay, Usage, bare
from tomcat_fleet.waiver.reader import read_waivers
from tomcat_fleet.waiver.waiver import NO_WAIVERS, Waiver, Waivers

__all__ = ["NO_WAIVERS", "Laid", "Overlay", "Usage", "Waiver", "Waivers", "bare", "read_waivers"]
