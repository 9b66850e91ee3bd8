"""The running bot as whoever watches it sees it: health, figures, and one update in the log."""

import json
import socket
import time
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.bot_api_server import BotApiServer
from tests.e2e.whole_bot import SAMPLE, Installation, installation

REFUTED = "داعش ما زال يسيطر على نصف مساحة خلافته"
STAGES = {"encode", "search", "read", "judge", "talk", "send", "total"}


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - loopback
        text: str = answer.read().decode()
        return text


def figures(bind: str) -> dict[tuple[str, str], float]:
    """Return every figure by its name and the one label it may have."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(get(f"http://{bind}/metrics"))
        for sample in family.samples
    }


def test_a_claim_is_seen_from_arrival_to_sending(tmp_path: Path, models_dir: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    made = installation(tmp_path / "bot", models_dir)
    program = Installation(made.folder, {"METRICS_BIND": bind, "LOG_LEVEL": "DEBUG"})
    assert program.call("ingest", SAMPLE, "--publish").returncode == 0
    log = tmp_path / "log"
    with BotApiServer() as server, program.running(server, log):
        assert get(f"http://{bind}/healthz") == "ok\n"
        update_id = server.send_text(501, REFUTED)
        # Sent is noted after Telegram took the message, which may be a placeholder first.
        until = time.monotonic() + 120
        found = figures(bind)
        while ("tathabbat_stage_seconds_count", "total") not in found:
            assert time.monotonic() < until, log.read_text("utf-8")
            found = figures(bind)
    assert found["tathabbat_updates_total", "claim"] == 1
    assert found["tathabbat_outcomes_total", "REFUTED"] == 1
    assert found["tathabbat_index_statements", ""] == 14
    assert found["tathabbat_queue_depth", "updates"] == 0
    assert found["tathabbat_encoder_batch_claims_count", ""] >= 1
    for stage in STAGES:
        assert found["tathabbat_stage_seconds_count", stage] >= 1, stage
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line[:1] == "{"]
    ours = [line for line in lines if line.get("request") == f"update {update_id}"]
    events = {str(line["event"]) for line in ours}
    assert {"update_answered", "update_sent", "stage_done"} <= events
    assert {line["stage"] for line in ours if line["event"] == "stage_done"} == {
        "encode", "search", "read", "judge",
    }  # fmt: skip
    assert REFUTED not in log.read_text("utf-8")
