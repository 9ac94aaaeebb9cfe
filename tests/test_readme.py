"""What the README shows works as it stands there."""

import re
from pathlib import Path

from bridge.config import load

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_its_configuration_is_good_and_wise(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "config.toml"
    file.write_text(example)

    config = load(file, env={})

    assert [treadmill.id for treadmill in config.treadmills] == ["home"]
    assert config.warnings() == []
