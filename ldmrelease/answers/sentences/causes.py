"""Why a promotion waits, stopped or ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ldmrelease.answers.sentences.rollouts import pending_act_words
from ldmrelease.answers.sentences.target_refusals import failure_words
from ldmrelease.answers.sentences.text import listed, moment, said, span, values_of
from ldmrelease.domain.times import instant


def waits_words(cause: Mapping[str, Any], now: datetime | None = None) -> str:
    """Until when, for whom and for what a promotion waits; empty where that is not known.

    `now` adds how far away that is.
    """
    until, who = cause.get("until"), cause.get("who", ())
    parts = [f"until {moment(until, now)}"] if until else []
    if until and now is not None and _instant(until) <= now:
        parts = ["as of its last decision, and can go on now"]
    parts += [f"for {listed(who)}"] if who else []
    act = [_act_words(str(cause["code"]), cause.get("values") or {})] if "code" in cause else []
    return ": ".join([*([" and ".join(parts)] if parts else []), *act])


def _act_words(code: str, values: Mapping[str, Any]) -> str:
    if code == "open-release":
        then = f"the release was open when this was asked for ({listed(values.get('missing', ()))} not built yet); "
        if values.get("complete"):
            now = f"it is complete by now, as revision {values['complete']}"
            return f"{then}{now}: ask for that, which takes this one's place"
        return f"{then}once that is built, ask for it again"
    return pending_act_words(code, values)


def _instant(at: Any) -> datetime:
    return at if isinstance(at, datetime) else instant(str(at))


def cause_words(cause: Mapping[str, Any]) -> str:
    """Why a promotion ended; empty where its state says enough. Reads the end as recorded, or as driven."""
    flat = {**cause, **(cause.get("values") or {})}
    v = values_of(flat)
    code = str(cause.get("cause", ""))
    match code:
        case "" | "ended" | "all-places" | "decision":
            return ""
        case "not-confirmed":
            return f"{v['place']} did not pass what the level asks for after it runs there, and was restored"
        case "refused-later":
            return f"the decision for {v['place']} came out against it; earlier places keep it"
        case "claim-lost":
            return f"{v['place']} was taken over by {v['to']}" if "place" in v else f"taken over by {v['to']}"
        case "merged-unallowed":
            return f"{v['place']} was merged, and no decision allows it any more: it was put back"
        case "aborted":
            reason = f": {said(v['reason'])}" if v.get("reason") else ""
            return f"by {said(v['by'])}{reason}"
        case "newer-request":
            return f"by {v['by']}, which wants the same place"
        case "restore-failed":
            return f"{v['place']} could not be restored: {failure_words(str(flat.get('code', '')), flat)}"
    if code.endswith("-failed"):
        kind = code.removesuffix("-failed")
        return f"{kind} failed at {v['place']}: {failure_words(str(flat.get('code', '')), flat)}"
    return f"{code} {said(cause.get('values', {}))}"


def availability_words(measured: Any) -> str:
    """How long after its tag a release was ready; empty where that was not measured."""
    if not isinstance(measured, Mapping):
        return ""
    asked = measured.get("asked")
    within = f"asked: within {span(asked)}" if asked is not None else "the level asks for no time"
    if measured.get("seconds") is None:
        return f"when it was tagged is not known; {within}" if asked is not None else ""
    late = ", which it did not meet" if measured.get("met") is False else ""
    return f"ran there {span(measured['seconds'])} after its tag; {within}{late}"
