"""Every message of the bridge in a run fits the contract, topic by topic."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from bridge.contract.asyncapi import channels, document
from bridge.contract.topics import SETTABLE
from tests.e2e.bridge_rig import BridgeRig, bridge_rig, until
from tests.rigs.brokers import subscriber

DOCUMENT = document()
SENT = {channel.address.replace("{treadmill}", "den"): channel for channel in channels()
        if channel.action == "send"}  # fmt: skip
WISHES: dict[str, object] = {
    "speed": {"value": 2, "id": "speed"},
    "incline": {"value": 1, "id": "incline"},
    "belt": {"command": "stop", "id": "belt"},
    "pain": {"place": "knee", "severity": 0, "id": "pain"},
    "person": {"name": "default", "id": "person"},
    "shoes": {"name": "none of ours", "id": "shoes"},
    "workout": {"name": "Hills", "id": "workout"},
    "plan": {"severity": 0, "id": "plan"},
}


def validator(topic: str) -> Draft202012Validator:
    (message,) = DOCUMENT["channels"][SENT[topic].key]["messages"]
    payload = DOCUMENT["components"]["messages"][message]["payload"]
    return Draft202012Validator({**payload, "components": DOCUMENT["components"]})


def content(topic: str, payload: bytes) -> Any:
    plain = topic.endswith("availability") or "/echo/" in topic
    return payload.decode() if plain else json.loads(payload)


async def run_through(rig: BridgeRig) -> None:
    """A short run in which every kind of command is sent."""
    await rig.start()
    for kind in ("pain", "person", "shoes", "speed", "incline"):
        await rig.send(kind, WISHES[kind])
    await rig.outcome("speed", "confirmed", within=30)
    await rig.outcome("incline", "confirmed", within=30)
    await rig.send("belt", WISHES["belt"])
    await rig.outcome("belt", "confirmed", within=20)
    await rig.belt("idle")
    await until("the session", lambda: rig.newest("session"))
    discovery = "homeassistant/device/den/config"
    await until("the discovery", lambda: rig.subscriber.on(discovery), within=20)


async def test_every_message_of_a_run_fits_the_contract(tmp_path: Path) -> None:
    async with bridge_rig(tmp_path) as rig:
        await rig.subscriber.client.subscribe("homeassistant/#", qos=1)
        await rig.subscriber.client.subscribe("treadmill-bridge/#", qos=1)
        await run_through(rig)

        for kind in SETTABLE:
            results = [outcome["outcome"] for outcome in rig.outcomes(kind)]
            final = {"rejected", "confirmed"}
            assert [r for r in results if r in final] == results[-1:], kind

        heard = [m for m in rig.subscriber.received if "/set/" not in m.topic.value]
        topics = {message.topic.value for message in heard}
        assert topics == SENT.keys()
        for message in heard:
            topic = message.topic.value
            errors = list(validator(topic).iter_errors(content(topic, bytes(message.payload))))
            assert errors == [], topic

        # A later client finds the retained messages, and no others.
        async with subscriber(rig.broker.port) as newcomer:
            await newcomer.client.publish("the/end", b"", qos=1)
            await newcomer.receive("the/end")
            lying = {m.topic.value for m in newcomer.received if m.retain}
        assert lying == {topic for topic, channel in SENT.items() if channel.retain}
