"""The operator's page says what is true: its commands exist, its metrics and settings are there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from bot import measures, watching
from bot.cli.main import tathabbat
from bot.settings import Settings
from knowledge.domain import Outcome
from knowledge.queues import QueueName
from knowledge.stages import Stage

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")


def commands() -> list[str]:
    """Return every call of the program on the page, in code blocks and within sentences."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    calls = [
        re.search(r"(?:sudo -u tathabbat (?:env \S+ )?tathabbat|run --rm bot) (.+)", line)
        for line in lines
    ]
    spans = re.findall(r"`tathabbat ([^`]+)`", re.sub(r"\s+", " ", PAGE))
    return sorted({*(call[1] for call in calls if call), *spans})


def test_the_page_has_commands() -> None:
    assert len(commands()) > 12


@pytest.mark.parametrize("line", commands())
def test_every_command_exists_with_its_options(line: str) -> None:
    command: click.Command = tathabbat
    context = click.Context(tathabbat)
    words = shlex.split(line)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found
    known = {name for parameter in command.params for name in parameter.opts}
    given = [word for word in words if word.startswith("-")]
    assert set(given) <= known, line
    wanted = [p for p in command.params if isinstance(p, click.Argument) and p.required]
    values = [p for p in command.params if isinstance(p, click.Option) and not p.is_flag]
    taken = sum(word in values_of.opts for word in given for values_of in values)
    assert len(words) - len(given) - taken >= len(wanted), line


def test_every_setting_named_exists() -> None:
    known = {name.upper() for name in Settings.model_fields}
    others = {"POSTGRES_PASSWORD", "NO_COLOR", *Outcome}
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE))
    assert named
    assert named <= known | others


def test_every_setting_is_in_its_table_and_no_other() -> None:
    table = PAGE[PAGE.index("### Settings") : PAGE.index("## Upgrade")]
    rows = re.findall(r"^\| (`[A-Z].*?) \|", table, re.MULTILINE)
    listed = sorted(name for row in rows for name in re.findall(r"`([A-Z_]+)`", row))
    assert listed == sorted(name.upper() for name in Settings.model_fields)


def test_every_metric_is_explained_and_exists() -> None:
    named = set(re.findall(r"`(tathabbat_\w+)(?:\{\w+\})?`", PAGE))
    counted = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in measures.REGISTRY.collect()
    }
    read = {f"tathabbat_{name}" for name in watching.GAUGES}
    assert named == counted | read


@pytest.mark.parametrize("word", [*(stage.value for stage in Stage), *(q.value for q in QueueName)])
def test_every_stage_and_queue_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_files_it_names_exist() -> None:
    for name in re.findall(r"/opt/tathabbat/([\w./-]+\w)", PAGE):
        if not name.startswith(".venv"):
            assert (ROOT / name).exists(), name
    for name in re.findall(r"deploy/compose\.yaml|\.env\.example|CHANGELOG\.md", PAGE):
        assert (ROOT / name).exists(), name
