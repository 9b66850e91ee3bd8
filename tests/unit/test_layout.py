"""Hold the layout that ARCHITECTURE describes: names by which strangers find things."""

import ast
import re
from collections import Counter, defaultdict
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import grimp
import pytest

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


def test_bot_opens_no_session() -> None:
    opened = re.compile(r"sessions?(?:\.begin)?\(\)")
    for path in _modules("bot"):
        assert not opened.search(path.read_text("utf-8")), path


@pytest.fixture(scope="module")
def imports() -> list[tuple[str, str]]:
    """Return who imports whom, module by module."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return [
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    ]


def test_no_folders_import_each_other_in_a_circle(imports: list[tuple[str, str]]) -> None:
    below: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer, imported in imports:
        one, other = importer.split("."), imported.split(".")
        # The first folder that does not hold both of them.
        depth = next(n for n in range(9) if one[n : n + 1] != other[n : n + 1])
        if 0 < depth < min(len(one), len(other)):
            below[".".join(one[:depth])][one[depth]].add(other[depth])
    for children in below.values():
        # Raises CycleError, which names the circle.
        TopologicalSorter(children).prepare()


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "GLOSSARY.md"])
def test_every_file_and_name_that_a_page_mentions_is_there(page: str) -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.*")]
    files += (ROOT / "benchmarks").rglob("*.*")
    modules: defaultdict[str, list[Path]] = defaultdict(list)
    for path in files:
        if path.suffix == ".py":
            modules[path.stem].append(path)
    for span in re.findall(r"`([^`\n]+)`", (ROOT / page).read_text("utf-8")):
        if re.fullmatch(r"[\w/]+\.(?:py|json|md)", span):
            assert any(f"/{path}".endswith(f"/{span}") for path in files), span
        dotted = re.fullmatch(r"([a-z_]+)\.(?!txt|py)(\w+)", span)
        if dotted and (held := modules[dotted[1]]):
            named = re.compile(rf"\b{dotted[2]}\b")
            assert any(named.search(path.read_text("utf-8")) for path in held), span
