"""Which reviews pay what is owed: those of somebody else, of what has been done."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec import Struct

from ldmrelease.config.workspace.init import FILE
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events import Head
from ldmrelease.domain.events.acts import Review
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.overlays import OverlayKind, OverlayRequest
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.acts.debts import debts_at
from ldmrelease.services.context import Context
from ldmrelease.trust.records import sign_record
from ldmrelease.trust.signer import Signer
from tests.workspace import BEFORE, BEGIN, Site, new_site

SUMMIT = Place("summit", "ocps")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_site(tmp_path_factory.mktemp("debts") / "site")


@pytest.fixture
def context(site: Site) -> Iterator[Context]:
    workspace = load_workspace(site.root / FILE)
    with MemoryLedger.created(at=site.now, actor="me", projectors=PROJECTORS) as ledger:
        yield Context(workspace, ledger, workspace.keyring, workspace.levels, lambda: BEGIN)


def tell(context: Context, body: Struct, key: Signer) -> None:
    told = context.ledger.append(
        [new_event(body)], at=BEGIN, actor="somebody", sign=lambda there, said: sign_record(there, said, key)
    )
    assert isinstance(told, Head)


def owe(context: Context, person: str = "night operator") -> None:
    emergency = OverlayRequest(OverlayKind.EMERGENCY)
    due = BEGIN + timedelta(hours=72)
    owed = ReviewOwed(
        SUMMIT, "P-7", "sha256:1", f"stack/{BEFORE}", emergency, person, "the night", BEGIN, due
    )
    tell(context, owed, context.signers.promoter)


def review(context: Context) -> None:
    tell(context, Review("P-7", str(SUMMIT), BEGIN, True, "looked"), context.signers.me)


def paid(context: Context) -> list[bool]:
    return [each.paid for each in debts_at(context, SUMMIT)]


def test_a_review_by_somebody_else_pays(context: Context) -> None:
    owe(context)
    review(context)
    assert paid(context) == [True]


def test_a_review_that_was_signed_before_anything_was_done_pays_nothing(context: Context) -> None:
    review(context)
    owe(context)
    assert paid(context) == [False]


def test_a_review_by_whoever_asked_pays_nothing(context: Context) -> None:
    owe(context, "release manager")
    review(context)
    assert paid(context) == [False]
