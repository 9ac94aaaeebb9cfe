"""Files of the demo while it runs; the owner's own files stay unchanged."""

from pathlib import Path

import pytest

from bridge.config import Config
from bridge.demo.state import WORKOUTS, own_state
from bridge.guard import Past
from bridge.history.store.file import NAME
from bridge.workouts.readers.reading import load


def test_directory_of_the_demo_is_deleted_at_its_end() -> None:
    with own_state(Config(), own_workouts=True) as (config, history):
        directory = config.state_directory()
        assert (directory / NAME).exists()
        assert history.trouble is None
        # A new machine: no person has a past on it.
        assert history.past("demo", "default") == Past.nobody()
    assert not directory.exists()


def test_workouts_of_the_demo_can_be_read() -> None:
    with own_state(Config(), own_workouts=True) as (config, _):
        library = load(config.workouts_directory())
    assert set(library.workouts) == set(WORKOUTS)
    assert library.problems == {}


@pytest.mark.parametrize("named", [True, False])
def test_demo_with_the_owners_limits_uses_the_owners_workouts(tmp_path: Path, named: bool) -> None:
    folder = tmp_path / "hills" if named else tmp_path / "workouts"
    workouts = {"directory": str(folder)} if named else {}
    owner = Config.model_validate({"state_dir": str(tmp_path), "workouts": workouts})
    with own_state(owner, own_workouts=False) as (config, _):
        assert config.workouts_directory() == folder
        assert config.state_directory() != tmp_path
    assert list(tmp_path.iterdir()) == []
