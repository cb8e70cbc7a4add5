"""A verified copy of a ledger, for an auditor: what was looked at, what was not, what is wrong, and the verdict."""

from collections.abc import Iterator

from ldmrelease.answers.sentences.text import counted
from ldmrelease.answers.verified_copies import CountedAnswer, VerifiedCopyAnswer
from ldmrelease.render.tables import Colour, painted

_MOST = 40
"""Problems that are shown: JSON has more."""


def verified_copy_text(found: VerifiedCopyAnswer) -> str:
    """The whole report."""
    return "\n".join([*_covered(found), *_not_covered(found), *_problems(found), _verdict(found)])


def _covered(found: VerifiedCopyAnswer) -> Iterator[str]:
    yield f"ledger {found.ledger} ({found.form}), {counted(found.size, 'event')} up to {found.last or 'no time'}"
    yield f"head         {found.head or 'none'}"
    yield f"trust        version {found.trust.version}, {found.trust.digest}"
    signed = max(found.size - 1, 0)
    yield (
        f"events       {found.events.good} of {signed} signed by a key with the role for them, where they stand; "
        "the first is signed by nobody"
    )
    for code, number in found.rejected.items():
        yield f"             {number} {code}"
    yield f"receipts     {_of(found.receipts)} hold"
    yield f"statements   {_of(found.statements)} signed by a key of the trust document"
    missing = f"; {found.missing} missing" if found.missing else "; none is missing"
    yield f"blobs        {_of(found.blobs)} hash to their digests{missing}"
    if found.indexes.number:
        yield f"indexes      {_of(found.indexes)} that were signed are those of the events before them"
    for each in found.checkpoints:
        yield f"checkpoint   {each.source}: holds for {counted(each.size, 'event')}, signed by {each.by}"


def _of(each: CountedAnswer) -> str:
    return f"{each.good} of {each.number}"


def _not_covered(found: VerifiedCopyAnswer) -> Iterator[str]:
    for each in found.uncovered:
        yield f"not covered  {each}"


def _problems(found: VerifiedCopyAnswer) -> Iterator[str]:
    for each in found.problems[:_MOST]:
        where = f"event {each.event}" if each.event is not None else each.about
        what = f" ({each.about})" if each.event is not None and each.about != "event" else ""
        yield f"{painted('WRONG', Colour.red)}  {where}{what}: {each.code}: {each.sentence}"
    left = found.problem_count - min(len(found.problems), _MOST)
    if left:
        yield f"       and {counted(left, 'other problem')}; `--output json` lists the first {len(found.problems)}"


def _verdict(found: VerifiedCopyAnswer) -> str:
    if found.problem_count:
        return painted(f"NOT VERIFIED: {counted(found.problem_count, 'problem')}", Colour.red)
    return painted("VERIFIED", Colour.green)
