"""Format counts and empty lists for the commands' output."""

import click


def format_count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 report" or "2 reports"; ``plural`` is for nouns that take no plain s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def say_empty(message: str) -> None:
    """Print to standard error that a list is empty, so that it is not taken for a row."""
    click.echo(message, err=True)
