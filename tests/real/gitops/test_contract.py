"""A values file in git as a target, by the git of this machine: in a directory, and in a remote."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting
from ldmrelease.domain.value_addresses import file_of
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Value, Written
from tests.real.gitops.site import FILE, VALUES, git, new_repository, put, put_fence, show
from tests.unit.targets.contract import Observer, StoreContract, write

pytestmark = pytest.mark.real


@dataclass
class InGit:
    """The file, its work tree, and where that is pushed to, if anywhere."""

    workspace: Path
    tree: Path
    remote: Path | None
    before: dict[str, Value] = field(default_factory=lambda: {"image.tag": "w_2023_15"})
    ours: dict[str, Value] = field(default_factory=lambda: {"image.tag": "w_2023_16"})

    @property
    def target(self) -> ImageSettingsTarget:
        repository = self.remote.as_uri() if self.remote is not None else "conf"
        settings = tuple(Setting("lab", path) for path in self.before)
        return ImageSettingsTarget(GitFile(repository, "main", FILE), settings)

    def access(self, observer: Observer | None = None) -> Access:
        return Access(self.workspace, observer)

    def put_fence(self, kept: bytes | None) -> None:
        put_fence(self.remote or self.tree, kept)

    def meddle(self) -> str:
        if self.remote is not None:
            git(self.tree, "pull", "-q", str(self.remote), "main")
        files = dict.fromkeys(file_of(each, FILE) for each in self.before)
        old = {each: show(self.tree, each, "HEAD") for each in files}
        put(
            self.tree,
            {
                file: text.replace("tag: w_2023_15", "tag: x").replace("tag: w_2023_16", "tag: x")
                for file, text in old.items()
            },
        )
        if self.remote is not None:
            git(self.tree, "push", "-q", str(self.remote), "main")
        return "Anna <anna@example.org>"


OTHERS = ("environments/values-summit.yaml", "applications/auxtel/deep/values-summit.yaml")


@pytest.fixture(params=["directory", "remote"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> InGit:
    return prepared(tmp_path, request.param)


def prepared(tmp_path: Path, where: str, *others: str) -> InGit:
    """A repository whose file, and these others, have the tag."""
    tree = new_repository(tmp_path / "conf", {FILE: VALUES, **dict.fromkeys(others, VALUES)})
    paths = ("image.tag", *(f"{each}#image.tag" for each in others))
    before: dict[str, Value] = dict.fromkeys(paths, "w_2023_15")
    ours: dict[str, Value] = dict.fromkeys(paths, "w_2023_16")
    if where == "directory":
        return InGit(tmp_path, tree, None, before, ours)
    bare = tmp_path / "bare.git"
    git(tree, "clone", "-q", "--bare", ".", str(bare))
    return InGit(tmp_path, tree, bare, before, ours)


class TestGitFile(StoreContract):
    """All that a store has to do."""


class TestSeveralFiles(StoreContract):
    """The same of settings in several files of a branch, of which each write is one commit."""

    @pytest.fixture(params=["directory", "remote"])
    def there(self, request: pytest.FixtureRequest, tmp_path: Path) -> InGit:
        return prepared(tmp_path, request.param, *OTHERS)

    def test_one_commit_changes_them_all_and_the_copy_follows(self, tmp_path: Path) -> None:
        there = prepared(tmp_path, "directory", *OTHERS)
        before = git(there.tree, "rev-parse", "HEAD").strip()
        written = write(there)
        assert isinstance(written, Written)
        assert git(there.tree, "rev-list", f"{before}..main").split() == [written.revision]
        changed = git(there.tree, "diff", "--numstat", f"{before}..main").splitlines()
        assert sorted(changed) == sorted(f"1\t1\t{file}" for file in (FILE, *OTHERS))
        assert git(there.tree, "status", "--porcelain") == ""
        assert "w_2023_16" in (there.tree / OTHERS[1]).read_text()

    def test_a_file_that_the_user_has_changed_stops_the_write_before_anything_is_done(
        self, tmp_path: Path
    ) -> None:
        there = prepared(tmp_path, "directory", *OTHERS)
        (there.tree / OTHERS[1]).write_text("mine: true\n")
        refusal = write(there)
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.values["file"]) == ("uncommitted", OTHERS[1])
        assert git(there.tree, "rev-list", "--count", "main").strip() == "1"
