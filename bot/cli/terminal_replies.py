"""A reply on a terminal."""

import click

from bot.conversation.reply import Reply, Style
from knowledge.text.plain_text import displayable, single_line


def print_reply(reply: Reply, *, buttons: bool) -> None:
    """Print ``reply``; with ``buttons``, number those that can be pressed by typing the number."""
    for block in reply.blocks:
        text = displayable(block.text)
        click.echo(click.style(text, bold=True) if block.style is Style.HEADLINE else text)
    number = 0
    for row in reply.buttons:
        for button in row:
            if button.share is not None:
                continue  # A terminal has nobody to pass it on to.
            if button.url:
                click.echo(f"🔗 {single_line(button.label)}: {single_line(button.url)}")
            elif buttons:
                number += 1
                click.echo(click.style(f"[{number}] {single_line(button.label)}", dim=True))
    if reply.document is not None:
        click.echo(reply.document.content.decode(errors="replace"))


def actions(reply: Reply) -> list[str]:
    """Return the actions behind the numbers that ``print_reply`` gave, in order."""
    return [button.action for row in reply.buttons for button in row if button.action]
