"""A machine that talks nonsense is not believed about anything that would make the belt faster."""

from bridge.values import Belt, Measurement
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import GuardRig


def walking() -> GuardRig:
    """A walk at 2.5 km/h, requested and reached, with no write for a while."""
    rig = play(GuardRig(policy=QUICK).runs().wait(20), "speed 250, 20")
    assert rig.speed == 250
    return rig


def found() -> GuardRig:
    """A belt that runs at 3 km/h when the bridge comes."""
    rig = GuardRig(policy=QUICK, belt=Belt.UNKNOWN)
    return rig.runs(300)


def test_garbled_data_allow_lower_requests_and_stops_only() -> None:
    play(walking().garble(), "speed 300=garbled, speed 200=accepted, stop=accepted")


def test_single_noisy_sample_does_not_allow_a_higher_request() -> None:
    rig = found().wait(1)
    rig.garbled = Measurement(speed=1200)
    play(rig, "1, speed 800=rejected, speed 250=accepted")
    assert max(rig.speeds()) == 250
