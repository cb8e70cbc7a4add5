"""The builder of facts: what the level asks for and nothing else, and what was read is what an append expects."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from ldmrelease.config.workspace.init import FILE
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.events import Event, Head, Moved, NewEvent
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import Facts, Intent
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.streams import HOLDS, debt_stream, evidence_stream, pin_stream, run_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import log
from ldmrelease.ledger.expectation import Expectation
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import Context, wall_clock
from ldmrelease.services.decisions.facts import builder
from ldmrelease.services.decisions.facts.builder import GatheredFacts, gather_facts
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, inquire
from ldmrelease.services.decisions.facts.registry import SOURCES
from ldmrelease.services.releases.pin import Pinned, pin
from ldmrelease.services.releases.store import store_pin
from tests.workspace import BEFORE, Site, new_site

HERE = Place("summit", "ocps")
BASE = Place("base", "ocps")
FINAL, CANDIDATE = "24.0.0", "v24.0.0.rc4"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_site(tmp_path_factory.mktemp("facts") / "site")


@pytest.fixture
def context(site: Site) -> Iterator[Context]:
    """The workspace with a ledger of its own, in memory."""
    workspace = load_workspace(site.root / FILE)
    with MemoryLedger.created(at=site.now, actor="me", projectors=PROJECTORS) as ledger:
        yield Context(workspace, ledger, workspace.keyring, workspace.levels, wall_clock)


def pinned(context: Context, tag: str) -> Pinned:
    product = context.topology.product("stack")
    assert product is not None
    found = pin(context, product, tag)
    assert isinstance(found, Pinned)
    return store_pin(context, found, None)


def asking(*rules: str, **changes: object) -> Level:
    """A level that asks these rules on entering."""
    enter = tuple(Requirement(rule, rule) for rule in rules)
    return replace(Level("commissioning", 1, canonical.digest(b"policy"), ("release",), enter), **changes)  # type: ignore[arg-type]


def gather(
    context: Context,
    release: Pinned,
    level: Level,
    intent: Intent = Intent.PROMOTE,
    phase: Phase = Phase.ENTER,
) -> GatheredFacts:
    return gather_facts(inquire(context, release), DecisionRequest(HERE, intent, "me"), level, phase)


def append(context: Context, stream: str, expect: Expectation | None = None) -> Head | Moved:
    return context.ledger.append([NewEvent("test", stream)], at=context.now(), actor="me", expect=expect)


def goes_in(context: Context, gathered: GatheredFacts) -> bool:
    """Whether an append that rests on the facts still goes in."""
    return isinstance(append(context, "mine", gathered.expect), Head)


def observe(context: Context, place: Place, release: Pinned) -> None:
    """Sign that a release's images run at a place."""
    images = tuple(
        ObservedImage("stack", each.name, each.digest, each.spelling, ready=True)
        for each in release.release.images
    )
    act = Observation(place, context.now(), "committed", "1" * 40, images, clock=True)
    assert context.append([new_event(act)]) is None


def test_what_nobody_asks_for_is_not_gathered(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a registry nor the ledger is asked for anything but the release itself, what is held and what is owed."""
    release = pinned(context, BEFORE)

    def never(_inquiry: object) -> object:
        raise AssertionError("nobody asked for it")

    sources = {name: gather if name in ("holds", "debts") else never for name, gather in SOURCES.items()}
    monkeypatch.setattr(builder, "SOURCES", sources)
    gathered = gather(context, release, asking())
    assert gathered.taken == ()
    assert gathered.expect.streams == {pin_stream("stack", BEFORE): 1, HOLDS: 0, debt_stream(HERE): 0}
    assert gathered.expect.states == {}
    assert [each.present for each in gathered.facts.release.images] == [None] * 2
    plain = canonical.to_plain(gathered.facts)
    assert [name for name in SOURCES if plain.get(name)] == []


_OF_EACH = {
    Intent.PROMOTE: {"holds", "debts"},
    Intent.ROLLBACK: {"holds"},
    Intent.ALIAS: {"holds", "debts"},
    Intent.RETIRE: set[str](),
}


@pytest.mark.parametrize(
    ("rules", "intent", "sources"),
    [
        (["images"], Intent.PROMOTE, {"images"}),
        (["attested"], Intent.PROMOTE, {"statements"}),
        (
            ["check", "window"],
            Intent.PROMOTE,
            {"statements", "runs", "unknown_runs", "checks", "clusters", "places", "windows", "requested"},
        ),
        (
            ["after", "not-returned"],
            Intent.PROMOTE,
            {"residences", "places", "place_components", "statements", "runs"},
        ),
        (["same-content-as", "unknown"], Intent.PROMOTE, {"candidate_pins"}),
        (["images", "check"], Intent.ROLLBACK, {"residences", "place_components", "images"}),
        (["images", "check"], Intent.RETIRE, {"residences", "place_components"}),
    ],
)
def test_each_rule_brings_its_sources(
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    rules: list[str],
    intent: Intent,
    sources: set[str],
) -> None:
    asked: set[str] = set()
    monkeypatch.setattr(
        builder, "SOURCES", {name: lambda _inquiry, name=name: asked.add(name) or () for name in SOURCES}
    )
    monkeypatch.setattr("ldmrelease.services.decisions.facts.statements.collect", lambda *_: [])
    gather(context, pinned(context, BEFORE), asking(*rules), intent)
    # What may be recalled is asked of everything that comes in.
    assert asked == sources | (_OF_EACH[intent])


def test_the_phase_and_the_environment_say_what_is_asked(context: Context) -> None:
    level = asking("images", confirm=(Requirement("checked", "check", {"check": "smoke"}),))
    release = pinned(context, BEFORE)
    entered, confirmed = gather(context, release, level), gather(context, release, level, phase=Phase.CONFIRM)
    assert entered.facts.checks == ()
    assert all(each.present for each in entered.facts.release.images)
    assert [each.name for each in confirmed.facts.checks] == sorted(
        each.name for each in context.topology.checks
    )
    assert not any(each.present for each in confirmed.facts.release.images)


def test_facts_are_one_canonical_value_with_one_digest(context: Context) -> None:
    release = pinned(context, BEFORE)
    level = asking("images", "after", "check", "together", "same-content-as")
    one, again = gather(context, release, level), gather(context, release, level)
    assert one.document == again.document
    assert one.digest == canonical.digest(one.document)
    assert canonical.decode(one.document, Facts) == one.facts


def test_a_candidate_that_is_pinned_meanwhile_refuses_the_append(context: Context) -> None:
    """The race that a list of streams kept by hand had missed."""
    final = pinned(context, FINAL)
    before = gather(context, final, asking("same-content-as"))
    assert before.facts.candidate_pins == ()
    pinned(context, CANDIDATE)
    assert not goes_in(context, before)
    again = gather(context, final, asking("same-content-as"))
    assert [each.tag for each in again.facts.candidate_pins] == [CANDIDATE]
    assert goes_in(context, again)


def test_another_revision_of_the_release_refuses_the_append(context: Context) -> None:
    release = pinned(context, BEFORE)
    before = gather(context, release, asking())
    pinned(context, BEFORE)
    assert not goes_in(context, before)


LOOKED_AT = [
    (BASE, "after", {"environment": "base"}),
    (HERE, "not-returned", {}),
    (HERE, "together", {"applications": [HERE.application]}),
]
"""Rules, each with a place whose residences it looks at."""


@pytest.mark.parametrize(("place", "rule", "parameters"), LOOKED_AT)
def test_a_release_that_is_observed_meanwhile_refuses_the_append(
    context: Context, place: Place, rule: str, parameters: dict[str, object]
) -> None:
    release = pinned(context, BEFORE)
    level = replace(asking(), enter=(Requirement(rule, rule, parameters),))
    before = gather(context, release, level)
    observe(context, place, release)
    assert not goes_in(context, before)
    again = gather(context, release, level)
    assert {each.place for each in again.facts.residences} == {place}
    assert goes_in(context, again)


@pytest.mark.parametrize(("place", "rule", "parameters"), LOOKED_AT)
def test_an_observation_where_no_requirement_looks_is_not_read(
    context: Context, place: Place, rule: str, parameters: dict[str, object]
) -> None:
    release = pinned(context, BEFORE)
    level = replace(asking(), enter=(Requirement(rule, rule, parameters),))
    gathered = gather(context, release, level)
    observe(context, HERE if place == BASE else BASE, release)
    assert goes_in(context, gathered)
    assert gather(context, release, level).facts.residences == ()


def test_an_observation_that_no_fact_rests_on_refuses_nothing(context: Context) -> None:
    release, other = pinned(context, BEFORE), pinned(context, FINAL)
    gathered = gather(context, release, asking("not-returned"))
    observe(context, BASE, other)
    assert goes_in(context, gathered)


def test_a_statement_or_a_run_that_came_meanwhile_refuses_the_append(context: Context) -> None:
    release = pinned(context, BEFORE)
    for stream in (evidence_stream(release.digest), run_stream(release.digest)):
        gathered = gather(context, release, asking("check"))
        append(context, stream)
        assert not goes_in(context, gathered)
        assert goes_in(context, gather(context, release, asking("check")))


def test_facts_cannot_append(context: Context) -> None:
    """What sources are given can neither append nor sign."""
    reading = context.reading(context.ledger)
    assert not hasattr(reading, "append")
    assert not hasattr(reading, "signers")
    assert reading.registries is context.registries


def test_what_is_read_does_not_grow_with_the_ledger(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a decision needs is verified, and not the whole ledger."""
    release, level = pinned(context, BEFORE), asking("check", "after", "together", "same-content-as")
    observe(context, BASE, release)
    read, reader = [0], log.checked

    def counted(ledger: str, row: log.EventRow) -> Event:
        read[0] += 1
        return reader(ledger, row)

    monkeypatch.setattr(log, "checked", counted)
    gather(context, release, level)
    few, read[0] = read[0], 0
    for number in range(200):
        append(context, f"other/{number}")
    read[0] = 0
    gather(context, release, level)
    assert 0 < read[0] <= few
