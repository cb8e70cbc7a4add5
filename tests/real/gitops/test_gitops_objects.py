"""Objects of git: written as git itself would, and read only where their content has their id."""

import os
import subprocess
import zlib
from pathlib import Path

import pytest

from ldmrelease.domain.errors import Unavailable
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Snapshot
from tests.real.gitops.settings import write
from tests.real.gitops.site import (
    FILE,
    VALUES,
    git,
    put,
    target,
)

pytestmark = pytest.mark.real


def test_what_is_written_is_what_git_itself_would_have_written(tree: Path, access: Access) -> None:
    write(target("conf"), access)
    git(tree, "fsck", "--strict", "--no-dangling")
    for revision in ("main", "refs/ldmrelease/summit/nublado"):
        content = subprocess.run(
            ["git", "-C", str(tree), "cat-file", "commit", revision], capture_output=True, check=True
        ).stdout
        assert content.startswith(b"tree ")
    again = ["git", "-C", str(tree), "commit-tree", "-p", "main~", "main^{tree}"]
    said = git(tree, "log", "-1", "--format=%an%n%ae%n%at%n%cn%n%ce%n%ct", "main").splitlines()
    names = (
        "AUTHOR_NAME",
        "AUTHOR_EMAIL",
        "AUTHOR_DATE",
        "COMMITTER_NAME",
        "COMMITTER_EMAIL",
        "COMMITTER_DATE",
    )
    values = [f"{each} +0000" if each.isdigit() else each for each in said]
    env = os.environ | {f"GIT_{name}": value for name, value in zip(names, values, strict=True)}
    message = git(tree, "log", "-1", "--format=%B", "main") + "\n"
    made = subprocess.run(again, env=env, input=message.encode(), capture_output=True, check=True).stdout
    assert made.decode().strip() == git(tree, "rev-parse", "main")


def _put_object(repository: Path, oid: str, kind: str, content: bytes) -> None:
    """Write a loose object under an id that is not its own."""
    file = repository / "objects" / oid[:2] / oid[2:]
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_bytes(zlib.compress(f"{kind} {len(content)}\0".encode() + content))


def _raw(repository: Path, kind: str, oid: str) -> bytes:
    command = ["git", "-C", str(repository), "cat-file", kind, oid]
    return subprocess.run(command, capture_output=True, check=True).stdout


# A mirror has ids of 40 digits.
@pytest.mark.parametrize(("algorithm", "remote"), [("sha1", False), ("sha256", False), ("sha1", True)])
@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
def test_an_object_with_other_content_than_its_id_says_is_not_read_and_nothing_is_written(
    access: Access, tmp_path: Path, algorithm: str, kind: str, remote: bool
) -> None:
    tree = tmp_path / "conf"
    tree.mkdir()
    git(tree, "init", "-q", "-b", "main", f"--object-format={algorithm}")
    foreign = put(tree, {FILE: VALUES + "foreign: true\n"})
    put(tree, {FILE: VALUES})
    git(tree, "clone", "-q", "--bare", ".", str(bare := tmp_path / "conf.git"))
    here = target(bare.as_uri() if remote else str(bare))
    assert isinstance(registry.read(here, access), Snapshot)
    held = next((tmp_path / ".ldmrelease" / "git").glob("*.git")) if remote else bare
    path = {"blob": f":{FILE}", "tree": "^{tree}", "commit": ""}[kind]
    mine, theirs = (git(tree, "rev-parse", f"{each}{path}") for each in ("main", foreign))
    for pack in list(held.glob("objects/pack/*.pack")):
        moved = pack.rename(tmp_path / pack.name)
        for each in pack.parent.glob(f"{pack.stem}.*"):
            each.unlink()
        with moved.open("rb") as stream:
            subprocess.run(["git", "-C", str(held), "unpack-objects", "-q"], stdin=stream, check=True)
    _put_object(held, mine, kind, _raw(tree, kind, theirs))
    before = git(bare, "for-each-ref")
    assert isinstance(answer := write(here, Access(tmp_path)), Unavailable)
    assert f"the {kind} {mine} is damaged" in answer.reason
    assert git(bare, "for-each-ref") == before


def test_nothing_of_a_mirrors_info_is_read(tree: Path, bare: Path, access: Access, tmp_path: Path) -> None:
    here = target(bare.as_uri())
    assert isinstance(registry.read(here, access), Snapshot)
    mirror = next((tmp_path / ".ldmrelease" / "git").glob("*.git"))
    (mirror / "info").mkdir(exist_ok=True)
    (mirror / "info" / "attributes").write_text("* filter=mine\n")
    opened = Access(tmp_path).repository(bare.as_uri()).git
    assert "info" not in {each.name for each in opened.opened.common.iterdir()}
