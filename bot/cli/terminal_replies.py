"""Print replies on a terminal."""

import click

from bot.conversation.reply import Reply, Style
from knowledge.text.plain_text import displayable, single_line


def print_reply(reply: Reply, *, buttons: bool) -> None:
    """Print ``reply``; with ``buttons``, number those that can be pressed by their number."""
    for block in reply.blocks:
        text = displayable(block.text)
        click.echo(click.style(text, bold=True) if block.style is Style.HEADLINE else text)
    number = 0
    for row in reply.buttons:
        for button in row:
            if button.share is not None:
                continue  # Sharing is not possible on a terminal.
            if button.url:
                click.echo(f"🔗 {single_line(button.label)}: {single_line(button.url)}")
            elif buttons:
                number += 1
                click.echo(click.style(f"[{number}] {single_line(button.label)}", dim=True))
    if reply.document is not None:
        click.echo(reply.document.content.decode(errors="replace"))


def list_actions(reply: Reply) -> list[str]:
    """Return the actions of the buttons that ``print_reply`` numbered, in order."""
    return [button.action for row in reply.buttons for button in row if button.action]
