"""Holds that count, and what decisions make of them: who may set and lift one, where, until when, and of what."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.config.workspace.init import FILE
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.decision import Outcome, Verdict
from ldmrelease.domain.events import EventKind, Head, Moved, NewEvent
from ldmrelease.domain.events.acts import Hold, HoldKind, HoldLifted
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import HoldFact, Intent
from ldmrelease.domain.streams import HOLDS
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.acts.holds import (
    KnownHold,
    Lifting,
    holds_at,
    known_holds,
    release_subjects,
    uncounted_holds,
)
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import Decided, decide
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest
from ldmrelease.services.governance.holding import set_hold
from ldmrelease.services.releases.pin import Pinned, pin
from ldmrelease.services.releases.store import store_pin
from ldmrelease.trust.keyring import Role
from tests.workspace import BEFORE, BEGIN, Site, new_site

SUMMIT, BASE = Place("summit", "ocps"), Place("base", "ocps")
FINAL, CANDIDATE = "24.0.0", "v24.0.0.rc4"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_site(tmp_path_factory.mktemp("holds") / "site")


class Desk(Context):
    """A workspace whose clock is moved by hand."""

    moment = BEGIN

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    """The workspace with a ledger of its own, in memory."""
    workspace = load_workspace(site.root / FILE)
    with MemoryLedger.created(at=site.now, actor="me", projectors=PROJECTORS) as ledger:
        yield Desk(workspace, ledger, workspace.keyring, workspace.levels, lambda: BEGIN)


def pinned(desk: Desk, tag: str) -> Pinned:
    product = desk.topology.product("stack")
    assert product is not None
    found = pin(desk, product, tag)
    assert isinstance(found, Pinned)
    return store_pin(desk, found, None)


def freeze(*scopes: str, hold: str = "H-1", **changes: object) -> Hold:
    return replace(Hold(hold, HoldKind.FREEZE, scopes, BEGIN, "the mirror is out"), **changes)  # type: ignore[arg-type]


def recall(*subjects: str, hold: str = "H-1", **changes: object) -> Hold:
    bare = Hold(hold, HoldKind.RECALL, (), BEGIN, "it segfaults", subjects=subjects)
    return replace(bare, **changes)  # type: ignore[arg-type]


def lift(hold: Hold) -> HoldLifted:
    return HoldLifted(hold.hold, hold.scopes, BEGIN, "over")


def say(desk: Desk, *bodies: Hold | HoldLifted) -> None:
    assert desk.append([new_event(each) for each in bodies]) is None


def decided(desk: Desk, release: Pinned, place: Place = SUMMIT, intent: Intent = Intent.PROMOTE) -> Decided:
    return decide(desk, release, DecisionRequest(place, intent, "me"))


def held(desk: Desk, release: Pinned, place: Place = SUMMIT, intent: Intent = Intent.PROMOTE) -> Outcome:
    found = decided(desk, release, place, intent).decision
    assert found.verdict is not Verdict.ALLOWED
    return next(each.outcome for each in found.findings if each.requirement == "held")


def test_a_freeze_stops_promotions_and_names_where_they_move_and_nothing_elsewhere(desk: Desk) -> None:
    release = pinned(desk, BEFORE)
    say(desk, freeze("summit/ocps"))
    assert held(desk, release) is Outcome.FAILED
    assert held(desk, release, intent=Intent.ALIAS) is Outcome.FAILED
    assert held(desk, release, intent=Intent.ROLLBACK) is Outcome.FAILED
    assert held(desk, release, BASE) is Outcome.SATISFIED


@pytest.mark.parametrize("scope", ["summit", "level:commissioning", ()], ids=["environment", "level", "all"])
def test_a_freeze_is_of_an_environment_a_level_or_everywhere(desk: Desk, scope: str | tuple[()]) -> None:
    release = pinned(desk, BEFORE)
    say(desk, freeze(*([scope] if isinstance(scope, str) else scope)))
    assert held(desk, release) is Outcome.FAILED


def test_a_freeze_lets_a_rollback_pass_only_where_it_says_so(desk: Desk) -> None:
    release = pinned(desk, BEFORE)
    say(desk, freeze("summit", lets_back=True))
    assert held(desk, release, intent=Intent.ROLLBACK) is Outcome.SATISFIED
    assert held(desk, release) is Outcome.FAILED


def test_a_freeze_begins_and_ends_when_it_says(desk: Desk) -> None:
    release = pinned(desk, BEFORE)
    hour = timedelta(hours=1)
    say(desk, freeze("summit", start=BEGIN + hour, end=BEGIN + 2 * hour))
    before = decided(desk, release)
    assert next(each for each in before.decision.findings if each.requirement == "held").until == BEGIN + hour
    desk.moment = BEGIN + hour
    assert held(desk, release) is Outcome.FAILED
    desk.moment = BEGIN + 2 * hour
    assert held(desk, release) is Outcome.SATISFIED


def test_a_lifted_hold_holds_nothing(desk: Desk) -> None:
    release, hold = pinned(desk, BEFORE), freeze("summit")
    say(desk, hold)
    say(desk, lift(hold))
    assert held(desk, release) is Outcome.SATISFIED
    assert [each.lifted is not None for each in known_holds(desk)] == [True]


@pytest.mark.parametrize("kind", [EventKind.HELD, EventKind.HOLD_LIFTED])
def test_hold_lift_inserted_by_sql_is_not_counted(desk: Desk, kind: EventKind) -> None:
    release, hold = pinned(desk, BEFORE), freeze("summit")
    if kind is EventKind.HOLD_LIFTED:
        say(desk, hold)
    row = {
        "hold": "H-1",
        "scopes": ["summit"],
        "time": "2023-04-20T12:00:00Z",
        "reason": "x",
        "kind": "freeze",
    }
    added = desk.ledger.append([NewEvent(kind, HOLDS, row)], at=BEGIN, actor="release manager", expect={})
    assert isinstance(added, Head)
    lasting = kind is EventKind.HOLD_LIFTED
    assert held(desk, release) is (Outcome.FAILED if lasting else Outcome.SATISFIED)
    assert [each.refusal.code for each in uncounted_holds(desk)] == ["unsigned"]


def narrowed(desk: Desk, *environments: str) -> Desk:
    """The same ledger, read by a keyring whose role lifts holds of these environments alone."""
    roles = tuple(
        replace(each, types=tuple(kind for kind in each.types if kind != "lift"))
        for each in desk.keyring.roles
    )
    role = Role("lifter", ("lift",), environments, ("*",))
    mine = desk.signers.me.keyid
    keys = tuple(
        replace(each, roles=(*each.roles, "lifter")) if each.keyid == mine else each
        for each in desk.keyring.keys
    )
    keyring = replace(desk.keyring, roles=(*roles, role), keys=keys)
    return Desk(desk.workspace, desk.ledger, keyring, desk.levels, lambda: BEGIN)


def test_a_lift_counts_by_a_role_that_covers_all_scopes_of_the_hold(desk: Desk) -> None:
    release, hold = pinned(desk, BEFORE), freeze("summit", "base")
    say(desk, hold, lift(hold))
    assert held(narrowed(desk, "summit", "base"), release) is Outcome.SATISFIED
    assert held(narrowed(desk, "*"), release) is Outcome.SATISFIED
    assert held(narrowed(desk, "summit"), release) is Outcome.FAILED


def test_a_lift_that_names_fewer_scopes_than_the_hold_lifts_nothing(desk: Desk) -> None:
    release, hold = pinned(desk, BEFORE), freeze("summit", "base")
    say(desk, hold, replace(lift(hold), scopes=("base",)))
    assert held(narrowed(desk, "base"), release) is Outcome.FAILED
    assert held(desk, release, BASE) is Outcome.FAILED


def test_a_lift_before_its_hold_lifts_nothing_and_a_second_hold_of_the_name_is_not_the_one(
    desk: Desk,
) -> None:
    release, hold = pinned(desk, BEFORE), freeze("summit")
    say(desk, lift(hold), hold, freeze("base"))
    assert held(desk, release) is Outcome.FAILED
    assert held(desk, release, BASE) is Outcome.SATISFIED


def test_a_recall_by_name_holds_whatever_the_tag_comes_to_mean(desk: Desk) -> None:
    release = pinned(desk, BEFORE)
    say(desk, recall(product="stack", tag=BEFORE))
    rebuilt = replace(release, digest="sha256:" + "0" * 64)
    assert held(desk, rebuilt) is Outcome.FAILED
    assert held(desk, pinned(desk, FINAL)) is Outcome.SATISFIED


def test_a_recall_of_what_ran_before_stops_the_way_back_to_it(desk: Desk) -> None:
    release = pinned(desk, BEFORE)
    say(desk, recall(release.digest))
    assert held(desk, release, intent=Intent.ROLLBACK) is Outcome.FAILED


def test_a_final_with_the_content_of_a_recalled_candidate_is_held(desk: Desk) -> None:
    candidate, final = pinned(desk, CANDIDATE), pinned(desk, FINAL)
    assert candidate.release.content is not None
    assert candidate.release.content == final.release.content
    say(desk, recall(*release_subjects(candidate.release, candidate.digest)))
    assert held(desk, final) is Outcome.FAILED


def test_a_recall_of_one_component_holds_by_its_images_alone(desk: Desk) -> None:
    release, other = pinned(desk, BEFORE), pinned(desk, FINAL)
    part = release.release.images[0]
    subjects = release_subjects(release.release, release.digest, part.name)
    assert release.digest not in subjects
    say(desk, recall(*subjects, product="stack", tag=BEFORE, component=part.name))
    assert held(desk, release) is Outcome.FAILED
    assert held(desk, replace(release, release=other.release, digest=other.digest)) is Outcome.SATISFIED


def test_no_release_is_allowed_after_a_recall_of_any_digest_of_it(desk: Desk) -> None:
    """Every digest: the release, its content, each image by its index, its platforms and their configurations."""
    release = pinned(desk, BEFORE)
    for number, subject in enumerate(sorted(release_subjects(release.release, release.digest))):
        hold = recall(subject, hold=f"H-{number}")
        say(desk, hold)
        assert held(desk, release) is Outcome.FAILED, subject
        say(desk, lift(hold))
        assert held(desk, release) is Outcome.SATISFIED, subject


@pytest.mark.parametrize(
    ("predicate", "outcome"),
    [
        ('release.kind == "weekly"', Outcome.FAILED),
        ('level == "production" && release.kind == "weekly"', Outcome.SATISFIED),
        ('release.version == "1"', Outcome.ERRORED),
        ('environment == "summit" || release.version == "1"', Outcome.FAILED),
        ("size(environment_cycles) > 0", Outcome.ERRORED),
    ],
    ids=["true", "false", "unknown", "true-anyway", "unobserved"],
)
def test_a_condition_holds_where_it_is_true_and_what_nobody_knows_is_undecided(
    desk: Desk, predicate: str, outcome: Outcome
) -> None:
    release = pinned(desk, BEFORE)
    say(desk, recall(predicate=predicate))
    assert held(desk, release) is outcome


def test_a_condition_is_asked_of_a_release_that_nobody_has_pinned(desk: Desk) -> None:
    product = desk.topology.product("stack")
    assert product is not None
    release = pin(desk, product, BEFORE)
    assert isinstance(release, Pinned)
    say(desk, recall(predicate=f'release.tag == "{BEFORE}"'))
    assert held(desk, release) is Outcome.FAILED


def test_a_decision_that_races_with_a_recall_is_made_again(desk: Desk) -> None:
    found = decided(desk, pinned(desk, BEFORE))
    say(desk, recall("sha256:" + "0" * 64))
    again = desk.ledger.append([NewEvent("test", "mine")], at=BEGIN, actor="me", expect=found.gathered.expect)
    assert isinstance(again, Moved)


def test_holds_are_listed_as_they_stood_and_as_they_were_known(desk: Desk) -> None:
    hold, hour = freeze("summit"), timedelta(hours=1)
    say(desk, hold)
    desk.moment = BEGIN + 2 * hour
    say(desk, replace(lift(hold), time=desk.moment))
    assert [each.id for each in holds_at(desk, BEGIN + hour)] == ["H-1"]
    assert holds_at(desk, BEGIN + 3 * hour) == ()
    assert [each.id for each in holds_at(desk, BEGIN + 3 * hour, known_at=BEGIN + hour)] == ["H-1"]


@given(
    start=st.none() | st.integers(-5, 5),
    end=st.none() | st.integers(-5, 5),
    lifted=st.integers(0, 5),
    asked=st.integers(0, 9),
)
def test_a_hold_that_was_lifted_never_holds_again(
    start: int | None, end: int | None, lifted: int, asked: int
) -> None:
    times = {name: None if hours is None else at(hours) for name, hours in (("start", start), ("end", end))}
    hold = KnownHold(freeze(**times), "ana", BEGIN, Lifting("ben", at(lifted), "over"))
    assert not hold.stands(at(lifted + asked))


def at(hours: int) -> datetime:
    return BEGIN + timedelta(hours=hours)


def test_a_fact_of_a_hold_says_who_set_it_why_and_until_when(desk: Desk) -> None:
    end = BEGIN + timedelta(hours=1)
    say(desk, freeze("summit", end=end))
    (fact,) = decided(desk, pinned(desk, BEFORE)).gathered.facts.holds
    me = desk.keyring.find(desk.signers.me.keyid)
    assert me is not None
    assert fact == HoldFact("H-1", "freeze", me.person, BEGIN, "the mirror is out", until=end)


def test_a_recall_holds_though_somebody_took_the_next_name_for_elsewhere(desk: Desk) -> None:
    release = pinned(desk, BEFORE)
    say(desk, freeze("usdfdev", hold="H-2"))
    set_hold(desk, recall(release.digest))
    assert held(desk, release) is Outcome.FAILED
    assert [each.id for each in known_holds(desk)] == ["H-2", "H-3"]
