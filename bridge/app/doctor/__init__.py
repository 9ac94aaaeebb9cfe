"""Checks of this computer for `doctor`; each fault comes with a fix."""

from bridge.app.doctor.examination import examine
from bridge.app.doctor.finding import Finding, Verdict
from bridge.app.doctor.places import Places

__all__ = ["Finding", "Places", "Verdict", "examine"]
