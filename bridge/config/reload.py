"""Which changed keys a running bridge applies at once, and which need a restart."""

from bridge.config.root import Config
from bridge.config.sections.treadmill import Treadmill

_FIXED = ("mqtt", "bluetooth", "home_assistant", "state_dir", "units", "history", "sensors")
# A link reads the machine's numbers with the settings it was created with. Limits with another unit
# than the link's would be wrong by a factor of 1.609.
_FIXED_OF_A_TREADMILL = ("address", "name", "control", "connect", "speed_unit", "machine")


def taken_over(old: Config, new: Config) -> tuple[Config, list[str]]:
    """Return the configuration to use now: limits, people, shoes and hints are the new ones.

    Also return the names of changed keys that need a restart.
    """
    waits = [key for key in _FIXED if getattr(old, key) != getattr(new, key)]
    if {treadmill.id for treadmill in old.treadmills} != {t.id for t in new.treadmills}:
        waits.append("treadmills")
    treadmills = []
    for mine in old.treadmills:
        theirs = next((each for each in new.treadmills if each.id == mine.id), mine)
        kept = theirs.model_copy(update=_of(mine, _FIXED_OF_A_TREADMILL))
        treadmills.append(kept)
        waits += [
            f"{key} of {mine.id}"
            for key in _FIXED_OF_A_TREADMILL
            if getattr(kept, key) != getattr(theirs, key)
        ]
    fixed = _of(old, _FIXED) | {"treadmills": tuple(treadmills)}
    return new.model_copy(update=fixed), waits


def _of(section: Config | Treadmill, keys: tuple[str, ...]) -> dict[str, object]:
    return {key: getattr(section, key) for key in keys}
