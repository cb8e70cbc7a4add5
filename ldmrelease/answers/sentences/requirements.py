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


def _vulnerabilities(v: Values) -> str:
    limits = v["limits"] if isinstance(v["limits"], Mapping) else {}
    told = [
        f"{limit} {name}{'' if name in ('critical', 'unknown') else ' or worse'}"
        for name, limit in limits.items()
    ]
    scanned = f"The scans of every image{_signed_by(v)}{_fresh(v)} found at most {listed(told)}"
    more = [f"by a database at most {v.span('database_max_age')} old"] if "database_max_age" in v else []
    more += [f"{v.span('grace')} of grace from the first sight of each"] if "grace" in v else []
    more += ["without those that no version has a fix for"] if v.get("ignore_unfixed") else []
    more += [f"VEX of {' or '.join(map(said, v['vex_by']))} counts"] if v.get("vex_by") else []
    more += ["a list of its packages (SBOM) is there"] if v.get("sbom") == "required" else []
    return "; ".join([scanned, *more]) + "."


def _metric(v: Values) -> str:
    bounds = [
        *([f"at most {v['at_most']}"] if "at_most" in v else []),
        *([f"at least {v['at_least']}"] if "at_least" in v else []),
        *([_relative(v)] if "no_worse_than" in v else []),
    ]
    unit = f" {v['unit']}" if "unit" in v else ""
    return f"The metric {v['metric']} of {_about(v)} is {listed(bounds)}{unit}{_signed_by(v)}{_fresh(v)}."


def _relative(v: Values) -> str:
    room = f" by more than {v['tolerance']}" if v.get("tolerance", "0") != "0" else ""
    return f"not {'higher' if v['better'] == 'lower' else 'lower'}{room} than that of what runs here"


def _reviewed(v: Values) -> str:
    what = {"release": "the release", "content": "its content"}.get(
        v.get("about", ""), "the commit of each configuration"
    )
    owners = ", an owner of each part that it changes among them" if v.get("owners") else ""
    persons = counted(v.get("quorum", 1), "person")
    return f"At the last commit of the change {persons} approved {what}{owners}{_signed_by(v)}{_fresh(v)}."


def _documents(v: Values) -> str:
    return (
        f"{v.listed('kinds')} of {_about(v)} are files of the workspace, and unchanged since they were signed"
        f"{_signed_by(v)}."
    )


def _compatible(v: Values) -> str:
    named = f" ({v.listed('interfaces')})" if v.get("interfaces") else ""
    return f"The schemas and protocols that the release needs{named} are those of the environment{_signed_by(v)}."


def _verified(v: Values) -> str:
    claimed = (
        f"milestone {v['milestone']} claims"
        if "milestone" in v
        else f"campaign {v.get('campaign', '?')} claims"
    )
    marked = {
        "refuse": ", and the catalogue does not mark the milestone complete while features of it are not",
    }.get(v.get("milestone_complete", ""), "")
    return f"All that {claimed} is verified in the release's content{_signed_by(v)}{marked}."


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
    "vulnerabilities": _vulnerabilities,
    "metric": _metric,
    "reviewed": _reviewed,
    "documents": _documents,
    "compatible": _compatible,
    "verified": _verified,
}
