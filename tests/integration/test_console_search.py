"""What moderators find by searching as people write: by words first, then by what is meant."""

import re
from pathlib import Path

import pytest

from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import Encoder, SentenceTransformerEncoder
from knowledge import curation
from knowledge.corpus import reports, statement_search
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.vector_cache import load_or_compute
from knowledge.storage.database import Sessions
from tests.integration.console import Browser, console_on
from tests.integration.moderation import clustered

CLAIMS = {
    "bridge": "أغلقت البلدية الجسر القديم أمام المشاة",
    "bread": "ارتفع سعر الخبز إلى ضعفين في يوم واحد",
    "crocodile": "A crocodile was seen in the city river",
    "train": "The night train to the capital is cancelled for good",
    "vaccine": "اللقاح الجديد يسبب العقم عند النساء",
    "hostile": "<script>alert(1)</script> {{ 7*7 }}'\" onload=x",
}
STATEMENTS = {
    "price": "أعلنت وزارة التموين أن سعر رغيف الخبز لم يتغير منذ عام",
    "trains": "The railway company said that night trains to the capital run as before",
    "flu": "نفت وزارة الصحة أن يكون للقاح الإنفلونزا أي أثر في الخصوبة",
    "sighting": "شوهد تمساح في نهر المدينة صباح الأحد",
    "library": "تفتح المكتبة العامة أبوابها يوم الجمعة أيضا",
}


def keep(sessions: Sessions, encoder: Encoder) -> dict[str, str]:
    """Keep claims and publish statements; return what each is called by its address."""
    load_or_compute(sessions, encoder, list(CLAIMS.values()))
    named = {f"/clusters/{clustered(sessions, text)[0]}": name for name, text in CLAIMS.items()}
    for name, text in STATEMENTS.items():
        with sessions.begin() as session:
            draft = ReportDraft(name, "The Valley Post", statements=(StatementDraft(text),))
            (number,) = reports.store(session, draft).statement_ids
            curation.publish(session, [number], "an editor")
        named[f"/statements/{number}"] = name
    return named


def listed(browser: Browser, wanted: str, named: dict[str, str]) -> list[str]:
    """Return what a search lists, in the order of the page."""
    page = browser.client.get("/search", params={"q": wanted}).text
    found = re.findall(r'class="title" href="(/(?:clusters|statements)/\d+)"', page)
    assert len(found) == len(set(found)), "nothing is listed twice"
    assert ("Nothing found." in page) == (not found)
    return [named[each] for each in found]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("الجسر", ["bridge"]),
        ("جسر المشاه القديم", ["bridge"]),
        ("سعر الخبز", ["bread", "price"]),
        ("crocodiles", ["crocodile"]),
        ("CITY rivers", ["crocodile"]),
        ("the cities", ["crocodile"]),
        ("night trains", ["train", "trains"]),
        ("لقاح", ["vaccine", "flu"]),
        # Two of three words are enough where nothing has all of them.
        ("إغلاق الجسر القديم", ["bridge"]),
    ],
)
def test_what_has_the_words_comes_first(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path, wanted: str, first: list[str]
) -> None:
    named = keep(sessions, fake_encoder)
    found = listed(console_on(sessions, fake_encoder, tmp_path).signed_in(), wanted, named)
    assert found[: len(first)] == first


def test_a_word_within_another_comes_after_the_word(sessions: Sessions) -> None:
    for text in ("rain in Spain", "the train is late", "Ukraine exports wheat", "كثر المطر"):
        clustered(sessions, text)
    with sessions() as session:
        found = statement_search.search(session, "rain").claims
    assert [each.text for each in found] == [
        "rain in Spain", "Ukraine exports wheat", "the train is late",
    ]  # fmt: skip


@pytest.mark.parametrize("wanted", ["99,5", "99.5"])
def test_a_number_is_found_with_either_mark(sessions: Sessions, wanted: str) -> None:
    clustered(sessions, "fuel costs 99,5 dinars")
    clustered(sessions, "fuel costs 99.5 dollars")
    with sessions() as session:
        assert len(statement_search.search(session, wanted).claims) == 2


def test_what_is_meant_is_found_and_nothing_else(
    sessions: Sessions,
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
    tmp_path: Path,
) -> None:
    named = keep(sessions, bundled_encoder)
    browser = console_on(sessions, bundled_encoder, tmp_path, reader=bundled_reader).signed_in()
    expected = {
        "رغيف العيش سعره تضاعف": ["price"],
        "البلدية قفلت الكوبري القديم على الناس": ["bridge"],
        "التطعيم الجديد بيعمل عقم للستات": ["vaccine"],
        "an alligator was spotted in the river in town": ["crocodile", "sighting"],
        "are there still sleeper trains to the capital": ["train", "trains"],
        # What has the words, and no neighbours that only stand nearest.
        "جسر": ["bridge"],
        "سعر الخبز": ["bread", "price"],
        "crocodile": ["crocodile"],
        "من فاز بكأس العالم لكرة القدم": [],
        "قانون الضرائب": [],
        "the central bank raised interest rates": [],
        "election": [],
        # What means nothing is about nothing.
        "zzqxv": [],
        "47": [],
        "asdf": [],
        # The other language knows the animal, and the word of it is in one of them.
        "a crocodile was seen in the river": ["crocodile", "sighting"],
        "the old bridge is closed to pedestrians": ["bridge"],
    }
    assert {wanted: listed(browser, wanted, named) for wanted in expected} == expected
