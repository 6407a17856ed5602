"""Accepted risks: who has accepted what, why and until when; laid over findings, hiding none."""
