"""What is installed: each package by its hash, as pyproject.toml pins it, and audited honestly."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / ".ci" / "lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def normalised(name: str) -> str:
    """Return a package's name as every tool writes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(requirements: list[str]) -> dict[str, str]:
    """Return the pinned versions of requirements, by name; those of this project are left out."""
    found = {}
    for requirement in requirements:
        match = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?==([\w.+]+)", requirement)
        if match:
            found[normalised(match[1])] = match[2]
        else:
            assert requirement.startswith("tathabbat["), f"{requirement} is not pinned"
    return found


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Return version and hashes of each package in a lock file."""
    text = re.sub(r"(?m)^#.*\n", "", (LOCKS / name).read_text("utf-8")).replace("\\\n", " ")
    found = {}
    for line in filter(None, text.splitlines()):
        match = re.match(r"([\w.-]+)==(\S+)", line)
        assert match, line
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line)
        found[normalised(match[1])] = (match[2], hashes)
    return found


@pytest.mark.parametrize(
    "name",
    ["run.txt", "dev.txt", "milvus.txt", "ray.txt", "tools.txt", "torch.txt", "torch-default.txt"],
)
def test_everything_is_locked_with_hashes(name: str) -> None:
    found = locked(name)
    assert found
    assert [package for package, (_, hashes) in found.items() if not hashes] == []


@pytest.mark.parametrize(
    ("name", "extras"), [("run.txt", ["ocr"]), ("dev.txt", ["ocr", "milvus", "ray", "test", "dev"])]
)
def test_the_lock_has_what_is_pinned(name: str, extras: list[str]) -> None:
    project = PROJECT["project"]
    wanted = pins(project["dependencies"])
    for extra in extras:
        wanted |= pins(project["optional-dependencies"][extra])
    found = locked(name)
    torch = wanted.pop("torch")
    assert {package: found[package][0] for package in wanted} == wanted, "run `make lock`"
    assert locked("torch.txt")["torch"][0] == torch
    assert locked("torch-default.txt")["torch"][0] == torch
    assert "torch" not in found


@pytest.mark.parametrize("extra", ["milvus", "ray"])
def test_the_lock_of_an_extra_fits_the_others(extra: str) -> None:
    wanted = pins(PROJECT["project"]["optional-dependencies"][extra])
    found, dev = locked(f"{extra}.txt"), locked("dev.txt")
    assert {package: found[package][0] for package in wanted} == wanted, "run `make lock`"
    assert {package: dev.get(package) for package in found} == found


def test_what_builds_the_project_is_locked() -> None:
    # It is installed without build isolation: what builds it comes from the lock.
    built_with = pins(PROJECT["build-system"]["requires"])
    found = locked("run.txt")
    assert {package: found[package][0] for package in built_with} == built_with


def test_what_builds_the_site_and_the_package_is_locked() -> None:
    groups = PROJECT["dependency-groups"]
    wanted = pins([*groups["docs"], *groups["dist"]])
    found = locked("tools.txt")
    assert {package: found[package][0] for package in wanted} == wanted, "run `make lock`"
    # The package is built there without isolation.
    assert pins(PROJECT["build-system"]["requires"]).items() <= wanted.items()


def test_tests_run_on_what_is_installed() -> None:
    run, dev = locked("run.txt"), locked("dev.txt")
    assert {package: dev.get(package) for package in run} == run


class TestAudit:
    """`make audit` says what is known, and never that all is well where nothing was asked."""

    @pytest.fixture
    def audit(self) -> ModuleType:
        spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @staticmethod
    def output(*dependencies: dict[str, Any]) -> str:
        return json.dumps({"dependencies": dependencies, "fixes": []})

    def test_nothing_known_is_success(self, audit: ModuleType) -> None:
        output = self.output({"name": "jinja2", "version": "3.1.6", "vulns": []})
        assert audit.summarise(output, "")[0] == 0

    def test_a_vulnerability_is_a_failure_with_its_way_out(self, audit: ModuleType) -> None:
        flaw = {"id": "PYSEC-1", "fix_versions": ["3.1.6"]}
        output = self.output({"name": "jinja2", "version": "3.1.0", "vulns": [flaw]})
        code, lines = audit.summarise(output, "")
        assert code == 1
        assert "jinja2 3.1.0: PYSEC-1, mended in 3.1.6" in lines

    def test_what_could_not_be_asked_is_no_success(self, audit: ModuleType) -> None:
        output = self.output(
            {"name": "jinja2", "version": "3.1.6", "vulns": []},
            {"name": "babel", "skip_reason": "not found"},
        )
        code, lines = audit.summarise(output, "")
        assert code == 2
        assert "1 of 2 releases were not audited (babel)" in lines[0]

    def test_a_service_out_of_reach_is_said(self, audit: ModuleType) -> None:
        code, lines = audit.summarise("", "Traceback…\nConnectionError: no route to the host\n")
        assert code == 2
        assert "cannot be asked (ConnectionError: no route to the host)" in lines[0]
