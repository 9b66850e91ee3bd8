"""Hold the layout that ARCHITECTURE describes: names by which strangers find things."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("bot", "embeddings", "knowledge")
#: A first line that only hints at what a module does, instead of saying it.
_RIDDLE: Final = re.compile(r"(?:What|Whom?|Whose|Which|How|Whether|When|Where)\b")


def _modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_docstrings_say_what_a_module_does() -> None:
    for package in PACKAGES:
        for path in _modules(package):
            said = ast.get_docstring(ast.parse(path.read_text("utf-8")))
            assert said, path
            assert not _RIDDLE.match(said), path


def test_no_two_modules_of_knowledge_share_a_name() -> None:
    names = Counter(path.stem for path in _modules("knowledge") if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []


def test_knowledge_keeps_its_modules_in_folders() -> None:
    assert len(list((ROOT / "knowledge").glob("*.py"))) <= 4


def test_every_folder_and_module_is_in_architecture() -> None:
    told = set(re.findall(r"\w+", (ROOT / "ARCHITECTURE.md").read_text("utf-8")))
    for package in PACKAGES:
        for path in _modules(package):
            name = path.parent.name if path.stem == "__init__" else path.stem
            assert name in told, path
