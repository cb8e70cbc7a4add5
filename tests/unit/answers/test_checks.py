"""`check` speaks for the worst of its places, apart from those that only wait for the ones before."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.answers.checks import check_answer
from ldmrelease.services.decisions.decide import Unagreed
from tests.unit.policy.policy_facts import IDF, TUCSON, decide, facts, level, requirement

ALLOWED = decide(level(requirement("not-returned")))
REFUSED = decide(level(requirement("same-content-as"), accepts=("release",)))
FOLLOWS = decide(level(requirement("after", level="development")), facts(earlier=(IDF, TUCSON)))
WAITS = decide(level(requirement("after", level="development")))
SOAKS = replace(
    FOLLOWS,
    findings=tuple(replace(each, code="soaking") for each in FOLLOWS.findings if each.rule == "after"),
)


def look(*decisions: Any) -> tuple[str, int]:
    decided: Any = [SimpleNamespace(decision=each, digest="sha256:" + "0" * 64) for each in decisions]
    answer = check_answer(decided, Unagreed((), ()))
    return answer.verdict, answer.exit_code


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ((ALLOWED, ALLOWED), ("allowed", 0)),
        ((ALLOWED, REFUSED), ("refused", 1)),
        ((ALLOWED, WAITS), ("refused", 1)),
        ((ALLOWED, FOLLOWS), ("allowed", 0)),
        ((REFUSED, FOLLOWS), ("refused", 1)),
        ((FOLLOWS,), ("waiting", 4)),
        ((ALLOWED, SOAKS), ("waiting", 4)),
        ((ALLOWED, SOAKS, FOLLOWS), ("waiting", 4)),
    ],
)
def test_the_worst_place_speaks(decisions: tuple[Any, ...], said: tuple[str, int]) -> None:
    assert look(*decisions) == said
