"""Shallow, partial and sparse clones, and what stands beside our files there: submodules, and files of Git LFS."""

import subprocess
from pathlib import Path

import pytest

from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Written
from tests.real.gitops.settings import AFTER, write
from tests.real.gitops.site import FENCE, FILE, Promoter, git, put, show, target
from tests.real.parts import require

pytestmark = pytest.mark.real

FROM_FILES = ("-c", "protocol.file.allow=always", "-c", "uploadpack.allowFilter=true")


def _clone(bare: Path, *options: str) -> Path:
    """A user's clone beside the repository; as a server lets it leave objects out."""
    git(bare, "config", "uploadpack.allowFilter", "true")
    clone = bare.parent / "clone"
    subprocess.run(
        ["git", *FROM_FILES, "clone", "-q", *options, bare.as_uri(), str(clone)],
        check=True,
        capture_output=True,
    )
    return clone


@pytest.mark.parametrize("options", [("--depth=1",), ("--filter=blob:none",), ("--filter=tree:0",)])
def test_what_a_clone_left_out_stays_out_and_what_we_write_can_be_pushed(
    tree: Path, bare: Path, access: Access, options: tuple[str, ...]
) -> None:
    git(tree, "push", "-q", str(bare), f"{put(tree, {'README': 'more'})}:main")
    clone = _clone(bare, *options)
    lacked = _lacking(clone)
    assert isinstance(registry.claim(target("clone"), access, Promoter().grant()), Written)
    assert isinstance(write(target("clone"), access), Written)
    assert (show(clone), (clone / FILE).read_text()) == (AFTER, AFTER)
    assert git(clone, "status", "--porcelain") == ""
    assert _lacking(clone) == lacked, "nothing was fetched behind the user's back"
    git(clone, "fsck", "--connectivity-only")
    git(clone, *FROM_FILES, "push", "-q", "origin", "main", FENCE)
    assert show(bare) == AFTER
    git(bare, "fsck", "--strict")


def test_a_file_that_a_partial_clone_left_out_is_said_with_what_fetches_it(
    bare: Path, access: Access
) -> None:
    _clone(bare, "--filter=blob:none", "--no-checkout", "--sparse")
    refusal = write(target("clone"), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-in-partial-clone"
    git(Path(refusal.values["where"]), *FROM_FILES, "show", f"{refusal.values['revision']}:{FILE}")
    assert isinstance(registry.claim(target("clone"), access, Promoter().grant()), Written)
    found = registry.read(target("clone"), access)
    assert not isinstance(found, Refusal), found


def test_a_sparse_index_stays_one_that_git_reads(tree: Path, access: Access) -> None:
    put(tree, {"docs/index.md": "kept\n", "left/out.md": "left out\n"})
    git(tree, "sparse-checkout", "set", "--cone", "--sparse-index", "docs")
    assert isinstance(write(target("conf"), access), Written)
    assert show(tree) == AFTER
    assert not (tree / FILE).exists()
    assert not (tree / "left").exists()
    assert git(tree, "status", "--porcelain") == ""
    git(tree, "sparse-checkout", "set", "--cone", "applications")
    assert (tree / FILE).read_text() == AFTER
    assert git(tree, "status", "--porcelain") == ""


def test_submodules_and_files_of_lfs_beside_ours_are_not_touched(
    tree: Path, access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("git-lfs", "apt install git-lfs")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    subprocess.run(["git", "lfs", "install", "--skip-repo"], check=True, capture_output=True)
    (tmp_path / "charts").mkdir()
    git(tmp_path / "charts", "init", "-q", "-b", "main")
    first = put(tmp_path / "charts", {"Chart.yaml": "version: 1\n"})
    git(tree, *FROM_FILES, "submodule", "add", "-q", str(tmp_path / "charts"), "charts")
    put(tree, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "model.bin": "many bytes\n"})
    put(tmp_path / "charts", {"Chart.yaml": "version: 2\n"})
    git(tree / "charts", *FROM_FILES, "pull", "-q", "origin", "main")
    before = git(tree, "status", "--porcelain")
    assert "charts" in before
    assert isinstance(write(target("conf"), access), Written)
    assert git(tree, "diff", "--name-only", "main~", "main") == FILE
    assert git(tree, "rev-parse", "main:charts") == first
    assert show(tree, "model.bin").startswith("version https://git-lfs")
    assert (tree / "model.bin").read_text() == "many bytes\n"
    assert (tree / FILE).read_text() == AFTER
    assert git(tree, "status", "--porcelain") == before


def test_a_file_that_is_kept_by_lfs_is_said_to_be(tree: Path, access: Access) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\nsize 12345\n"
    put(tree, {FILE: pointer})
    refusal = registry.read(target("conf"), access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["file"]) == ("lfs-pointer", FILE)


def _lacking(clone: Path) -> set[str]:
    """The objects that were left out."""
    command = ["git", "-C", str(clone), "rev-list", "--objects", "--all", "--missing=print"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {each for each in told.split("\n") if each.startswith("?")}
