"""Lines that tell how a promotion goes, while it goes."""

from collections.abc import Mapping
from typing import Any

from ldmrelease.domain.events import Kind
from ldmrelease.render.refusals import failure_words
from ldmrelease.render.words import counted, listed, said, values_of

_STAGES = {"ask": "asked", "enter": "asked again under the claim", "confirm": "confirmed after it runs there"}


def progress_line(code: str, plain: Mapping[str, Any]) -> str | None:
    """One line for what the driver tells; None for what nobody needs to read."""
    v = values_of(plain)
    match code:
        case "decided":
            return f"{v['place']}: {v['verdict']} ({_STAGES.get(v['stage'], v['stage'])})"
        case Kind.DONE:
            told = _done(v["step"], plain)
            return f"{v['place']}: {told}" if told else None
        case Kind.STEP_FAILED:
            step = v["step"].removeprefix(f"{v['place']}/")
            return f"{v['place']}: {step} failed: {failure_words(v['code'], plain)}"
        case "copying":
            return f"{v['place']}: copying {v['component']} to {said(v['to'])}"
        case "pulling":
            return f"{v['place']}: {v['done']} of {v['of']} nodes have the images"
        case "halting":
            return f"{v['place']}: stops here"
    return None


def _done(step: str, plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    kind = step.split("/")[2] if step.count("/") >= 2 else step
    match kind:
        case "claim":
            return "claimed"
        case "copy":
            return _copied(plain)
        case "pull":
            return _pulled(plain)
        case "apply":
            return _applied(plain)
        case "settle":
            return f"seen there ({v['state']} at {said(v['revision'])[:12]})"
        case "check":
            return f"check {step.split('/', 3)[3]}: {v['result']} (run {v['run']})"
        case "receipt":
            return f"{counted(len(plain.get('receipts', ())), 'receipt')} signed"
        case "publish":
            return f"receipts published ({counted(len(plain.get('referrers', ())), 'referrer')})"
        case "restore":
            return f"put back what was there (commit {said(v['revision'])[:12]})"
    return ""


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


def _applied(plain: Mapping[str, Any]) -> str:
    v = values_of(plain)
    lines = _lines(plain.get("lines", {}))
    if plain.get("found"):
        return f"says so already ({lines})"
    unsynced = f"; the checked-out copy did not follow: {said(v['unsynced'])}" if "unsynced" in plain else ""
    return f"written: {lines} (commit {said(v['revision'])[:12]}){unsynced}"


def _lines(lines: Mapping[str, int]) -> str:
    """Where it was written: the setting by name, or of several the lines alone."""
    if len(lines) == 1:
        return "".join(f"{path} in line {line}" for path, line in lines.items())
    return f"{len(lines)} settings in lines {listed(sorted(lines.values()))}"
