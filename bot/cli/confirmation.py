"""Ask for confirmation before what cannot be undone."""

import sys

import click

#: The option of every command that asks first.
YES = click.option("--yes", is_flag=True, help="Do it without asking.")


def require_yes(consequence: str, yes: bool) -> None:
    """Ask the user to confirm ``consequence`` unless --yes was given.

    Raises UsageError without a terminal, ClickException if the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{consequence}; add --yes to do it")
    if not click.confirm(f"{consequence[:1].upper()}{consequence[1:]}. Go on?", err=True):
        raise click.ClickException("nothing was changed")
