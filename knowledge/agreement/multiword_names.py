"""Names of several words, read as the one word that also names them."""

from collections.abc import Sequence
from typing import Final

from embeddings.text.normalisation import fold

# One name a line: the word it is read as, then its long forms. The word is in ``concepts.tsv``.
_TABLE: Final = """
قسد: قوات سوريا الديمقراطية | syrian democratic forces | forces démocratiques syriennes
داعش: تنظيم الدولة الإسلامية | الدولة الإسلامية في العراق والشام | تنظيم الدولة | تنظيم داعش
داعش: islamic state group | islamic state | état islamique
"""


def _read_table() -> dict[tuple[str, ...], str]:
    names: dict[tuple[str, ...], str] = {}
    for row in _TABLE.strip().splitlines():
        short, _, forms = row.partition(":")
        for form in forms.split("|"):
            words = tuple(fold(form).split())
            names[words] = fold(short)
    return names


_NAMES: Final = _read_table()
_LONGEST: Final = max(map(len, _NAMES))
_CLITICS: Final = ("و", "ف", "ل", "ب", "ك")


def name_at(words: Sequence[str], index: int) -> tuple[int, str] | None:
    """Return how many of the folded ``words`` from ``index`` on are one name, and its short word.

    The longest name wins; a conjunction or preposition may be written onto its first word.
    """
    first = words[index]
    heads = (first, first[1:]) if first.startswith(_CLITICS) else (first,)
    for length in range(min(_LONGEST, len(words) - index), 1, -1):
        for head in heads:
            short = _NAMES.get((head, *words[index + 1 : index + length]))
            if short is not None:
                return length, short
    return None
