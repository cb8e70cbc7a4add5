"""The line that says what is being done: on a terminal alone, and gone afterwards."""

import io

from ldmrelease.render.status_line import status_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_in_one_line_that_is_erased_at_the_end() -> None:
    terminal = Terminal()
    with status_line(terminal) as tell:
        tell("looking", {"at": "registries"})
        tell("answered", {"answered": 2, "of": 12})
    lines = terminal.getvalue().split("\r\x1b[K")
    assert lines == ["", "looking at registries ...", "2 of 12 answered ...", ""]
    assert "\n" not in terminal.getvalue()


def test_what_is_told_cannot_write_to_the_terminal() -> None:
    terminal = Terminal()
    with status_line(terminal) as tell:
        tell("looking", {"at": "a\x1b]0;title\x07b\n" + "x" * 500})
    assert "\x1b]" not in terminal.getvalue()
    assert max(map(len, terminal.getvalue().split("\r\x1b[K"))) <= 70


def test_where_there_is_no_terminal_nothing_is_written() -> None:
    stream = io.StringIO()
    with status_line(stream) as tell:
        tell("looking", {"at": "registries"})
    assert stream.getvalue() == ""
