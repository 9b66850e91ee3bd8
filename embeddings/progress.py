"""Report progress of long work."""

import logging
from collections.abc import Callable

#: Called with how many are done, of how many.
Progress = Callable[[int, int], None]


def quieten() -> None:
    """Silence the libraries' progress bars and notices on the terminal."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
