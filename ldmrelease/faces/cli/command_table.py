"""Which commands there are, and the module of each: looked up here, imported only when it is called.

A module holds `app`, made with `cli.options.new_app`: one command, or several that then form a group.
"""

from typing import NamedTuple


class CommandEntry(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    module: str
    help: str


COMMANDS: dict[str, CommandEntry] = {
    "demo": CommandEntry("demo", "Play the week of 2023-04-20 in a workspace made on the spot."),
    "init": CommandEntry("init", "Make a workspace, empty or in the shape of a sample."),
    "adopt": CommandEntry("adopt", "Write a workspace for a GitOps tree that is there already."),
    "doctor": CommandEntry("doctor", "Check that everything a promotion needs is in place."),
    "workspace": CommandEntry("workspace", "Check the workspace's files; show and refresh them."),
    "key": CommandEntry("key", "Make and show signing keys."),
    "trust": CommandEntry("trust", "Maintain the trust document: policies, keys and roles."),
    "tag": CommandEntry("tag", "Parse and sort release tags."),
    "schema": CommandEntry("schema", "List the answers of commands, and print their JSON Schemas."),
    "policy": CommandEntry("policy", "Check, explain and test the policies of the levels."),
    "release": CommandEntry("release", "Pin, list, show and compare releases."),
    "resolve": CommandEntry("resolve", "Write the digests of a release into manifests."),
    "evidence": CommandEntry("evidence", "Sign, add, import, list and verify statements."),
    "check": CommandEntry("check", "Show what a promotion would decide; change nothing."),
    "gate": CommandEntry("gate", "Gate changes of a GitOps tree, and rendered manifests, in CI."),
    "check-run": CommandEntry("check_run", "Run a level's checks by hand and sign their results."),
    "request": CommandEntry("request", "Ask for a promotion, and leave it to others to carry out."),
    "approve": CommandEntry("approve", "Approve a release where it is to go, signed; or take it back."),
    "approvals": CommandEntry("approvals", "List who approved what, what counts, and who is still to."),
    "waive": CommandEntry("waive", "Let one unmet requirement pass for a release at a place."),
    "promote": CommandEntry("promote", "Promote a release to a level, environment or application."),
    "promotions": CommandEntry("promotions", "List, show and replay promotions."),
    "resume": CommandEntry("resume", "Continue a promotion that waits or was interrupted."),
    "rollback": CommandEntry("rollback", "Go back to what ran before."),
    "abort": CommandEntry("abort", "End a promotion that is not finished."),
    "retire": CommandEntry("retire", "Take a release out of a menu."),
    "debts": CommandEntry("debts", "Show what was let in for less than everybody is asked."),
    "review": CommandEntry("review", "Review an emergency or a compression, signed."),
    "alias": CommandEntry("alias", "Move and list names such as `recommended`."),
    "notify": CommandEntry("notify", "Tell whoever has to act, and has not been told yet."),
    "freeze": CommandEntry("freeze", "Stop promotions somewhere, until it is lifted or ends."),
    "recall": CommandEntry("recall", "Let a release in nowhere any more, and show where it runs."),
    "lift": CommandEntry("lift", "Lift a freeze or a recall."),
    "holds": CommandEntry("holds", "List freezes and recalls, as of now or of a time."),
    "observe": CommandEntry("observe", "Record what runs now, signed."),
    "where": CommandEntry("where", "Show which release runs where, since when, and what approved it."),
    "drift": CommandEntry("drift", "Show where git, decisions and what runs differ, and why."),
    "history": CommandEntry("history", "Show what ran at a place, or where a release ran, and when."),
    "dossier": CommandEntry("dossier", "Write what is known of a release for whoever decides about it."),
    "status": CommandEntry("status", "Show where each release stands in each environment."),
    "timeline": CommandEntry("timeline", "Show what ran at each place over time."),
    "milestones": CommandEntry("milestones", "Show what releases have to deliver, and when (LDM-564)."),
    "campaign": CommandEntry("campaign", "Verify what a milestone claims, in the content of a release."),
    "night": CommandEntry("night", "Show what ran in a night, what changed, and why it was allowed."),
    "availability": CommandEntry("availability", "Show how long after its tag each release was there."),
    "metrics": CommandEntry("metrics", "Show the four DORA figures, by level."),
    "site": CommandEntry("site", "Build everything that is recorded as static pages."),
    "receipt": CommandEntry("receipt", "Show the receipts of promotions."),
    "bundle": CommandEntry("bundle", "Export, publish and verify bundles, for gates that have no ledger."),
    "why": CommandEntry("why", "Show the decision behind what runs, or ran, at a place."),
    "audit": CommandEntry("audit", "Import history, make decisions again, verify copies of ledgers."),
    "ledger": CommandEntry("ledger", "Verify, export and import the ledger."),
    "completion": CommandEntry(
        "completion_script", "Print what bash, zsh or fish read to complete commands."
    ),
}
