"""Pages about the project name what exists, and what runs on its code runs what `make` does."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pages import DEVELOPERS, PAGES, ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_files_that_contributors_are_sent_to_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.\w+)?)`", text)
    # Those are what the reader is told to write.
    written = {name for name in named if "NAME" in name or "CODE" in name or "NUMBER" in name}
    written |= {"knowledge/corpus/readers/toml_reader.py", "tests/unit/test_toml_reader.py"}
    missing = {name for name in set(named) - written if not (ROOT / name).exists()}
    assert len(named) > 30
    assert missing == set()


def read_yaml(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return read


def targets() -> set[str]:
    """Return what `make` can make."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_pages_and_hooks_name_what_make_makes() -> None:
    hooks = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    entries = [hook["entry"] for hook in hooks]
    assert {entry.removeprefix("make ") for entry in entries} == {"lint", "types", "imports"}
    for page in (*PAGES, *DEVELOPERS):
        named = set(re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8")))
        assert named <= targets(), page.name


def test_the_workflow_runs_the_script_that_anybody_can_run() -> None:
    workflow = read_yaml(ROOT / ".github" / "workflows" / "check.yml")
    steps = workflow["jobs"]["check"]["steps"]
    assert steps[-1]["run"] == ".ci/run"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert workflow["permissions"] == {"contents": "read"}


def test_every_page_of_docs_is_on_the_site() -> None:
    listed = set(
        re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    )
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= listed
    assert [name for name in listed if not (ROOT / name).exists()] == []


def test_pages_name_the_version_that_is_built() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version: str = project["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version
    series = f"| {version.rpartition('.')[0]}.x | yes |"
    assert series in (ROOT / "SECURITY.md").read_text("utf-8")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_issue_forms_are_whole(form: Path) -> None:
    if form.name == "config.yml":
        assert set(read_yaml(form)) <= {"blank_issues_enabled", "contact_links"}
        return
    found = read_yaml(form)
    assert {"name", "description", "body"} <= set(found)
    names = [part["id"] for part in found["body"] if part["type"] != "markdown"]
    assert names
    assert len(set(names)) == len(names)
    assert all(part["attributes"].get("label") for part in found["body"] if "id" in part)
