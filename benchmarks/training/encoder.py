"""Fine-tune the encoder that finds statements; writes ``embeddings/weights/encoder``.

    pip install -e '.[train]'
    python -m benchmarks.training.encoder --work FOLDER

Half an hour on two cores without a GPU. Seeded; killed at any moment it goes on from the last
checkpoint in ``--work``. From multilingual-e5-small on, all layers but the tables, with
sentence-transformers' trainer: a claim is to be nearer to its own statement than to those of the
other claims in the batch, and than to a near one that is about something else. Whatever a claim
says of a statement, it is about it: those that deny it count like those that agree. The weights
kept lie between the stock ones and the trained ones (``SHARE``; Wortsman et al. 2022, "Robust
fine-tuning of zero-shot models"), which keeps what the stock model knows of texts that are not
among these.
"""

import argparse
import random
from pathlib import Path
from typing import Final

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.base.sampler import BatchSamplers
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import (
    SentenceTransformerTrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from benchmarks.datasets import rows
from benchmarks.kept_vectors import nearest, open_bundled
from benchmarks.swaps.generator import is_held_out
from benchmarks.training import written
from benchmarks.training.trainer import BFLOAT16
from benchmarks.training.written import Split
from embeddings.build.layer_weights import TABLES, save_weights
from embeddings.bundled.e5_model import PROMPTS, STOCK_NAME, ensure_unpacked
from embeddings.encoders.encoder import Encoder, prepare_text
from embeddings.weights import ENCODER
from knowledge.domain import Relation

SEED: Final = 7
#: Claims in a batch, each with a statement and a near one that is not its own.
BATCH: Final = 48
EPOCHS: Final = 1
RATE: Final = 5e-5
#: Cosines are multiplied by this before they are compared: a temperature of .02.
SCALE: Final = 50.0
#: How far from the stock weights to the trained ones.
SHARE: Final = 0.8
#: Stands before the names of the transformer's weights.
_MODULE: Final = "0.model."
#: Tokens read of a text while training; half of all texts have under 30.
LONGEST: Final = 64
#: Of the claims that do not agree with their statement so many are read: they are near copies of it
#: more often, and finding them is easier.
OTHERS: Final = 0.34
#: English claims with the sentences of Wikipedia that speak of them, beside our own.
ENGLISH: Final = 2_500


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints lie")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--output", type=Path, default=ENCODER)
    given = parser.parse_args()
    folder = ensure_unpacked(given.models)
    torch.manual_seed(SEED)
    # Torch's fused attention goes back through short texts on a CPU at half the speed of this one.
    model = SentenceTransformer(
        str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"}
    )
    model.max_seq_length = LONGEST
    for name, weights in model.named_parameters():
        weights.requires_grad = not any(table in name for table in TABLES)
    stock = {n: w.detach().clone() for n, w in model.named_parameters() if w.requires_grad}
    untuned = open_bundled(given.models, given.work, STOCK_NAME)
    trainer = SentenceTransformerTrainer(
        model,
        SentenceTransformerTrainingArguments(
            output_dir=str(given.work / "encoder"),
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            warmup_steps=0.05,
            weight_decay=0.01,
            lr_scheduler_type="linear",
            bf16=BFLOAT16,
            use_cpu=True,
            seed=SEED,
            data_seed=SEED,
            prompts={
                "anchor": PROMPTS["query"],
                "positive": PROMPTS["passage"],
                "negative": PROMPTS["passage"],
            },
            # A statement is never the wrong one for another claim about it.
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            save_strategy="steps",
            save_steps=100,
            save_total_limit=1,
            logging_steps=20,
            disable_tqdm=True,
            report_to="none",
        ),
        train_dataset=Dataset.from_list(examples(untuned)),
        loss=MultipleNegativesRankingLoss(model, scale=SCALE),
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(given.work / "encoder"))
    between = {
        name.removeprefix(_MODULE): torch.lerp(stock[name], weights.detach(), SHARE)
        for name, weights in model.named_parameters()
        if weights.requires_grad
    }
    save_weights(
        between, {name.removeprefix(_MODULE): w for name, w in stock.items()}, given.output
    )
    print(f"written to {given.output}")


def _last_checkpoint(folder: Path) -> str | None:
    found: str | None = None
    if folder.exists():
        found = get_last_checkpoint(str(folder))  # type: ignore[no-untyped-call]
    return found


def examples(encoder: Encoder) -> list[dict[str, str]]:
    """Return claims, their statements, and near ones that are about something else."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    items = written.items(Split.TRAIN)
    claims = [claim.text for item in items for claim in item.claims]
    near = iter(nearest(encoder, claims, [item.statement for item in items], written.NEAR))
    found = []
    for number, item in enumerate(items):
        others: list[int] = []
        for claim in item.claims:
            others = [n for n in next(near) if n != number][:10]
            agrees = claim.relation is Relation.SUPPORTS
            if claim.kind not in written.OTHER and (agrees or rng.random() < OTHERS):
                found.append(
                    _example(claim.text, item.statement, items[rng.choice(others)].statement)
                )
        if item.title:
            found.append(_example(item.title, item.statement, items[rng.choice(others)].statement))
    english = [
        row
        for row in rows("evidence-en", "fever_dev.jsonl")
        if row["label"] != "NOT_ENOUGH_INFO"
        and len(row["evidence"].split()) <= 50
        and not is_held_out(row["claim"])
    ]
    for row in rng.sample(english, ENGLISH):
        other = rng.choice(english)
        if other["claim"] != row["claim"]:
            found.append(_example(row["claim"], row["evidence"], other["evidence"]))
    stance = list(rows("ans", "stance_train.jsonl"))
    for row in stance:
        if row["stance"] != "other":
            found.append(_example(row["s2"], row["s1"], rng.choice(stance)["s1"]))
    rng.shuffle(found)
    return found


def _example(claim: str, statement: str, other: str) -> dict[str, str]:
    return {
        "anchor": prepare_text(claim),
        "positive": prepare_text(statement),
        "negative": prepare_text(other),
    }


if __name__ == "__main__":
    main()
