"""Settings of a tree in Phalanx's shape, as members of families."""

import re
from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.services.adoption.model import FoundSelector, ProposedSetting, ScalarAddress

OWN_FILE = re.compile(r"applications/([^/]+)/values-([^/]+)\.yaml")
"""The values of an application in an environment."""


class PlacedSetting(Struct, frozen=True):
    """A setting of a place. application: whose values it is in; file: of addresses of the place that name none."""

    environment: str
    place: str
    application: str
    file: str
    setting: ProposedSetting

    @property
    def made(self) -> tuple[str, tuple[str, ...]]:
        """What a family makes of it, without names: the component, and what is written for it alone."""
        selector = self.setting.selector
        return self.setting.component.rpartition("/")[2], tuple(each.within("") for each in selector.written)


def placed(environment: str, place: str, file: str, setting: ProposedSetting) -> PlacedSetting | None:
    """A setting as one of a family; None where it is written elsewhere than in its environment's own values."""
    selector = setting.selector
    found = OWN_FILE.fullmatch(selector.written[-1].file)
    if found is None or found[2] != environment or any(each.document for each in addresses_of(selector)):
        return None
    return PlacedSetting(environment, place, found[1], file, setting)


def addresses_of(selector: FoundSelector) -> Iterator[ScalarAddress]:
    for part in selector.parts:
        yield from part.addresses


def repository_and_path(each: PlacedSetting) -> tuple[str, str]:
    return each.setting.selector.repository, own_path(each.setting.selector)


def name_key(each: PlacedSetting) -> str:
    """What the repository is called, `repository` or `repo`."""
    at = each.setting.selector.repository_at
    return at.path.rpartition(".")[2] if at is not None else "repository"


def version_key(selector: FoundSelector) -> str:
    return "tag" if selector.template is None else "revision"


def own_path(selector: FoundSelector) -> str:
    return selector.written[-1].path


def image_path(selector: FoundSelector) -> str | None:
    """The path of the mapping whose tag, or revision of a cycle, is written; None for other settings."""
    above, _, last = own_path(selector).rpartition(".")
    fits = selector.writes == "tag" and selector.repository_at is not None
    fits = fits and (
        selector.template is None or [each.name for each in selector.parts] == ["cycle", "revision"]
    )
    return above if fits and above and "[" not in above and last == version_key(selector) else None
