"""What evidence has to be about: the release, its content, or each required platform of each image.

Tests, scans and package lists speak for the platform that they looked at; provenance of an index covers its
children. So an amd64 result never vouches for arm64.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from ldmrelease.domain.facts import ImageFact, StatementFact
from ldmrelease.domain.images import without_os_version
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.policy.rule_context import RuleContext

About = Literal["image", "release", "content"]

COVERS_PLATFORMS = frozenset(each.name for each in STATEMENT_TYPES.values() if each.covers_platforms)


class PolicySubject(Struct, frozen=True):
    """One thing that evidence is required about. `index` is the digest of the index above `digest`."""

    digest: str
    component: str | None = None
    platform: str | None = None
    index: str | None = None

    def describe(self) -> dict[str, str]:
        """The subject for the values of a finding."""
        named = {"component": self.component, "platform": self.platform, "digest": self.digest}
        return {key: value for key, value in named.items() if value}

    def spoken_for_by(self, statement: StatementFact) -> bool:
        """Whether the statement is about this, and not about another platform of the same image."""
        if self.other_platform(statement):
            return False
        if self.digest in statement.subjects:
            return True
        covers = statement.type in COVERS_PLATFORMS or (
            statement.platform is not None and statement.platform == self.platform
        )
        return covers and self.index in statement.subjects

    def other_platform(self, statement: StatementFact) -> bool:
        """Whether the statement speaks for another platform than this one."""
        return bool(self.platform and statement.platform and statement.platform != self.platform)

    def found_in(self, groups: Mapping[str, tuple[StatementFact, ...]]) -> tuple[StatementFact, ...]:
        """Of statements by their subjects those that speak for this, each envelope once."""
        found = groups.get(self.digest, ())
        if self.index is not None and self.index != self.digest:
            of_index = groups.get(self.index, ())
            found += tuple([each for each in of_index if self.digest not in each.subjects])
        return tuple([each for each in found if self.spoken_for_by(each)])


class NoSubject(Struct, frozen=True):
    """Why there is nothing that evidence could be about: what of which image is not there."""

    code: str
    component: str | None = None
    platform: str | None = None

    def describe(self) -> dict[str, str]:
        """What is not there, for the values of a finding."""
        named = {"component": self.component, "platform": self.platform}
        return {key: value for key, value in named.items() if value}


def subjects(about: About, context: RuleContext) -> tuple[PolicySubject, ...] | NoSubject:
    """All that evidence is required about: at least one subject, or the reason why there is none."""
    release = context.facts.release
    if about == "release":
        return (PolicySubject(release.digest),)
    if about == "content":
        return (PolicySubject(release.content),) if release.content else NoSubject("no-content")
    if not release.images:
        return NoSubject("no-images")
    found = [each for image in release.images for each in _of_image(image, context.platforms)]
    absent = next((each for each in found if isinstance(each, NoSubject)), None)
    return absent or tuple(each for each in found if isinstance(each, PolicySubject))


def _of_image(image: ImageFact, required: tuple[str, ...]) -> Iterable[PolicySubject | NoSubject]:
    manifests = {each.platform: each.manifest for each in image.platforms}
    for platform in required or sorted(manifests):
        # Of an operating system there may be several builds.
        meant = [each for each in sorted(manifests) if platform in (each, without_os_version(each))]
        for each in meant:
            yield PolicySubject(manifests[each], image.component, each, image.digest)
        if not meant:
            yield NoSubject("platform-absent", image.component, platform)
    if not required and not manifests:
        yield PolicySubject(image.digest, image.component)
