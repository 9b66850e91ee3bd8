"""The operator's page says what is true: its metrics and settings are there."""

import re
from pathlib import Path

import pytest

from bot.observability import telemetry
from bot.serving import metrics_server
from bot.settings import Settings
from knowledge.checking.stages import Stage
from knowledge.domain import Outcome
from knowledge.statistics.backlog import QueueName

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")


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
        for metric in telemetry.REGISTRY.collect()
    }
    read = {f"tathabbat_{name}" for name in metrics_server.GAUGES}
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
