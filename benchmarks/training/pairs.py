"""Labelled pairs the cross-encoder learns from. Only training splits; dev pairs are never here."""

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from benchmarks.datasets import qrels, require, rows
from benchmarks.swaps.deeds import deeds
from benchmarks.swaps.generator import Swap, harmless, is_held_out, swapped
from benchmarks.swaps.hedges import hedges
from benchmarks.swaps.parties import parties
from benchmarks.swaps.slots import exchanged, extended, shortened, slots
from benchmarks.swaps.told import Told
from embeddings.encoder import Encoder
from embeddings.live import Entry, LiveIndex
from embeddings.words import terms
from knowledge.claims import bare_text
from knowledge.domain import Relation

SUPPORTS, REFUTES, OPEN = Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim, a statement, and what is known of them: None stands for what is not.

    ``context`` is what the statement is read with; ``same`` says whether the claim is the one that
    the statement, if it is a reviewed claim, tells.
    """

    claim: str
    statement: str
    relation: Relation | None
    relevant: bool | None
    context: str = ""
    same: bool | None = None

    def turned(self) -> "LabelledPair":
        """Return the pair the other way round (true of what holds both ways)."""
        return replace(self, claim=self.statement, statement=self.claim, context="")


STANCE = {"agree": SUPPORTS, "disagree": REFUTES, "other": OPEN}
_ENTAILMENT = {"entailment": SUPPORTS, "contradiction": REFUTES, "neutral": OPEN}
DIGIT = {"0": OPEN, "1": SUPPORTS, "2": REFUTES}


def stance() -> list[LabelledPair]:
    """Return ANS train both ways, with the pairs that follow: two texts of one headline.

    What agrees with a headline contradicts what contradicts it; two that agree with it agree.
    """
    found: list[LabelledPair] = []
    by_headline: dict[str, list[tuple[str, Relation]]] = defaultdict(list)
    for row in rows("ans", "stance_train.jsonl"):
        relation = STANCE[row["stance"]]
        known = LabelledPair(row["s1"], row["s2"], relation, relation is not OPEN)
        found += [known, known.turned()]
        by_headline[row["s1"]].append((row["s2"], relation))
    for texts in by_headline.values():
        for n, (one, first) in enumerate(texts):
            for other, second in texts[n + 1 :]:
                if {first, second} <= {SUPPORTS, REFUTES} and SUPPORTS in (first, second):
                    relation = SUPPORTS if first is second else REFUTES
                    found.append(LabelledPair(one, other, relation, True))
    return found


def varied(pairs: Sequence[LabelledPair], rng: random.Random) -> list[LabelledPair]:
    """Return ``pairs`` with a third of their texts reworded, and swaps of what agrees.

    A swap contradicts where what it exchanges stands in the other text too.
    """
    found: list[LabelledPair] = []
    for pair in pairs:
        reworded = harmless(pair.claim, rng) if rng.random() < 0.3 else None
        found.append(replace(pair, claim=reworded or pair.claim))
        if pair.relation is SUPPORTS and rng.random() < 0.4:
            wrong = contradicting(pair.claim, pair.statement, rng)
            if wrong is not None:
                found.append(wrong if rng.random() < 0.5 else wrong.turned())
    return found


def contradicting(claim: str, statement: str, rng: random.Random) -> LabelledPair | None:
    """Return ``claim`` with something exchanged that ``statement`` says too; None without it."""
    for kind in rng.sample(list(Swap), len(Swap)):
        changed = swapped(claim, kind, rng)
        if changed and changed.before in statement and changed.after not in statement:
            return LabelledPair(changed.text, statement, REFUTES, True)
    return None


def entailment(rng: random.Random) -> list[LabelledPair]:
    """Return XNLI dev (Arabic, English, part of French, across languages) and ArNLI train."""
    by_language = {name: list(rows("xnli", f"dev-{name}.jsonl")) for name in ("ar", "en", "fr")}
    found = []
    # A claim in one language, its statement in another: XNLI's rows are aligned.
    for ours, theirs, share in (
        ("ar", "ar", 1.0), ("en", "en", 1.0), ("fr", "fr", 0.4),
        ("ar", "en", 0.4), ("en", "ar", 0.4), ("fr", "ar", 0.2), ("ar", "fr", 0.2),
    ):  # fmt: skip
        for claim, statement in zip(by_language[ours], by_language[theirs], strict=True):
            if rng.random() < share:
                relation = _ENTAILMENT[claim["label"]]
                pair = LabelledPair(claim["hypothesis"], statement["premise"], relation, None)
                found.append(pair)
    return found + arabic_entailment()


def arabic_entailment() -> list[LabelledPair]:
    """Return ArNLI train."""
    return [
        LabelledPair(row["h"], row["t"], DIGIT[row["label"]], None)
        for row in rows("arnli", "train.jsonl")
    ]


#: Longest English pair read, in words: cost grows with length.
LONGEST = 48


#: What of the English evidence everybody may use, and the rest.
FREE = ("fever_symmetric", "fever_dev")
_EVERY = (*FREE, "healthver", "covidfact_train")


def evidence(
    count: int, rng: random.Random, names: Sequence[str] = _EVERY, *, held_out: bool = False
) -> list[LabelledPair]:
    """Return ``count`` English evidence pairs; the counterfactual ones always among them.

    Those to learn from, or those kept for calibration: a claim's pairs are all on one side.
    """
    always: list[LabelledPair] = []
    others: list[LabelledPair] = []
    for name in names:
        for row in rows("evidence-en", f"{name}.jsonl"):
            words = len(row["claim"].split()) + len(row["evidence"].split())
            if words <= LONGEST and is_held_out(row["claim"]) is held_out:
                relation = Relation(row["label"])
                pair = LabelledPair(row["claim"], row["evidence"], relation, None)
                (always if name == "fever_symmetric" else others).append(pair)
    return (always + rng.sample(others, len(others)))[:count]


@dataclass(frozen=True, slots=True)
class Article:
    """What is used of a news article."""

    title: str
    opening: str
    body: str
    date: str


@cache
def articles(*, held_out: bool = False) -> tuple[Article, ...]:
    """Return SaudiNewsNet's articles with distinct titles: those to learn from, or the others."""
    found: dict[str, Article] = {}
    with gzip.open(require("saudinewsnet", "articles.jsonl.gz"), "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            title = " ".join(row["title"].split())
            if 4 <= len(title.split()) <= 22 and is_held_out(title) is held_out:
                body = " ".join(row["content"].split())[:1_000]
                date = str(row.get("date_extracted", ""))
                found.setdefault(title, Article(title, body[:400], body, date))
    return tuple(found.values())


def headlines(*, held_out: bool = False) -> list[str]:
    """Return the titles of ``articles``."""
    return [article.title for article in articles(held_out=held_out)]


def english_claims(*, held_out: bool = False) -> list[str]:
    """Return FEVER's supported claims: those to learn from, or the others."""
    return [
        row["claim"]
        for row in rows("evidence-en", "fever_dev.jsonl")
        if row["label"] == "SUPPORTS" and is_held_out(row["claim"]) is held_out
    ]


def swaps(count: int, rng: random.Random, texts: Sequence[str]) -> list[LabelledPair]:
    """Return ``count`` pairs: ``texts`` with one thing exchanged, and harmless rewordings."""
    found: list[LabelledPair] = []
    kinds = list(Swap)
    for number, title in enumerate(rng.sample(texts, len(texts))):
        if len(found) >= count:
            break
        changed = None
        for step in range(len(kinds)):
            changed = swapped(title, kinds[(number + step) % len(kinds)], rng)
            if changed is not None:
                break
        same = harmless(title, rng)
        if changed is not None:
            wrong = LabelledPair(changed.text, title, REFUTES, True)
            found.append(wrong if rng.random() < 0.5 else wrong.turned())
            if same is not None and rng.random() < 0.5:
                # A swap must be seen through a rewording, not only where all else is equal.
                found.append(LabelledPair(changed.text, same, REFUTES, True))
        if same is not None and rng.random() < 0.5:
            found.append(LabelledPair(same, title, SUPPORTS, True))
        elif rng.random() < 0.3:
            found.append(LabelledPair(title, title, SUPPORTS, True))
    return found[:count]


#: Kinds that few headlines offer: every one that does is read in every epoch.
_RARE = (Swap.ROLE, Swap.YEAR)


def rare_swaps(rng: random.Random, texts: Sequence[str]) -> list[LabelledPair]:
    """Return every one of ``texts`` that offers a rare kind of swap, swapped, and kept as it is."""
    found: list[LabelledPair] = []
    for text in texts:
        for kind in _RARE:
            changed = swapped(text, kind, rng)
            if changed is not None:
                wrong = LabelledPair(changed.text, text, REFUTES, True)
                same = LabelledPair(harmless(text, rng) or text, text, SUPPORTS, True)
                found += [wrong if rng.random() < 0.5 else wrong.turned(), same]
    return found


def who_did_what(count: int, rng: random.Random) -> list[LabelledPair]:
    """Return made pairs of who did what to whom."""
    return [
        LabelledPair(deed.claim, deed.statement, SUPPORTS if deed.same else REFUTES, True)
        for deed in deeds(count, rng)
    ]


def hedged(
    count: int, rng: random.Random, texts: Sequence[str] | None = None
) -> list[LabelledPair]:
    """Return pairs of what was done and what is only planned, asked for, feared or rumoured."""
    return _labelled(hedges(count, rng, texts or headlines()))


def of_parties(count: int, rng: random.Random) -> list[LabelledPair]:
    """Return made pairs of who did what to whom, told by common nouns."""
    return _labelled(parties(count, rng))


def _labelled(told: Sequence[Told]) -> list[LabelledPair]:
    return [LabelledPair(each.claim, each.statement, each.relation, True) for each in told]


def other_words(
    count: int, rng: random.Random, texts: Sequence[str] | None = None
) -> list[LabelledPair]:
    """Return headlines with another word in one place, or more or less said at their end.

    Other ``texts`` may be given in their place.

    What says more follows not from what says less; whether the two are of one story stays open.
    """
    titles = list(texts or headlines())
    known = slots(tuple(titles))
    found: list[LabelledPair] = []
    for title in rng.sample(titles, len(titles)):
        if len(found) >= count:
            break
        other = exchanged(title, known, rng)
        if other is not None:
            pair = LabelledPair(other, title, OPEN, None)
            found.append(pair if rng.random() < 0.7 else pair.turned())
        longer, shorter = extended(title, known, rng), shortened(title)
        if longer is not None and rng.random() < 0.4:
            found.append(LabelledPair(longer, title, OPEN, True))
        elif longer is not None and rng.random() < 0.15:
            found.append(LabelledPair(title, longer, SUPPORTS, True))
        if shorter is not None and rng.random() < 0.6:
            found.append(LabelledPair(shorter, title, SUPPORTS, True))
        elif shorter is not None:
            found.append(LabelledPair(title, shorter, OPEN, True))
    return found[:count]


def openings(
    count: int, rng: random.Random, among: Sequence[Article] | None = None
) -> list[LabelledPair]:
    """Return headlines with their article's first words, agreeing, and with a swap, contradicting.

    Only where most of the headline's words are in the opening: elsewhere it need not follow.
    """
    found: list[LabelledPair] = []
    chosen = list(among or articles())
    rng.shuffle(chosen)
    for article in chosen:
        if len(found) >= count:
            break
        opening = _first_sentence(article.opening)
        own, other = stems(article.title), stems(opening)
        if not opening or len(own & other) < 0.6 * len(own):
            continue
        found.append(LabelledPair(article.title, opening, SUPPORTS, True))
        wrong = contradicting(article.title, opening, rng)
        if wrong is not None:
            found.append(wrong)
    return found[:count]


def strangers(
    count: int, encoder: Encoder, rng: random.Random, among: Sequence[Article] | None = None
) -> list[LabelledPair]:
    """Return headlines with near neighbours that are other stories: nothing follows of either.

    The nearest few may be the same story told by another paper, so they are passed over, as are
    neighbours that share most words.
    """
    sample = list(among or articles())
    rng.shuffle(sample)
    sample = sample[: 3 * count // 2]
    vectors = encoder.encode_statements([article.title for article in sample])
    found = []
    for start in range(0, len(sample), 512):
        cosines = vectors[start : start + 512] @ vectors.T
        for offset, row in enumerate(cosines):
            here = start + offset
            near = np.argsort(-row)[1:25]
            own = stems(sample[here].title)
            far = [
                int(n)
                for n in near
                if sample[n].date[:10] != sample[here].date[:10]
                and len(own & stems(sample[n].title)) < 0.5 * len(own)
            ]
            if far:
                other = sample[rng.choice(far)].title
                found.append(LabelledPair(sample[here].title, other, OPEN, False))
    rng.shuffle(found)
    return found[:count]


def at_random(count: int, rng: random.Random, but: Collection[str]) -> list[LabelledPair]:
    """Return held-out headlines, each with any other or an English claim; none of ``but``."""
    arabic = [title for title in headlines(held_out=True) if title not in but]
    rng.shuffle(arabic)
    others = [
        *arabic[count : count + count // 2],
        *rng.sample(english_claims(held_out=True), count // 2),
    ]
    return [
        LabelledPair(claim, other, OPEN, False)
        for claim, other in zip(arabic[:count], others, strict=True)
    ]


def relevance(per_query: int, encoder: Encoder, rng: random.Random) -> list[LabelledPair]:
    """Return CheckThat! train tweets with their right claims and the nearest wrong ones.

    A fifth of the tweets is held out, for weighing this reading against the others.
    """
    found = []
    for name, queries in (
        ("checkthat2021-ar", "queries_train.jsonl"),
        ("checkthat2022-en", "queries_train_dev.jsonl"),
    ):
        right = qrels(name, "qrels_train.tsv")
        tweets = [
            (row["tweet_id"], bare_text(row["tweet_text"]))
            for row in rows(name, queries)
            if row["tweet_id"] in right and not is_held_out(row["tweet_text"])
        ]
        # The same pool whichever epoch asks, so that its vectors are kept.
        pool = _pool(name, right, random.Random(name))  # noqa: S311
        texts = [row["vclaim"] or row["title"] for row in pool]
        entries = [
            Entry(n, text, row["title"])
            for n, (text, row) in enumerate(zip(texts, pool, strict=True))
        ]
        vectors = encoder.encode_statements(texts)
        live = LiveIndex.built(entries, vectors, 1, encoder.fingerprint)
        by_ref = {row["vclaim_id"]: n for n, row in enumerate(pool)}
        vectors = encoder.encode_claims([text for _, text in tweets])
        for (ref, tweet), vector in zip(tweets, vectors, strict=True):
            gold = {by_ref[claim] for claim in right[ref] if claim in by_ref}
            hits = [hit.id for hit in live.search(vector, tweet, 30)]
            nearest = [n for n in hits if n not in gold]
            # Half among the very nearest, half further down.
            wrong = rng.sample(nearest[:6], min(per_query // 2, len(nearest[:6])))
            rest = nearest[6:]
            wrong += rng.sample(rest, min(per_query - len(wrong), len(rest)))
            found += [LabelledPair(tweet, texts[n], None, True) for n in sorted(gold)]
            found += [LabelledPair(tweet, texts[n], OPEN, False) for n in wrong]
    return found


#: Claims among which near misses are looked for: enough for hard ones, quick to encode.
POOL = 5_000


def _pool(name: str, right: Mapping[str, set[str]], rng: random.Random) -> list[dict[str, Any]]:
    """Return the claims that some tweet is about, and others up to ``POOL``."""
    wanted = set().union(*right.values())
    every = list(rows(name, "claims.jsonl"))
    rest = [row for row in every if row["vclaim_id"] not in wanted]
    found = [row for row in every if row["vclaim_id"] in wanted]
    return found + rng.sample(rest, min(len(rest), POOL - len(found)))


def _first_sentence(text: str) -> str:
    for mark in (". ", ".", "،"):
        head = text.split(mark)[0]
        if 6 <= len(head.split()) <= 45:
            return head
    return ""


def stems(text: str) -> set[str]:
    """Return the index terms of a text."""
    return set(terms(text))


def digest(epochs: Sequence[Sequence[LabelledPair]]) -> str:
    """Return a short fingerprint of the pairs, so that a resumed run notices other data."""
    value = hashlib.sha256()
    for pair in chain.from_iterable(epochs):
        value.update(f"{pair!r}\n".encode("utf-8", "replace"))
    return value.hexdigest()[:12]


def batches(
    pairs: Sequence[LabelledPair], size: int, rng: random.Random
) -> Iterator[list[LabelledPair]]:
    """Yield batches of pairs of like length (little padding), in random order."""
    order = sorted(
        pairs, key=lambda p: len(p.claim) + len(p.statement) + len(p.context) + rng.uniform(-8, 8)
    )
    groups = [list(order[n : n + size]) for n in range(0, len(order), size)]
    rng.shuffle(groups)
    yield from groups
