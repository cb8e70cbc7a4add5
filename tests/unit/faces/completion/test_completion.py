"""Completion in bash, zsh and fish: names of the workspace and its ledger, without a trace and without a word."""

import json
import os
import subprocess
import sys

import pytest

from ldmrelease.config.workspace.model import FILE
from ldmrelease.faces.cli.completion_table import FREE, completion_table
from ldmrelease.faces.completion.command_line import read_table
from ldmrelease.faces.completion.complete import complete
from tests.workspace import BASE, PLACE, WEEKLY, Site, new_site


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A workspace with a promotion that ended and one that did not."""
    made = new_site(tmp_path_factory.mktemp("completion") / "workspace")
    made.release_weekly()
    made.ok("promote", WEEKLY, "--target", PLACE, "--yes")
    assert made.run("promote", WEEKLY, "--target", BASE, "--yes").exit_code != 0
    return made


def bash(line: str, capsys: pytest.CaptureFixture[str], **environ: str) -> list[str]:
    """What bash is told for a line; the word after its last space is being typed."""
    words = ["ldmrelease", *line.split(" ")]
    asked = {
        "_LDMRELEASE_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    assert complete(asked | environ) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("prom", ["promote", "promotions"]),
        ("promotions ", ["list", "show", "replay"]),
        ("promote --tar", ["--target"]),
        ("promote w.2023", [WEEKLY]),
        (f"promote {WEEKLY} --target usdfdev/", ["usdfdev/nublado", "usdfdev/batch"]),
        (f"promote {WEEKLY} --target=commiss", ["--target=commissioning"]),
        ("check-run smo", ["smoke"]),
        ("check-run smoke w.", [WEEKLY]),
        ("where summit/", ["summit/nublado", "summit/ocps"]),
        ("release list --product pro", ["prompt-processing"]),
        ("alias move reco", ["recommended_c0029", "recommended"]),
        ("policy explain comm", ["commissioning"]),
        ("trust add-key x y --role receipts-pro", ["receipts-production"]),
        ("promotions show P-", ["P-2", "P-1"]),
        ("where --output y", ["yaml"]),
        ("key new ", []),
        ("promote nothing-like-it", []),
        ("nothing ", []),
        ("abort P-1 ", []),
    ],
)  # fmt: skip
def test_what_bash_is_told(
    used: Site, capsys: pytest.CaptureFixture[str], line: str, expected: list[str]
) -> None:
    found = bash(f"-C {used.root} {line}", capsys)
    if line.startswith("promotions show"):
        assert found
        assert all(each.startswith("P-") for each in found)
    elif line.startswith("alias"):
        assert set(found) <= set(expected)
        assert found
    else:
        assert sorted(found) == sorted(expected)


def test_the_workspace_is_found_as_by_the_command(used: Site, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(used.root)
    assert bash("check-run smo", capsys) == ["smoke"]
    monkeypatch.chdir(tmp_path)
    assert bash("check-run smo", capsys) == []
    assert bash("check-run smo", capsys, LDMRELEASE_WORKSPACE=str(used.root)) == ["smoke"]


def test_zsh_and_fish(used: Site, capsys) -> None:
    line = f"ldmrelease -C {used.root} check-run smo"
    assert complete({"_LDMRELEASE_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line}) == 0
    assert capsys.readouterr().out == "_arguments '*: :((\"smoke\"))'\n"
    files = {"_LDMRELEASE_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "ldmrelease ledger export "}
    complete(files)
    assert capsys.readouterr().out == "_files\n"
    fish = {"_LDMRELEASE_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": line}
    assert complete(fish | {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}) == 0
    assert capsys.readouterr().out == "smoke\n"
    files["_LDMRELEASE_COMPLETE"] = "complete_fish"
    assert complete(files | {"_TYPER_COMPLETE_FISH_ACTION": "is-args"}) == 1
    assert complete({"_LDMRELEASE_COMPLETE": "source_bash"}) is None


@pytest.mark.parametrize("broken", [FILE, "trust.yaml", "ledger.db"])
def test_a_broken_workspace_completes_nothing_and_says_nothing(
    used: Site, tmp_path, capsys, broken: str
) -> None:
    site = used.copy(tmp_path / "broken")
    (site.root / broken).write_bytes(b"]\x00[")
    assert bash(f"-C {site.root} promote ", capsys) == []
    (site.root / broken).unlink()
    assert bash(f"-C {site.root} promote ", capsys) == []


def test_nothing_is_left_behind(used: Site, capsys) -> None:
    def seen() -> dict[str, bytes]:
        return {str(each): each.read_bytes() for each in used.root.glob("*") if each.is_file()}

    before = seen()
    assert bash(f"-C {used.root} promote w", capsys) == [WEEKLY]
    assert seen() == before


def test_an_append_under_way_is_seen_and_not_held_up(used: Site, tmp_path, capsys) -> None:
    site = used.copy(tmp_path / "open")
    context = site.context()
    with context.ledger:
        site.ok("release", "pin", "w.2023.15")
        assert bash(f"-C {site.root} promote w.", capsys) == [WEEKLY, "w.2023.15"]


def test_names_that_a_shell_would_read_otherwise_are_left_out(used: Site, monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        "ldmrelease.faces.completion.workspace_names.names", lambda *_: ["a b", "a\nb", "a\x1b[1m", "ab"]
    )
    assert bash("promote a", capsys) == ["ab"]


def test_the_table_is_what_the_commands_say() -> None:
    assert read_table() == json.loads(json.dumps(completion_table())), "make references"


def test_every_argument_is_completed_or_known_to_be_free() -> None:
    from ldmrelease.faces.cli import completion_table as writing  # noqa: PLC0415 - its private table

    texts = {"aliases", *FREE}
    unknown = []
    for path, entry in completion_table().items():
        for name, each in entry["options"].items():
            if each["takes"] and not (each["kind"] or each.get("choices")) and name.startswith("--"):
                unknown.append((path, name.removeprefix("--").replace("-", "_")))
    unknown = [
        (path, name)
        for path, name in unknown
        if name not in texts and name not in {"alias", "last", "timeout"}
    ]
    assert unknown == []
    assert writing.FREE.isdisjoint(writing._KINDS)


def test_completion_loads_no_more_than_names_take(used: Site) -> None:
    script = (
        "import atexit, sys; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr));"
        "sys.argv = ['ldmrelease']; from ldmrelease.__main__ import main; main()"
    )

    def loaded(line: str) -> set[str]:
        words = ["ldmrelease", "-C", str(used.root), *line.split(" ")]
        asked = {
            "_LDMRELEASE_COMPLETE": "complete_bash",
            "COMP_WORDS": "\n".join(words),
            "COMP_CWORD": str(len(words) - 1),
        }
        environ = {
            name: value for name, value in os.environ.items() if name not in ("CI", "LDMRELEASE_NO_CACHE")
        }
        done = subprocess.run(
            [sys.executable, "-c", script], env=environ | asked, capture_output=True, text=True, check=True
        )
        assert done.stdout
        return set(done.stderr.splitlines()[-1].split())

    loaded("check-run smo")
    options, names = loaded("promote --tar"), loaded("promote w.")
    heavy = {"typer", "pydantic", "yaml", "cryptography", "urllib3", "rich", "ldmrelease.faces.cli.main"}
    assert (options | names) & heavy == set()
    assert "msgspec" not in options
    own = [each for each in names if each.startswith("ldmrelease")]
    assert len(own) <= 60, sorted(own)
    rooms = {each.split(".")[1] for each in own if "." in each}
    assert rooms <= {"__main__", "faces", "config", "domain", "ledger", "trust", "checks", "logs"}
