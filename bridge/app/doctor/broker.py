"""Broker checks: reachability, TLS, password, and permissions on each treadmill's topics."""

import asyncio
import ssl
from collections.abc import Sequence

from bridge.app.doctor.finding import Finding, failed, ok, skipped
from bridge.app.listening import Heard, listen
from bridge.config import Config, Mqtt
from bridge.contract.topics import Topics, discovery_topic
from bridge.mqtt.advice import WRONG_CREDENTIALS, advice
from bridge.mqtt.client import find_version, make_client
from bridge.mqtt.exposure import PlaintextPasswordError
from bridge.mqtt.transport import Connection, MqttError

ANSWER_S = 3.0
"""Seconds to wait for the broker to deliver test messages, if its access list permits."""
IDENTITY = "treadmill-bridge-doctor"


async def broker(config: Config) -> tuple[list[Finding], frozenset[str]]:
    """Check the broker; return the findings, and the treadmills that a running bridge serves."""
    mqtt = config.mqtt
    where = f"{mqtt.host}:{mqtt.effective_port}"
    try:
        version = await find_version(mqtt, IDENTITY)
        async with await make_client(mqtt, IDENTITY, version) as client:
            what = f"{where}, MQTT {version}, TLS {_on(mqtt.tls)}"
            findings = [ok("broker", what)]
            topics = Topics(mqtt.base_topic)
            ids = [each.id for each in config.treadmills]
            filters = [*map(topics.all, ids), *_elsewhere(mqtt, ids)]
            heard = await listen(client, topics, filters)
            running = frozenset(each for each in ids if heard.served(each))
            if running:
                text = "a bridge is running; its log names topics that the broker denies"
                findings.append(skipped("topics", text))
            else:
                findings.append(await _rights(client, mqtt, ids, heard))
            return findings, running
    except PlaintextPasswordError as error:
        return [failed("broker", "password_in_plain_text", f"{error}.")], frozenset()
    except (MqttError, OSError, ValueError) as error:
        text = f"{where}: {error}. {_sentence(advice(error, mqtt))}"
        return [failed("broker", _rule(error, mqtt), text)], frozenset()


async def _rights(client: Connection, mqtt: Mqtt, ids: Sequence[str], heard: Heard) -> Finding:
    """Rewrite the present value of each topic, and check that the broker delivers it."""
    topics = Topics(mqtt.base_topic)
    written = [topics.echo, *_elsewhere(mqtt, ids)]
    for each in ids:
        written += [
            *(topics.state(each), topics.guard(each), topics.link(each), topics.session(each)),
            *(topics.availability(each), topics.event(each)),
            *(topics.outcome(each), topics.workout(each), topics.plan(each)),
        ]
    denied = {
        topics.commands(each)
        for each in ids
        if not await client.subscribe(topics.commands(each), qos=1)
    }
    for topic in written:
        # Rewrite the retained value; where there is none, an empty one, which every client ignores.
        present = heard.retained.get(topic, b"")
        await client.publish(topic, present, qos=1, retain=topic in heard.retained)
    denied |= set(written) - await _handed_on(client, set(written))
    if denied:
        text = (
            f"The broker's access list denies the bridge: {', '.join(sorted(denied))}. "
            "Allow the bridge to read and write them; docs/mosquitto/acl is a working list."
        )
        return failed("topics", "topic_denied", text)
    return ok("topics", f"{len(written) + len(ids)} topics are permitted")


async def _handed_on(client: Connection, written: set[str]) -> set[str]:
    """Return the topics whose messages arrive within `ANSWER_S`."""
    back: set[str] = set()
    try:
        async with asyncio.timeout(ANSWER_S):
            async for message in client.messages():
                if not message.retain:  # retained messages from earlier prove nothing
                    back.add(message.topic)
                if back >= written:
                    break
    except TimeoutError:
        pass
    return back


def _elsewhere(mqtt: Mqtt, ids: Sequence[str]) -> list[str]:
    """Topics outside the treadmills' own to which the bridge writes."""
    discovery = (discovery_topic(mqtt.discovery_prefix, each) for each in ids)
    return [Topics(mqtt.base_topic).bridge_availability, *discovery]


def _rule(error: Exception, mqtt: Mqtt) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MqttError) and cause.refused and cause.code in WRONG_CREDENTIALS:
            return "broker_refuses"
        if isinstance(cause, ssl.SSLError):
            return "broker_tls"
        # A port without TLS stays silent or closes the connection in the handshake.
        if mqtt.tls and isinstance(cause, TimeoutError | ConnectionResetError):
            return "broker_tls"
        cause = cause.__cause__ or cause.__context__
    return "broker_unreachable"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _on(tls: bool) -> str:
    return "on" if tls else "off"
