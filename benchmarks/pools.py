"""The pools that are searched: statements, what is asked, and which statements are right.

Tweets among fact-checks (CheckThat!, for evaluation only), and the project's own written claims.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from benchmarks.datasets import qrels, require, rows
from benchmarks.training import written
from benchmarks.training.written import Claim, Item, Split
from knowledge.domain import Relation, ReportKind

#: Newspaper headlines that pad the Arabic pool: it holds what a news index does, too.
HEADLINES: Final = 13_000
#: The same for the written claims.
PADDING: Final = 6_000
_STANCE: Final = ("s1", "s2")

_ARABIC, _ENGLISH = "checkthat2021-ar", "checkthat2022-en"


@dataclass(frozen=True, slots=True)
class PoolStatement:
    """A statement to be found, under the title of its report, and what it is read with."""

    ref: str
    text: str
    title: str
    kind: ReportKind
    context: str = ""


@dataclass(frozen=True, slots=True)
class Tweet:
    """A tweet as it was sent, and the refs of the statements that are right for it."""

    id: str
    text: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pool:
    """Everything that can be found, and who asks for it."""

    name: str
    language: str
    statements: tuple[PoolStatement, ...]
    train: tuple[Tweet, ...]
    dev: tuple[Tweet, ...]


def arabic() -> Pool:
    """Return CheckThat! 2021 Arabic: 7,265 fact-checks and 13,000 headlines.

    Three of the 102 right claims of dev are not in the pool as published, so that no ranking has a
    MAP@5 above .9725 there.
    """
    return Pool(
        _ARABIC,
        "ar",
        (*_fact_checks(_ARABIC), *_padding(islice(padding_titles(), HEADLINES))),
        _tweets(_ARABIC, "queries_train.jsonl", "qrels_train.tsv"),
        _tweets(_ARABIC, "queries_dev.jsonl", "qrels_dev.tsv"),
    )


def english() -> Pool:
    """Return CheckThat! 2022 English: the complete pool of 14,231 fact-checks."""
    queries = "queries_train_dev.jsonl"
    return Pool(
        _ENGLISH,
        "en",
        tuple(_fact_checks(_ENGLISH)),
        _tweets(_ENGLISH, queries, "qrels_train.tsv"),
        _tweets(_ENGLISH, queries, "qrels_dev.tsv"),
    )


def to_fit_on() -> Pool:
    """Return what every weight of the search is fitted on: data that everybody may use.

    Statements of the written claims, dev left out, and headlines of Arabic News Stance; what asks
    are the claims kept for calibration that are about their statement. No claim is for evaluation.
    """
    kept = written.items(Split.CALIBRATION)
    headlines = {row[text]: None for row in rows("ans", "stance_train.jsonl") for text in _STANCE}
    statements = [_written(item) for item in (*kept, *written.items(Split.TRAIN))]
    about = _asked(kept, lambda claim: claim.kind not in written.OTHER)
    return Pool("written claims", "ar", (*statements, *_padding(headlines)), about, ())


def among_headlines() -> Pool:
    """Return the written claims of dev that are true, among 6,000 headlines (evaluation only)."""
    items = written.items(Split.DEV)
    true = _asked(items, lambda claim: claim.relation is Relation.SUPPORTS)
    padding = _padding(islice(padding_titles(), PADDING))
    return Pool("written claims", "ar", (*map(_written, items), *padding), (), true)


POOLS: Final[Mapping[str, Callable[[], Pool]]] = {"ar": arabic, "en": english}


def _written(item: Item) -> PoolStatement:
    kind = ReportKind.FACT_CHECK if item.reviewed else ReportKind.NEWS
    return PoolStatement(item.id, item.statement, item.title, kind, item.context)


def _asked(items: Sequence[Item], wanted: Callable[[Claim], bool]) -> tuple[Tweet, ...]:
    return tuple(
        Tweet(f"{item.id}-{n}", claim.text, frozenset({item.id}))
        for item in items
        for n, claim in enumerate(item.claims)
        if wanted(claim)
    )


def _padding(titles: Iterable[str]) -> Iterator[PoolStatement]:
    for n, title in enumerate(titles):
        yield PoolStatement(f"headline-{n}", title, "", ReportKind.NEWS)


def _fact_checks(name: str) -> Iterator[PoolStatement]:
    for claim in rows(name, "claims.jsonl"):
        # Some claims have a title only.
        text = claim["vclaim"] or claim["title"]
        yield PoolStatement(claim["vclaim_id"], text, claim["title"], ReportKind.FACT_CHECK)


def padding_titles() -> Iterator[str]:
    """Yield the headlines that pad the pools."""
    with gzip.open(require("saudinewsnet", "articles.jsonl.gz"), "rt", encoding="utf-8") as file:
        for line in file:
            title = json.loads(line)["title"]
            if title.strip():
                yield title


def _tweets(name: str, queries: str, relevance: str) -> tuple[Tweet, ...]:
    right = qrels(name, relevance)
    return tuple(
        Tweet(row["tweet_id"], row["tweet_text"], frozenset(right[row["tweet_id"]]))
        for row in rows(name, queries)
        if row["tweet_id"] in right
    )
