"""Words for drift: what differs between tree, decisions and what runs, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ldmrelease.answers.sentences.place_images import FOREIGN_REMEDY, RENDERED_OTHERWISE
from ldmrelease.answers.sentences.sync_drift import SYNC_DRIFT_FIXES, SYNC_DRIFT_WORDS
from ldmrelease.answers.sentences.text import Values, any_of, listed, said, values_of

if TYPE_CHECKING:
    from ldmrelease.services.inventory.drift import Settler
    from ldmrelease.services.inventory.switched_off import SwitchedOffApplication
    from ldmrelease.trees.interface import NotUnderstood

Words = Callable[[Values], str]


def _who(v: Values) -> str:
    if "by" not in v:
        why = v.get("author_not_looked_up")
        return f"; author not looked up: {said(why)}" if why else ""
    return f"; {said(v['by'])} wrote it" + (f" at {said(v['time'])}" if v.get("time") else "")


def _instead(v: Values) -> str:
    return f", and {said(v['decided'])} was decided" if "decided" in v else ", and nothing was decided there"


def _foreign(v: Values) -> str:
    where = f"{said(v['file'])}:{v['line']}: " if "line" in v else ""
    named = (
        f"{said(v['workload'])} was set to {said(v['image'])}"
        if "workload" in v
        else f"{said(v['path'])} names {said(v['found']) or 'no repository'}"
    )
    same = "; what runs is the approved image all the same, by its digest" if v.get("same") is True else ""
    return f"{where}{named}, and the image is in {any_of(v['expected'])}{_instead(v)}{same}{_who(v)}"


DRIFT_WORDS: Mapping[str, Words] = {
    "undecided": lambda v: f"{said(v['image'])} was not approved by any decision{_instead(v)}{_who(v)}",
    "reverted": lambda v: (
        f"{said(v['image'])} was admitted before, and {said(v['decided'])} took its place; "
        f"it is in the tree again{_who(v)}"
    ),
    "not-committed": lambda v: (
        f"{said(v['promotion'])} was let in to bring {said(v['release'])}, and the tree has still {said(v['image'])}"
    ),
    "moved-tag": lambda v: (
        f"{said(v['image'])} now names {said(v['digest'])}, and {said(v['decided'])} was decided"
    ),
    "absent-image": lambda v: f"{said(v['image'])} names no image{_instead(v)}{_who(v)}",
    "not-a-tag": lambda v: (
        f"{said(v['path'])} is {said(v['image'] or repr(''))}, which can name no image{_instead(v)}{_who(v)}"
    ),
    "foreign-image": _foreign,
    "tag-differs": lambda v: (
        f"{said(v['path'])} is {said(v['image'])} at {said(v['digest'])}, and that tag is pinned to "
        f"{said(v['expected'])}{_instead(v)}{_who(v)}"
    ),
    "spec-differs": lambda v: (
        f"{said(v['workload'])} was set to {said(v['image'])}"
        f"{', and the tree says ' + said(v['wanted']) if 'wanted' in v else _instead(v)}{_who(v)}"
    ),
    "not-synced": lambda v: (
        f"the tree says {said(v['wanted'])}, and {said(v['workload'])} still says {said(v['image'])}{_who(v)}"
    ),
    "not-rolled-out": lambda v: (
        f"{said(v['workload'])} says {said(v['image'])}, and "
        + (
            f"its pods run {v.listed('found')}"
            if "found" in v
            else f"is {said(v['verdict'])}: {said(v['reason'])}"
        )
    ),
    "not-desired": lambda v: (
        f"{said(v['workload'])} runs {said(v['image'])}, and the tree has switched the application off"
    ),
    RENDERED_OTHERWISE: lambda v: (
        f"{said(v['file'])}:{v['line']}: {said(v['path'])} says {said(v['expected'])}, and rendered with it, "
        f"{said(v['container'])} gets {said(v['found'])}"
    ),
    **SYNC_DRIFT_WORDS,
}

FIXES: Mapping[str, str] = {
    "undecided": "put back what was decided",
    "reverted": "put back what was decided",
    "not-committed": "go on with it",
    "moved-tag": (
        "push what was decided under that tag again; or, where the new image is wanted, pin it and promote that"
    ),
    "absent-image": "go back to what is there",
    "not-a-tag": "write what was decided",
    "foreign-image": FOREIGN_REMEDY,
    "tag-differs": "write what was decided",
    "spec-differs": "put back what was decided",
    "not-synced": "sync it with the tool that does, then look again",
    "not-rolled-out": "see why",
    "not-desired": "let the tool that syncs remove it, or switch it on in the tree; then look again",
    RENDERED_OTHERWISE: "see what else decides the image: ldmrelease where --desired",
    **SYNC_DRIFT_FIXES,
}
"""What the next command is for."""


SETTLES: Mapping[str, str] = {
    "ask-for-a-release": "asks for a release",
    "take-back-the-commit": "takes back the commit",
    "sync": "syncs it",
    "push-the-decided-image": "pushes the decided image again",
    "pin-again": "pins the new image",
    "see-to-the-rollout": "sees to the rollout",
    "undo-the-change": "undoes the change",
    "change-the-tree": "changes the tree",
    "resume": "goes on with the promotion",
    "observe": "looks there",
}
"""What somebody does who settles a drift, by its code."""
_ROLES: Mapping[str, str] = {
    "author": "the author of the line",
    "image-publisher": "whoever pushes the component's images",
    "sync-operator": "whoever syncs the tree",
    "cluster-operator": "whoever runs the cluster",
    "field-manager": "whoever changed the workload",
    "tree-owner": "the tree's owner",
}


UNKNOWN_WORDS: Mapping[str, Words] = {
    "desired-by-import": lambda v: (
        f"its tree did not answer; by the history that was imported it asked for {said(v['tag'])} ({said(v['key'])}) "
        f"since {said(v['since'])}, commit {said(v['commit'])}{_by(v)}"
    ),
    "seen-by-others": lambda v: (
        f"nobody of ours has looked there{_since(v)}; {said(v['by'])} says of {said(v['time'])}: {said(v['image'])}"
    ),
    "unobserved": lambda v: f"nobody has looked there{_since(v)}",
    "unreadable-import": lambda v: said(v["reason"]),
}
"""What is known of a state that nobody could ask for, by its code."""


def _since(v: Values) -> str:
    return f" since {said(v['since'])}" if "since" in v else ""


def _by(v: Values) -> str:
    return f" by {said(v['by'])}" if "by" in v else ""


def unknown_words(code: str, values: Mapping[str, Any]) -> str:
    """What is known of a state that nobody could ask for, in one sentence without its full stop."""
    return UNKNOWN_WORDS[code](values_of(values))


def settler_words(settler: Settler) -> str:
    """Who could settle a drift, and how: `release-manager (Ada) asks for a release`."""
    return f"{_settler(settler)} {SETTLES[settler.act]}"


def _settler(settler: Settler) -> str:
    role = _ROLES.get(settler.role, said(settler.role))
    names = [said(each) for each in settler.people if each != settler.role]
    by = f" ({', '.join(names)})" if names else ""
    return f"{role}{by}"


def settled_words(settlers: Sequence[Settler]) -> str:
    """Everybody who could settle a drift: those who would do the same together."""
    who: dict[str, list[str]] = {}
    for each in settlers:
        who.setdefault(SETTLES[each.act], []).append(_settler(each))
    return "; ".join(f"{' or '.join(names)} {act}" for act, names in who.items())


def drift_words(code: str, values: Mapping[str, Any]) -> str:
    """What differs, in one sentence without its full stop."""
    return DRIFT_WORDS[code](values_of(values))


def fix_words(code: str, values: Mapping[str, Any], fix: Sequence[str] = ()) -> str:
    """What the next command does about it."""
    unplanned = " (it was not planned: time limit; look first)" if "--dry-run" in fix else ""
    return f"{_fix_words(code, values, fix)}{unplanned}"


def _fix_words(code: str, values: Mapping[str, Any], fix: Sequence[str]) -> str:
    verb = fix[1] if len(fix) > 1 else ""
    if verb == "retire":
        return "take it out of the menu"
    if verb == "rollback" and "decided" not in values and code != "absent-image":
        return "go back to what ran before"
    if code == "foreign-image" and "workload" in values:
        return "put back what was decided"
    return "decide about it" if code == "undecided" and "decided" not in values else FIXES[code]


SETTLE_SWITCH = (
    "the tree's owner switches it on there, or this workspace's owner takes it out of ldmrelease.yaml"
)
"""Who can settle that an application is switched off where the workspace has a place for it."""


def switched_off_words(found: SwitchedOffApplication) -> str:
    """Where an application is switched off, what of it is deployed by nobody, and by whom."""
    at = f"{said(found.file)}{f':{found.line}' if found.line else ''}"
    says = (
        f"{said(found.path)} is {said(found.value)}"
        if found.value is not None
        else f"has no {said(found.path)}"
    )
    about = (
        f", so {listed(found.components)} there {'is' if len(found.components) == 1 else 'are'} not deployed"
    )
    by = found.changed
    who = f"; {said(by.author)} wrote it at {said(by.time)}" if by is not None else ""
    return f"{said(found.application)} is switched off in {said(found.environment)}: {at}: {says}{about}{who}"


def unrendered_words(found: NotUnderstood) -> str:
    """What of a tree was not rendered, and why."""
    return f"{said(found.where)}{f':{found.line}' if found.line else ''}: {said(found.reason)}"
