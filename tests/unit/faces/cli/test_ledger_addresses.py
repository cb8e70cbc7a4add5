"""The ledger of a workspace is an address: whoever keeps it is known by its scheme, and by one line of a registry."""

import json

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.events import EventKind
from ldmrelease.faces.completion.workspace_names import names
from ldmrelease.ledger.registry import STORES
from tests.unit.faces.cli.running import run
from tests.unit.ledger import memory_store
from tests.workspace import Site


@pytest.fixture
def in_memory(ready: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A workspace whose ledger was moved to a store that is registered, and is known to nobody else."""
    backup = ready.root / "backup.jsonl"
    assert run("ledger", "export", str(backup), folder=ready.root).exit_code == 0
    monkeypatch.setitem(STORES, "memory", memory_store.__name__)
    monkeypatch.setattr(memory_store, "KEPT", {})
    _say(ready, "memory:ours")
    assert run("ledger", "import", str(backup), folder=ready.root).exit_code == 0
    (ready.root / "ledger.db").unlink()
    return ready


def _say(site: Site, address: str) -> None:
    file = site.root / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("ledger: ledger.db\n", f"ledger: {address}\n"))


def test_commands_work_in_a_store_that_is_registered(in_memory: Site) -> None:
    for words in (("ledger", "verify"), ("workspace", "lint"), ("observe",), ("where",)):
        done = run(*words, folder=in_memory.root)
        assert done.exit_code == 0, (words, done.output)
    assert {each.kind for each in memory_store.KEPT["ours"].events()} >= {EventKind.OBSERVED}
    there = run("ledger", "import", str(in_memory.root / "backup.jsonl"), folder=in_memory.root)
    assert there.exit_code == ExitCode.BAD_INPUT
    assert "memory:ours is there already" in there.output


def test_names_are_completed_from_it(in_memory: Site) -> None:
    assert "w.2023.15" in names("tags", str(in_memory.root), {})


def test_a_path_may_have_its_scheme(ready: Site) -> None:
    before = run("ledger", "show", "-o", "json", folder=ready.root).stdout
    _say(ready, "sqlite:ledger.db")
    assert run("ledger", "show", "-o", "json", folder=ready.root).stdout == before
    assert run("workspace", "lint", folder=ready.root).exit_code == 0


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("postgresql://db/ledger", "'postgresql' is not a kind of ledger"),
        ("memory:ours", "'memory' is not a kind of ledger"),
        ("sqlite://ledger.db", "it has a host, and a file has none"),
        ("'sqlite:'", "it names no file"),
    ],
)
def test_another_address_is_refused_where_it_stands(ready: Site, address: str, fault: str) -> None:
    _say(ready, address)
    done = run("where", "-o", "json", folder=ready.root)
    (problem,) = json.loads(done.stdout)["error"]["problems"]
    line = (ready.root / "ldmrelease.yaml").read_text().splitlines().index(f"ledger: {address}") + 1
    assert (problem["line"], problem["field"]) == (line, "ledger")
    assert problem["found"] == json.dumps(address.strip("'"))
    assert fault in problem["message"]
    assert problem["expected"] == "a path, or an address that begins with sqlite:"


def test_a_password_is_refused_and_not_told(ready: Site) -> None:
    _say(ready, "postgresql://me:hunter2@db/ledger")
    done = run("where", "-o", "json", folder=ready.root)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "hunter2" not in done.output
