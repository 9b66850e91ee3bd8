"""Documents from the network -> reports."""

from datetime import date

import pytest

from knowledge.corpus.readers import Defaults, Format
from knowledge.corpus.readers.received_documents import Received, read_received, read_upload
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile

PAGE = """<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>
<p>أعلنت هيئة الطرق أن الجسر أغلق يوم الخميس بعد حادث كبير وقع في المدينة القديمة.</p>
<p>وقال المتحدث باسمها إن الإصلاح يستغرق أربعة أشهر ويكلف مليون دينار.</p>
</article></body></html>"""
URL = "https://www.news.example/2019/bridge"


def page(head: str = "", url: str = URL, charset: str | None = None) -> ReportDraft:
    data = PAGE.format(title="إغلاق الجسر", head=head).encode(charset or "utf-8")
    (draft,) = read_received(Received(url, "text/html", charset, data), Defaults())
    assert isinstance(draft, ReportDraft)
    return draft


def test_a_page_has_title_date_publisher_address_and_language() -> None:
    head = (
        '<meta property="article:published_time" content="2019-02-07T10:00:00Z">'
        '<meta property="og:site_name" content="جريدة المثال">'
    )
    draft = page(head)
    assert draft.title == "إغلاق الجسر"
    assert draft.published_at == date(2019, 2, 7)
    assert draft.publisher == "جريدة المثال"
    assert draft.url == URL
    assert draft.language == "ar"
    assert "أربعة أشهر" in (draft.body or "")


def test_the_host_publishes_what_names_no_publisher() -> None:
    assert page().publisher == "news.example"


def test_a_canonical_address_on_the_same_host_is_taken() -> None:
    head = '<link rel="canonical" href="https://news.example/bridge">'
    assert page(head).url == "https://news.example/bridge"


def test_a_page_does_not_speak_for_another_host() -> None:
    head = '<link rel="canonical" href="https://trusted.example/bridge">'
    assert page(head).url == URL


def test_the_encoding_that_the_server_states() -> None:
    assert "أربعة أشهر" in (page(charset="windows-1256").body or "")


def test_what_cannot_be_read_names_the_address() -> None:
    with pytest.raises(
        UnreadableFile, match=r"^https://www\.news\.example/2019/bridge is not UTF-8"
    ):
        read_received(Received(URL, "text/html", "zlib", b"\xff\xfe\xff" * 9), Defaults())


@pytest.mark.parametrize("data", [b"", b"   ", b"<html></html>", b"\x00" * 100])
def test_what_holds_no_article(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_received(Received(URL, "text/html", None, data), Defaults())


def test_rows_and_reviews() -> None:
    row = b'{"publisher": "P", "body": "The bridge is closed for four months from Thursday."}'
    (draft,) = read_received(Received(URL, "application/json", None, row), Defaults())
    assert isinstance(draft, ReportDraft)
    assert (draft.publisher, draft.url) == ("P", URL)
    with pytest.raises(UnreadableFile, match="no ClaimReview"):
        read_received(
            Received(URL, "application/json", None, b"[]"), Defaults(), Format.CLAIMREVIEW
        )


def test_a_file_that_is_handed_in() -> None:
    table = "publisher,text\nP,The bridge is closed for four months.\n"
    (draft,) = read_upload("../Reports.CSV", table.encode(), Defaults())
    assert isinstance(draft, ReportDraft)
    assert draft.publisher == "P"


def test_a_text_that_is_pasted() -> None:
    text = "The bridge is closed\nThe road office closed the bridge on Thursday."
    (draft,) = read_upload("", text.encode(), Defaults(), Format.TEXT)
    assert isinstance(draft, ReportDraft)
    assert (draft.title, draft.publisher) == ("The bridge is closed", None)


@pytest.mark.parametrize("name", ["/etc/passwd", "a\x00.txt", "\u202ea.csv", "x" * 10_000, ""])
def test_a_handed_in_name_is_never_a_path(name: str) -> None:
    with pytest.raises(UnreadableFile) as told:
        read_upload(name, b"", Defaults())
    assert "tathabbat-" not in str(told.value)
    assert len(str(told.value)) < 200
    assert "\u202e" not in str(told.value)
