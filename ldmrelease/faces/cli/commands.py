"""Which commands there are, and the module of each: looked up here, imported only when it is called.

A module holds `app`, made with `cli.options.new_app`: one command, or several that then form a group.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("demo", "Play the week of 2023-04-20 in a workspace made on the spot."),
    "init": Entry("init", "Make a workspace, empty or in the shape of a sample."),
    "doctor": Entry("doctor", "Look whether everything that a promotion needs is there."),
    "workspace": Entry("workspace", "Check the workspace's files."),
    "key": Entry("key", "Make signing keys."),
    "tag": Entry("tag", "Read release tags and put them in order."),
    "policy": Entry("policy", "Check and explain the policies of the levels."),
    "release": Entry("release", "Pin, list, show and compare releases."),
    "resolve": Entry("resolve", "Write the digests of a release into manifests."),
    "evidence": Entry("evidence", "Sign, add, list and verify statements."),
    "check": Entry("check", "Say what a promotion would decide; nothing is changed."),
    "check-run": Entry("check_run", "Run a level's checks by hand and sign their results."),
    "promote": Entry("promote", "Promote a release to a level, environment or application."),
    "promotions": Entry("promotions", "List, show and replay promotions."),
    "resume": Entry("resume", "Go on with a promotion that waits or was interrupted."),
    "rollback": Entry("rollback", "Go back to what ran before."),
    "abort": Entry("abort", "End a promotion that is not finished."),
    "retire": Entry("retire", "Take a release out of a menu."),
    "alias": Entry("alias", "Move and list names such as `recommended`."),
    "observe": Entry("observe", "Look what runs, and record it signed."),
    "where": Entry("where", "Say which release runs where, since when, and what let it in."),
    "drift": Entry("drift", "Say where trees, decisions and what runs differ, and who did it."),
    "history": Entry("history", "Say what ran at a place, or where a release ran, and when."),
    "receipt": Entry("receipt", "Show the receipts of promotions."),
    "ledger": Entry("ledger", "Verify, export and import the ledger."),
}
