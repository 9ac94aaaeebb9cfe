"""`scripts/check-tree` in a small repository of its own."""

import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "check-tree"


def messages(repository: Path) -> str:
    """Return the output of the check for a repository whose files are all tracked."""
    (repository / "scripts").mkdir()
    shutil.copy(SCRIPT, repository / "scripts")
    subprocess.run(("git", "init", "-q"), cwd=repository, check=True)
    subprocess.run(("git", "add", "-A"), cwd=repository, check=True)
    result = subprocess.run(
        ("scripts/check-tree",), cwd=repository, capture_output=True, text=True, check=False
    )
    return result.stderr


def test_tree_check_names_a_python_file_above_400_lines(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("pass\n" * 401)
    (tmp_path / "short.py").write_text("pass\n" * 400)

    printed = messages(tmp_path)

    assert "long.py has 401 lines, more than 400: move one of its topics" in printed
    assert "short.py has" not in printed


def test_tree_check_names_a_folder_of_more_than_15_modules(tmp_path: Path) -> None:
    for folder, modules in (("crowded", 16), ("full", 15)):
        (tmp_path / folder).mkdir()
        for number in range(modules):
            (tmp_path / folder / f"module_{number}.py").touch()

    printed = messages(tmp_path)

    assert "crowded has 16 Python modules, more than 15: move those of one topic" in printed
    assert "full has" not in printed
