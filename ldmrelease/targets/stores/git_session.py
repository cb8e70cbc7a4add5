"""The files of a branch in an opened repository, for what reads and writes settings there."""

from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.value_addresses import NOT_IN_A_PATH
from ldmrelease.targets.connections import Access
from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.git.git_repository import Git, GitBlob, read_blob
from ldmrelease.targets.results import RefusedError
from ldmrelease.targets.stores.reading import Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldmrelease.targets.git.checkout import Checkouts


class Session(Struct, frozen=True):
    """A branch, and the file that addresses without one are about."""

    where: GitFile
    repository: GitRemote

    @classmethod
    def open(cls, where: GitFile, access: Access) -> "Session":
        """Find the repository. Raises `Refused` (`bad-file`)."""
        _require_file(where.file)
        return cls(where, access.repository(where.repository))

    @property
    def git(self) -> Git:
        """Where its objects are."""
        return self.repository.git

    @property
    def ref(self) -> str:
        """The branch."""
        return f"refs/heads/{self.where.branch}"

    def tip(self) -> str:
        """The commit that the branch is at. Raises `Refused` (`no-branch`)."""
        return self.require(self.repository.tips([self.ref]).get(self.ref))

    def require(self, tip: str | None) -> str:
        """The branch's tip, or `Refused` (`no-branch`)."""
        if tip is None:
            raise self._no_branch()
        return tip

    def _no_branch(self) -> RefusedError:
        from ldmrelease.targets.git.default_branch import default_branch  # noqa: PLC0415 - of a mistake alone

        own = default_branch(self.repository)
        known = {} if own in {None, self.where.branch} else {"default": own}
        return RefusedError("no-branch", where=self.repository.where, branch=self.where.branch, **known)

    def blob(self, revision: str, file: str) -> GitBlob:
        """A file at a revision. Raises `Refused`: `bad-file`, `no-file`, `not-a-file`."""
        _require_file(file)
        return read_blob(self.git, revision, file)

    def texts(self, revision: str) -> Texts:
        """The files at a revision."""
        return Texts(self.where.file, lambda file: self.blob(revision, file).content)

    def checkouts(self, files: "Sequence[str]") -> "Checkouts | None":
        """The copies to keep up to date; a mirror has none."""
        from ldmrelease.targets.git.checkout import checkouts_of  # noqa: PLC0415 - for writers alone

        if self.repository.url is not None:
            return None
        return checkouts_of(self.git, self.where.branch, files)


def _require_file(file: str) -> None:
    if NOT_IN_A_PATH & set(file.split("/")):
        raise RefusedError("bad-file", file=file)
