"""What can go wrong with knowledge.

KnowledgeError
├── UnreadableFile      a file cannot be read as a report at all
├── NotFound            nothing has the reference that was named
├── UnreadableClaim     a message holds nothing that could be checked
├── WeightsUnfit        fitted weights belong to another cross-encoder
└── DatabaseUnavailable the database cannot be used as it is (not migrated, newer, locked, absent)

Every message is one sentence that names the thing and the way out.
"""

from enum import StrEnum


class KnowledgeError(Exception):
    """Base of this room's errors."""


class UnreadableFile(KnowledgeError):
    """A file cannot be read as a report."""


class DatabaseUnavailable(KnowledgeError):
    """The database cannot be used as it is."""


class WeightsUnfit(KnowledgeError):
    """Weights were fitted for another cross-encoder."""


class NotFound(KnowledgeError):
    """Nothing has the reference that was named."""


class ClaimProblem(StrEnum):
    """Why a message cannot be checked."""

    EMPTY = "empty"
    NO_WORDS = "no_words"
    ONLY_LINKS = "only_links"
    ONLY_HASHTAGS = "only_hashtags"
    NO_CLAIM = "no_claim"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


class UnreadableClaim(KnowledgeError):
    """A message holds nothing that could be checked."""

    def __init__(self, problem: ClaimProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem
