"""Every sentence that the bridge itself says, in one place; the guard has its own."""

from bridge.values import Event

SENTENCES = {
    "person": "{person} is on the treadmill now.",
    "shoes": "{person} wears {shoes} now.",
    "pain": "Noted: {place} hurts, {severity} of 10.",
    "rest": "A rest begins, and ends {ends}: a start asks for confirmation, and it stays slow and "
    "level. Send clear when the pain is over.",
    "rest_lifted": "The rest is lifted.",
    "see_professional": "Pain was reported {times} times in 30 days. Please have a physician or "
    "a physiotherapist look at it.",
    "shoes_worn": "{shoes} have gone {gone} km. {advice}",
    "memory": "{trouble}. Until then the guard works from memory, and what it does not know of "
    "steep time and warm-up counts as the strictest that it can be.",
    "memory_lost": "{trouble}. What it knew of steep time and warm-up counts as the strictest that "
    "it can be; if somebody rests after pain, report it again.",
    "memory_back": "The history is written again, all since the start with it.",
    "config_refused": "The changed configuration cannot be used, so the old one stays: {problems}",
    "config_changed": "The configuration was read again. Tighter limits hold at once, looser ones "
    "from the next standstill on.",
    "workout_started": "{text}",
    "workout_resumed": "{text}",
    "workout_step": "{text}",
    "workout_capped": "{text}",
    "workout_cue": "{text}",
    "workout_ended": "{text}",
    "workout_failed": "The workout was dropped because of a fault in the bridge. The belt stays "
    "as it is.",
    "cue_posture": "{cue}",
    "cue_drink": "A sip of water now keeps you going.",
    "cue_walk": "That was hard and ended at once. Walk five more minutes.",
}

POSTURE = (
    "Stand tall.",
    "Core tight.",
    "Look ahead, not down.",
    "Arms loose.",
    "Hands off the rails.",
    "Do not lean forward.",
)
"""One at a time."""

WORN = {
    500: "From here on look at their soles now and then.",
    800: "It is time for new ones.",
}
"""What to say at which distance (km)."""


def tell(key: str, **details: object) -> Event:
    """An event, with its sentence; what is a list for programs is told one by one."""
    words = {k: "; ".join(v) if isinstance(v, list) else v for k, v in details.items()}
    return Event(key, SENTENCES[key].format(**words), details)


def config_changed(restart: list[str]) -> Event:
    """The configuration was taken over, but for what takes a restart: the names of its keys."""
    text = SENTENCES["config_changed"]
    if restart:
        text += f" A restart is needed for: {', '.join(restart)}."
    return Event("config_changed", text, {"restart": restart})
