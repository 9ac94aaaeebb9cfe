"""Declared or observed quirks of a machine, by stable names: `quirks` of the link topic."""

from enum import StrEnum

from bridge.machines.profile import HaltWord, Profile, SpeedUnit, StatusTarget


class Quirk(StrEnum):
    """The names are part of the MQTT contract; docs/mqtt.md explains each."""

    # Features
    NO_TREADMILL_DATA = "no_treadmill_data"
    NO_FEATURES = "no_features"
    NO_SPEED_RANGE = "no_speed_range"
    NO_INCLINE_RANGE = "no_incline_range"
    NO_STATUS = "no_status"
    NO_TRAINING_STATUS = "no_training_status"
    NO_CONTROL_POINT = "no_control_point"
    NO_ANSWERS = "no_answers"
    NO_SPEED_CONTROL = "no_speed_control"
    WRITES_WITHOUT_RESPONSE = "writes_without_response"
    ANSWERS_AS_NOTIFICATIONS = "answers_as_notifications"
    CADENCE_SERVICE = "cadence_service"
    SEVERAL_MACHINES = "several_machines"
    NOT_ADVERTISED = "not_advertised"
    NO_SERVICE_DATA = "no_service_data"
    EMPTY_TRAINING_STATUS = "empty_training_status"

    # Measurements
    REPORTS_MPH = "reports_mph"
    RANGE_IN_MPH = "range_in_mph"
    SPEED_BEYOND_RANGE = "speed_beyond_range"
    INCLINE_SCALED = "incline_scaled"
    INCLINE_MEANINGLESS = "incline_meaningless"
    REPORTS_TARGET = "reports_target"
    TORN_RECORDS = "torn_records"
    SPLIT_RECORDS = "split_records"
    VENDOR_STEPS = "vendor_steps"
    SILENT_AT_REST = "silent_at_rest"
    NO_DATA = "no_data"

    # Statuses
    STATUS_IS_CURRENT_SPEED = "status_is_current_speed"
    STATUS_REPLAYED = "status_replayed"
    TRAINING_STATUS_CONSTANT = "training_status_constant"

    # Control
    TARGETS_IN_MPH = "targets_in_mph"
    FOLLOWS_AT_0_62 = "follows_at_0_62"
    START_TOGGLES = "start_toggles"
    START_BEFORE_TARGET = "start_before_target"
    START_WITHOUT_MOTION = "start_without_motion"
    ONE_WORD_FOR_HALT = "one_word_for_halt"
    ANSWERS_EARLY = "answers_early"
    CONTROL_UNANSWERED = "control_unanswered"
    CONTROL_FORGOTTEN = "control_forgotten"
    REFUSES_EVERYTHING = "refuses_everything"
    NEEDS_UNLOCK = "needs_unlock"
    NEEDS_PAIRING = "needs_pairing"
    HANGS_UP_WHEN_IDLE = "hangs_up_when_idle"


def declared_quirks(profile: Profile) -> tuple[Quirk, ...]:
    """Return the quirks that a profile declares, before any observation."""
    told = (
        (Quirk.REPORTS_MPH, profile.reported_speed_unit is SpeedUnit.MPH),
        (Quirk.TARGETS_IN_MPH, profile.target_speed_unit is SpeedUnit.MPH),
        (Quirk.RANGE_IN_MPH, profile.range_speed_unit is SpeedUnit.MPH),
        (Quirk.INCLINE_SCALED, profile.incline_scale != 1 or bool(profile.incline_table)),
        (Quirk.INCLINE_MEANINGLESS, not profile.incline_reported),
        (Quirk.REPORTS_TARGET, profile.reports_target),
        (Quirk.STATUS_IS_CURRENT_SPEED, profile.status_target is StatusTarget.CURRENT),
        (Quirk.START_TOGGLES, profile.start_toggles),
        (Quirk.START_BEFORE_TARGET, profile.start_before_target),
        (Quirk.ONE_WORD_FOR_HALT, profile.halt is not HaltWord.BOTH),
        (Quirk.NEEDS_UNLOCK, profile.needs_unlock),
    )
    return tuple(quirk for quirk, there in told if there)
