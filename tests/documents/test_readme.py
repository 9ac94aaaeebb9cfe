"""Examples of the README work unchanged, and every page is well formed."""

import re
from pathlib import Path

from bridge.config import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_configuration_of_the_readme_is_valid_and_without_warnings(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "config.toml"
    file.write_text(example)

    config = load(file, env={})

    assert [treadmill.id for treadmill in config.treadmills] == ["home"]
    assert config.warnings() == []


def test_markdown_tables_have_a_header_row() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        lines = ["", *page.read_text("utf-8").splitlines(), ""]
        heads = [
            below
            for above, line, below in zip(lines, lines[1:], lines[2:], strict=False)
            if line.startswith("|") and not above.startswith("|")
        ]
        assert [each for each in heads if not re.fullmatch(r"\|[\s:|-]+", each)] == [], page
