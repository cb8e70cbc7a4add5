"""What changed in a policy, in words."""

from datetime import datetime
from typing import Any

from ldmrelease.answers.sentences.requirements import requirement_words
from ldmrelease.answers.sentences.text import any_of, listed, said, span
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.times import spell
from ldmrelease.policy.comparison import ClauseChange, PolicyChange

_DURATIONS = ("for_", "max_age", "availability", "lasts", "review_within")
_NOTHING = "nothing"
_PHASES = {"enter": "before it enters", "confirm": "after it runs there"}


def policy_change_words(change: PolicyChange) -> str:
    """`production: soaked: for 7d -> 2d`."""
    where = change.level if change.environment is None else f"{change.level} in {change.environment}"
    if change.requirement is not None:
        return f"{where}: {_of_requirement(change, change.requirement)}"
    if change.key is None:
        return f"{where}: the level is {change.change}"
    return f"{where}: {_changed(change)}"


def _of_requirement(change: PolicyChange, name: str) -> str:
    whole = change.after if change.change is ClauseChange.ADDED else change.before
    if change.key is not None or not isinstance(whole, Requirement):
        return f"{name}: {_changed(change)}"
    verb = "asked" if change.change is ClauseChange.ADDED else "no longer asked"
    return f"{name} is {verb} {_PHASES[change.phase or 'enter']}: {requirement_words(whole)}"


def _changed(change: PolicyChange) -> str:
    key = change.key or ""
    before, after = change.before, change.after
    name = _name(key)
    if isinstance(before, list) and isinstance(after, list):
        return f"{name} {_of_lists(before, after)}"
    return f"{name} {_value(key, before)} -> {_value(key, after)}"


def _of_lists(before: list[Any], after: list[Any]) -> str:
    more = [each for each in after if each not in before]
    less = [each for each in before if each not in after]
    told = [f"now {any_of(more)} too"] if more else []
    told += [f"no longer {listed(less)}"] if less else []
    return ", ".join(told) or "in another order"


def _name(key: str) -> str:
    own = {"for_": "for", "start": "from", "end": "until"}
    return own.get(key, key.replace("_", "-"))


def _value(key: str, value: Any) -> str:
    if value is None:
        return _NOTHING
    if key.endswith(_DURATIONS) and isinstance(value, int):
        return span(value)
    if isinstance(value, datetime):
        return spell(value)
    if isinstance(value, bool):
        return str(value).lower()
    return listed(value) if isinstance(value, list) else said(value)
