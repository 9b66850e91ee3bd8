"""A reply on a terminal: all that is said, numbers for what can be pressed, nothing hidden."""

import click
import pytest

from bot.cli.terminal_replies import list_actions, print_reply
from bot.conversation.reply import Block, Button, Reply, Style

REPLY = Reply(
    (
        Block("❌ الخلاصة", Style.HEADLINE),
        Block("«النص»", Style.QUOTE),
        Block("من قاله\nوأين"),
        Block("لماذا", Style.NOTE),
    ),
    (
        (Button("المصدر", url="https://example.org/a"), Button("نتائج أخرى", action="others:7")),
        (Button("ليس ما سألت عنه", action="dispute:7"),),
    ),
)


def printed(capsys: pytest.CaptureFixture[str], reply: Reply, *, buttons: bool = True) -> list[str]:
    print_reply(reply, buttons=buttons)
    return capsys.readouterr().out.splitlines()


def test_prints_the_blocks_in_order_then_the_buttons(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, REPLY) == [
        "❌ الخلاصة",
        "«النص»",
        "من قاله",
        "وأين",
        "لماذا",
        "🔗 المصدر: https://example.org/a",
        "[1] نتائج أخرى",
        "[2] ليس ما سألت عنه",
    ]


def test_the_numbers_are_those_of_the_actions(capsys: pytest.CaptureFixture[str]) -> None:
    numbered = [line for line in printed(capsys, REPLY) if line.startswith("[")]
    assert len(numbered) == len(list_actions(REPLY))
    assert list_actions(REPLY) == ["others:7", "dispute:7"]
    assert list_actions(Reply((Block("x"),))) == []


def test_where_nobody_can_press_only_links_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, REPLY, buttons=False)
    assert lines[-1] == "🔗 المصدر: https://example.org/a"
    assert not [line for line in lines if line.startswith("[")]


def test_nothing_from_outside_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[2Jtext\u202e\u200b\x07"
    reply = Reply(
        (Block(hostile, Style.HEADLINE), Block(hostile)),
        ((Button(hostile, url="https://example.org/\x1b[0m\u202e"), Button(hostile, action="a")),),
    )
    out = "\n".join(printed(capsys, reply))
    assert not any(character in out for character in "\x1b\u202e\u200b\x07")
    assert out.count("[2Jtext") == 4


def test_a_headline_stands_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(click, "echo", lines.append)
    print_reply(REPLY, buttons=True)
    assert lines[0] == click.style("❌ الخلاصة", bold=True)
    assert lines[1] == "«النص»"
