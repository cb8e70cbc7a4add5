"""At which level an environment of a history is: as the workspace says, else as those of the Rubin Observatory are."""

from collections.abc import Mapping

from msgspec import Struct, field

from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.domain.topology import Topology
from ldmrelease.services.backtest.guessed_grammars import is_menu

UNKNOWN = "development"
"""The level of an environment that nobody knows."""
MENU = "jupyterlab"
RENAMED = {"stable": "idfprod", "int": "idfint", "bleed": "idfdev"}
"""What environments were called before."""

OBSERVATORY: Mapping[str, str] = {
    "base": "commissioning",
    "summit": "commissioning",
    "idfprod": "production",
    "usdfprod": "production",
    "usdf-cm": "production",
    "usdfprod-prompt-processing": "production",
}


class EnvironmentLevels(Struct, frozen=True):
    """The levels of environments by name; those that are not there are development."""

    levels: Mapping[str, str] = field(default_factory=lambda: OBSERVATORY)

    def of(self, change: SettingChange, known: Mapping[str, object]) -> str:
        """The level of a setting: images of notebook menus are at a level of their own, where policies have it."""
        if MENU in known and is_menu(change.application, change.key):
            return MENU
        return self.of_environment(change.environment)

    def of_environment(self, name: str) -> str:
        """The level of an environment, by its name or the one that it has got since."""
        found = self.levels.get(name) or self.levels.get(RENAMED.get(name, ""))
        return found or UNKNOWN


def levels_of(topology: Topology) -> EnvironmentLevels:
    """As the applications of a workspace are, apart from menus; what it does not say is as at the observatory."""
    own = {each.place.environment: each.level for each in topology.applications if each.level != MENU}
    return EnvironmentLevels({**OBSERVATORY, **own})
