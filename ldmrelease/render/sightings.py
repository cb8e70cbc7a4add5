"""What others say to have seen, for people: apart from what was observed."""

from collections.abc import Iterable

from ldmrelease.domain.times import spell
from ldmrelease.render.tables import table
from ldmrelease.services.audit.told_by_others import SeenByOthers


def sightings_text(seen: Iterable[SeenByOthers]) -> str:
    """A table, after what was observed; nothing where others say nothing."""
    cells = [[str(each.place), each.component or "", each.text, spell(each.time), each.by] for each in seen]
    if not cells:
        return ""
    headers = ["place", "component", "image", "seen last", "seen by"]
    return f"\n\nof what we did not observe, others say (imported; nothing rests on it):\n{table(headers, cells)}"
