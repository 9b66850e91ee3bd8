"""How far long work has come, for whoever shows it."""

from collections.abc import Callable

#: Told how many are done, of how many.
Progress = Callable[[int, int], None]
