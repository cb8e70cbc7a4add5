"""Nothing of elsewhere steers the terminal: control characters, ANSI and bidi are shown escaped, whoever wrote them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ldmrelease
from ldmrelease.domain.events import EventKind
from ldmrelease.render import output, tables
from ldmrelease.render.output import visible
from ldmrelease.render.tables import Colour, painted
from tests.unit.faces.cli.test_forged_rows import altered, forge
from tests.workspace import BEFORE, PLACE, WEEKLY, Site

HOSTILE = "\x1b[2J\x1b]0;x\x07\u202eevil\u2066\x9b31m\x7f\u200b\r"
COMMANDS = (
    ("where",),
    ("where", "--live"),
    ("where", HOSTILE),
    ("history",),
    ("history", PLACE),
    ("drift",),
    ("release", "list"),
    ("release", "show", BEFORE),
    ("release", "pin", HOSTILE),
    ("release", "compare", BEFORE, WEEKLY),
    ("alias", "list"),
    ("promotions", "list"),
    ("promotions", "show", HOSTILE),
    ("resume", HOSTILE),
    ("resume", "--all"),
    ("abort", HOSTILE),
    ("receipt", "show", PLACE, WEEKLY),
    ("evidence", "list", WEEKLY),
    ("evidence", "verify", HOSTILE),
    ("check", WEEKLY, "--target", PLACE),
    ("check", WEEKLY, "--target", HOSTILE),
    ("check-run", "smoke", BEFORE, "--target", PLACE),
    ("check-run", HOSTILE, BEFORE, "--target", PLACE),
    ("observe",),
    ("promote", WEEKLY, "--target", PLACE),
    ("ledger", "verify"),
    ("doctor",),
    ("workspace", "lint"),
    ("policy", "explain", HOSTILE),
    ("tag", "parse", HOSTILE),
    ("trust", "agree", "--dry-run"),
    (HOSTILE,),
)


def harmless(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)


@pytest.fixture(scope="module")
def haunted(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Hostile names in the ledger's streams, in git, in values files, and in what a check prints."""
    site = ready_once.copy(tmp_path_factory.mktemp("haunted") / "workspace")
    site.ok("promote", WEEKLY, "--target", PLACE)
    (requested,) = site.events(EventKind.REQUESTED)
    (pinned, *_) = site.events(EventKind.PINNED)
    forge(
        site, f"promotion/P-{HOSTILE}", EventKind.REQUESTED, altered(requested.body, promotion=f"P-{HOSTILE}")
    )
    forge(site, f"release/stack/{HOSTILE}", EventKind.PINNED, altered(pinned.body, tag=HOSTILE))
    forge(site, HOSTILE, f"kind.{HOSTILE}", {"x": HOSTILE})
    (site.root / "smoke-says").write_text(f"printf '%s\\n' '{HOSTILE}'\nexit 1\n")
    git = HOSTILE.replace("\r", "")
    site.edit(
        lambda text: text.replace("al9-w_2023_16", '"al9-w_2023_14"'),
        "gitops/applications/batch/values-usdfdev.yaml",
    )
    site.git("-c", f"user.name={git}", "commit", "-qam", git)
    site.edit(lambda text: f'{text}extra: "\\e[2J\\u202e"\n', "gitops/applications/ocps/values-base.yaml")
    site.git("-c", f"user.name={git}", "commit", "-qam", git)
    return site


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: ascii(words[0]) + str(len(words)))
def test_no_command_lets_it_through(haunted: Site, tmp_path: Path, words: tuple[str, ...]) -> None:
    site = haunted.copy(tmp_path / "workspace")
    for form in ((), ("-o", "json"), ("-o", "yaml")):
        done = site.run(*words, *form)
        assert harmless(done.stdout), ascii(done.stdout)
        assert harmless(done.stderr), ascii(done.stderr)


@given(st.text())
def test_no_text_gets_through(text: str) -> None:
    assert harmless(visible(text))


@given(st.text())
def test_on_a_terminal_nothing_but_our_own_colours(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "in_colour", lambda: True)
        patch.setattr(tables, "in_colour", lambda: True)
        shown = visible(text + painted("x", Colour.red))
    assert shown.endswith("\x1b[31mx\x1b[0m")
    assert harmless(re.sub(r"\x1b\[(31|32|33|90|0)m", "", shown))


def test_there_is_one_way_to_the_terminal() -> None:
    root = Path(ldmrelease.__file__).parent
    for path in [*(root / "faces" / "cli").glob("*.py"), *(root / "render").glob("*.py")]:
        found = re.findall(r"^.*(?:typer\.echo|(?<![\w.])print)\(.*$", path.read_text(), re.MULTILINE)
        assert path.name in ("output.py", "reference.py") or found == [], path
