"""A values file in git as a target, by the git of this machine: in a directory, and in a remote."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Value
from tests.real.gitops.site import FILE, VALUES, git, new_repository, put, put_fence, show
from tests.unit.targets.contract import Observer, StoreContract

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
        return ImageSettingsTarget(GitFile(repository, "main", FILE), (Setting("lab", "image.tag"),))

    def access(self, observer: Observer | None = None) -> Access:
        return Access(self.workspace, observer)

    def put_fence(self, kept: bytes | None) -> None:
        put_fence(self.remote or self.tree, kept)

    def meddle(self) -> str:
        if self.remote is not None:
            git(self.tree, "pull", "-q", str(self.remote), "main")
        old = show(self.tree, FILE, "HEAD")
        put(self.tree, {FILE: old.replace("tag: w_2023_15", "tag: x").replace("tag: w_2023_16", "tag: x")})
        if self.remote is not None:
            git(self.tree, "push", "-q", str(self.remote), "main")
        return "Anna <anna@example.org>"


@pytest.fixture(params=["directory", "remote"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> InGit:
    tree = new_repository(tmp_path / "conf", {FILE: VALUES})
    if request.param == "directory":
        return InGit(tmp_path, tree, None)
    bare = tmp_path / "bare.git"
    git(tree, "clone", "-q", "--bare", ".", str(bare))
    return InGit(tmp_path, tree, bare)


class TestGitFile(StoreContract):
    """All that a store has to do."""
