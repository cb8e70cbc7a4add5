"""Which approvals and waivers of a ledger count, and with which code the others do not (trust.md section 3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.init import FILE
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.events import Head
from ldmrelease.domain.events.acts import Approval, ApprovalWithdrawn, Basis, Waiver, WaiverWithdrawn
from ldmrelease.domain.events.promotion import PromotionEnded, PromotionState, Request
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import ApprovalFact, Intent, WaiverFact
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.acts.approvals import MOST_UNCOUNTED, ApprovedRelease, approval_facts, approvals_of
from ldmrelease.services.acts.requests import acts_ledger, open_request
from ldmrelease.services.acts.waivers import waiver_facts, waivers_of
from ldmrelease.services.context import Context
from ldmrelease.services.releases.pin import Pinned, pin
from ldmrelease.services.releases.store import store_pin
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import sign_record
from ldmrelease.trust.signer import Signer, load_signer
from tests.workspace import BEFORE, BEGIN, Site, new_site

SUMMIT, BASE = Place("summit", "ocps"), Place("base", "ocps")
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_site(tmp_path_factory.mktemp("approvals") / "site")


@pytest.fixture
def context(site: Site) -> Iterator[Context]:
    """The workspace with a ledger of its own, in memory."""
    workspace = load_workspace(site.root / FILE)
    with MemoryLedger.created(at=site.now, actor="me", projectors=PROJECTORS) as ledger:
        yield Context(workspace, ledger, workspace.keyring, workspace.levels, lambda: BEGIN)


@pytest.fixture
def release(context: Context) -> Pinned:
    product = context.topology.product("stack")
    assert product is not None
    found = pin(context, product, BEFORE)
    assert isinstance(found, Pinned)
    return store_pin(context, found, None)


def approval(release: Pinned, **changes: object) -> Approval:
    basis = (Basis("images", "sha256:" + "1" * 64, Outcome.SATISFIED),)
    bare = Approval("A-1", "stack", BEFORE, release.digest, "summit/ocps", basis, BEGIN, BEGIN + WEEK)
    return replace(bare, **changes)  # type: ignore[arg-type]


def waiver(release: Pinned, **changes: object) -> Waiver:
    bare = Waiver(
        "W-1", "stack", BEFORE, release.digest, "summit/ocps", "smoke", "sha256:" + "2" * 64,
        Outcome.FAILED, ("failed", "test:plot"), BEGIN, BEGIN + WEEK, "known",
    )  # fmt: skip
    return replace(bare, **changes)  # type: ignore[arg-type]


def tell(context: Context, body: Struct, signer: Signer | None = None, stream: str | None = None) -> None:
    """Append what a key signs, whether it counts or not."""
    key = signer or context.signers.me
    told = context.ledger.append(
        [new_event(body, stream)],
        at=BEGIN,
        actor="somebody",
        sign=lambda there, said: sign_record(there, said, key),
    )
    assert isinstance(told, Head)


def ci(site: Site) -> Signer:
    return load_signer(site.root / "keys" / "ci.pem")


def narrow(context: Context, **changes: object) -> Context:
    """The same ledger, read by a keyring whose release manager may do less."""
    roles = tuple(
        replace(each, **changes) if each.name.endswith("manager") else each  # type: ignore[arg-type]
        for each in context.keyring.roles
    )
    keyring: Keyring = replace(context.keyring, roles=roles)
    return Context(context.workspace, context.ledger, keyring, context.levels, lambda: BEGIN)


def facts(
    context: Context, release: Pinned, place: Place = SUMMIT, intent: Intent = Intent.PROMOTE
) -> tuple[ApprovalFact, ...]:
    about = ApprovedRelease.of(release.release, release.digest)
    ledger = acts_ledger(context)
    given = approvals_of(ledger, about)
    return approval_facts(ledger, given, about, place, "commissioning", intent, None)


def codes(context: Context, release: Pinned, place: Place = SUMMIT) -> list[str | None]:
    return [each.code for each in facts(context, release, place)]


def waived(context: Context, release: Pinned, place: Place = SUMMIT) -> tuple[WaiverFact, ...]:
    given = waivers_of(acts_ledger(context), release.digest, release.release.repositories)
    return waiver_facts(given, place, "commissioning")


def test_an_approval_counts_at_its_place_in_the_roles_of_its_key(context: Context, release: Pinned) -> None:
    tell(context, approval(release))
    (found,) = facts(context, release)
    assert (found.counted, found.persons) == (True, ("release manager",))
    assert found.roles == ("commissioning-manager", "release-manager")
    assert found.basis == {"images": ("sha256:" + "1" * 64, "satisfied")}
    assert facts(context, release, BASE) == ()


@pytest.mark.parametrize("scope", ["summit", "level:commissioning"])
def test_a_wider_scope_counts_at_each_place_of_it(context: Context, release: Pinned, scope: str) -> None:
    tell(context, approval(release, scope=scope))
    assert codes(context, release) == [None]


def test_the_ci_key_signs_an_approval(context: Context, release: Pinned, site: Site) -> None:
    tell(context, approval(release), ci(site))
    assert codes(context, release) == ["wrong-role"]


def test_a_role_counts_within_its_environments(context: Context, release: Pinned) -> None:
    tell(context, approval(release))
    assert codes(narrow(context, environments=("base",)), release) == ["wrong-environment"]
    tell(context, approval(release, approval="A-2", scope="level:commissioning"))
    assert codes(narrow(context, environments=("summit",)), release) == [None, "wrong-environment"]


def test_a_role_counts_within_its_repositories_alone(context: Context, release: Pinned) -> None:
    """A release is inside a role's repositories only if all its images are."""
    tell(context, approval(release))
    assert codes(narrow(context, repositories=("*scipipe",)), release) == ["wrong-repository"]


def test_an_approval_from_the_future_does_not_count(context: Context, release: Pinned) -> None:
    tell(context, approval(release, time=BEGIN + timedelta(hours=1)))
    assert codes(context, release) == ["future"]


def test_one_that_was_taken_back_does_not_count_and_only_the_signer_takes_it_back(
    context: Context, release: Pinned, site: Site
) -> None:
    tell(context, approval(release))
    back = ApprovalWithdrawn("A-1", release.digest, "summit/ocps", BEGIN)
    tell(context, back, ci(site))
    assert codes(context, release) == [None]
    tell(context, back)
    assert codes(context, release) == ["withdrawn"]


def test_an_id_counts_once(context: Context, release: Pinned) -> None:
    tell(context, approval(release))
    tell(context, approval(release, expires=BEGIN + 2 * WEEK))
    assert codes(context, release) == [None, "same-id"]


def test_an_approval_is_for_its_intent_and_name(context: Context, release: Pinned) -> None:
    tell(context, approval(release, intent=Intent.ALIAS, alias="recommended"))
    assert codes(context, release) == ["other-intent"]
    assert [each.code for each in facts(context, release, intent=Intent.ALIAS)] == ["other-alias"]


def request(release: Pinned, promotion: str) -> Request:
    return Request(promotion, Intent.PROMOTE, "stack", BEFORE, release.digest, "summit", (SUMMIT,), BEGIN)


def ended(context: Context, promotion: str, state: PromotionState) -> None:
    tell(context, PromotionEnded(state, "a cause"), context.signers.promoter, promotion_stream(promotion))


def test_an_approval_ends_with_its_request(context: Context, release: Pinned) -> None:
    tell(context, request(release, "P-7"))
    tell(context, approval(release, request="P-7"))
    assert codes(context, release) == [None]
    ended(context, "P-7", PromotionState.SUCCEEDED)
    assert codes(context, release) == ["request-ended"]


def test_an_approval_for_a_request_that_never_was_counts_for_nothing(
    context: Context, release: Pinned
) -> None:
    tell(context, approval(release, request="P-7"))
    assert codes(context, release) == ["request-ended"]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (PromotionState.SUCCEEDED, "used"),
        (PromotionState.HALTED, "used"),
        (PromotionState.REFUSED, None),
        (PromotionState.SUPERSEDED, None),
    ],
)
def test_one_that_came_before_any_request_is_used_by_a_promotion_that_went_on(
    context: Context, release: Pinned, state: PromotionState, code: str | None
) -> None:
    tell(context, approval(release))
    tell(context, request(release, "P-7"))
    ended(context, "P-7", state)
    assert codes(context, release) == [code]


def test_a_request_stands_until_its_end(context: Context, release: Pinned) -> None:
    assert open_request(context, release.digest, SUMMIT, Intent.PROMOTE) is None
    tell(context, request(release, "P-7"))
    tell(context, request(release, "P-8"))
    found = open_request(context, release.digest, SUMMIT, Intent.PROMOTE)
    assert found is not None
    assert (found.body.promotion, found.person) == ("P-7", "release manager")
    ended(context, "P-7", PromotionState.ABORTED)
    found = open_request(context, release.digest, SUMMIT, Intent.PROMOTE)
    assert found is not None
    assert found.body.promotion == "P-8"
    assert open_request(context, release.digest, BASE, Intent.PROMOTE) is None


def test_a_waiver_counts_once_and_not_again_by_the_same_person(context: Context, release: Pinned) -> None:
    tell(context, waiver(release))
    tell(context, waiver(release, waiver="W-2", failing=("failed", "test:other")))
    tell(context, waiver(release, waiver="W-3", requirement="another"))
    tell(context, waiver(release, waiver="W-4", definition="sha256:" + "3" * 64))
    tell(context, waiver(release, waiver="W-5", scope="base/ocps"))
    assert [(each.waiver, each.code) for each in waived(context, release)] == [
        ("W-1", None), ("W-2", "same-person-renews"), ("W-3", None), ("W-4", None),
    ]  # fmt: skip
    assert [each.waiver for each in waived(context, release, BASE)] == ["W-5"]


def test_taking_a_waiver_back_does_not_let_the_same_person_waive_anew(
    context: Context, release: Pinned
) -> None:
    tell(context, waiver(release))
    tell(context, WaiverWithdrawn("W-1", release.digest, "summit/ocps", BEGIN))
    tell(context, waiver(release, waiver="W-2"))
    assert [each.code for each in waived(context, release)] == ["withdrawn", "same-person-renews"]


def test_the_ci_key_signs_a_waiver(context: Context, release: Pinned, site: Site) -> None:
    tell(context, waiver(release), ci(site))
    tell(context, waiver(release, waiver="W-2"))
    assert [each.code for each in waived(context, release)] == ["wrong-role", None]


def test_a_waiver_names_an_environment(context: Context, release: Pinned) -> None:
    tell(context, waiver(release, scope="level:commissioning"))
    assert [each.code for each in waived(context, release)] == ["wrong-scope"]


def test_times_are_those_of_the_ledger(context: Context, release: Pinned) -> None:
    """What a record claims of itself may be older: a notice and an age are counted from its intake."""
    long_ago: datetime = BEGIN - timedelta(days=99)
    tell(context, approval(release, time=long_ago))
    (found,) = facts(context, release)
    assert found.received == BEGIN


def test_what_is_written_behind_an_end_does_not_undo_it(
    context: Context, release: Pinned, site: Site
) -> None:
    tell(context, approval(release, approval="A-0"))
    tell(context, request(release, "P-7"))
    tell(context, approval(release, request="P-7"))
    ended(context, "P-7", PromotionState.HALTED)
    tell(context, PromotionEnded(PromotionState.HALTED, "a cause"), ci(site), promotion_stream("P-7"))
    assert codes(context, release) == ["used", "request-ended"]
    assert open_request(context, release.digest, SUMMIT, Intent.PROMOTE) is None


def test_what_does_not_count_takes_no_id(context: Context, release: Pinned, site: Site) -> None:
    tell(context, approval(release), ci(site))
    tell(context, approval(release))
    assert codes(context, release) == ["wrong-role", None]


def test_a_waiver_is_taken_back_where_it_is(context: Context, release: Pinned) -> None:
    tell(context, waiver(release))
    tell(context, WaiverWithdrawn("W-1", release.digest, "base/ocps", BEGIN))
    assert [each.code for each in waived(context, release)] == [None]


def test_a_decision_is_made_whatever_rows_say_that_do_not_count(
    context: Context, release: Pinned, site: Site
) -> None:
    odd = (Basis("pr\u00fcfung", "sha256:" + "1" * 64, Outcome.SATISFIED),)
    tell(context, approval(release, approval="A-2", basis=odd), ci(site))
    tell(context, approval(release, approval="A-3", basis=odd))
    for number in range(MOST_UNCOUNTED + 5):
        tell(context, approval(release, approval=f"A-{number + 10}"), ci(site))
        tell(context, waiver(release, waiver=f"W-{number + 10}"), ci(site))
    tell(context, approval(release))
    found = facts(context, release)
    assert [each.approval for each in found if each.counted] == ["A-1"]
    assert next(each.code for each in found if each.approval == "A-3") == "unreadable"
    assert sum(not each.counted for each in found) == MOST_UNCOUNTED + 1
    assert len(waived(context, release)) == MOST_UNCOUNTED
    canonical.encode(found)
