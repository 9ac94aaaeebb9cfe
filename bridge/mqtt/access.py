"""Log lines about what the broker's access list withholds from the bridge."""

from collections.abc import Iterable

import structlog

_HINT = "allow this topic for the bridge in the broker's access list; see docs/mosquitto/acl"

log = structlog.get_logger()


def report_subscription(topic: str) -> None:
    """Report a refused subscription."""
    log.error("mqtt_subscription_refused", topic=topic, hint=_HINT)


def report_echo(topic: str) -> None:
    """Report that no echo comes back."""
    reason = "commands that may move the belt are refused until it comes back"
    log.error("mqtt_echo_missing", topic=topic, reason=reason, hint=_HINT)


def report_messages(topics: Iterable[str]) -> None:
    """Report topics whose messages do not come back."""
    reason = "the broker does not deliver what the bridge publishes there"
    for topic in topics:
        log.error("mqtt_publish_refused", topic=topic, reason=reason, hint=_HINT)
