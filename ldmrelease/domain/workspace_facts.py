"""What decisions rest on of the workspace's own files: documents about a release, versions of interfaces."""

from msgspec import Struct


class DocumentFile(Struct, frozen=True):
    """A document of the release as it is in the workspace: its kind (`release-notes`), its path from the workspace's
    folder, and the digest of its bytes; None where there is no such file. `problem` is a code where it cannot be read.
    """

    kind: str
    path: str
    digest: str | None
    problem: str | None = None


class InterfaceFact(Struct, frozen=True, order=True):
    """A version of an interface (a schema, a protocol) that an environment has. `source` is who says so: `workspace`,
    or the release (`product/tag`) that runs at a place there and provides it, with the roles of whoever signed that.
    """

    interface: str
    version: str
    source: str
    place: str | None = None
    roles: tuple[str, ...] = ()


class ClaimFact(Struct, frozen=True):
    """Something that a campaign has to verify: a feature of its milestone, or a requirement, and the test cases that do
    it, by key. `incomplete`: the catalogue does not have the feature as completed.
    """

    code: str
    cases: tuple[str, ...] = ()
    incomplete: bool = False


class CampaignFact(Struct, frozen=True):
    """A verification campaign of the workspace, with the milestone that it binds and what that claims. `definition` is
    the digest of all of it, `complete` says that the catalogue marks the milestone complete; `problem` is a code where
    the campaign cannot be read: nothing else is known of it then.
    """

    name: str
    milestone: str
    definition: str
    claims: tuple[ClaimFact, ...] = ()
    complete: bool = False
    problem: str | None = None
