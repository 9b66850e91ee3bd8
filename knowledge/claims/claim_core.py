"""Find the core of a claim, without what people wrote around it (pure)."""

from embeddings.text.tokenisation import terms
from knowledge.agreement.negation import DENYING, find_operators
from knowledge.agreement.tokens import tokenise
from knowledge.claims import intent, span
from knowledge.claims.denials import mentions_denial


def core_of(text: str) -> str | None:
    """Return the stretch of ``text`` that states the claim; None if that is all of it.

    What denies it, or may be another claim, is never left out.
    """
    header, _, stated = text.partition(":")
    # A speaker stands before a colon, too, in a word or two.
    stretches = (span.load_model().find(text), stated.strip() if len(terms(header)) > 2 else "")
    return next((each for each in stretches if each and _is_core(each, text)), None)


def _is_core(stretch: str, text: str) -> bool:
    """Return whether the rest of ``text`` besides ``stretch`` says nothing."""
    start = text.find(stretch)
    cut = [piece for piece in (text[:start], text[start + len(stretch) :]) if terms(piece)]
    if not cut or not terms(stretch) or not all(map(intent.load_model().states_nothing, cut)):
        return False
    operating = [each.stance for piece in cut for each in find_operators(tokenise(piece))]
    return not any(map(mentions_denial, cut)) and DENYING.isdisjoint(operating)
