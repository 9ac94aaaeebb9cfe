"""A rule beyond import-linter: protocols import nothing but the standard library."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import protocols


def imported_roots(package: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Import(names=names):
                    yield from ((file.name, name.name.partition(".")[0]) for name in names)
                case ast.ImportFrom(module=str(module), level=0):
                    yield file.name, module.partition(".")[0]


def test_protocols_import_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"protocols"}
    (package,) = protocols.__path__

    strangers = [found for found in imported_roots(Path(package)) if found[1] not in allowed]

    assert strangers == []
