"""A site whose every text would do something if it could: names of releases, places, people, reasons, tags."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Finding, Outcome, Phase, Verdict
from ldmrelease.domain.events import Head
from ldmrelease.domain.events.acts import Approval, Basis, Hold, HoldKind, Waiver
from ldmrelease.domain.events.debts import ReviewOwed
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayKind, OverlayRequest
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.render.pages.site.site_data import SiteData
from ldmrelease.services.acts.approvals import GivenApproval
from ldmrelease.services.acts.debts import Debt, GivenReview
from ldmrelease.services.acts.holds import KnownHold, Lifting
from ldmrelease.services.acts.release_acts import ReleaseActs, SeenApproval, SeenWaiver
from ldmrelease.services.acts.waivers import GivenWaiver
from ldmrelease.services.reports.promotion_records import StageRuling
from ldmrelease.services.reports.site_acts import SiteActs
from ldmrelease.services.reports.site_record import PinRevision, SiteRecord, TakenStatement
from ldmrelease.services.reports.stretches import Period
from ldmrelease.trust.keyring import Keyring
from tests.unit.render.pages.sample_page import HOSTILE
from tests.unit.services.reports.recorded import (
    NOON,
    admitted,
    at,
    image,
    pinned,
    place,
    promotion,
    recorded,
    seen,
)

_DIGEST = "sha256:" + "0" * 63


def hostile_site() -> SiteData:
    """One release, place, promotion, decision, statement and person for each hostile text."""
    ledger = MemoryLedger.created(at=NOON, actor="ops")
    texts = [each.text.replace("/", "\N{DIVISION SLASH}") for each in HOSTILE] + ["..", "con", "A", "a", ""]
    names = [f"stack/{each}x" for each in texts]
    places = [Place(f"{each}e", f"{each}a") for each in texts]
    records, promotions, admissions, pins, taken = [], [], {}, {}, {}
    acts: dict[str, ReleaseActs] = {}
    for number, (name, where, text) in enumerate(zip(names, places, texts, strict=True)):
        own = image(name, f"P-{number}", spelling=text, component=f"{text}c", state=f"{text}s")
        records.append(place([seen(0, image(None, spelling=text)), seen(5, own)], where))
        decision = Decision(
            Intent.PROMOTE, where, text, _DIGEST, _DIGEST, name, _DIGEST, at(1), Verdict.ALLOWED,
            (Finding(text, text, Phase.ENTER, Outcome.SATISFIED, text, {"a": text}, evidence=(text,), next=(text,)),),
        )  # fmt: skip
        digest = ledger.put_blob(canonical.encode(decision))
        asked = promotion(f"P-{number}", name, [where], by=f"{text}p", reason=text, cause=text, verdict=None)
        asked.decisions = [
            StageRuling(where, DecisionStage.ENTER, Verdict.ALLOWED, digest, at(1), None, (text,))
        ]
        asked.overlay = OverlayRequest(OverlayKind.COMPRESSED, text)
        promotions.append(asked)
        acts[name] = _acts(ledger, where, text)
        admissions[where] = [admitted(f"P-{number}", 5, name)]
        pins[name] = [_pin(ledger, name, text, f"{_DIGEST}{number % 10}")]
        blob = ledger.put_blob(text.encode() or b"-")
        taken[f"{_DIGEST}{number % 10}"] = [TakenStatement(f"{_DIGEST}{number % 10}", blob, at(2), number)]
    deployments = recorded(
        records,
        now=20,
        promotions=promotions,
        admissions=admissions,
        pins=[pinned(each, -1, number) for number, each in enumerate(names)],
        untrusted=texts,
    )
    deployments = replace(deployments, levels={})
    record = SiteRecord(
        Head("ledger", 9, _DIGEST), at(20), deployments, pins, taken,
        {digest: [name] for digest, name in zip(taken, names, strict=False)},
        SiteActs(
            tuple(hold for each in acts.values() for hold in each.holds),
            tuple(debt for each in acts.values() for debt in each.debts),
            acts,
        ),
    )  # fmt: skip
    context: Any = SimpleNamespace(
        ledger=ledger, keyring=Keyring((), ()), workspace=SimpleNamespace(trust_digest=_DIGEST)
    )
    return SiteData(context, record, Period(at(-24), at(20), closed=True))


def _acts(ledger: MemoryLedger, where: Place, text: str) -> ReleaseActs:
    """A recall, an approval, a waiver and a review."""
    event = next(iter(ledger.events()))
    approval = Approval(
        text,
        "stack",
        text,
        _DIGEST,
        str(where),
        (Basis(text, text, Outcome.FAILED),),
        at(1),
        at(9),
        reason=text,
    )
    waiver = Waiver(
        text, "stack", text, _DIGEST, str(where), text, text, Outcome.FAILED, (text,), at(1), at(9), text
    )
    hold = Hold(
        text, HoldKind.RECALL, (), at(1), text, product=text, tag=text, predicate=text, component=text
    )
    owed = ReviewOwed(
        where, text, _DIGEST, text, OverlayRequest(OverlayKind.COMPRESSED, text), text, text, at(1), at(3)
    )
    return ReleaseActs(
        (SeenApproval(GivenApproval(event, approval, text, (text,)), {"code": text}),),
        (SeenWaiver(GivenWaiver(event, waiver, text, (text,)), text),),
        (KnownHold(hold, text, at(1), Lifting(text, at(2), text)), KnownHold(hold, text, at(1))),
        (Debt(owed, (GivenReview(text, False, text, at(2)),)),),
    )


def _pin(ledger: MemoryLedger, name: str, text: str, digest: str) -> PinRevision:
    product, _, tag = name.partition("/")
    part = Component(text or "c", ComponentKind.IMAGE, text, text, digest)
    release = Release(product, tag, "weekly", (part,), (text,), None)
    document = ledger.put_blob(release.document())
    return PinRevision(Pin(product, tag, digest, document, 1, True, None, at(-1), text), at(-1), f"{text}p")
