"""The process: one broker connection, one radio, and a task group of its own for each treadmill."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NoReturn

import structlog

from bridge.bluetooth.link import Link
from bridge.bluetooth.radio import RadioError, RadioSupply
from bridge.bluetooth.scan import Match
from bridge.clock import Clock
from bridge.config import Config, TreadmillConfig
from bridge.guard import Guard
from bridge.mqtt.broker import Broker
from bridge.mqtt.inbox import Incoming
from bridge.mqtt.incoming import Refusal
from bridge.mqtt.topics import Topics
from bridge.policies import policy_of
from bridge.reports import Reports
from bridge.treadmill import Treadmill
from bridge.values import Outcome

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
GOOD_S = 60.0
"""What ran this long, in seconds, starts its pauses anew."""

log = structlog.get_logger()
