"""A process of its own that makes every recorded decision of a ledger again; tells stage, place and both digests."""

from __future__ import annotations

import sys
from pathlib import Path

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.promotion import DecisionMade
from ldmrelease.services.context import open_context
from ldmrelease.services.decisions.replay import replay


def main(file: Path) -> None:
    """Replay the decisions of a workspace's ledger, in the order in which they were made."""
    context = open_context(load_workspace(file))
    events = context.ledger.events(kinds=[EventKind.DECIDED])
    made = (each.body for each in context.records.counted(events, DecisionMade))
    for each in replay(context.ledger, made):
        print(each.digest, each.again)
    context.ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
