"""The program as a whole: help, completion, exit codes, and no traceback for what a user does wrong."""

from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from ldmrelease import __version__
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.faces.cli import main
from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.main import load
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.ledger import Damaged, DiskFull, LedgerBusy, LedgerExists, NoLedger
from ldmrelease.registry.errors import RegistryUnreachable
from ldmrelease.services.context import Untrusted
from ldmrelease.services.promotions.load import NoSuchPromotion
from ldmrelease.sources.git_tags import SourceUnavailable
from ldmrelease.trust.signer import KeyProblem
from tests.answers_fit import DOCUMENTS
from tests.unit.faces.cli.running import files, run

HELP = Path(__file__).with_name("help.txt")


def commands(name: str, command: object) -> list[tuple[str, object]]:
    """A command with its path; of a group, also those in it."""
    inner = command.commands.items() if isinstance(command, TyperGroup) else ()
    return [(name, command), *(found for sub, each in inner for found in commands(f"{name} {sub}", each))]


@pytest.fixture(scope="module")
def everything() -> list[tuple[str, object]]:
    return [found for name in COMMANDS for found in commands(name, load(name))]


def test_help_is_as_reviewed():
    assert run("--help").stdout == HELP.read_text()


def test_help_of_every_command_ends_with_examples_of_it(everything):
    without = []
    for name, _ in everything:
        told = run(*name.split(), "--help").stdout
        examples = told.partition("  Examples:\n")[2].rstrip().splitlines()
        if not examples or not any(f"ldmrelease {name}".split()[-1] in each for each in examples):
            without.append(name)
    assert without == []


WITHOUT_OUTPUT = {
    "completion",
    "resolve",
    "evidence sign",
    "milestones export",
    "milestones gantt",
    "campaign export",
    "site components",
}


def test_every_command_has_the_output_option(everything):
    lacking = [
        name
        for name, each in everything
        if not isinstance(each, TyperGroup) and not any("--output" in p.opts for p in each.params)
    ]
    assert set(lacking) == WITHOUT_OUTPUT < DOCUMENTS


def test_every_command_says_in_one_line_what_it_does(everything):
    assert [name for name, each in everything if not each.help] == []


def test_version():
    assert run("--version").stdout == f"ldmrelease {__version__}\n"


def test_a_misspelled_command_is_corrected():
    done = run("tga")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "Did you mean 'tag'?" in done.stderr


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty") / "workspace"
    assert run("init", str(folder)).exit_code == 0
    (folder / "two\nlines.yaml").write_bytes(b"\xff\x00")
    (folder / "bad.yaml").write_text("kind: Level\nspec: [")
    (folder / "list.json").write_text("[1, 2]")
    return folder


MISTAKES = [
    ["ledger", "verify", "--checkpoint", "not-there"],
    ["ledger", "verify", "--checkpoint", "list.json"],
    ["ledger", "verify", "--checkpoint", "policies"],
    ["ledger", "verify", "--checkpoint", "two\nlines.yaml"],
    ["ledger", "checkpoint", "--out", "list.json"],
    ["ledger", "checkpoint", "--out", "no/such/folder/c.json"],
    ["ledger", "export", "list.json"],
    ["ledger", "export", "no/such/folder/e.jsonl"],
    ["ledger", "import", "not-there"],
    ["ledger", "import", "list.json"],
    ["ledger", "show", "--last", "0"],
    ["policy", "explain", "prodution"],
    ["policy", "explain", "production", "--environment", "moon"],
    ["policy", "lint", "not-there.yaml"],
    ["policy", "lint", "keys"],
    ["key", "new", "a/b"],
    ["key", "new", ""],
    ["key", "new", "a", "--out", "no/such/folder/a.pem"],
    ["key", "new", "a", "--out", "list.json"],
    ["key", "new", "a", "--kind", "rsa"],
    ["init", "."],
    ["init", "elsewhere", "--sample", "moon"],
    ["init", "list.json"],
    ["tag", "parse", "--grammar", "calver"],
    ["tag", "sort", "--output", "xml"],
    ["workspace", "lint", "--ouput", "json"],
    ["-C", "not-there", "workspace", "lint"],
    ["-C", "list.json", "policy", "explain", "production"],
    ["-C", "two\nlines.yaml", "ledger", "verify"],
]


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_is_told_and_changes_nothing(
    words: list[str], empty: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(empty)
    before = files(empty)
    done = run(*words)
    assert done.exit_code in (
        {ExitCode.REFUSED, ExitCode.BAD_INPUT} if "lint" in words else {ExitCode.BAD_INPUT}
    ), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout + done.stderr
    assert files(empty) == before


def test_outside_of_a_workspace_it_says_how_to_make_or_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    done = run("ledger", "verify")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "ldmrelease init" in done.stderr
    assert "LDMRELEASE_WORKSPACE" in done.stderr


def test_the_workspace_is_found_upwards_and_by_variable(empty: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(empty / "policies")
    assert run("ledger", "verify").exit_code == 0
    monkeypatch.chdir("/")
    assert run("ledger", "verify", LDMRELEASE_WORKSPACE=str(empty)).exit_code == 0


def test_a_workspace_with_a_clock_says_so(empty: Path, tmp_path: Path):
    folder = tmp_path / "clocked"
    run("init", str(folder))
    file = folder / "ldmrelease.yaml"
    file.write_text(file.read_text() + "\nclock: 2033-04-21T18:00:00Z\n")
    done = run("ledger", "verify", "--output", "json", folder=folder)
    assert done.stderr == "clock: 2033-04-21T18:00:00Z (the workspace's own)\n"
    assert "clock" not in done.stdout


class Planted:
    """A command that raises what a test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def __call__(self, error: BaseException) -> object:
        planted = typer.Typer()

        @planted.command()
        def tag() -> None:
            raise error

        self._patch.setattr(main, "load", lambda _: typer.main.get_command(planted))
        return run("tag")


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> Planted:
    return Planted(monkeypatch)


def errors() -> list[tuple[Exception, ExitCode]]:
    return [
        (UsageError("no such place", "name one"), ExitCode.BAD_INPUT),
        (BadInput([Problem("a.yaml", "bad", 1, 2)]), ExitCode.BAD_INPUT),
        (KeyProblem("k.pem: no key"), ExitCode.BAD_INPUT),
        (NoSuchPromotion("p-1"), ExitCode.BAD_INPUT),
        (LedgerExists("there"), ExitCode.BAD_INPUT),
        (FileNotFoundError(2, "No such file", "x"), ExitCode.BAD_INPUT),
        (NoLedger("none"), ExitCode.UNDECIDED),
        (Damaged("cut"), ExitCode.UNDECIDED),
        (DiskFull("full"), ExitCode.UNDECIDED),
        (RegistryUnreachable("cut", method="GET", repository="r"), ExitCode.UNDECIDED),
        (SourceUnavailable("no answer"), ExitCode.UNDECIDED),
        (Untrusted("edited"), ExitCode.UNDECIDED),
        (OSError(28, "No space left on device"), ExitCode.UNDECIDED),
        (KeyError("a bug"), ExitCode.UNDECIDED),
        (LedgerBusy("another writes"), ExitCode.WAITING),
    ]


@pytest.mark.parametrize(("error", "code"), errors(), ids=lambda each: type(each).__name__)
def test_each_error_has_its_exit_code_and_a_line(raised: Planted, error: Exception, code: ExitCode):
    done = raised(error)
    assert done.exit_code == code
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_bug_asks_to_be_reported_and_can_be_traced(raised: Planted, monkeypatch: pytest.MonkeyPatch):
    assert "LDMRELEASE_TRACEBACK=1" in raised(KeyError("a bug")).stderr
    monkeypatch.setenv("LDMRELEASE_TRACEBACK", "1")
    with pytest.raises(KeyError):
        raised(KeyError("a bug"))
