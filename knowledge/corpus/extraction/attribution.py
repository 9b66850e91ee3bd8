"""Find who says a sentence.

A statement shown without its speaker is weaker; one shown with the wrong speaker is a lie. So
everything here prefers to find nobody.
"""

from dataclasses import dataclass

from knowledge.corpus.extraction import arabic_attribution, english_attribution
from knowledge.corpus.extraction.speaker_mention import Mention
from knowledge.corpus.extraction.word_spans import is_arabic, words

# Attribution is not sought in longer sentences.
MAX_SENTENCE = 2_000


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says a sentence, in the report's own letters.

    ``speaker`` is shown to people. ``name`` is the speaker without ``relay``, which is to whom or
    through whom it was said ("لفرانس برس", "to Reuters"), where the sentence tells.
    """

    speaker: str
    name: str
    relay: str | None = None


def attribution(sentence: str) -> Attribution | None:
    """Find who says an Arabic, English or French sentence, by that sentence alone.

    None where it names nobody, or only by a pronoun.
    """
    found = mention(sentence)
    return (
        None if found is None or found.name is None else format_attribution(found.name, found.relay)
    )


def mention(sentence: str) -> Mention | None:
    """Find who is said to say a sentence, a pronoun included ("وفق قوله", "he said")."""
    if len(sentence) > MAX_SENTENCE:
        return None
    find = arabic_attribution.find if is_arabic(sentence) else english_attribution.find
    return find(sentence, words(sentence))


def format_attribution(name: str, relay: str | None) -> Attribution:
    """Put a name and a relay together as they are shown."""
    if relay is None:
        return Attribution(name, name)
    comma = "،" if is_arabic(name) else ","
    return Attribution(f"{name}{comma} {relay}", name, relay)
