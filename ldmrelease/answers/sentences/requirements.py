"""What a requirement of a level asks for, as a sentence."""

from collections.abc import Callable, Mapping

from ldmrelease.answers.sentences.text import Values, any_of, counted, listed, said, values_of
from ldmrelease.domain.level import Requirement


def requirement_words(requirement: Requirement) -> str:
    """What a requirement asks for, as a sentence."""
    words = _RULES.get(requirement.rule)
    values = values_of(requirement.parameters)
    return words(values) if words is not None else f"{requirement.rule}: {said(requirement.parameters)}"


def _images(v: Values) -> str:
    built = f"for {listed(v['platforms'])}" if "platforms" in v else "for the platforms it was built for"
    return f"Every image is there {built}, and its tag still names the digest that was pinned."


def _attested(v: Values) -> str:
    count = "" if v.get("minimum", 1) == 1 else f"{counted(v['minimum'], 'statement')} of "
    return f"There is signed {count}{v['type']} about {_about(v)}{_signed_by(v)}{_fresh(v)}{_built(v)}."


def _built(v: Values) -> str:
    """What provenance has to say of the build."""
    named = {
        "builder": "the builder",
        "build_type": "the build type",
        "repository": "a repository it is built from",
    }
    told = [f"{words} fits {listed(v[key])}" for key, words in named.items() if key in v]
    if v.get("commit") == "named":
        told.append("it names the commit")
    if v.get("commit") == "pinned":
        told.append("it names no other commit of a configuration than the release has pinned")
    return f"; {', '.join(told)}" if told else ""


def _check(v: Values) -> str:
    result = "passed or warned" if v.get("accept_warned") else "passed"
    registered = ", registered before it started or not" if v.get("unregistered") else ""
    return (
        f"The latest run of the check {v['check']} about {_about(v)}{_ran(v)} {result}{_signed_by(v)}"
        f"{_fresh(v)}{registered}."
    )


def _after(v: Values) -> str:
    place = f"in an environment of level {v['level']}" if "level" in v else f"in {v['environment']}"
    application = f" ({v['application']})" if "application" in v else ""
    time = f" for {v.span('for_')} without a gap" if "for_" in v else ""
    what = "A component of the release" if v.get("components") == "any" else "The release"
    how = "observed" if v.get("admitted", True) else "observed, admitted or not"
    return f"{what} ran {place}{application}{time}, {how}."


def _together(v: Values) -> str:
    return (
        f"{v.listed('applications')} of the same environment run the release, or get it earlier in the plan."
    )


def _not_returned(_: Values) -> str:
    return "The place did not run the release before and replace it; `rollback` is the way back."


def _not_stale(_: Values) -> str:
    return "The change that brings the release does not take several applications back at once."


def _window(v: Values) -> str:
    day = f"on {v['weekday']}" if "weekday" in v else "on any day"
    week = f" number {v['week_of_month']} of the month" if "week_of_month" in v else ""
    notice = f", and {v.span('notice')} after it was asked for" if "notice" in v else ""
    return f"It is between {v['start']} and {v['end']} ({v['zone']}) {day}{week}{notice}."


def _approval(v: Values) -> str:
    groups = [f"{counted(v.get('quorum', 1), 'person')} of {any_of(v['by'])}"] if v.get("by") else []
    groups += [
        f"{counted(number, 'person')} of {role}" for role, number in sorted((v.get("each") or {}).items())
    ]
    seen = f"; approvals seen in {listed(v['observed'])} count" if v.get("observed") else ""
    age = v.span("max_age") if "max_age" in v else "7d"
    whom = "" if len(groups) == 1 else "Of different persons: "
    return (
        f"{whom}{listed(groups)} approved {_about(v)}{_asked_of(v)}, at most {age} ago, none of whom asked for it, "
        f"pinned it or waived anything of it{seen}."
    )


def _asked_of(v: Values) -> str:
    """What alone an approval is asked of."""
    told = [f"of kind {any_of(v['kinds'])}"] if v.get("kinds") else []
    told += [f"to {any_of(v['intents'])}"] if v.get("intents") else []
    told += [f"named {any_of(v['aliases'])}"] if v.get("aliases") else []
    return f" (asked {', '.join(told)} alone)" if told else ""


def _same_content_as(v: Values) -> str:
    return f"A release has the content of the last {v.get('kind', 'candidate')} of its version."


def _same_cycle(v: Values) -> str:
    first = f"; {v.listed('first')} goes first, and the others follow" if v.get("first") else ""
    return f"All components of the environment are of one cycle, notebook menus included{first}."


def _about(v: Values) -> str:
    return {"image": "every image", "content": "its content"}.get(v.get("about", ""), "the release")


def _ran(v: Values) -> str:
    where = v.get("where")
    if where is None:
        return ""
    if where == "here":
        return " in this environment"
    level = str(where).removeprefix("level:")
    return f" in {where}" if level == where else f" in an environment of level {level}"


def _signed_by(v: Values) -> str:
    return f", signed by {' or '.join(map(said, v['by']))}" if v.get("by") else ""


def _fresh(v: Values) -> str:
    return f", at most {v.span('max_age')} ago" if "max_age" in v else ""


_RULES: Mapping[str, Callable[[Values], str]] = {
    "images": _images,
    "attested": _attested,
    "check": _check,
    "after": _after,
    "together": _together,
    "not-returned": _not_returned,
    "not-stale": _not_stale,
    "window": _window,
    "approval": _approval,
    "same-content-as": _same_content_as,
    "same-cycle": _same_cycle,
}
