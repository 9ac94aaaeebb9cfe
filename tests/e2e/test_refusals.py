"""What is not done, is answered: which command, why not, and the belt stays as it is."""

from pathlib import Path

from tests.e2e.house import House, house, until


async def _refusal(home: House, identity: str) -> str:
    """Why a command was rejected."""
    outcome = await home.outcome(identity)
    assert outcome["outcome"] == "rejected"
    (reason,) = outcome["reasons"]
    return str(reason["text"])


async def test_commands_that_nobody_can_mean_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path, allow_remote_start=False) as home:
        await home.connected()
        await home.belt("idle")

        await home.send("belt", {"command": "start", "id": "afar"})
        assert "allow_remote_start" in await _refusal(home, "afar")
        await home.send("belt", {"command": "resume", "id": "resume"})
        assert "allow_remote_start" in await _refusal(home, "resume")

        home.simulation.machine.start()
        await home.belt("running")
        await home.send("speed", {"value": "fast", "id": "word"})
        assert "number" in await _refusal(home, "word")
        await home.send("speed", {"value": 3, "unit": "m/s", "id": "unit"})
        assert "unit" in await _refusal(home, "unit")
        await home.send("speed", {"value": 0.5, "id": "slow"})
        assert "slowest speed is 0.8 km/h" in await _refusal(home, "slow")
        await home.send("speed", {"value": 3, "id": "old", "time": "2001-01-01T00:00:00Z"})
        assert " old; 5 s are allowed" in await _refusal(home, "old")
        await home.send("speed", b"not JSON")
        await until(
            "a refusal of what is no JSON",
            lambda: any(o["reasons"][0]["rule"] == "not_json" for o in home.all("outcome")),
        )
        assert set(home.speeds_ordered) <= {0.8}, "nothing of it reached the belt"

        await home.send("speed", {"value": 1.5, "id": "good"})
        await home.outcome("good", "confirmed")
        # The same id again is the same command: its first outcome again, and nothing else.
        await home.send("speed", {"value": 9, "id": "good"})
        await until("the answer again", lambda: len(home.outcomes("good")) == 3)
        assert home.outcomes("good")[2] | {"time": 0} == home.outcomes("good")[0] | {"time": 0}
        await until("the last step", lambda: max(home.speeds_ordered) == 1.5)
        assert home.newest("state")["requested_speed_kmh"] == 1.5


async def test_the_link_is_let_go_and_taken_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.connected()
        availability = "treadmills/den/availability"
        await home.send("belt", {"command": "release", "id": "let go"})
        await home.outcome("let go", "confirmed")
        await until("offline", lambda: home.word(availability) == "offline")
        await until("the machine is free", lambda: not home.simulation.peripheral._clients)

        await home.send("belt", {"command": "start", "id": "gone"})
        assert await _refusal(home, "gone") == (
            "The treadmill is not connected. Use its console meanwhile."
        )

        await home.send("belt", {"command": "connect", "id": "take"})
        await home.outcome("take", "confirmed")
        await until("online", lambda: home.word(availability) == "online")
        assert (await home.belt("idle"))["target_speed_kmh"] is None
