"""Words for what GitOps controllers say: what differs, and what to do about it."""

from collections.abc import Callable, Mapping

from ldmrelease.answers.sentences.text import Values, listed, said

Words = Callable[[Values], str]


def _who(v: Values) -> str:
    if not v.get("by"):
        return ""
    hand = " by hand" if v.get("by_hand") is True else ""
    return f"; {said(v['by'])} wrote it{hand}" + (f" at {said(v['time'])}" if v.get("time") else "")


def _out_of_sync(v: Values) -> str:
    names = listed([said(each) for each in v["resources"]]) or "nothing is compared"
    more = f" and {v['more']} more" if "more" in v else ""
    manual = "" if v["automated"] is True else "; nothing syncs it but a person"
    return f"{said(v['object'])} is out of sync: {names}{more}{manual}"


def _overridden(v: Values) -> str:
    tree = f", and the tree says {said(v['tree'])}" if "tree" in v else ""
    return f"{said(v['object'])} sets the {said(v['kind'])} {said(v['path'])} to {said(v['value'])}{tree}{_who(v)}"


SYNC_DRIFT_WORDS: Mapping[str, Words] = {
    "overridden": _overridden,
    "other-revision": lambda v: (
        f"{said(v['object'])} brings {said(v['found'])}, and {said(v['expected'])} is written{_who(v)}"
    ),
    "not-read": lambda v: (
        f"{said(v['object'])} does not read {said(v['file'])}: its value files are "
        f"{listed([said(each) for each in v['found']])}{_who(v)}"
    ),
    "sync-paused": lambda v: f"{said(v['object'])} is paused ({said(v['paused'])}){_who(v)}",
    "sync-failed": lambda v: (
        f"{said(v['object'])} could not sync: {said(v['reason'])}"
        + (f"; {said(v['by'])} had asked for it" if v.get("by") else "")
    ),
    "sync-stale": lambda v: (
        f"{said(v['object'])} has last seen {said(v['found'])}, before what is committed now"
    ),
    "out-of-sync": _out_of_sync,
}
SYNC_DRIFT_FIXES: Mapping[str, str] = {
    "overridden": "take it out of there, or write it into the tree; then look again",
    "other-revision": "put the branch back, or write to the one that it brings; then look again",
    "not-read": "add the file to its value files, or write to one that it reads; then look again",
    "sync-paused": "let it sync again, then look again",
    "sync-failed": "see to what it complains of, then look again",
    "sync-stale": "refresh it, then look again",
    "out-of-sync": "sync it, then look again",
}
