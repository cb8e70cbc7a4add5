"""One value in three spellings; nothing of elsewhere steers the terminal."""

import json
from dataclasses import dataclass

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.render import output
from ldmrelease.render.output import Output, as_json, as_yaml, emit
from ldmrelease.render.tables import Cell, Colour, painted, table


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    size: int | None = None


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-_.", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain)
def test_json_and_yaml_say_the_same(value: object):
    assert json.loads(as_json(value)) == value
    assert yaml.safe_load(as_yaml(value)) == value


@given(st.text())
def test_any_text_can_be_written(text: str):
    as_json(text).encode()
    as_yaml([text]).encode()
    assert printable(text).isprintable()


def test_a_list_is_one_array(capsys: pytest.CaptureFixture[str]):
    emit([Thing("a", 1), Thing("b")], Output.json, lambda: "")
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "size": 1}, {"name": "b", "size": None}]


def test_text_is_what_the_command_says(capsys: pytest.CaptureFixture[str]):
    emit(Thing("a"), Output.text, lambda: "a thing")
    emit([], Output.text, lambda: "")
    assert capsys.readouterr().out == "a thing\n"


def test_columns_are_aligned_and_steering_is_shown():
    told = table(("NAME", "WHAT"), [("a", "first"), (Cell("long\x1b[31m", Colour.red), "")])
    assert told.splitlines() == ["NAME           WHAT", "a              first", "long\\x1b[31m"]


@pytest.mark.parametrize(
    ("terminal", "environ", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environ: dict[str, str], coloured: bool
):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: terminal, raising=False)
    assert (painted("x", Colour.green) == "\x1b[32mx\x1b[0m") is coloured
