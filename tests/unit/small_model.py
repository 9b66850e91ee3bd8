"""A small model in torch, for tests of what is kept of trained ones: they import it when run."""

import torch
from torch import Tensor, nn


class Model(nn.Module):
    """A table that is never trained, a layer of the bundled model, and a head that it has not."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(10, 64)
        self.layer = nn.Linear(64, 32)
        self.head = nn.Linear(32, 2)


def build_model() -> Model:
    """Return the model with the weights that it has before training."""
    torch.manual_seed(1)
    model = Model()
    nn.init.zeros_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    return model


def weights_of(model: Model, *but: str) -> dict[str, Tensor]:
    """Return a copy of its weights, without those whose names begin with one of ``but``."""
    return {n: w.clone() for n, w in model.state_dict().items() if not n.startswith(but)}
