"""The broker: reach, TLS and password, and the rights on each topic of each treadmill."""

import asyncio
import ssl
from collections.abc import Sequence

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from bridge.app.doctor.finding import Finding, failed, ok, skipped
from bridge.app.listening import Heard, listen
from bridge.config import Config, Mqtt
from bridge.contract.topics import Topics, discovery_topic
from bridge.mqtt.advice import WRONG_CREDENTIALS, advice, number
from bridge.mqtt.client import V5, Client, find_version, make_client
from bridge.mqtt.exposure import PlaintextPasswordError

ANSWER_S = 5.0
REFUSED = 128
"""Reason codes from here on are refusals."""
IDENTITY = "treadmill-bridge-doctor"


async def broker(config: Config) -> tuple[list[Finding], frozenset[str]]:
    """Look at the broker; along with the findings the treadmills that a running bridge serves."""
    mqtt = config.mqtt
    where = f"{mqtt.host}:{mqtt.effective_port}"
    try:
        version = await find_version(mqtt, IDENTITY)
        async with await make_client(mqtt, IDENTITY, version) as client:
            what = f"{where}, MQTT {'5' if version is V5 else '3.1.1'}, TLS {_on(mqtt.tls)}"
            findings = [ok("broker", what)]
            topics = Topics(mqtt.base_topic)
            ids = [each.id for each in config.treadmills]
            heard = await listen(client, topics, [topics.all(each) for each in ids])
            running = frozenset(each for each in ids if heard.served(each))
            if running:
                text = "a bridge runs; what the broker keeps from it is in its log"
                findings.append(skipped("topics", text))
            else:
                findings.append(await _rights(client, mqtt, ids, heard, five=version is V5))
            return findings, running
    except PlaintextPasswordError as error:
        return [failed("broker", "password_in_plain_text", f"{error}.")], frozenset()
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        text = f"{where}: {error}. {_sentence(advice(error, mqtt))}"
        return [failed("broker", _rule(error, mqtt), text)], frozenset()


async def _rights(
    client: Client, mqtt: Mqtt, ids: Sequence[str], heard: Heard, *, five: bool
) -> Finding:
    """Write to each topic what lies there already, and hear whether the broker takes it."""
    topics = Topics(mqtt.base_topic)
    written = [topics.bridge_availability, topics.echo]
    for each in ids:
        written += [
            *(topics.state(each), topics.guard(each), topics.link(each), topics.session(each)),
            *(
                topics.availability(each),
                topics.event(each),
                topics.outcome(each),
                topics.workout(each),
            ),
            discovery_topic(mqtt.discovery_prefix, each),
        ]
    denied: dict[str, str] = {}
    client.on_acknowledged = lambda topic, why: denied.update({topic: why} if why else {})
    if not five:
        return skipped("topics", "with MQTT 3.1.1 a broker does not say what it refuses")
    for each in ids:
        for code in await client.subscribe(topics.commands(each), qos=1):
            if number(code) >= REFUSED:
                denied[topics.commands(each)] = "no subscription"
    for topic in written:
        # What is there, once more; where nothing is, an empty one, which every reader ignores.
        present = heard.retained.get(topic, b"")
        async with asyncio.timeout(ANSWER_S):
            await client.publish(topic, present, qos=1, retain=topic in heard.retained)
    await asyncio.sleep(0)
    if denied:
        text = (
            f"The broker's access list keeps from the bridge: {', '.join(sorted(denied))}. "
            "Allow it there; docs/mosquitto/acl has a list that works."
        )
        return failed("topics", "topic_denied", text)
    return ok("topics", f"{len(written) + len(ids)} topics may be used")


def _rule(error: Exception, mqtt: Mqtt) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MqttConnectError) and number(cause.rc) in WRONG_CREDENTIALS:
            return "broker_refuses"
        if isinstance(cause, ssl.SSLError):
            return "broker_tls"
        # A port that does not speak TLS keeps silent or hangs up in the handshake.
        if mqtt.tls and isinstance(cause, TimeoutError | ConnectionResetError):
            return "broker_tls"
        cause = cause.__cause__ or cause.__context__
    return "broker_unreachable"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _on(tls: bool) -> str:
    return "on" if tls else "off"
