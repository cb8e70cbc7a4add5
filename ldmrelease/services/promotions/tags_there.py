"""Whether what is written can be pulled: a place that says a tag needs that tag to be there, and to name the pin."""

from collections.abc import Iterator

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.overlays import is_emergency
from ldmrelease.domain.release import Component
from ldmrelease.domain.topology import Application
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.deployments.desired import after
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import PlaceAccess
from ldmrelease.services.releases.components import own_repositories
from ldmrelease.targets import registry
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Refusal, Snapshot, Values, joined_refusal


class TagsNow:
    """What the tags of a release name now, each asked for once."""

    def __init__(self, context: PlaceAccess, spec: PromotionSpec) -> None:
        self._context = context
        self._spec = spec
        self._digests: dict[str, str | None] = {}

    def refusal(
        self, application: Application, there: Snapshot, edits: Values
    ) -> Refusal | Unavailable | None:
        """Why what would be written there could not be pulled as it was pinned; None where it could.

        `tag-absent`: a digest alone is left. `tag-moved`: the tag names something else; where a promotion is asked the
        rule `images`, that says so.
        """
        try:
            found = list(self._against(application, there, edits))
        except RegistryError as error:
            return None if is_emergency(self._spec.overlay) else error.unavailable
        return joined_refusal(found)

    def _against(self, application: Application, there: Snapshot, edits: Values) -> Iterator[Refusal]:
        if self._spec.intent not in (Intent.PROMOTE, Intent.ROLLBACK):
            return
        said = registry.stated(application.target, after(there, edits))
        judged = self._spec.intent is Intent.PROMOTE and self._is_judged(application)
        for setting in () if isinstance(said, Refusal) else said:
            component = self._spec.pinned.release.component(setting.component)
            if component is None or not _pulled_by_tag(application, setting, component):
                continue
            now = self._named(component)
            at = ValueAddress.of(setting.path)
            where = {"file": at.file or str(application.target.location), "line": setting.line}
            about = {**where, "path": at.path, "tag": component.spelling, "where": component.source}
            if now is None:
                yield Refusal("tag-absent", {**about, "digest": component.digest})
            elif now != component.digest and not judged:
                yield Refusal("tag-moved", {**about, "found": now, "expected": component.digest})

    def _is_judged(self, application: Application) -> bool:
        level = level_at(self._context, application.place).at(application.place.environment)
        return any(each.rule == "images" for each in level.enter)

    def _named(self, component: Component) -> str | None:
        if component.name not in self._digests:
            repository = self._context.registries.open(parse_reference(component.source))
            found = repository.resolve(component.spelling)
            self._digests[component.name] = found.digest if found is not None else None
        return self._digests[component.name]


def _pulled_by_tag(application: Application, setting: ImageSetting, component: Component) -> bool:
    """Whether the release's image would be pulled by its tag alone, and not from where it is copied to under it."""
    if setting.alias is not None or setting.digest is not None or setting.tag != component.spelling:
        return False
    # A committed tag is looked up at the source, wherever its image is copied to.
    if application.registry is None or application.observe == "committed":
        return True
    own = own_repositories(component.source, application)
    return setting.repository is not None and not own.is_site(setting.repository.text)
