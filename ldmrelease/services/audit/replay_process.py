"""A process of its own that makes decisions again: it has the ledger's address, and nothing of the workspace.

    python -m ldmrelease.services.audit.replay_process ADDRESS

Reads a `DecisionEvent` per line, and answers each with a line, a `ReplayedDecision`.
"""

import sys

from ldmrelease.domain import canonical
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.audit.regather import KeyringsOfThen
from ldmrelease.services.audit.replay_decision import DecisionEvent, replay_decision


def main() -> None:
    """Answer until the input ends."""
    with open_ledger(sys.argv[1], projectors=PROJECTORS) as ledger:
        keyrings = KeyringsOfThen(ledger)
        for line in sys.stdin.buffer:
            found = replay_decision(keyrings, canonical.decode(line.strip(), DecisionEvent))
            sys.stdout.buffer.write(canonical.encode(found) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
