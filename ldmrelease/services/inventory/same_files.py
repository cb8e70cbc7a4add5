"""Whether two commits have the same settings of a place: told by the objects of their files, without reading any."""

from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import Application
from ldmrelease.domain.value_addresses import file_of
from ldmrelease.targets.connections import Access
from ldmrelease.targets.git.git_repository import Git, is_commit_id


def same_files(access: Access, application: Application, one: str, other: str) -> bool:
    """Whether the files of a place's settings are the same in both; False where a commit is not known here."""
    where = application.target.location
    if one == other:
        return True
    if not isinstance(where, GitFile) or not is_commit_id(one) or not is_commit_id(other):
        return False
    try:
        git = access.repository(where.repository).git
        return all(_oid(git, one, each) == _oid(git, other, each) for each in files_of(application, where))
    except LdmreleaseError:
        return False


def files_of(application: Application, where: GitFile) -> set[str]:
    """The files of the tree that the settings of a place are in."""
    target = application.target
    found = {where.file}
    if isinstance(target, ImageSettingsTarget):
        found = {file_of(address, where.file) for each in target.settings for address in each.read}
    return found


def _oid(git: Git, revision: str, file: str) -> str | None:
    folder, _, name = file.rpartition("/")
    held = git.entries(revision, folder)
    return next((each.oid for each in held if each.name == name.encode(errors="surrogateescape")), None)
