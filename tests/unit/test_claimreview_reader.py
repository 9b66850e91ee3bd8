"""ClaimReview in its shapes -> fact-checks."""

import json
from datetime import date
from pathlib import Path

import pytest

from knowledge.corpus.readers import Defaults, Format, Problem, read
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.errors import UnreadableFile

API_CLAIM = {
    "text": "أغلق الجسر إلى الأبد",
    "claimant": "مستخدمون",
    "claimDate": "2024-04-03T00:00:00Z",
    "claimReview": [
        {
            "publisher": {"name": "مرصد المثال", "site": "example.org"},
            "url": "https://example.org/checks/1",
            "title": "الجسر لم يغلق إلى الأبد",
            "reviewDate": "2024-04-05T00:00:00Z",
            "textualRating": "زائف",
            "languageCode": "ar",
        }
    ],
}
JSON_LD = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "datePublished": "2024-04-05",
    "url": "https://example.org/checks/1",
    "claimReviewed": "The bridge is closed for ever",
    "headline": "The bridge reopens in May",
    "author": {"@type": "Organization", "name": "Example Check", "url": "https://example.org"},
    "inLanguage": "en-GB",
    "itemReviewed": {
        "@type": "Claim",
        "author": {"@type": "Person", "name": "A council member"},
        "datePublished": "2024-04-03",
    },
    "reviewRating": {
        "@type": "Rating",
        "ratingValue": 1,
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": "False",
    },
}


def written(tmp_path: Path, content: object, name: str = "reviews.json") -> Path:
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return path


def only(path: Path, defaults: Defaults | None = None) -> ReportDraft:
    (draft,) = read(path, Format.AUTO, defaults or Defaults())
    assert isinstance(draft, ReportDraft)
    return draft


def test_a_claim_of_the_fact_check_api(tmp_path: Path) -> None:
    draft = only(written(tmp_path, API_CLAIM, "reviews.jsonl"))
    ref = draft.ref
    assert ref is not None
    assert ref.startswith("https://example.org/checks/1#")
    assert draft == ReportDraft(
        title="الجسر لم يغلق إلى الأبد",
        publisher="مرصد المثال",
        url="https://example.org/checks/1",
        published_at=date(2024, 4, 5),
        language="ar",
        kind=ReportKind.FACT_CHECK,
        statements=(
            StatementDraft(
                "أغلق الجسر إلى الأبد",
                speaker="مستخدمون",
                rating=Rating.FALSE,
                rating_text="زائف",
                as_of=date(2024, 4, 3),
                ref=ref,
            ),
        ),
        ref=ref,
    )


def test_schema_org_says_the_same(tmp_path: Path) -> None:
    draft = only(written(tmp_path, JSON_LD))
    assert draft.title == "The bridge reopens in May"
    assert draft.publisher == "Example Check"
    assert draft.published_at == date(2024, 4, 5)
    assert draft.language == "en"
    (statement,) = draft.statements
    assert statement.speaker == "A council member"
    assert statement.rating is Rating.FALSE
    assert statement.as_of == date(2024, 4, 3)


PAGE = '<html><head><script type="application/ld+json">{}</script></head><body>x</body></html>'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (JSON_LD, "one.jsonld"),
        ([{"@type": "Organization", "name": "x"}, JSON_LD], "list.json"),
        ({"@graph": [{"@type": "WebPage"}, JSON_LD]}, "graph.json"),
        (
            {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": JSON_LD}]},
            "feed.json",
        ),
        (JSON_LD | {"@type": ["Review", "http://schema.org/ClaimReview"]}, "types.json"),
        (json.dumps(JSON_LD, indent=1), "printed.json"),
        (json.dumps(JSON_LD), "rows.ndjson"),
        (PAGE.replace("{}", json.dumps(JSON_LD)), "page.html"),
        (PAGE.replace("{}", json.dumps([JSON_LD])), "saved-page"),
        ({"claims": [API_CLAIM], "nextPageToken": "x"}, "api.json"),
        ([API_CLAIM], "api-list.json"),
    ],
)
def test_every_shape_is_found_by_itself(tmp_path: Path, content: object, name: str) -> None:
    draft = only(written(tmp_path, content, name))
    assert draft.kind is ReportKind.FACT_CHECK
    assert draft.statements[0].rating is Rating.FALSE


def test_each_review_of_a_claim_is_a_report_of_its_own(tmp_path: Path) -> None:
    (review,) = API_CLAIM["claimReview"]
    assert isinstance(review, dict)
    other = {**review, "publisher": {"site": "other.example"}, "url": "https://other.example/2"}
    path = written(tmp_path, {**API_CLAIM, "claimReview": [review, other]})
    first, second = read(path)
    assert isinstance(first, ReportDraft)
    assert isinstance(second, ReportDraft)
    assert second.publisher == "other.example"
    assert first.ref != second.ref


def test_refs_are_the_same_from_run_to_run_and_differ_by_claim(tmp_path: Path) -> None:
    path = written(tmp_path, API_CLAIM)
    again = only(path).ref
    assert only(path).ref == again
    assert only(written(tmp_path, {**API_CLAIM, "text": "غير ذلك"})).ref != again


@pytest.mark.parametrize(
    ("scale", "rating", "wording"),
    [
        ({"ratingValue": 1}, Rating.FALSE, None),
        ({"ratingValue": "5", "bestRating": "5", "worstRating": "1"}, Rating.TRUE, None),
        ({"ratingValue": 1, "alternateName": "Our own words"}, Rating.FALSE, "Our own words"),
        # Words that are not understood may contradict the number: it may refute, not support.
        ({"ratingValue": 5, "alternateName": "Our own words"}, None, "Our own words"),
        ({"ratingValue": 5, "alternateName": "زائف"}, Rating.FALSE, "زائف"),
        ({"ratingValue": -1, "bestRating": -1, "worstRating": -1}, None, None),
        ({"ratingValue": "high"}, None, None),
        ({"ratingValue": True}, None, None),
        ({"ratingValue": 10**400}, None, None),
        ({}, None, None),
        ([{"alternateName": "Faux"}], Rating.FALSE, "Faux"),
        ("five stars", None, None),
    ],
)
def test_numbers_rate_only_where_words_do_not(
    tmp_path: Path, scale: object, rating: Rating | None, wording: str | None
) -> None:
    (statement,) = only(written(tmp_path, {**JSON_LD, "reviewRating": scale})).statements
    assert statement.rating is rating
    assert statement.rating_text == wording


def test_who_said_it_and_who_reviewed_it_may_be_plain_names_or_lists(tmp_path: Path) -> None:
    review = {
        **JSON_LD,
        "author": ["Example Check"],
        "itemReviewed": [{"author": [{"name": "First"}, {"name": "Second"}]}],
    }
    draft = only(written(tmp_path, review))
    assert draft.publisher == "Example Check"
    assert draft.statements[0].speaker == "First"


def test_publisher_is_the_site_where_no_name_is_given(tmp_path: Path) -> None:
    review = {key: value for key, value in JSON_LD.items() if key != "author"}
    assert only(written(tmp_path, review)).publisher == "example.org"


def test_a_review_that_says_too_little_is_a_problem(tmp_path: Path) -> None:
    bare = {"@type": "ClaimReview", "claimReviewed": "c"}
    path = written(
        tmp_path,
        "\n".join(
            json.dumps(row)
            for row in (
                JSON_LD,
                {**JSON_LD, "claimReviewed": ""},
                bare,
                {**JSON_LD, "datePublished": "5 April"},
                {**JSON_LD, "url": "javascript:alert(1)"},
                {"text": "c", "claimReview": "none"},
                JSON_LD,
            )
        ),
        "reviews.jsonl",
    )
    results = list(read(path))
    assert isinstance(results[0], ReportDraft)
    assert isinstance(results[-1], ReportDraft)
    assert results[1:-1] == [
        Problem(2, "claimReviewed: is missing; a review needs the claim it is about"),
        Problem(3, "publisher: is missing; say who published the review"),
        Problem(4, "datePublished: '5 April' is not an ISO date (YYYY-MM-DD)"),
        Problem(5, "url: 'javascript:alert(1)' is not an http or https address"),
        Problem(6, "claimReview: is missing; a row needs a claim and its reviews"),
    ]


def test_defaults_name_the_publisher_of_bare_reviews(tmp_path: Path) -> None:
    path = written(tmp_path, {"@type": "ClaimReview", "claimReviewed": "c"})
    assert only(path, Defaults(publisher="Given")).publisher == "Given"


def test_broken_json_ld_in_a_page_is_a_problem_with_its_line(tmp_path: Path) -> None:
    script = '<script type="application/ld+json">{"@type": "ClaimReview",}</script>'
    good = f'<script type="application/ld+json">{json.dumps(JSON_LD)}</script>'
    path = written(tmp_path, f"<html>\n{script}\n{good}</html>", "page.html")
    problem, draft = read(path)
    assert isinstance(problem, Problem)
    assert problem.line == 2
    assert isinstance(draft, ReportDraft)


@pytest.mark.parametrize("content", [{"@type": "Article"}, [], "<html>nothing</html>"])
def test_a_file_without_reviews_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(UnreadableFile, match="holds no ClaimReview"):
        list(read(written(tmp_path, content), Format.CLAIMREVIEW))


def test_reviews_nested_deep_are_found(tmp_path: Path) -> None:
    nested = '{"a": [' * 300 + json.dumps(JSON_LD) + "]}" * 300
    assert only(written(tmp_path, nested)).kind is ReportKind.FACT_CHECK
