"""Name the relations that a moderator can choose, by the statement's rating (pure)."""

from collections.abc import Callable

from bot.conversation.reply import Button
from knowledge.corpus.ratings import REJECTING_RATINGS, may_confirm
from knowledge.domain import Rating, Relation


def is_review(relation: Relation, rating: Rating | None) -> bool:
    """Return whether choosing this relation says that the statement reviews this very claim."""
    if rating is None:
        return False
    return relation is (Relation.SUPPORTS if may_confirm(rating) else Relation.REFUTES)


def name_relation(relation: Relation, rating: Rating | None, say: Callable[[str], str]) -> str:
    """Return a relation's label for a statement with this rating."""
    if not is_review(relation, rating):
        if relation is Relation.SUPPORTS:
            return say("It supports the claim")
        return say("It contradicts the claim")
    if relation is Relation.SUPPORTS:
        return say("It reviews this very claim, and confirms it")
    if rating in REJECTING_RATINGS:
        return say("It reviews this very claim, and refutes it")
    return say("It reviews this very claim, and does not confirm it")


def make_relation_button(
    number: int, relation: Relation, rating: Rating | None, action: str, say: Callable[[str], str]
) -> Button:
    """Return the button that chooses a relation for the statement with this ``number``."""
    if not is_review(relation, rating):
        supports = relation is Relation.SUPPORTS
        label = say("✅ {number} supports it") if supports else say("❌ {number} contradicts it")
    elif relation is Relation.SUPPORTS:
        label = say("✅ {number} reviews this very claim: confirmed")
    elif rating in REJECTING_RATINGS:
        label = say("❌ {number} reviews this very claim: refuted")
    else:
        label = say("❌ {number} reviews this very claim: not confirmed")
    return Button(label.format(number=number), action=action)
