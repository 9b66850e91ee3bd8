"""Tell wordings that may say the opposite of each other (pure).

A cluster is placed by models that err now and then, or by hand; what a moderator says of one
wording must not be said of its denial. So this errs on the safe side: on ANS dev it takes 26 % of
contradicting headlines apart, mostly those that a word of denial or doubt tells apart, and 8 % of
agreeing ones, which then only wait for an answer of their own.
"""

from knowledge.agreement.judgement import Evidence
from knowledge.agreement.negation import Stance, find_denials
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.agreement.sentence_features import read
from knowledge.claims.denials import mentions_denial
from knowledge.domain import Relation

_RULES = RuleJudge()


def may_oppose(one: str, other: str) -> bool:
    """Tell whether a claim may contradict another: by a denial, a doubt, a number or a date."""
    return _turned(one) != _turned(other) or _refutes(one, other) or _refutes(other, one)


def _turned(text: str) -> tuple[bool, bool, bool]:
    """Return what turns a sentence round: denials left over, talk of lies, doubts."""
    found = read(text)
    supposes = any(each.stance is Stance.SUSPENDS for each in found.operators)
    denied = len(find_denials(found.folded, found.operators)) % 2 == 1
    return denied, mentions_denial(text), supposes


def _refutes(one: str, other: str) -> bool:
    return any(each.relation is Relation.REFUTES for each in _RULES.judge(one, [Evidence(other)]))
