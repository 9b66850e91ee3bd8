"""The page for people and moderators says what is true: every button is on it, and no other.

Buttons are read of the code, so that a new one is missing here until it is documented.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.conversation.catalogue import NAMES, Language, catalogue

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "using.md").read_text("utf-8")
#: Where buttons are made: everywhere but on the console's pages.
ROOMS = [
    path
    for path in sorted((ROOT / "bot").rglob("*.py"))
    if not {"console", "cli"} & set(path.relative_to(ROOT).parts)
]
#: What functions that make buttons say beside their labels.
TEXTS = {
    "Which language shall we speak? And how do you write dates?",
    "Why is claim {number} rejected?",
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the code, and the calls within it."""

    name: str
    parameters: tuple[str, ...]
    body: ast.AST
    calls: list[ast.Call] = field(default_factory=list)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _functions() -> list[Function]:
    found = []
    for path in ROOMS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                names = tuple(each.arg for each in given if each.arg not in ("self", "cls"))
                calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
                found.append(Function(node.name, names, node, calls))
    return found


FUNCTIONS = _functions()


def said(within: ast.AST) -> set[str]:
    """Return the messages that are handed to ``say`` somewhere within."""
    return {
        argument.value
        for call in ast.walk(within)
        if isinstance(call, ast.Call) and _called(call) in ("say", "count")
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def argument_of(call: ast.Call, name: str, place: int) -> ast.expr | None:
    """Return what a call gives for a parameter."""
    named = [each.value for each in call.keywords if each.arg == name]
    return named[0] if named else call.args[place] if place < len(call.args) else None


def labels_of(label: ast.expr, function: Function) -> Iterator[str]:
    """Yield what a label may be: said there, handed in by who calls, or said around it."""
    if here := said(label):
        yield from here
        return
    names = {each.id for each in ast.walk(label) if isinstance(each, ast.Name)}
    handed = [name for name in function.parameters if name in names]
    for name in handed:
        place = function.parameters.index(name)
        for caller in FUNCTIONS:
            for call in caller.calls:
                given = argument_of(call, name, place)
                if _called(call) == function.name and given is not None:
                    yield from labels_of(given, caller)
    if not handed:
        yield from said(function.body) - TEXTS


def buttons() -> dict[str, set[str]]:
    """Return the labels of each place that makes a button, by where it is."""
    return {
        f"{function.name}, line {call.lineno}": set(labels_of(label, function))
        for function in FUNCTIONS
        for call in function.calls
        if _called(call) == "Button" and (label := argument_of(call, "label", 0)) is not None
    }


def shown(label: str) -> str:
    """Return a label as the page writes it: N where a number stands."""
    return re.sub(r"\{\w+\}", "N", label)


def documented() -> dict[str, str]:
    """Return the Arabic label of each button on the page by the English one."""
    section = PAGE[PAGE.index("## Buttons") :]
    rows = re.findall(r"^\| (.+?) \| (.*?) ?\| .+ \|$", section, re.MULTILINE)
    return {english: arabic for english, arabic in rows if english != "button"}


BUTTONS = buttons()
LABELS = sorted({shown(label) for labels in BUTTONS.values() for label in labels})
OWN_NAMES = ", ".join(NAMES.values())


def test_it_is_known_what_every_button_is_called() -> None:
    assert len(BUTTONS) > 20
    assert [where for where, labels in BUTTONS.items() if not labels] == []


def test_every_button_is_on_the_page_and_no_other() -> None:
    assert sorted(documented()) == sorted({*LABELS, OWN_NAMES})


@pytest.mark.parametrize("label", LABELS)
def test_each_has_its_arabic_label_beside_it(label: str) -> None:
    say = catalogue(Language.ARABIC).say
    written = {shown(each): shown(say(each)) for some in BUTTONS.values() for each in some}
    assert documented()[label] == written[label]


@pytest.mark.parametrize("sign", ["✅", "❌", "🔎", "⚪"])
def test_every_outcome_is_explained(sign: str) -> None:
    assert f"\n| {sign} | " in PAGE


def test_the_channel_calls_no_button_anything_of_its_own() -> None:
    own = [
        ast.unparse(call)
        for function in FUNCTIONS
        for call in function.calls
        if _called(call) == "InlineKeyboardButton"
        and (said(call) or isinstance(argument_of(call, "text", 0), ast.Constant))
    ]
    assert own == []
