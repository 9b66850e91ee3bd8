"""Name concepts across Arabic, English and some French, and which of them exclude each other.

The table is ``concepts.tsv``; only what it lists matches, nothing is guessed.
"""

from functools import cache, lru_cache
from importlib import resources
from typing import Final

from embeddings.text.normalisation import fold
from knowledge.agreement.inflection import bases

_TABLE: Final = "concepts.tsv"
#: Row of forms that must not be read as an inflection of a listed one: they have no concept.
_KNOWN_OTHERS: Final = "_"

#: Sections of the table whose rows are names: what sets two otherwise equal stories apart.
_NAME_SECTIONS: Final = frozenset(
    {
        "organisations",
        "countries and peoples",
        "capitals and cities that do not follow their sound",
    }
)

#: Keys of which one thing can only be one at a time, in the same place. Each pair holds both ways.
ANTONYMS: Final = frozenset(
    frozenset(pair.split())
    for pair in """
    rise fall|rise fall-down|rise reduce|raise reduce|high low|win lose|win defeat|gain lose
    succeed fail|open close|allow ban|allow prevent|permit ban|accept reject
    confirm deny|alive die|alive killed|survive die|survive killed|survive victim|alive victim
    arrest release|prison release|advance withdraw|advance retreat|enter exit|remain exit
    remain withdraw|remain flee|arrive exit|begin end|begin stop|continue stop
    continue suspend|continue end|resume suspend|resume stop|war peace|true false
    true fake|guilty innocent|convict acquit|support opposition|support reject
    join withdraw|lift impose|lift ban|buy sell|import export
    surplus deficit|surplus shortage|growth recession|rich poor|strong weak|big small
    largest smallest|majority minority|good bad|best worst|easy difficult|possible impossible
    early late|male female|current former|permanent temporary|new old|long short
    hot cold|positive negative|marry divorce|birth die|appoint dismiss|appoint resign
    attack defend|build destroy|rebuild destroy|stable tension|unite separate|unite divide
    prove refute|confirm refute|praise criticise|praise condemn|hide reveal|help hinder
    accelerate delay|foreign interior|inside outside|send receive|forget remember
    ceasefire war|civilian military|morning night|north south|east west
    liberate occupy|besiege liberate|found cancel|drought flood|recover die|infect recover
    killed injure|survive drown|die injure|resign dismiss|civilian soldier|civilian fighter
    double triple|double quadruple|triple quadruple|double halve|triple halve|quadruple halve
    """.replace("\n", "|").split("|")
    if pair.strip()
)


def concepts(word: str) -> frozenset[str]:
    """Return the keys of the concepts a folded ``word`` may name; empty where none is known.

    The word itself is looked up first, then what it may be an inflection of, least changed first.
    The first form the table knows decides: البحرين is Bahrain and never a sea.
    """
    return _lookup(word)


def opposed(a: str, b: str) -> bool:
    """Tell whether two folded words name things that exclude each other, as *rise* and *fall* do.

    Words that may also name the same thing are never opposed.
    """
    mine, theirs = _lookup(a), _lookup(b)
    if mine & theirs:
        return False
    return any(frozenset((x, y)) in ANTONYMS for x in mine for y in theirs)


def is_listed(word: str) -> bool:
    """Tell whether the table has this very form."""
    return word in _forms()


def is_name(word: str) -> bool:
    """Tell whether a folded word names a country, a people, a city or an organisation."""
    return bool(_lookup(word) & _named())


@lru_cache(maxsize=16_384)
def _lookup(word: str) -> frozenset[str]:
    table = _forms()
    for base in bases(word):
        known = table.get(base)
        if known is not None:
            return known
    return frozenset()


@cache
def _named() -> frozenset[str]:
    """Return the keys of the table's sections of names."""
    keys: set[str] = set()
    section = ""
    for row in _rows():
        if row.startswith("#"):
            section = row.removeprefix("# ")
        elif section in _NAME_SECTIONS:
            keys.add(row.partition("\t")[0])
    return frozenset(keys)


def _rows() -> list[str]:
    text = resources.files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    return [row for row in text.splitlines() if row]


@cache
def _forms() -> dict[str, frozenset[str]]:
    """Return the keys of every listed form; read once, when the first word is looked up."""
    keys: dict[str, set[str]] = {}
    for row in _rows():
        if row.startswith("#"):
            continue
        key, _, forms = row.partition("\t")
        for form in fold(forms).split():
            keys.setdefault(form, set()).add(key)
    return {form: frozenset(found - {_KNOWN_OTHERS}) for form, found in keys.items()}
