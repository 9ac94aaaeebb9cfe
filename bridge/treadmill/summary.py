"""The payload of a finished session. Pure."""

from bridge.contract.payloads import SessionPayload
from bridge.history.session_log import Summary, average_kmh
from bridge.values import Who


def session_payload(summary: Summary, who: Who) -> SessionPayload:
    """Return the payload of a finished session."""
    top = summary.max_speed / 100
    average = average_kmh(summary.moving_s, summary.distance_m, top)
    return SessionPayload(
        start=summary.start,
        end=summary.end,
        moving_s=round(summary.moving_s, 1),
        distance_m=round(summary.distance_m, 1),
        elevation_gain_m=summary.elevation_gain_m,
        energy_kcal=summary.energy_kcal,
        max_speed_kmh=top,
        max_incline_percent=None if summary.max_incline is None else summary.max_incline / 10,
        average_speed_kmh=None if average is None else round(average, 2),
        average_heart_rate_bpm=(
            None if summary.mean_heart_rate is None else round(summary.mean_heart_rate, 1)
        ),
        max_heart_rate_bpm=summary.max_heart_rate,
        person=who.person,
        shoes=who.shoes,
    )
