"""The daemon and its folder of workouts, in real time, because a thread reads it."""

import json
from pathlib import Path

import pytest

from bridge.config import Config
from tests.e2e.bridge_rig import until
from tests.rigs.daemon_rig import TWO, daemon_rig
from tests.workouts import samples


@pytest.mark.usefixtures("stand_ins")
async def test_workout_folder_is_read_at_start_and_at_reload(
    tmp_path: Path,
) -> None:
    document = {**TWO, "workouts": {"directory": str(tmp_path)}}
    (tmp_path / "Hills.toml").write_bytes(samples.TOML)
    (tmp_path / "broken.toml").write_bytes(b"x")
    async with daemon_rig(document) as found:

        def names() -> list[str]:
            return list(found.daemon.library.workouts)

        await until("the folder was read", lambda: names() == ["Hills"], within=20)
        (tmp_path / "Flat.toml").write_bytes(samples.TOML)
        found.daemon.reload(Config.model_validate(document))
        await until("it was read again", lambda: names() == ["Flat", "Hills"], within=20)
        said = json.loads(found.broker.last("den/workouts"))
        assert said == {"names": ["Flat", "Hills"]}
        walker = {"name": "Ann", "plan": [{"name": "couch-to-5k"}]}
        found.daemon.reload(Config.model_validate({**document, "people": [walker]}))
        with_plan = {"names": ["Flat", "Hills", "plan"]}
        await until(
            "the intervals of a plan can be chosen too",
            lambda: json.loads(found.broker.last("den/workouts")) == with_plan,
            within=20,
        )
