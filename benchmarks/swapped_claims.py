"""The same claim with one thing exchanged: is it still called supported, and is the true one?

    python -m benchmarks.swapped_claims [--misses 10]

Headlines of SaudiNewsNet that are held out from training, each read as the statement of a report.
The claim is the headline with a number, a negation, a year, a place or a name exchanged (200 of
each, 1,000 together; verbs and roles are reported beside them): anything but ``SUPPORTS`` is a
catch. Years are rare in headlines: sentences of the same held-out articles make up the number.
Unswapped claims must stay ``SUPPORTS``: the text itself, a harmless rewording of it, and the
headline against the first sentence of its article that holds all its words. The judge is the app's.
"""

import argparse
import gzip
import html
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from benchmarks.datasets import require
from benchmarks.swaps.generator import Swap, harmless, is_held_out, swapped
from bot.app import App
from embeddings.text.tokenisation import terms
from knowledge.agreement.judgement import Evidence, Judge
from knowledge.corpus.extraction.segmentation import sentences
from knowledge.domain import Relation

SEED = 3
PER_KIND = 200
COUNTED = (Swap.NUMBER, Swap.NEGATION, Swap.YEAR, Swap.PLACE, Swap.NAME)
#: Shorter headlines ("Crisis") state nothing.
_FEWEST_TERMS = 4
_MOST_CHARACTERS = 300
#: Reports copied from one agency begin alike: such an article counts as seen in training.
_OPENING = 80


@dataclass(frozen=True, slots=True)
class Article:
    """A headline and the sentences under it."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the statement it is judged against, and which line of the table it belongs to."""

    line: str
    claim: str
    statement: str


def held_out() -> list[Article]:
    """Return the articles whose headline is held out, in an order of their own."""
    with gzip.open(require("saudinewsnet", "articles.jsonl.gz"), "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    seen = {row["content"].strip()[:_OPENING] for row in rows if not is_held_out(row["title"])}
    chosen = {
        html.unescape(row["title"]).strip(): row["content"]
        for row in rows
        if is_held_out(row["title"])
        and row["content"].strip()[:_OPENING] not in seen
        and len(terms(row["title"])) >= _FEWEST_TERMS
    }
    titles = sorted(chosen)
    random.Random(SEED).shuffle(titles)  # noqa: S311 -- a sample, not a secret
    return [Article(title, _sentences(chosen[title])) for title in titles]


def _sentences(body: str) -> tuple[str, ...]:
    texts = (body[span.start : span.end].strip() for span in sentences(body))
    return tuple(text for text in texts if len(text) <= _MOST_CHARACTERS)


def swaps(articles: Sequence[Article]) -> Iterator[Pair]:
    """Yield up to ``PER_KIND`` swapped claims of each kind, each with its original."""
    rng = random.Random(SEED)  # noqa: S311
    titles = [article.title for article in articles]
    below = [text for article in articles for text in article.sentences[:5]]
    for kind in Swap:
        texts = [*titles, *below] if kind is Swap.YEAR else titles
        made = ((text, swapped(text, kind, rng)) for text in texts)
        pairs = (Pair(kind.value, swap.text, text) for text, swap in made if swap is not None)
        yield from islice(pairs, PER_KIND)


def unswapped(articles: Sequence[Article]) -> Iterator[Pair]:
    """Yield claims that their statement bears out, in the three ways the module names."""
    rng = random.Random(SEED)  # noqa: S311
    for article in articles[: len(COUNTED) * PER_KIND]:
        yield Pair("identical", article.title, article.title)
        reworded = harmless(article.title, rng)
        if reworded is not None:
            yield Pair("reworded", reworded, article.title)
    led = (
        Pair("first sentence", article.title, article.sentences[0])
        for article in articles
        if article.sentences and set(terms(article.title)) <= set(terms(article.sentences[0]))
    )
    yield from islice(led, len(COUNTED) * PER_KIND)


def relations(judge: Judge, pairs: Sequence[Pair]) -> list[Relation]:
    """Return what the judge says of each pair: the only place that calls it."""
    return [judge.judge(pair.claim, (Evidence(pair.statement),))[0].relation for pair in pairs]


def main() -> None:
    """Judge every pair and print the share caught and the share kept."""
    parser = argparse.ArgumentParser(description="Swapped claims caught, unswapped ones kept.")
    parser.add_argument("--misses", type=int, default=0, help="show so many misses of each line")
    shown = parser.parse_args().misses
    judge = App(lambda label: None).judge
    articles = held_out()
    changed = list(swaps(articles))
    print(f"{len(articles)} held-out headlines, seed {SEED}\n")
    print("| exchanged | claims | SUPPORTS | REFUTES | open | caught |\n|---|---|---|---|---|---|")
    said = list(zip(changed, relations(judge, changed), strict=True))
    for kind in Swap:
        _row(kind.value, [r for pair, r in said if pair.line == kind.value], caught=True)
    counted = [r for pair, r in said if pair.line in COUNTED]
    _row(f"all of {', '.join(COUNTED)}", counted, caught=True)
    same = list(unswapped(articles))
    print("\n| unswapped | claims | SUPPORTS | REFUTES | open | kept |\n|---|---|---|---|---|---|")
    kept = list(zip(same, relations(judge, same), strict=True))
    for line in dict.fromkeys(pair.line for pair in same):
        _row(line, [r for pair, r in kept if pair.line == line], caught=False)
    _row("identical and reworded", [r for p, r in kept if p.line != "first sentence"], caught=False)
    _misses([pair for pair, r in said if r is Relation.SUPPORTS], shown)
    _misses([pair for pair, r in kept if r is not Relation.SUPPORTS], shown)


def _row(name: str, said: Sequence[Relation], *, caught: bool) -> None:
    counts = Counter(said)
    supported = counts[Relation.SUPPORTS]
    right = len(said) - supported if caught else supported
    print(
        f"| {name} | {len(said)} | {supported} | {counts[Relation.REFUTES]}"
        f" | {counts[Relation.NOT_ENOUGH_INFO]} | {right / max(1, len(said)):.1%} |"
    )


def _misses(pairs: Sequence[Pair], most: int) -> None:
    for line in dict.fromkeys(pair.line for pair in pairs):
        for pair in islice((pair for pair in pairs if pair.line == line), most):
            print(f"\n{line}\n  claim:     {pair.claim}\n  statement: {pair.statement}")


if __name__ == "__main__":
    main()
