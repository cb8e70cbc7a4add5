"""One git process answers for all objects; when it is gone or silent that is an error, and the next question works."""

import os
import signal
import threading
from pathlib import Path

import pytest

from ldmrelease.targets.git import object_reader, program
from ldmrelease.targets.git.object_reader import ObjectReader
from ldmrelease.targets.git.program import NO_ANSWER, GitError
from tests.real.gitops.site import FILE, VALUES, git, put

pytestmark = pytest.mark.real


@pytest.fixture
def reader(tree: Path) -> ObjectReader:
    return ObjectReader([f"--git-dir={tree / '.git'}"], {})


def process_of(tree: Path) -> int:
    """The process that answers for this repository."""
    children = Path(f"/proc/{os.getpid()}/task")
    found = [
        int(each)
        for task in children.iterdir()
        for each in (task / "children").read_text().split()
        if str(tree).encode() in Path(f"/proc/{each}/cmdline").read_bytes()
    ]
    assert len(found) == 1, found
    return found[0]


def test_objects_are_read_by_id_and_by_name(reader: ObjectReader, tree: Path) -> None:
    big = "x: " + "1234567890" * 300_000
    put(tree, {"big.yaml": big, "empty": ""})
    assert (found := reader.read("main:big.yaml")) is not None
    assert found.content.decode() == big
    assert (empty := reader.read("main:empty")) is not None
    assert (empty.kind, empty.content) == ("blob", b"")
    assert reader.read(found.oid) == found
    assert (tip := reader.read("refs/heads/main")) is not None
    assert (tip.oid, tip.kind) == (git(tree, "rev-parse", "main"), "commit")


@pytest.mark.parametrize(
    "name", ["", "nothing", "0" * 40, "main:none", "main\nmain", "a b c", "main:missing 3 4"]
)
def test_a_name_of_nothing_is_none(reader: ObjectReader, name: str) -> None:
    assert reader.read(name) is None
    assert (found := reader.read(f"main:{FILE}")) is not None
    assert found.content.decode() == VALUES


def test_what_is_written_meanwhile_is_seen(reader: ObjectReader, tree: Path) -> None:
    for number in range(3):
        tip = put(tree, {"README": str(number)})
        git(tree, "gc", "-q", "--prune=now")
        assert (found := reader.read("refs/heads/main")) is not None
        assert found.oid == tip
        assert (readme := reader.read("main:README")) is not None
        assert readme.content.decode() == str(number)


def test_a_process_that_is_gone_is_an_error_and_the_next_question_works(
    reader: ObjectReader, tree: Path
) -> None:
    assert reader.read("main") is not None
    os.kill(process_of(tree), signal.SIGKILL)
    with pytest.raises(GitError):
        reader.read("main")
    assert reader.read("main") is not None


def test_a_process_that_is_silent_is_given_up(
    reader: ObjectReader, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reader.read("main") is not None
    silent = process_of(tree)
    os.kill(silent, signal.SIGSTOP)
    monkeypatch.setattr(object_reader, "PATIENCE", 0.01)
    with pytest.raises(GitError) as error:
        reader.read("main")
    assert error.value.status == NO_ANSWER
    assert not Path(f"/proc/{silent}").exists()
    monkeypatch.setattr(object_reader, "PATIENCE", program.PATIENCE)
    assert reader.read("main") is not None


def test_what_git_complains_of_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        ObjectReader([f"--git-dir={tmp_path / 'none'}"], {}).read("main")


def test_the_process_ends_with_its_reader(reader: ObjectReader, tree: Path) -> None:
    another = ObjectReader([f"--git-dir={tree / '.git'}"], {})
    assert another.read("main") is not None
    process = process_of(tree)
    del another
    assert not Path(f"/proc/{process}").exists()
    assert reader.read("main") is not None


def test_many_threads_get_their_own_answers(reader: ObjectReader, tree: Path) -> None:
    put(tree, {f"file{each}": f"content {each}\n" for each in range(8)})
    wrong: list[str] = []

    def ask(number: int) -> None:
        for _ in range(50):
            found = reader.read(f"main:file{number}")
            if found is None or found.content.decode() != f"content {number}\n":
                wrong.append(str(found))

    threads = [threading.Thread(target=ask, args=(each,)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_thousands_of_names_are_asked_for_together_without_a_standstill(
    reader: ObjectReader, tree: Path
) -> None:
    large = tree / "large"
    large.write_bytes(b"x" * 300_000)
    oid = git(tree, "hash-object", "-w", "large").strip()
    names = [each for number in range(1000) for each in (f"refs/heads/nothing-{number:060}", "main", "")]
    found = reader.read_all([*names, oid, oid])
    assert [each and each.kind for each in found] == [*([None, "commit", None] * 1000), "blob", "blob"]
    assert found[-1] is not None
    assert len(found[-1].content) == 300_000
