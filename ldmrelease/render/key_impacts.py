"""What rests on what a key has signed, as text."""

from ldmrelease.answers.key_impacts import KeyImpactAnswer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted


def key_impact_text(found: KeyImpactAnswer) -> str:
    """What would stop counting, and what runs by it."""
    when = f"since {found.since}" if found.since else "ever"
    head = f"{printable(found.key)} of {printable(found.person)} has signed {counted(found.number, 'thing')} {when}"
    if not found.number:
        return f"{head}: nothing rests on it"
    lines = [head, "would stop counting:"]
    for each in found.signed:
        about = (
            " ".join(printable(part) for part in (each.release, each.place) if part) or "nothing of one place"
        )
        lines.append(f"  {each.number:4}  {printable(each.kind)}  {about}, {each.first} to {each.last}")
    lines.append("runs, and rests on it:" if found.running else "nothing that runs rests on it")
    lines += [
        f"  {printable(each.place)}  {printable(each.product)}/{printable(each.component)}  "
        f"{printable(each.release or 'unknown')} {printable(each.digest or '-')}, since {each.since}: "
        f"{', '.join(map(printable, each.kinds))}"
        for each in found.running
    ]
    return "\n".join(lines)
