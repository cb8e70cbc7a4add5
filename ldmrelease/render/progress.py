"""Lines that tell how a promotion goes, while it goes."""

from collections.abc import Iterable, Mapping
from typing import Any

from ldmrelease.answers.sentences.check_runs import problem_words
from ldmrelease.answers.sentences.rollouts import note, proposal_place, rollout_line
from ldmrelease.answers.sentences.target_refusals import failure_words
from ldmrelease.answers.sentences.text import counted, listed, said, values_of
from ldmrelease.domain.decision import FOUND
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.overlays import EMERGENCY
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.streams import StepId

_STAGES = {"ask": "asked", "enter": "re-checked under the lock", "confirm": "confirmed after it runs there"}


def progress_line(code: str, plain: Mapping[str, Any]) -> str | None:
    """One line for what the driver tells; None for what nobody needs to read."""
    v = values_of(plain)
    match code:
        case "decided":
            return f"{v['place']}: {_STAGES.get(v['stage'], v['stage'])}: {v['verdict']}"
        case EventKind.DONE:
            told = _done(v["step"], plain)
            return f"{v['place']}: {told}" if told else None
        case EventKind.STEP_FAILED:
            step = v["step"].removeprefix(f"{v['place']}/")
            return f"{v['place']}: {step} failed: {failure_words(v['code'], plain)}"
        case "copying":
            return f"{v['place']}: copying {v['component']} to {said(v['to'])}"
        case "rollout":
            return f"{v['place']}: {rollout_line(plain)}"
        case "pulling":
            return f"{v['place']}: {v['done']} of {v['of']} nodes have the images"
        case "check-again":
            return f"{v['place']}: check {v['check']}: ERRORED{_problem(plain)}; once more"
        case "cut-off":
            return f"{said(v['where'])} could not be reached: {said(v['reason'])}; trying again"
        case "not-rendered":
            where = said(v["where"])
            return (
                f"{v['place']}: {where} was not rendered, so only its settings are known: {said(v['reason'])}"
            )
        case "halting":
            return f"{v['place']}: stops here"
        case "no-checkpoint" | "release-not-pushed" | "reviews-unrecorded":
            return f"{_LEFT_OUT[code]}: {said(v['reason'])}"
        case "left":
            where = f"{v['resource']} in the namespace {v['namespace']}"
            return f"{v['place']}: what is left of it cannot be deleted ({where}): {said(v['reason'])}"
    return None


_LEFT_OUT = {
    "no-checkpoint": "no checkpoint of the ledger was published",
    "release-not-pushed": "the release was not put where others look for it, which is owed",
    "reviews-unrecorded": "the reviews of the pull request were not recorded, and are not counted",
}


def _done(step: str, plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    done = StepId.parse(step)
    match done.kind:
        case StepKind.CLAIM:
            return "claimed"
        case StepKind.COPY:
            return _copied(plain)
        case StepKind.PROPOSE | StepKind.MERGE | StepKind.WITHDRAW:
            return _proposal(done.kind, plain)
        case StepKind.PULL:
            return _pulled(plain)
        case StepKind.APPLY:
            return _applied(plain)
        case StepKind.SETTLE:
            return _settled(plain)
        case StepKind.CHECK:
            return f"check {done.check}: {v['result']} (run {v['run']}){_problem(plain)}"
        case StepKind.RECEIPT:
            if plain.get("skipped"):
                return f"no receipt signed: {_WITHOUT_RECEIPT[plain['skipped']]}"
            return f"{counted(len(plain.get('receipts', ())), 'receipt')} signed"
        case StepKind.PUBLISH:
            if plain.get("skipped"):
                return ""
            return f"receipts published ({counted(len(plain.get('referrers', ())), 'referrer')})"
        case StepKind.RESTORE:
            return _restored(plain)
    return ""


def _proposal(kind: StepKind, plain: Mapping[str, Any]) -> str:
    if kind is StepKind.PROPOSE:
        return f"proposed at {proposal_place(plain)}"
    if kind is StepKind.WITHDRAW:
        return "the proposal is withdrawn"
    return f"merged by {said(plain['by'])}" if plain.get("by") else "merged"


_WITHOUT_RECEIPT = {
    "scaled-to-zero": "nothing runs there",
    FOUND: "it had only been found there, and nobody has decided about it",
    EMERGENCY: "it was let in by an emergency",
}


def _copied(plain: Mapping[str, Any]) -> str:
    images = plain.get("images", ())
    if plain.get("found"):
        return f"{counted(len(images), 'image')} at the site already"
    sent = values_of(plain)["bytes"]
    return f"{counted(len(images), 'image')} at the site ({sent} bytes in {values_of(plain)['requests']} requests)"


_SKIPPED = {
    "no-workloads": "nothing runs in a cluster",
    "pull-late": "not every node had them in time",
    "pull-forbidden": "we may not",
    "pull-not-accepted": "the cluster does not take our pods",
}


def _pulled(plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    if "skipped" in plain:
        why = _SKIPPED.get(str(v["skipped"]), said(v["skipped"]))
        more = said(plain.get("message") or plain.get("nodes") or "")
        return f"images not fetched beforehand: {why}{': ' + more if more else ''}; going on without"
    left = plain.get("left")
    without = f", without {listed(left)}" if left else ""
    nodes = counted(len(plain.get("nodes", ())), "node")
    return f"images fetched by {nodes} in {v.span('seconds')}{without}"


_SEEN = {
    "scaled-to-zero": "written there, where nothing is to run (scaled to zero)",
    "scheduled": "written there, and the next Job runs it (scheduled)",
}


def _settled(plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    if v["state"] == "committed":
        return f"verified: the tree has it at commit {_revision(plain)}"
    return _SEEN.get(v["state"]) or f"verified: the pods run it ({_revision(plain)})"


def _restored(plain: Mapping[str, Any]) -> str:
    """What was put back; a place whose pods did not come again all the same is said to be so."""
    v = values_of(plain)
    told = f"put back what was there ({'commit ' if _is_commit(plain) else ''}{_revision(plain)})"
    return f"{told}, which does not run either ({note(v['why'])})" if v["state"] == "not-running" else told


def _is_commit(plain: Mapping[str, Any]) -> bool:
    """Whether the revision is git's, and not the digest of what a cluster was told."""
    return ":" not in str(plain.get("revision", ""))


def _revision(plain: Mapping[str, Any]) -> str:
    return said(values_of(plain)["revision"]).removeprefix("sha256:")[:12]


def _applied(plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    fields, commit = plain.get("fields"), f" (commit {_revision(plain)})" if _is_commit(plain) else ""
    lines = _fields(fields) if fields else _lines(plain.get("lines", {}))
    if plain.get("found"):
        return f"unchanged ({lines})" if lines else "unchanged"
    unsynced = f"; the checked-out copy did not follow: {said(v['unsynced'])}" if "unsynced" in plain else ""
    return f"written: {lines}{commit}{unsynced}"


def _lines(lines: Mapping[str, int]) -> str:
    """Where it was written: the setting by name, or of several the lines alone."""
    if len(lines) == 1:
        return "".join(f"{path} in line {line}" for path, line in lines.items())
    return f"{len(lines)} settings in lines {listed(sorted(lines.values()))}" if lines else ""


def _fields(fields: Iterable[str]) -> str:
    """The containers that were written, by workload: `Deployment/ocps worker`."""
    found: dict[str, list[str]] = {}
    for each in fields:
        workload, _, container = each.rpartition("/") if each.count("/") < 3 else _volume(each)
        found.setdefault(workload, []).append(container)
    return ", ".join(f"{said(workload)} {listed(names)}" for workload, names in found.items())


def _volume(field: str) -> tuple[str, str, str]:
    """Kind, name and the name of an image volume, which has a slash of its own."""
    kind, name, container = field.split("/", 2)
    return f"{kind}/{name}", "/", container


def _problem(plain: Mapping[str, Any]) -> str:
    """Why a check said nothing."""
    if not plain.get("problem"):
        return ""
    last = str(plain.get("output") or "").strip().splitlines()[-1:]
    return f": {problem_words(plain['problem'])}" + "".join(f": {said(each)}" for each in last)
