"""Histories that tests write, and what the default policies say of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ldmrelease.config.workspace.init import default_levels
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.histories.composed_selectors import put_together
from ldmrelease.services.backtest.backtesting import Backtest, backtest
from ldmrelease.services.backtest.figures import Judged
from ldmrelease.services.backtest.levels import EnvironmentLevels

BEGIN = datetime(2025, 8, 1, 12, tzinfo=UTC)
LEVELS = default_levels()
APPLICATIONS = ("tap", "consdb", "mobu", "portal", "love")
ENVIRONMENTS = ("idfdev", "base", "summit", "usdfprod", "idfprod")


class Story:
    """A history; what a setting said before is looked up."""

    def __init__(self) -> None:
        self.changes: list[SettingChange] = []
        self._said: dict[tuple[str, str, str], str | None] = {}

    def commit(self, name: str, hours: float, said: dict[tuple[str, str, str], str | None]) -> None:
        """A commit, hours after the beginning: what settings say from then on, by environment, application, key."""
        for (environment, application, key), tag in said.items():
            before = self._said.get((environment, application, key))
            path = f"applications/{application}/values-{environment}.yaml"
            if application == "environments":
                path = f"environments/values-{environment}.yaml"
            time = BEGIN + timedelta(hours=hours)
            self.changes.append(SettingChange(time, environment, application, key, tag, before, name, path))
            self._said[environment, application, key] = tag

    def one(self, name: str, hours: float, where: str, tag: str | None, key: str = "image.tag") -> None:
        """A commit of one setting, at `environment/application`."""
        environment, _, application = where.partition("/")
        self.commit(name, hours, {(environment, application, key): tag})

    def later(self) -> None:
        """Something else, long after: what became of all before is known then."""
        self.one("later", 24 * 90, "idfdev/elsewhere", "1.0.0")

    def replayed(self, *, assume_ran: bool = False) -> Backtest:
        entries = put_together(self.changes)
        return backtest(entries, LEVELS, EnvironmentLevels(), assume_ran=assume_ran)


def of(found: Backtest, commit: str) -> list[Judged]:
    """What is said of a commit."""
    return [each for each in found.judged if each[0].change.commit == commit]


def verdicts(judged: Iterable[Judged]) -> set[Verdict]:
    return {change.verdict for change, _ in judged}


def requirements(judged: Iterable[Judged]) -> set[str]:
    return {each.requirement for change, _ in judged for each in change.findings}


def upgraded() -> Story:
    """Every application of every environment at 1.0.0, then, each in a commit of its own, at 1.1.0; and menus."""
    story = Story()
    every = {
        (environment, name, f"{part}.image.tag"): "1.0.0"
        for environment in ENVIRONMENTS
        for name in APPLICATIONS
        for part in "abcde"
    }
    story.commit("begin", 0, every)
    for number, setting in enumerate(every):
        story.commit(f"up{number}", 24 + number, {setting: "1.1.0"})
    return story
