"""The full conversation for each kind of update, as a transcript that can be read.

They lie in ``tests/transcripts``, one a kind and language. ``UPDATE_TRANSCRIPTS=1 python -m pytest
tests/e2e/test_transcripts.py`` writes them anew: read what changed before it is kept.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from bot.conversation.conversation import Conversation
from bot.fetching.errors import Unreachable
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import SentenceTransformerEncoder
from knowledge import curation
from knowledge.agreement.judgement import Judge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.reranking import Reranker
from knowledge.corpus import reports
from knowledge.corpus.readers import read
from knowledge.corpus.readers.page_heading import Heading
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions
from tests.e2e.echo_bot import SECRET, sessions_in
from tests.e2e.hurried_inbox import NO_PLACEHOLDER
from tests.e2e.scenes import SCENES, WORDS
from tests.e2e.stage import TODAY, stage
from tests.e2e.whole_bot import SAMPLE

FOLDER = Path(__file__).resolve().parents[1] / "transcripts"
REPORTS = (
    ReportDraft(
        "افتتاح جسر النهر",
        publisher="نشرة المدينة",
        url="https://example.org/bridge",
        published_at=TODAY.replace(day=1),
        statements=(StatementDraft("عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه أمس"),),
    ),
    ReportDraft(
        "جسر النهر",
        publisher="إذاعة الوادي",
        statements=(StatementDraft("عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه الأول"),),
    ),
    ReportDraft(
        "هل ظهر تمساح في النهر؟",
        publisher="مرصد الشائعات",
        published_at=TODAY.replace(year=2024),
        kind=ReportKind.FACT_CHECK,
        statements=(
            StatementDraft(
                "ظهور تمساح كبير في نهر المدينة صباح اليوم",
                rating=Rating.FALSE,
                rating_text="زائف",
                speaker="صفحة على فيسبوك",
            ),
        ),
    ),
)
#: What a scene leaves behind.
_TRACES = (
    "groups",
    "notifications",
    "verdicts",
    "shown_statements",
    "inquiries",
    "claims",
    "clusters",
    "people",
    "updates",
)


@dataclass(frozen=True)
class Services:
    """What all scenes share: the services over one database."""

    sessions: Sessions
    checker: ClaimChecker

    def talk(self, kind: type[Conversation]) -> Conversation:
        return kind(
            self.sessions,
            self.checker,
            SECRET,
            "telegram",
            lambda: TODAY,
            read_picture=bytes.decode,
            read_link=read_link,
        )


def read_link(url: str) -> Heading:
    """Read what a page is about: what its address says, or it cannot be reached."""
    said = parse_qs(urlsplit(url).query).get("title")
    if said is None:
        raise Unreachable(f"{url} gives no answer; try again later")
    return Heading(tuple(said), "example.org")


@pytest.fixture(scope="module")
def furnished(
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
    bundled_judge: Judge,
    tmp_path_factory: pytest.TempPathFactory,
) -> Services:
    folder = tmp_path_factory.mktemp("transcripts")
    sessions = sessions_in(folder)
    with sessions.begin() as session:
        for draft in (*read(SAMPLE), *REPORTS):
            assert isinstance(draft, ReportDraft)
            curation.publish(session, reports.store(session, draft).statement_ids, "test")
    index = ServingIndex(sessions, bundled_encoder, folder / "index")
    checker = ClaimChecker(
        sessions, bundled_encoder, index, bundled_judge, Reranker(bundled_reader)
    )
    # As the program does before it takes the first update.
    checker.prepare()
    return Services(sessions, checker)


@pytest.fixture
def services(furnished: Services) -> Iterator[Services]:
    """Return the services, where nobody has asked anything yet."""
    yield furnished
    with furnished.sessions.begin() as session:
        for table in _TRACES:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of our own


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", SCENES)
async def test_a_conversation_goes_as_it_is_written(
    services: Services, name: str, language: str
) -> None:
    scene = SCENES[name]
    talk, wait = services.talk(scene.talk), 0.0 if scene.hurried else NO_PLACEHOLDER
    async with stage(talk, services.sessions, language, scene.limits, wait) as played:
        await scene.play(played, WORDS[language])
    compare(name, language, played.written)


def compare(name: str, language: str, played: str) -> None:
    """Hold what was played against the transcript, or keep it where that is asked for."""
    file = FOLDER / f"{name}.{language}.md"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        file.write_text(played, "utf-8")
    assert played == file.read_text("utf-8")


def test_no_transcript_is_left_of_a_scene_that_is_gone() -> None:
    assert {file.name for file in FOLDER.glob("*.md")} == {
        f"{name}.{language}.md" for name in SCENES for language in WORDS
    }
