"""Detect wordings that may contradict each other (pure).

Models that sometimes err place a claim, or a moderator does; a verdict on one wording must not be
applied to its denial. So this errs on the safe side: on ANS dev it separates 26 % of contradicting
headlines, mostly those told apart by a word of denial or doubt, and 8 % of agreeing ones, which
then only wait for an answer of their own.
"""

from knowledge.agreement.judgement import Evidence
from knowledge.agreement.negation import Stance, find_denials
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.agreement.sentence_features import read
from knowledge.claims.denials import mentions_denial
from knowledge.domain import Relation

_RULES = RuleJudge()


def may_oppose(one: str, other: str) -> bool:
    """Return whether a claim may contradict another: by a denial, a doubt, a number or a date."""
    return _turned(one) != _turned(other) or _refutes(one, other) or _refutes(other, one)


def _turned(text: str) -> tuple[bool, bool, bool]:
    """Return what reverses a sentence: denials left over, talk of lies, doubts."""
    found = read(text)
    supposes = any(each.stance is Stance.SUSPENDS for each in found.operators)
    denied = len(find_denials(found.folded, found.operators)) % 2 == 1
    return denied, mentions_denial(text), supposes


def _refutes(one: str, other: str) -> bool:
    return any(each.relation is Relation.REFUTES for each in _RULES.judge(one, [Evidence(other)]))
