"""Requests for orders, in the machine's own commands and numbers."""

import pytest

from bridge.drivers.ftms.control_point import request_for
from bridge.machines import PLAIN_EDGE, Edge, HaltWord, Profile, SpeedUnit
from bridge.values import Axis, Halt, HaltBelt, Order, SetTarget, StartBelt
from protocols.ftms.control_point import encode_request

MILES = Edge(Profile(target_speed_unit=SpeedUnit.MPH))


@pytest.mark.parametrize(
    ("order", "edge", "octets"),
    [
        (SetTarget(Axis.SPEED, 820), PLAIN_EDGE, "02 3403"),
        (SetTarget(Axis.SPEED, 800), MILES, "02 ea01"),  # 4.9 mph
        (SetTarget(Axis.INCLINE, -15), PLAIN_EDGE, "03 f1ff"),
        (SetTarget(Axis.INCLINE, 13), Edge(Profile(incline_scale=0.1)), "03 8200"),
        (StartBelt(), PLAIN_EDGE, "07"),
        (HaltBelt(Halt.STOP), PLAIN_EDGE, "08 01"),
        (HaltBelt(Halt.PAUSE), PLAIN_EDGE, "08 02"),
        (HaltBelt(Halt.STOP), Edge(Profile(halt=HaltWord.PAUSE)), "08 02"),
        (HaltBelt(Halt.PAUSE), Edge(Profile(halt=HaltWord.STOP)), "08 01"),
        (HaltBelt(Halt.STOP), Edge(Profile(halt=HaltWord.STOP)), "08 01"),
    ],
)
def test_order_becomes_a_request_in_the_machines_own_numbers(
    order: Order, edge: Edge, octets: str
) -> None:
    assert encode_request(request_for(order, edge)) == bytes.fromhex(octets)
