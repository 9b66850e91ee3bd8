"""Time the encoder against sentence-transformers over the same weights in torch.

    python -m benchmarks.encoding [--texts 20000]

Side by side in one run, by turns: one claim, warm, median over 500 ANS headlines; and sentences of
SaudiNewsNet in bulk, each side with the batch size that is best for it. Prints the ratios and how
close the vectors are. That retrieval is as good: ``python -m benchmarks.ablation``, which goes
through the program's encoder.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.datasets import rows
from benchmarks.statements import articles
from embeddings.bundled.e5_model import PROMPTS, STOCK_NAME, ensure_unpacked
from embeddings.encoders.encoder import open_encoder
from embeddings.text.normalisation import for_matching

CLAIMS: Final = 500
ROUNDS: Final = 3
#: Texts of one turn in bulk: both sides see the machine in the same state.
TURN: Final = 2_000


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--texts", type=int, default=20_000)
    given = parser.parse_args()
    ours = open_encoder(STOCK_NAME, given.models)
    stock = SentenceTransformer(str(ensure_unpacked(given.models)), local_files_only=True)

    def encode_stock(texts: Sequence[str], prompt: str) -> Any:
        return stock.encode(
            [prompt + for_matching(text) for text in texts],
            normalize_embeddings=True,
            show_progress_bar=False,
        )

    claims = [row["s1"] for row in islice(rows("ans", "stance_dev.jsonl"), CLAIMS)]
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(_median(lambda text: ours.encode_claims([text]), claims))
        theirs.append(_median(lambda text: encode_stock([text], PROMPTS["query"]), claims))
    one, other = float(np.median(mine)), float(np.median(theirs))
    print(f"one claim: {one * 1e3:.2f} ms against {other * 1e3:.2f} ms: {one / other:.3f} of it")
    texts = list(islice((each for _, told in articles() for each in told), given.texts))
    spent = {"ours": 0.0, "stock": 0.0}
    cosines = []
    for start in range(0, len(texts), TURN):
        turn = texts[start : start + TURN]
        began = time.perf_counter()
        a = ours.encode_statements(turn)
        between = time.perf_counter()
        b = encode_stock(turn, PROMPTS["passage"])
        spent["ours"] += between - began
        spent["stock"] += time.perf_counter() - between
        cosines.append((a * b).sum(1))
    rate = {name: len(texts) / seconds for name, seconds in spent.items()}
    print(
        f"bulk, {len(texts)} sentences: {rate['ours']:.0f} a second against {rate['stock']:.0f}:"
        f" {rate['ours'] / rate['stock']:.2f} times"
    )
    close = np.concatenate(cosines)
    print(f"cosine to it: mean {close.mean():.4f}, lowest {close.min():.4f}")


def _median(encode: Callable[[str], Any], texts: Sequence[str]) -> float:
    taken = []
    for text in texts:
        began = time.perf_counter()
        encode(text)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
