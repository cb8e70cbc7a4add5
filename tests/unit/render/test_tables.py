"""Tables fit a terminal, and are whole everywhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.render import output
from ldmrelease.render.output import Output, emit
from ldmrelease.render.tables import fitted, table

HEADERS = ["place", "component", "empty", "digest", "approved by"]
ROWS = [
    [
        "usdfprod-prompt-processing/prompt-processing",
        "prompt-service",
        "",
        f"sha256:{'a1' * 32}",
        "P-26 of Ada Lovelace",
    ],
    ["summit/ocps", "scipipe", "", f"sha256:{'b2' * 32}", "unknown (deployed outside ldmrelease)"],
]


def fit(columns: int | None) -> list[str]:
    with fitted(columns):
        return table(HEADERS, ROWS).splitlines()


def test_without_a_terminal_it_is_as_wide_as_it_is() -> None:
    assert fit(None) == fit(1000)
    assert len(fit(None)) == 3
    assert f"sha256:{'a1' * 32}" in fit(None)[1]


@pytest.mark.parametrize("columns", [100, 80, 60])
def test_on_a_terminal_cells_are_wrapped_and_nothing_but_digests_is_cut(columns: int) -> None:
    lines = fit(columns)
    assert max(map(len, lines)) <= columns
    assert "empty" not in lines[0]
    rows = "\n".join(lines)
    for word in ("scipipe", "Lovelace", "ldmrelease)", "sha256:"):
        assert word in rows
    assert "a1" * 32 not in rows
    letters = sum(each.isalnum() for each in "".join("".join(row) for row in [HEADERS, *ROWS]))
    cut = 2 * 52 + len("empty")
    assert sum(each.isalnum() for each in rows) == letters - cut


def test_on_a_very_narrow_one_columns_are_left_out_and_named() -> None:
    *lines, last = fit(30)
    assert max(map(len, lines)) <= 30
    assert "approved by" in last
    assert "--output wide" in last


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=60),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(20, 200),
)
def test_whatever_is_in_it_it_fits(rows: list[list[str]], columns: int) -> None:
    with fitted(columns):
        lines = table(["one", "two", "three"], rows).splitlines()
    assert all(len(each) <= columns for each in lines if not each.startswith("(not shown"))


def test_wide_does_not_heed_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    emit(None, Output.text, lambda: table(HEADERS, ROWS))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60
    emit(None, Output.wide, lambda: table(HEADERS, ROWS))
    assert f"sha256:{'b2' * 32}" in capsys.readouterr().out


@pytest.mark.parametrize("columns", [24, 28, 32, 40])
def test_no_line_begins_with_the_comma_of_the_one_before(columns: int) -> None:
    with fitted(columns):
        told = table(["a", "waits for"], [["x", "2023-04-20T14:00:00Z, ran-on-development"]])
    assert not [each for each in told.splitlines() if each.lstrip().startswith(",")]
    assert "14:00:00Z," in told
