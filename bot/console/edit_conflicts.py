"""Two moderators at once: who comes second hears what the first did; nothing is overwritten."""

from knowledge.curation.edit_conflicts import require_moved

__all__ = ["require_moved"]
