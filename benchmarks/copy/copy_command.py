"""Our copy as a whole command: `copy_command.py one|all SOURCE DESTINATION [alone]`, told as crane is told.

`alone` leaves referrers where they are, as crane does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import Copier
from ldmrelease.registry.opening import Registries


def main(what: str, source: str, destination: str, alone: str = "") -> None:
    places = Registries(Path())
    start, end = parse_reference(source), parse_reference(destination)
    origin = places.open(start)
    with Copier(origin, places.open(end), with_referrers=not alone) as copier:
        if what == "all":
            copier.copy_all(origin.tags())
        else:
            copier.copy(start.target or "latest", end.tag)


if __name__ == "__main__":
    main(*sys.argv[1:])
