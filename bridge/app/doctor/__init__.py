"""What stands in the way of a working bridge on this computer, each with what to do about it."""

from bridge.app.doctor.examination import examine
from bridge.app.doctor.finding import Finding, Verdict
from bridge.app.doctor.places import Places

__all__ = ["Finding", "Places", "Verdict", "examine"]
