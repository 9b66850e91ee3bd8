"""Getting reports in and out by the command line: addresses, sources, exports."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App
from embeddings.encoders.encoder import Encoder
from tests.integration.command_line import Cli, command_line
from tests.integration.web import Web, serving

PAGE = """<html><head><title>إغلاق الجسر</title></head><body><article>
<p>أعلنت هيئة الطرق أن الجسر أغلق يوم الخميس بعد حادث كبير وقع في المدينة القديمة.</p>
<p>وقال المتحدث باسمها إن الإصلاح يستغرق أربعة أشهر ويكلف مليون دينار.</p>
</article></body></html>"""


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as started:
        yield started


@pytest.fixture
def bare(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    migrated_file: Path,
    fake_encoder: Encoder,
) -> Cli:
    """Return what calls `tathabbat` in this process, with the fetcher that people get."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data" / "tathabbat.db")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(App, "encoder", fake_encoder)

    return command_line(monkeypatch, capsys)


@pytest.fixture
def cli(bare: Cli, monkeypatch: pytest.MonkeyPatch, web: Web) -> Cli:
    """Return the command line with a fetcher that may ask the test's own server."""
    monkeypatch.setattr(App, "fetcher", web.fetcher())
    return bare


class TestIngest:
    def test_an_address_is_read(self, cli: Cli, web: Web) -> None:
        url = web.serve("/bridge", PAGE)
        result = cli("ingest", url, "--publish")
        assert result.code == 0, result.err
        assert result.out.startswith("1 report added with 2 statements, 2 published")
        (first, *_) = map(json.loads, cli("statements", "list", "--json").out.splitlines())
        assert (first["url"], first["publisher"]) == (url, "127.0.0.1")

    def test_what_is_said_of_it_counts(self, cli: Cli, web: Web) -> None:
        url = web.serve("/bridge", PAGE)
        said = ("--publisher", "الجريدة", "--date", "2024-04-05", "--lang", "ar")
        assert cli("ingest", url, *said).code == 0
        (first, *_) = map(json.loads, cli("statements", "list", "--json").out.splitlines())
        assert (first["publisher"], first["published_at"]) == ("الجريدة", "2024-04-05")

    def test_a_table_is_read_from_an_address(self, cli: Cli, web: Web) -> None:
        table = "publisher,text\nThe Valley Post,The old bridge was closed for repairs on Sunday\n"
        result = cli("ingest", web.serve("/reports.csv", table, "text/csv"), "--dry-run")
        assert result.code == 0
        assert "1 report would be added" in result.out

    def test_an_address_inside_is_not_fetched(self, bare: Cli, web: Web) -> None:
        """No setting opens it: this is the program as people get it."""
        result = bare("ingest", web.serve("/bridge", PAGE))
        assert result.code == 1
        assert "not on the public internet" in result.err
        assert not web.asked

    def test_addresses_that_fail_do_not_stop_the_others(self, cli: Cli, web: Web) -> None:
        bad = [web.url("/gone"), web.serve("/empty", ""), "https://user:secret@news.example/"]
        result = cli("ingest", *bad, web.serve("/bridge", PAGE))
        assert result.code == 1
        assert result.err.count("tathabbat: ") == 3
        assert "secret" not in result.err
        assert result.out.startswith("1 report added")


class TestSources:
    def test_are_added_polled_listed_and_paused(self, cli: Cli, web: Web) -> None:
        page = web.serve("/bridge", PAGE)
        feed = f'<rss version="2.0"><channel><item><link>{page}</link></item></channel></rss>'
        url = web.serve("/feed", feed, "application/rss+xml")
        added = cli("sources", "add", "الجريدة", url, "--minutes", "60")
        assert (added.code, added.out) == (
            0,
            "found 1 item of kind syndication\nfeed 1 is polled from now on, every 60 minutes\n",
        )
        assert cli("sources", "trust", "الجريدة").code == 0
        polled = cli("sources", "poll")
        assert polled.code == 0, polled.err
        assert polled.out == (
            "1 feed polled, 0 unchanged; 1 report added, 2 statements published\n"
        )
        listed = cli("sources", "list").out
        assert re.search(r"^الجريدة \(1 report, trusted\)$", listed, re.MULTILINE)
        assert f"1  {url} (syndication; every 60 minutes, polled 20" in listed
        assert cli("sources", "pause", url, "--reason", "too loud").code == 0
        assert "paused" in cli("sources", "list").out
        assert json.loads(cli("sources", "poll", "1", "--json").out)["feeds"] == 0
        assert cli("sources", "resume", "1").code == 0
        assert json.loads(cli("sources", "poll", "1", "--json").out)["feeds"] == 1
        assert cli("sources", "distrust", "الجريدة").code == 0
        assert cli("sources", "remove", "1").code == 0
        assert cli("sources", "list", "--json").out == ""
        assert "add one with `tathabbat sources add NAME URL`" in cli("sources", "list").err

    def test_a_feed_that_fails_is_told(self, cli: Cli, web: Web) -> None:
        cli("sources", "add", "a", web.serve("/feed", "<rss", "text/xml"), "--force")
        result = cli("sources", "poll")
        assert result.code == 1
        assert "broken XML" in result.err
        assert "failed 1 time:" in cli("sources", "list").out
        (row,) = map(json.loads, cli("sources", "list", "--json").out.splitlines())
        assert row["feeds"][0]["failures"] == 1

    def test_an_address_that_is_no_feed_is_added_only_by_force(self, cli: Cli, web: Web) -> None:
        page, gone = web.serve("/bridge", PAGE), web.url("/gone")
        for url, why in ((page, "neither RSS nor Atom"), (gone, "404")):
            refused = cli("sources", "add", "a", url)
            assert refused.code == 1
            assert url in refused.err
            assert why in refused.err
            assert "nothing was added (--force adds it all the same)" in refused.err
        assert cli("sources", "list").out == ""
        forced = cli("sources", "add", "a", gone, "--force")
        assert forced.code == 0
        assert forced.err.startswith("tathabbat: warning: ")
        assert gone in cli("sources", "list").out

    def test_a_list_of_reviews_is_counted(self, cli: Cli, web: Web) -> None:
        reviews = [
            {
                "@type": "ClaimReview",
                "claimReviewed": "The bridge was sold",
                "url": "https://a.example",
            },
            {"@type": "ClaimReview", "url": "https://b.example"},
        ]
        url = web.serve("/reviews", json.dumps(reviews), "application/json")
        added = cli("sources", "add", "checkers", url, "--kind", "claimreview")
        assert added.out.startswith("found 1 review of kind claimreview, and 1 without a report\n")

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("add", "a", "ftp://a.example/"), 1),
            (("add", "a", "https://a.example/", "--minutes", "1"), 2),
            (("add", "a", "https://a.example/", "--kind", "json"), 2),
            (("poll", "nothing"), 1),
            (("pause", "99"), 1),
            (("trust", "nobody"), 1),
        ],
    )
    def test_what_cannot_be_done_is_told(
        self, cli: Cli, arguments: tuple[str, ...], code: int
    ) -> None:
        result = cli("sources", *arguments)
        assert result.code == code
        assert result.err


class TestExport:
    @pytest.fixture
    def full(self, cli: Cli, tmp_path: Path) -> Cli:
        row = {
            "publisher": "=cmd|' /C calc'!A0",
            "url": "https://checks.example/1",
            "title": "The bridge reopens",
            "statements": [{"text": "@SUM(1) the bridge is closed", "rating": "False"}],
        }
        (tmp_path / "in.jsonl").write_text(json.dumps(row), "utf-8")
        assert cli("ingest", tmp_path / "in.jsonl", "--publish").code == 0
        return cli

    def test_csv_runs_nothing(self, full: Cli, tmp_path: Path) -> None:
        assert full("export", "csv", "--output", tmp_path / "out.csv").code == 0
        text = (tmp_path / "out.csv").read_bytes().decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(text, newline=""))
        assert row["publisher"] == "'=cmd|' /C calc'!A0"
        assert row["text"] == "'@SUM(1) the bridge is closed"

    def test_claimreview(self, full: Cli) -> None:
        (element,) = json.loads(full("export", "claimreview").out)["dataFeedElement"]
        assert element["item"][0]["reviewRating"]["alternateName"] == "False"

    def test_rss(self, full: Cli) -> None:
        out = full("export", "rss", "--link", "https://t.me/example").out
        assert "<link>https://checks.example/1</link>" in out
        assert out.startswith('<?xml version="1.0" encoding="utf-8"?>')

    def test_rss_needs_an_address(self, full: Cli) -> None:
        assert full("export", "rss").code == 2
        assert full("export", "rss", "--link", "javascript:alert(1)").code == 2

    def test_what_is_retracted_is_not_given_out(self, full: Cli) -> None:
        (row,) = map(json.loads, full("statements", "list", "--json").out.splitlines())
        ref = row["ref"]
        assert full("statements", "retract", ref, "--reason", "wrong").code == 0
        assert json.loads(full("export", "claimreview").out)["dataFeedElement"] == []
        assert len(full("export", "csv").out.splitlines()) == 1
        assert "<item>" not in full("export", "rss", "--link", "https://t.me/example").out

    def test_a_file_that_cannot_be_written_is_told(self, full: Cli, tmp_path: Path) -> None:
        result = full("export", "csv", "--output", tmp_path)
        assert result.code == 1
        assert "folder" in result.err
