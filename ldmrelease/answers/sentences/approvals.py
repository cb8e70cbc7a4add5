"""Words for approvals and waivers: who approved, who is still to, and why one does not count."""

from collections.abc import Mapping
from typing import Any

from ldmrelease.answers.sentences.rejected import REASONS
from ldmrelease.answers.sentences.text import Values, any_of, counted, listed, said, values_of

NOT_COUNTED: Mapping[str, str] = {
    "not-asked": "no approval is asked for there",
    "no-content": "the release has no content digest that could be approved",
    "requester": "who asks does not approve",
    "pinned": "who pinned the release does not approve it",
    "signed-waiver": "who signed a waiver that is in use does not approve",
    "wrong-role": "it is by nobody who has a role that is asked",
    "other-subject": "it is about another release or content",
    "unknown-person": (
        "nobody knows who that is: name the account under `accounts` of the trust document, such as jira:jdoe"
    ),
    "other-source": "the policy does not count approvals of that system",
    "other-intent": "it was given for something else than is asked",
    "other-alias": "it was given for another name of the menu",
    "other-place": "it was given for other places",
    "request-ended": "the promotion that it was given for has ended",
    "used": "a promotion has used it and ended since",
    "withdrawn": "it was taken back",
    "same-id": "another one has this id",
    "same-person-renews": "who waived this before does not do it again: somebody else has to",
    "wrong-scope": "a waiver is for an environment, or an application there",
    "unreadable": "it cannot be read",
}


def not_counted_words(plain: Mapping[str, Any]) -> str:
    """Why an approval, or one person of it, does not count."""
    v, code = values_of(plain), str(plain.get("code", "?"))
    if code == "worsened":
        return f"{said(v['requirement'])} was {v['was']} when it was given, and is {v['outcome']} now"
    if code == "other-definition":
        return f"the requirement {said(v['requirement'])} is another one than when it was given"
    if code == "new-waiver":
        return f"the waiver {said(v['waiver'])} was not in use when it was given"
    if code == "expired":
        return f"it ended at {v['since']}"
    return NOT_COUNTED.get(code) or REASONS.get(code, code)


def given_words(v: Values) -> str:
    """`approved by ada and zoe`, and what does not count."""
    approved = v.get("approved")
    told = f"approved by {listed(approved)}" if approved else "nobody has approved it yet"
    return told + refused_words(v.get("not_counted"))


def refused_words(found: object) -> str:
    """`; ana's A-7 does not count: who asks does not approve`, for each of them."""
    parts = [_refused(each) for each in found] if isinstance(found, list | tuple) else []
    return "".join(f"; {each}" for each in parts)


def _refused(plain: Mapping[str, Any]) -> str:
    persons = plain.get("persons")
    by = f" by {listed(persons)}" if persons else ""
    return f"{said(plain.get('approval', '?'))}{by} does not count: {not_counted_words(plain)}"


def lacking_words(found: object) -> str:
    """`2 persons of manager or scientist and 1 of owner`."""
    parts = []
    for each in found if isinstance(found, list | tuple) else []:
        v = values_of(each)
        number = v["number"]
        parts.append(
            f"{counted(number, 'person') if isinstance(number, int) else number} of {any_of(v['roles'])}"
        )
    return listed(parts)


def waived_words(found: object) -> str:
    """`; waived by wim until ... (W-7): known` for each waiver."""
    parts = [values_of(each) for each in found] if isinstance(found, list | tuple) else []
    return "".join(
        f"; waived by {said(v['person'])} until {v['until']} ({said(v['waiver'])}): {said(v['reason'])}"
        for v in parts
    )


def not_waived_words(code: str, plain: Mapping[str, Any]) -> str:
    """Why a waiver would not count at a place, or is not needed."""
    v = values_of(plain)
    told = {
        "no-requirement": f"nothing called {said(v['requirement'])} is asked there",
        "never-waived": f"nobody may waive {said(v['requirement'])}",
        "not-unmet": f"it is {v['outcome']}, and only what is failed or missing is waived",
        "wrong-role": f"you have none of the roles that may: {v.listed('waivable_by')}",
        "too-many": f"{v['number']} waivers of a release may be in use at one place, and there are as many",
    }
    return told.get(code) or not_counted_words({"code": code, **plain})


WORDS = {
    ("approval", "approved"): given_words,
    ("approval", "not-approved"): lambda v: f"{given_words(v)}; it still needs {lacking_words(v['lacking'])}",
    ("approval", "not-asked"): lambda _: "this needs no approval here",
    ("approval", "no-content"): lambda _: (
        "the release has no content digest that could be approved: its EUPS build list is not there"
    ),
    ("window", "notice"): lambda v: (
        f"{v.span('notice')} of notice are required; "
        + (f"it was asked for at {v['requested']}" if v.get("requested") else "nobody has asked for it yet")
        + f"; the window then is from {v['start']} to {v['end']} ({v['zone']})"
    ),
}
