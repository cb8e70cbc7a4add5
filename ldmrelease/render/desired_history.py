"""What GitOps trees asked for in the past, for people."""

from collections.abc import Iterator, Sequence

from ldmrelease.domain.times import spell
from ldmrelease.render.tables import table
from ldmrelease.services.audit.desired_history import DesiredPart, DesiredSetting


def past_table(found: Sequence[DesiredSetting]) -> str:
    """Which image each application asked for, since which commit, and where that was written."""
    if not found:
        return "the imported history asks for no image there, at that time"
    rows = [
        (
            f"{each.environment}/{each.application}",
            each.tag,
            spell(each.since),
            f"{each.commit[:10]}{f' {each.author}' if each.author else ''}",
            ", ".join(_parts(each.parts)),
        )
        for each in found
    ]
    return table(["application", "desired", "since", "commit", "decided by"], rows)


def _parts(parts: Sequence[DesiredPart]) -> Iterator[str]:
    for each in parts:
        line = f":{each.line}" if each.line is not None else ""
        yield f"{each.file}{line} {each.key}"
