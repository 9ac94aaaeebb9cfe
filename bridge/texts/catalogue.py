"""The sentences, ready for translation.

A key is a rule or an event type, with a case after a slash. `{until}` is a local wall time, rounded
up to the minute unless it is near; `{second}` is the same time to the second. `{limit}` is a speed
or an incline. `bridge.texts.figures` formats the other numbers.
"""

REASONS = {
    # --- rules of the guard
    "envelope": "Your limit is {limit}.",
    "envelope/unit": "Until the bridge knows that this machine counts in km/h, the limit is "
    "{limit}.",
    "range": "The machine's own limit is {limit}.",
    "range/unknown": "The machine does not report its range, so the limit is {limit}.",
    "warm_up": "Warm-up: at most {limit} until {until}.",
    "warm_up/waits": "Warm-up: at most {limit} for another {left} on the moving belt.",
    "cool_down": "Cool-down: slower step by step; the belt stops at {second}.",
    "steep_incline": "Steep incline is used up ({budget} at {threshold} or more in {window}): at "
    "most {limit} until {until}.",
    "steep_incline/assumed": "No history yet, so steep incline is locked until {until}: at most "
    "{limit}.",
    "slower": "At {incline} or more the limit is {limit}.",
    "slower/first": "The incline waits: at {incline} or more the belt must run at {most} or less.",
    "heart_rate": "The heart rate is above {ceiling}: at most {limit}.",
    "heart_rate/above": "The heart rate is above {ceiling}, so nothing may rise.",
    "heart_rate/lost": "There is no heart rate signal, and the ceiling is {ceiling}, so nothing "
    "may rise.",
    "rest": "Rest after pain until {until}: at most {limit}.",
    "plan": "Phase {phase} of your plan ({name}): at most {limit}.",
    "plan/confirmed": "Phase {phase} of your plan ({name}), on a rest day: at most {limit}. The "
    "session does not count.",
    "plan/rest": "Rest day of your plan, phase {phase} ({name}): at most {limit} in this session. "
    "A run has to be confirmed before the start.",
    "plan/ended": "Pain ended your plan: at most {limit}. Restart the plan once a professional "
    "agrees.",
    "stale": "The treadmill sends no data, so nothing may rise.",
    "garbled": "The treadmill sends impossible values, so nothing may rise.",
    "settling": "The belt was already moving, and its speed has not settled yet.",
    "missing": "The treadmill no longer reports its speed, so it may not rise.",
    "missing/incline": "The treadmill no longer reports a usable incline, so it may not rise.",
    # --- rejections by the guard
    "not_connected": "The treadmill is not connected. Use its console meanwhile.",
    "observe_only": 'The bridge only observes this treadmill (control = "never"). Use its '
    "console, also to stop it.",
    "not_running": "The belt is not running. Start it first.",
    "paused": "The belt is paused. Send resume first.",
    "unsettled": "The belt was already moving, and its speed has not settled yet. Try again in a "
    "few seconds.",
    "halting": "The belt is being stopped. Start it again first.",
    "late": "The broker delivers late, so only stop, pause and reductions pass. Try again later.",
    "late/workout": "The broker delivers late, so a workout can only be paused or ended.",
    "below_minimum": "The machine's slowest speed is {limit}. Send 0 to stop the belt.",
    "below_lowest": "The lowest incline allowed is {limit}.",
    "no_incline": "This machine's incline cannot be set.",
    "no_speed": "This machine's speed can only be set at its console.",
    "watched_only": "This machine takes no commands. Stop it at its console.",
    "refuses_everything": "This machine refuses every command. The bridge tries again when you "
    "send one.",
    "control_taken": "Another app or the console has control. Only a person can request more.",
    "unexpected_rise": "The belt rose by itself. Only a person can request more.",
    "finish_enforced": "This session is over its limit, so its cool-down goes on.",
    "console": "You slowed the belt at the console. Requests for more are accepted from {until}.",
    "console/incline": "You lowered the incline at the console. Requests for more are accepted "
    "from {until}.",
    "remote_start": "Starts over MQTT are not allowed. Set allow_remote_start = true to allow "
    "them.",
    "belt_moves": "The belt is not known to be stopped. Stop it, or try again in a few seconds.",
    "not_paused": "The belt is not paused. Send start instead.",
    "safety_key": "The safety key was pulled. Start the belt at the console.",
    "starting": "The belt is already starting.",
    "nothing_to_finish": "The belt is not running, so there is nothing to cool down from.",
    "stale_at_rest": "The treadmill does not answer, so the belt is not known to be stopped. Start "
    "it at the console.",
    "no_value": "The command has no number.",
    "not_a_motion": "This is not a command for the belt.",
    "resting": "You reported pain and rest until {until}. Confirm the start to walk anyway, or "
    "clear the pain.",
    "plan_rest": "Your plan, phase {phase} ({name}), rests until {until}. Confirm the start to run "
    "anyway; the session does not count.",
    "plan_ended": "Pain ended your plan. Confirm the start to walk anyway, or restart the plan "
    "once a professional agrees.",
    # --- rejections and failures by the bridge
    "no_radio": "The bridge has no Bluetooth at the moment. Send the command again later.",
    "ending": "The bridge is stopping or restarting. Send the command again.",
    "ended": "The bridge stopped or restarted before the command was done.",
    "unknown_person": "No person is called {name}. Configured are: {known}.",
    "unknown_shoes": "No shoes are called {name}. Configured are: {known}.",
    "unknown_shoes/none": "No shoes are called {name}, because none are configured. Add [[shoes]] "
    "to the configuration.",
    "person_waits": "Another person can take over only while the belt is stopped. {why}",
    "unknown_workout": "No workout is called {name}. There are: {known}.",
    "unknown_workout/none": "No workout is called {name}, and the folder of workouts is empty. Put "
    "a workout there, then reload: systemctl reload treadmill-bridge.",
    "workout_unusable": "The workout {name} cannot be used: {problem}.",
    "workout_under_way": "A workout is under way. End it first.",
    "workout_over": "The workout is over. Choose it again.",
    "workout_paused": "You paused the workout. The belt stays as it is.",
    "workout_paused/not_running": "The belt is not running.",
    "workout_paused/belt": "The belt is paused.",
    "workout_paused/stopped": "The belt was stopped. Start it, then resume the workout.",
    "workout_paused/link": "The link was lost. Resume the workout when you are ready.",
    "no_workout": "No workout is chosen. Send the name of one first.",
    "no_plan": "You follow no plan. Name one under [[people.plan]] in the configuration.",
    "no_question": "Your plan asks nothing now. Report a pain by itself instead.",
    "no_rest_day": "Your plan has no rest day now, so there is nothing to confirm.",
    "plan_over": "Your plan is over. Restart it to begin again.",
    "superseded": "A newer request replaced this one.",
    "machine_refused": "The treadmill did not carry it out: {cause}.",
    "link_down": "The link to the treadmill is down.",
    "link_down/finish": "The link to the treadmill is down. The cool-down goes on when it is back; "
    "until then stop at the console.",
    "belt_stands": "The belt is stopped.",
    "belt_stopping": "The belt is being stopped.",
    "belt_not_running": "The belt is not known to be running any more.",
    "belt_restarted": "The belt was stopped or started meanwhile. Send the request again.",
    "console_set": "{limit} was set at the console meanwhile.",
    "not_reached": "The treadmill stays at {measured}.",
    "not_reached/unseen": "The treadmill neither reports this value nor answered the command.",
    "timeout": "Nothing happened within {within}.",
    "timeout/start": "The belt did not start within {within}.",
    "timeout/stop": "The belt did not stop within {within}.",
    "timeout/release": "The link did not end within {within}.",
    "timeout/connect": "No link was made within {within}.",
    # --- invalid messages
    "retained": "The message was retained, so it may be old. Send commands without the retain "
    "flag, and clear this one with an empty retained message.",
    "expired": "The message expired on its way. Send it again if you still need it.",
    "unknown_topic": "This topic does not exist. Use one of: {known}.",
    "too_long": "The message has {bytes} bytes. Send at most {most_bytes}.",
    "too_many": "Too many commands at once: {capacity}, then {per_s} a second are enough. Send "
    "fewer.",
    "too_many/newer": "Too many commands at once: {capacity}, then {per_s} a second are enough. "
    "The newer command {newer} replaced this one. Send fewer.",
    "halted": "A stop or a pause came after this command.",
    "not_utf8": "The message is not plain text or JSON in UTF-8.",
    "not_json": "The message is not JSON.",
    "not_a_number": "The message contains {found}, which is not a number.",
    "number_too_big": "A number in the message is out of range.",
    "duplicate_key": "The message contains a key twice. Send each key once.",
    "unknown_key": "The key {found} is unknown. Known are: {known}.",
    "invalid_text": "The {key} must be text of 1 to {longest} printable characters.",
    "invalid_time": 'The time must be ISO 8601 with its zone, such as "2026-01-31T12:00:00Z".',
    "too_old": "The command is {age} old; {within} are allowed. Send it again, and check both "
    "clocks.",
    "too_old/ahead": "The command is {age} ahead of this computer's clock; {within} are allowed. "
    "Send it again, and check both clocks.",
    "invalid_message": "The message does not fit this topic.",
    "invalid_value": "The value must be a number.",
    "unknown_unit": "The unit is unknown. Use one of: {known}.",
    "out_of_range": "The value is out of range.",
    "out_of_range/small": "The value is too small. Send 0 to stop the belt.",
    "unknown_command": "The command for the belt is unknown.",
    "unknown_workout_command": "The command for the workout is unknown.",
    "name_with_command": "A name goes with start alone.",
    "invalid_confirm": "The key confirm must be true or false.",
    "invalid_pain": "The message must name a place that hurts, or clear the pain, not both.",
    "invalid_severity": "The severity must be a whole number from 0 to 10.",
    "invalid_plan": "The message is neither an answer to the plan nor a command for it.",
    "invalid_name": "The message contains no name.",
}

_BELIEVED = "Speed and the rest are used as before."

EVENTS = {
    # --- events of the guard
    "session_started": "The belt moves: a session begins.",
    "session_ended": "The belt is stopped: the session is over.",
    "warm_up_over": "The warm-up is over. You can request more now.",
    "steep_warning": "Steep incline ends in {left}. Then at most {limit} is allowed.",
    "steep_warning/advice": "Steep incline should end in {left}. Then choose {limit} or less.",
    "steep_closed": "Incline lowered to {limit} until {until}: {budget} at {threshold} or more in "
    "{window} are used up.",
    "steep_closed/advice": "Choose {limit} or less until {until}: {budget} at {threshold} or more "
    "in {window} are used up.",
    "steep_open": "You can request steep incline again.",
    "limited": "{axis} limited to {limit}. {why}",
    "lowest_incline": "The lowest incline allowed is {limit} now. The belt rises to it gently.",
    "console_slowed": "You slowed the belt to {limit} at the console.",
    "console_slowed/incline": "You lowered the incline to {limit} at the console.",
    "console_raised": "You set {limit} at the console. The belt climbs to it gently.",
    "unexpected_rise": "{axis} rose to {measured} without a request and was set back to {limit}. "
    "Nothing rises until you request it.",
    "unexpected_rise_alarm": "{axis} keeps rising without a request. If the belt does not slow "
    "down, pull the safety key.",
    "adopted": "The belt was already moving at {limit}.",
    "stale": "The treadmill has sent no data for {age}. Nothing rises until you request it.",
    "garbled": "The treadmill sends impossible values. Nothing rises until they are over.",
    "fresh": "The treadmill sends data again.",
    "cool_down": "Cool-down: slowing to {limit} over {left}, then stop.",
    "cool_down/advice": "Cool-down: slow down to {limit} over {left} at the console. Then the "
    "bridge stops the belt.",
    "cool_down_done": "The cool-down is over. The bridge stops the belt.",
    "stop_ignored": "The belt does not slow down after a stop. Pull the safety key, or the "
    "plug of a machine without one.",
    "safety_key": "The safety key was pulled.",
    "control_taken": "Another app or the console took control. Nothing rises until you request it.",
    "control_denied": "The treadmill denies control, so the bridge can neither set nor stop it.",
    "unit_confirmed": "Distance and speed show that this machine counts in km/h.",
    "unit_mph": "Distance and speed suggest that this machine counts in miles. The stricter "
    "limits stay.",
    "not_responding": "{axis} stays at {measured} after a command for {limit}. Nothing rises until "
    "you request it.",
    "incline_stuck": "The machine does not lower its incline: it stays at {measured}, and {limit} "
    "is allowed. Lower it at the console, or step off.",
    "disobeyed": "The belt does not follow commands. The bridge stops it.",
    "link_lost": "The link was lost while the belt moves. Until it is back the bridge can neither "
    "limit nor stop the belt. Use the console or the safety key.",
    "heart_rate_high": "The heart rate {rate} has been above {ceiling} for {time}. The belt slows "
    "by {step}, and again every {every}.",
    "heart_rate_lost": "The heart rate signal is lost. Nothing rises until it is back and you "
    "request it.",
    "heart_rate_lost/strap": "The strap sends no heart rate. The treadmill's own counts until it "
    "is back. Check the strap.",
    "rest_over": "The rest is over. You can request more now.",
    "gradual/time_s": "This session has lasted {did}, more than {percent} of your recent "
    "longest ({usual}). Consider ending it here.",
    "gradual/distance_m": "This session is {did} long, more than {percent} of your "
    "recent longest ({usual}). Consider ending it here.",
    "gradual/climb_m": "This session has climbed {did}, more than {percent} of your recent "
    "most ({usual}). Consider ending it here.",
    "gradual_finish/time_s": "This session has lasted {did}, more than {percent} of your "
    "recent longest ({usual}). Its cool-down begins at {until}.",
    "gradual_finish/distance_m": "This session is {did} long, more than {percent} of "
    "your recent longest ({usual}). Its cool-down begins at {until}.",
    "gradual_finish/climb_m": "This session has climbed {did}, more than {percent} of your "
    "recent most ({usual}). Its cool-down begins at {until}.",
    "plan_finish/time_s": "Phase {phase} of your plan ({name}) ends a session after {length}. Its "
    "cool-down begins at {until}.",
    "plan_finish/distance_m": "Phase {phase} of your plan ({name}) ends a session after {length}. "
    "Its cool-down begins at {until}.",
    "plan_length/time_s": "This session has lasted {length}, as long as phase {phase} of your plan "
    "({name}) allows. End it here.",
    "plan_length/distance_m": "This session is {length} long, as far as phase {phase} of your plan "
    "({name}) allows. End it here.",
    "no_baseline": "There is no recent session to compare with, so the bridge cannot tell how "
    "much is too much. Take it easy.",
    # --- events of the link and the machine
    "refused/speed": "The treadmill refused the speed {limit}: {cause}.",
    "refused/incline": "The treadmill refused the incline {limit}: {cause}.",
    "refused/stop": "The treadmill refused the stop: {cause}.",
    "refused/pause": "The treadmill refused the pause: {cause}.",
    "refused/start": "The treadmill refused the start: {cause}.",
    "refused/other": "The treadmill refused a command: {cause}.",
    "no_data": "The treadmill sends no data. Some machines send none before the belt moves, others "
    "wait for their maker's app. If the belt moves now, the bridge does not know its speed.",
    "no_data/never_whole": "The treadmill sends only parts of records, each announcing another. "
    "Some machines set that flag by mistake: set speed_first = true, and compare the speed with "
    "the display. Until then the bridge does not know the speed.",
    "no_data/only_zeros": "The treadmill reports a running belt but sends only zeros. Some "
    "machines do so until their maker's app has connected once: open it, close it, and look "
    "again. The bridge does not know the speed and starts nothing; stop the belt at the console.",
    "no_motion": "The treadmill accepted the start, but the belt did not move within 15 s. Check "
    "the safety key and the console.",
    "refuses_everything": "The treadmill refuses every command. Close other apps that hold it; "
    "some machines must be unlocked by their maker's app. The bridge goes on observing.",
    "refuses_everything/locked": "This treadmill obeys only after its maker's app has unlocked it. "
    "Open that app once, close it, and send the command again. Until then the bridge only "
    "observes; stop at the console.",
    "no_answers": "The treadmill never answers a command. From now on the bridge only observes; it "
    "still sends a stop. Close other apps that hold the treadmill, then send a stop: once it "
    'answers, commands count again. Or set control = "never".',
    "unit_mixup/targets_in_mph": "The belt runs 1.61 times as fast as commanded: this treadmill "
    "takes speeds in miles. From now on the bridge sends miles. Set "
    'target_speed_unit = "mph" to keep that, and request your speed again.',
    "unit_mixup/follows_at_0_62": "The treadmill reports 0.62 times the commanded speed: it "
    "reports miles, or takes kilometres for miles. Compare with its display, and set "
    "reported_speed_unit or target_speed_unit.",
    "incline_ignored/range": "The treadmill reports an impossible incline of {incline}, so the "
    "bridge ignores its incline. If it is always wrong by the same amount, set "
    "incline_offset_percent; else set incline_reported = false. " + _BELIEVED,
    "incline_ignored/constant": "The treadmill reports an incline of {incline} after every "
    "command, so the bridge ignores its incline. If the display shows another value, set "
    "incline_offset_percent or incline_reported = false. " + _BELIEVED,
    "incline_ignored/offset": "The treadmill reports an incline that is wrong by {incline}, so the "
    "bridge ignores it. Compare with the display, and set incline_offset_percent to "
    "{correction}. " + _BELIEVED,
    # --- events of people and the bridge
    "person": "{person} is on the treadmill now.",
    "shoes": "{person} wears {shoes} now.",
    "pain": "Noted: {place} hurts, {severity} of 10.",
    "rest": "You rest until {until}: a start needs confirmation, and the belt stays slow and "
    "level. Send clear when the pain is over.",
    "rest_lifted": "The rest is lifted.",
    "see_professional": "You reported pain {times} times in 30 days. Please see a physician or a "
    "physiotherapist.",
    "shoes_worn": "{shoes} have covered {gone}. Check their soles now and then.",
    "shoes_worn/replace": "{shoes} have covered {gone}. It is time for new ones.",
    "plan_question/after": "Your plan asks after the session: {text}",
    "plan_question/morning": "Your plan asks the morning after: {text}",
    "plan_counted": "The session counts for your plan. Next is session {session} of phase {phase} "
    "({name}).",
    "plan_next": "Phase {phase} of your plan begins ({name}).",
    "plan_back": "Your plan goes back to phase {phase} ({name}).",
    "plan_held": "Because of the pain the session does not count for your plan.",
    "plan_pain_ended": "Pain ended your plan. See a professional before you restart it; until then "
    "it allows no more than a walk.",
    "plan_finished": "Your plan {plan} is finished, and limits nothing any more.",
    "plan_restarted": "Your plan begins again at phase {phase} ({name}).",
    "plan_confirmed": "You confirmed a run on a rest day of your plan. It does not count.",
    "plan_unanswered": "The session before does not count for your plan, because a question about "
    "pain stayed open.",
    "plan_uncounted": "The session was too short to count for your plan. Start again within an "
    "hour to go on with it.",
    "plan_uncounted/rest": "The session was on a rest day of your plan, so it does not count.",
    "plan_uncounted/pain": "The session does not count for your plan, because of the pain.",
    "memory": "{trouble}. Until then the guard works from memory. Where it lacks history, the "
    "strictest limits for steep incline and warm-up apply.",
    "memory_lost": "{trouble}. The strictest limits for steep incline and warm-up apply. If you "
    "are resting after pain, report it again.",
    "memory_back": "The history is written again, including all since the start.",
    "config_refused": "The changed configuration is invalid, so the old one stays: {problems}",
    "config_changed": "The configuration was read again. Tighter limits apply now, looser ones "
    "after the belt has stopped.",
    "config_changed/restart": "The configuration was read again. Tighter limits apply now, looser "
    "ones after the belt has stopped. Restart the bridge for: {restart}.",
    "machine_dangers": "{dangers}",
    "automatic_mode": "The pad is in automatic mode: it follows the walker's feet. A speed, a "
    "start or a limit puts it in manual mode.",
    "workout_started": "The workout {workout} begins. {text}.",
    "workout_resumed": "The workout {workout} goes on. {text}.",
    "workout_step": "{text}.",
    "workout_cue": "{text}",
    "workout_capped": "The workout stays at {limit} until you lift the cap.",
    "workout_ended": "The workout {workout} is over: you ended it. The belt stays as it is; send "
    "finish to cool down.",
    "workout_ended/done": "The workout {workout} is over: its last step is done.",
    "workout_ended/cool_down": "The workout {workout} is over: the belt cools down to a stop.",
    "workout_ended/paused": "The workout {workout} is over: it was paused for more than {time}.",
    "workout_failed": "The workout was dropped because of a fault in the bridge. The belt stays "
    "as it is.",
    "cue_posture/tall": "Stand tall.",
    "cue_posture/core": "Core tight.",
    "cue_posture/ahead": "Look ahead, not down.",
    "cue_posture/arms": "Arms loose.",
    "cue_posture/rails": "Hands off the rails.",
    "cue_posture/lean": "Do not lean forward.",
    "cue_drink": "A sip of water now keeps you going.",
    "cue_walk": "That was hard and ended suddenly. Walk five more minutes.",
}


def event_types() -> tuple[str, ...]:
    """Return the types of all events, sorted."""
    return tuple(sorted({key.partition("/")[0] for key in EVENTS}))
