"""Patterns of places as entries of a workspace's file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ldmrelease.services.adoption.alike import CommonPlaces
from ldmrelease.services.adoption.anchors import named_once
from ldmrelease.services.adoption.model import ProposedApplication, ProposedMenu, ProposedSetting
from ldmrelease.services.adoption.tree_patterns import PlacesPattern
from ldmrelease.services.adoption.yaml_lines import YamlText, item_lines


def pattern_lines(
    asking: Sequence[PlacesPattern], common: Iterable[CommonPlaces], levels: Mapping[str, str]
) -> Iterator[str]:
    """The entries of patterns: those that ask the tree, and places that are alike. What several of them say is written
    once. levels: of environments."""
    entries = [*map(_asking_entry, asking), *map(_common_entry, common)]
    for each in named_once(entries, levels):
        yield from item_lines(each, 2)


def _common_entry(places: CommonPlaces) -> dict[str, YamlText]:
    application = places.application
    entry: dict[str, YamlText] = {
        "applications": list(places.applications),
        "environments": list(places.environments),
    }
    if application.level is not None:
        entry["level"] = application.level
    return entry | {"target": target_entry(application, {})}


def _asking_entry(pattern: PlacesPattern) -> dict[str, YamlText]:
    entry: dict[str, YamlText] = {"applications": list(pattern.applications)}
    if pattern.environments:
        entry["environments"] = list(pattern.environments)
    if pattern.level is not None:
        entry["level"] = pattern.level
    if pattern.where:
        entry["where"] = list(pattern.where)
    if pattern.exceptions:
        entry["except"] = [dict(one) for one in pattern.exceptions]
    settings = [one.written() for one in pattern.families]
    return entry | {"target": {"gitops": {"file": pattern.file, "settings": settings}}}


def target_entry(application: ProposedApplication, where: Mapping[str, YamlText]) -> YamlText:
    """How an application is written. where: the repository and branch, where the entry has to say them."""
    if application.menu is not None:
        return {"menu": dict(where) | {"file": application.file} | _menu(application.menu)}
    settings = [setting_entry(each, application.file) for each in application.settings]
    return {"gitops": dict(where) | {"file": application.file, "settings": settings}}


def setting_entry(setting: ProposedSetting, file: str) -> dict[str, YamlText]:
    """The entry of a setting in a target whose file is `file`."""
    selector = setting.selector
    entry: dict[str, YamlText] = {"component": setting.component}
    texts = {each.name: [one.within(file) for one in each.addresses] for each in selector.parts}
    if selector.template is None:
        (own,) = texts.values()
        entry["path"] = _one_or_more(own)
        return entry | ({"writes": selector.writes} if selector.writes != "tag" else {})
    return entry | {
        "template": selector.template,
        "parts": {name: _one_or_more(own) for name, own in texts.items()},
    }


def _menu(menu: ProposedMenu) -> dict[str, YamlText]:
    entry: dict[str, YamlText] = {"path": menu.path, "component": menu.component, "defaults": menu.defaults}
    return entry | ({"aliases": dict(menu.aliases)} if menu.aliases else {})


def _one_or_more(texts: list[str]) -> YamlText:
    return texts[0] if len(texts) == 1 else texts
