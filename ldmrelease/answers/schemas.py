"""Every answer by its name: the commands that print it, its type, and its JSON Schema (2020-12)."""

import json
from importlib import import_module
from typing import Any, NamedTuple, TypedDict

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class AnswerEntry(NamedTuple):
    """Where an answer's type is, and which commands print it."""

    module: str
    type: str
    commands: tuple[str, ...]


ANSWERS: dict[str, AnswerEntry] = {
    "error": AnswerEntry("errors", "ErrorAnswer", ()),
    "demo": AnswerEntry("workspace", "DemoAnswer", ("demo",)),
    "workspace": AnswerEntry("workspace", "WorkspaceAnswer", ("init",)),
    "adoption": AnswerEntry("adoption", "AdoptionAnswer", ("adopt",)),
    "baseline": AnswerEntry("adoption", "BaselineAnswer", ("adopt --baseline",)),
    "key": AnswerEntry("workspace", "KeyAnswer", ("key new", "key show")),
    "refresh": AnswerEntry("workspace", "RefreshAnswer", ("workspace refresh",)),
    "trust": AnswerEntry(
        "workspace",
        "TrustAnswer",
        (
            "trust agree",
            "trust add-key",
            "trust role",
            "trust init",
            "trust edit",
            "trust rotate",
            "trust revoke",
            "trust sign",
        ),
    ),
    "key-impact": AnswerEntry("key_impacts", "KeyImpactAnswer", ("trust impact",)),
    "shown-trust": AnswerEntry("trust_documents", "ShownTrustAnswer", ("trust show",)),
    "adopted-trust": AnswerEntry("workspace", "AdoptedTrustAnswer", ("trust adopt",)),
    "diagnoses": AnswerEntry("doctor", "Diagnoses", ("doctor",)),
    "problems": AnswerEntry("errors", "Problems", ("workspace lint", "policy lint")),
    "tags": AnswerEntry("tags", "Tags", ("tag parse",)),
    "sorted-tags": AnswerEntry("tags", "SortedTags", ("tag sort",)),
    "answers": AnswerEntry("schemas", "Answers", ("schema",)),
    "policy-test": AnswerEntry("policy_tests", "PolicyTestAnswer", ("policy test",)),
    "policy-diff": AnswerEntry("policy_changes", "PolicyDiffAnswer", ("policy diff",)),
    "policy-simulation": AnswerEntry("policy_simulations", "PolicySimulationAnswer", ("policy simulate",)),
    "backtest": AnswerEntry("backtests", "BacktestAnswer", ("policy backtest",)),
    "level": AnswerEntry("policies", "LevelAnswer", ("policy explain",)),
    "release": AnswerEntry("releases", "ReleaseAnswer", ("release pin", "release show")),
    "releases": AnswerEntry("releases", "Releases", ("release list",)),
    "release-notes": AnswerEntry("release_notes", "ReleaseNotesAnswer", ("release notes",)),
    "comparison": AnswerEntry("releases", "ComparisonAnswer", ("release compare",)),
    "statements": AnswerEntry("evidence", "Statements", ("evidence list", "evidence verify")),
    "added-statements": AnswerEntry("evidence", "AddedStatements", ("evidence add", "evidence document")),
    "evidence-import": AnswerEntry("evidence_imports", "EvidenceImportAnswer", ("evidence import",)),
    "check": AnswerEntry("checks", "CheckAnswer", ("check",)),
    "gate": AnswerEntry("gate", "GateAnswer", ("gate merge", "gate sync")),
    "check-runs": AnswerEntry("check_runs", "CheckRuns", ("check-run",)),
    "promotion-result": AnswerEntry(
        "promotions",
        "PromotionResult",
        ("promote", "request", "rollback", "retire", "alias move", "resume", "abort"),
    ),
    "promotion-results": AnswerEntry("promotions", "PromotionResults", ("promote --through", "resume --all")),
    "approvals": AnswerEntry("approvals", "Approvals", ("approvals",)),
    "approve": AnswerEntry("approvals", "ApproveAnswer", ("approve",)),
    "waive": AnswerEntry("waivers", "WaiveAnswer", ("waive",)),
    "notifications": AnswerEntry("notifications", "NotifyAnswer", ("notify",)),
    "promotions": AnswerEntry("promotion_rows", "Promotions", ("promotions list",)),
    "promotion": AnswerEntry("reports", "ReportAnswer", ("promotions show",)),
    "replays": AnswerEntry("decisions", "Replays", ("promotions replay",)),
    "hold-set": AnswerEntry("holds", "HoldSetAnswer", ("freeze", "recall")),
    "hold": AnswerEntry("holds", "HoldAnswer", ("lift",)),
    "holds": AnswerEntry("holds", "HoldsAnswer", ("holds",)),
    "observations": AnswerEntry("observations", "ObserveAnswer", ("observe",)),
    "where": AnswerEntry("places", "Where", ("where",)),
    "having": AnswerEntry("having", "HavingAnswer", ("where --having",)),
    "desired": AnswerEntry("tree_images", "DesiredImages", ("where --desired",)),
    "desired-history": AnswerEntry("desired_history", "PastImages", ("where --desired --at",)),
    "live": AnswerEntry("live", "Live", ("where --live",)),
    "dayobs": AnswerEntry("dayobs", "Dayobs", ("where --dayobs", "history --dayobs")),
    "drift": AnswerEntry("drift", "DriftAnswer", ("drift",)),
    "history": AnswerEntry("places", "History", ("history",)),
    "import": AnswerEntry(
        "imports",
        "ImportAnswer",
        tuple(f"audit import {each}" for each in ("git", "table", "argocd", "flux", "observations")),
    ),
    "status": AnswerEntry("status", "Status", ("status",)),
    "timeline": AnswerEntry("timelines", "TimelineAnswer", ("timeline",)),
    "milestones": AnswerEntry("milestones", "MilestonesAnswer", ("milestones list", "milestones find")),
    "milestone": AnswerEntry("milestones", "MilestoneAnswer", ("milestones show",)),
    "milestone-features": AnswerEntry("milestones", "MilestoneFeatures", ("milestones features",)),
    "dated-milestones": AnswerEntry("milestones", "DatedItems", ("milestones due", "milestones overdue")),
    "imported-milestones": AnswerEntry("milestones", "ImportedMilestonesAnswer", ("milestones import",)),
    "milestone-changes": AnswerEntry("milestones", "MilestoneChanges", ("milestones diff",)),
    "campaigns": AnswerEntry("campaigns", "Campaigns", ("campaign list",)),
    "campaign": AnswerEntry("campaigns", "CampaignAnswer", ("campaign show",)),
    "campaign-statuses": AnswerEntry("campaigns", "CampaignStatuses", ("campaign status",)),
    "imported-results": AnswerEntry("campaigns", "ImportedResultsAnswer", ("campaign import",)),
    "night": AnswerEntry("nights", "NightAnswer", ("night",)),
    "availability": AnswerEntry("availability", "Availability", ("availability",)),
    "metrics": AnswerEntry("metrics", "Metrics", ("metrics",)),
    "site": AnswerEntry("sites", "SiteAnswer", ("site build",)),
    "dossier": AnswerEntry("dossier", "DossierAnswer", ("dossier",)),
    "debts": AnswerEntry("debts", "DebtsAnswer", ("debts",)),
    "review": AnswerEntry("debts", "ReviewAnswer", ("review",)),
    "aliases": AnswerEntry("aliases", "AliasesAnswer", ("alias list",)),
    "receipts": AnswerEntry("receipts", "Receipts", ("receipt show",)),
    "audit-replay": AnswerEntry("audit_replays", "AuditReplayAnswer", ("audit replay",)),
    "verified-copy": AnswerEntry("verified_copies", "VerifiedCopyAnswer", ("audit verify",)),
    "why": AnswerEntry("why", "WhyAnswer", ("why",)),
    "bundle": AnswerEntry("bundles", "BundleAnswer", ("bundle export", "bundle publish", "bundle verify")),
    "bundle-contents": AnswerEntry("bundles", "BundleContentsAnswer", ("bundle show",)),
    "ledger-head": AnswerEntry("ledger", "HeadAnswer", ("ledger import", "ledger export")),
    "begun-ledger": AnswerEntry("ledger", "BegunAnewAnswer", ("ledger init",)),
    "verified-ledger": AnswerEntry("ledger", "VerifiedLedgerAnswer", ("ledger verify",)),
    "events": AnswerEntry("ledger", "Events", ("ledger show",)),
}


class AnswerRow(TypedDict):
    """An answer, and the commands that print it."""

    answer: str
    commands: list[str]


Answers = list[AnswerRow]


def answer_rows() -> Answers:
    """Every answer."""
    return [AnswerRow(answer=name, commands=list(each.commands)) for name, each in ANSWERS.items()]


def answer_type(name: str) -> Any:
    """The type of an answer. Raises `KeyError`."""
    entry = ANSWERS[name]
    return getattr(import_module(f"ldmrelease.answers.{entry.module}"), entry.type)


def answer_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of an answer. Raises `KeyError`."""
    from msgspec.json import schema  # noqa: PLC0415 - the names alone are told without

    found = {"$schema": DIALECT, "title": name, **schema(answer_type(name))}
    for each in found.get("$defs", {}).values():
        if "description" in each:
            each["description"] = " ".join(each["description"].split())
    # Defaults are tuples until then.
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain
