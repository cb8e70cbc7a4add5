"""Words for findings of the rules about others' evidence: scans, metrics, reviews, documents, compatibility."""

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.answers.sentences.text import Values, counted, few, listed, said, values_of

Words = Callable[[Values], str]


def _maps(found: Any) -> list[Values]:
    return [values_of(each) for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _parts(v: Values) -> str:
    """The images and platforms of which something is not there."""
    names = [
        f"{each.get('component', '')} {each.get('platform', '')}".strip() for each in _maps(v.get("lacking"))
    ]
    return f" for {listed(dict.fromkeys(filter(None, names)))}" if any(names) else ""


def _excused(v: Values) -> str:
    """What does not count against the limits, and why: it is always shown."""
    told = []
    exempt, graced = v.get("exempt"), v.get("in_grace")
    if isinstance(exempt, Mapping) and exempt:
        told.append(
            few([f"{id} {str(status).replace('_', ' ')}" for id, status in exempt.items()]) + " (VEX)"
        )
    if isinstance(graced, Mapping) and graced:
        told.append("in grace " + few([f"{id} until {end}" for id, end in graced.items()]))
    if v.get("unfixed"):
        told.append(f"{counted(v['unfixed'], 'one', 'ones')} without a fix left out")
    return "".join(f"; {each}" for each in told)


def _over(v: Values) -> str:
    over, limits = v.get("over"), v.get("limits")
    limits = limits if isinstance(limits, Mapping) else {}
    if not isinstance(over, Mapping):
        return "?"
    strictest = min(limits.values(), default="?")
    return "; ".join(
        f"{len(ids)} {severity}{'' if severity in ('critical', 'unknown') else ' or worse'}, "
        f"{limits.get(severity, strictest)} allowed ({few(ids)})"
        for severity, ids in over.items()
    )


def _within(v: Values) -> str:
    found = v.get("found")
    numbers = [f"{each} {name}" for name, each in found.items()] if isinstance(found, Mapping) else []
    return f"what scans found is within the limits ({listed(numbers)})"


def _value(v: Values) -> str:
    return f"{v['metric']} is {v['value']} {v.get('unit') or ''}".strip()


def _metric_of(v: Values) -> str:
    named = f"{v.get('component', '')} {v.get('platform', '')}".strip()
    return f" of {named}" if named else ""


def _room(v: Values) -> str:
    tolerance = v.get("tolerance")
    return f", {tolerance} of room" if tolerance not in (None, "0") else ""


def _of_commit(v: Values) -> str:
    return f" of commit {v['commit'][:12]}" if "commit" in v else ""


def _approvals(v: Values) -> str:
    return f"approved by {listed(v['approved'])}" if v.get("approved") else "approved by nobody"


def _void(v: Values) -> str:
    return f"; {listed(v['void'])} approved an earlier commit" if v.get("void") else ""


def _document(v: Values) -> str:
    """Every document that is lacking, each with what is the matter with it."""
    return "; ".join(_DOCUMENT.get(each["code"], _other)(each) for each in _maps(v.get("lacking"))) or "?"


def _other(v: Values) -> str:
    return f"{v['kind']}: {v['code']}"


_DOCUMENT: dict[str, Words] = {
    "no-file": lambda v: f"there is no {v['kind']}" + (f" ({v['path']})" if "path" in v else ""),
    "file-gone": lambda v: f"{v['kind']} was signed, and {v['path']} is gone",
    "unsigned": lambda v: f"nobody has signed {v['path']}",
    "not-counted": lambda v: f"nobody who counts has signed {v['path']}",
    "changed": lambda v: (
        f"{v['path']} was changed after it was signed (signed {said(v['signed'])}, now {said(v['now'])}): "
        "sign it again, or put it back"
    ),
    "future": lambda v: f"who signed {v['path']} claims to come from the future: check the clocks",
    "unreadable-file": lambda v: f"{v['path']} cannot be read ({v['problem']})",
}


def _interfaces(v: Values) -> str:
    told = (_INTERFACE.get(each["code"], _other_interface)(each) for each in _maps(v.get("interfaces")))
    return "; ".join(told)


def _other_interface(v: Values) -> str:
    return f"{v['interface']}: {v['code']}"


def _found(v: Values) -> str:
    return listed(
        f"{each['version']} ({each['source']}{' at ' + each['place'] if 'place' in each else ''})"
        for each in _maps(v.get("found"))
    )


_INTERFACE: dict[str, Words] = {
    "compatible": lambda v: f"{v['interface']} {v['requires']}: {_found(v)}",
    "incompatible": lambda v: f"it needs {v['interface']} {v['requires']}, and there is {_found(v)}",
    "not-declared": lambda v: f"nobody has said which {v['interface']} it works with",
    "unknown-here": lambda v: (
        f"it needs {v['interface']} {v['requires']}, and which one is there nobody has said: write it under `provides` "
        "of the environment"
    ),
    "unreadable-version": lambda v: f"{v['interface']}: {said(v['detail'])}",
}

_SCANS: dict[tuple[str, str], Words] = {
    ("vulnerabilities", "within-limits"): lambda v: _within(v) + _excused(v),
    ("vulnerabilities", "too-many"): lambda v: f"there are too many vulnerabilities: {_over(v)}{_excused(v)}",
    ("vulnerabilities", "too-old"): lambda v: (
        f"the scan{_parts(v)} was too old from {v['since']} on (at most {v.span('max_age')}): scan again"
    ),
    ("vulnerabilities", "stale-database"): lambda v: (
        f"the scan{_parts(v)} used a database that was too old, so it shows nothing: update it, and scan again"
    ),
    ("vulnerabilities", "no-database-date"): lambda v: (
        f"the scan{_parts(v)} does not say how old its database is, so it shows nothing"
    ),
    ("vulnerabilities", "no-packages"): lambda v: (
        f"the scan{_parts(v)} looked at no package, so it shows nothing"
    ),
    ("vulnerabilities", "unreadable"): lambda v: f"the scan{_parts(v)} cannot be read",
    ("vulnerabilities", "empty-sbom"): lambda v: f"the list of packages{_parts(v)} is empty",
    ("vulnerabilities", "no-sbom"): lambda v: f"there is no list of packages (SBOM){_parts(v)}",
    ("vulnerabilities", "sbom-not-counted"): lambda v: f"no list of packages (SBOM) counts{_parts(v)}",
    ("vulnerabilities", "no-evidence"): lambda v: f"there is no scan{_parts(v)}",
    ("vulnerabilities", "not-counted"): lambda v: f"no scan counts{_parts(v)}",
    ("vulnerabilities", "future"): lambda v: (
        f"the scan{_parts(v)} claims to come from the future: check the clocks"
    ),
    ("vulnerabilities", "no-images"): lambda _: "the release has no images that could be scanned",
    ("vulnerabilities", "platform-absent"): lambda v: (
        f"the image of {v['component']} is not built for {v['platform']}"
    ),
}

_METRICS: dict[tuple[str, str], Words] = {
    ("metric", "within"): lambda v: (
        _value(v)
        + (f", at most {v['at_most']}" if "at_most" in v else "")
        + (f", at least {v['at_least']}" if "at_least" in v else "")
    ),
    ("metric", "no-worse"): lambda v: (
        f"{_value(v)}, no worse than {v['running_value']} of {v['running']}, which runs here"
    ),
    ("metric", "too-high"): lambda v: f"{_value(v)}, and {v['at_most']} is the most",
    ("metric", "too-low"): lambda v: f"{_value(v)}, and {v['at_least']} is the least",
    ("metric", "worse-than-running"): lambda v: (
        f"{_value(v)}, worse than {v['running_value']} of {v['running']}, which runs here{_room(v)}"
    ),
    ("metric", "other-unit"): lambda v: (
        f"{v['metric']} is in {v.get('unit') or 'no unit'}, and {v.get('asked') or 'none'} is asked for"
    ),
    ("metric", "nothing-runs"): lambda v: f"{v['metric']} cannot be compared: no release runs here yet",
    ("metric", "not-measured-there"): lambda v: (
        f"{v['metric']} cannot be compared: nobody who counts measured it for {v['running']}, which runs here"
    ),
    ("metric", "no-metric"): lambda v: f"what was measured{_metric_of(v)} does not have {v['metric']}",
    ("metric", "no-evidence"): lambda v: f"nobody measured {v['metric']}{_metric_of(v)}",
    ("metric", "not-counted"): lambda v: f"no measurement of {v['metric']}{_metric_of(v)} counts",
    ("metric", "too-old"): lambda v: (
        f"{v['metric']}{_metric_of(v)} was too old from {v['since']} on (at most {v.span('max_age')})"
    ),
    ("metric", "future"): lambda v: f"{v['metric']} claims to come from the future: check the clocks",
    ("metric", "no-images"): lambda _: "the release has no images that could be measured",
    ("metric", "no-content"): lambda _: "the release has no content digest: its EUPS build list is not there",
    ("metric", "platform-absent"): lambda v: (
        f"the image of {v['component']} is not built for {v['platform']}"
    ),
}

_REVIEWS: dict[tuple[str, str], Words] = {
    ("reviewed", "reviewed"): lambda v: f"{v['review']}{_of_commit(v)} was {_approvals(v)}",
    ("reviewed", "no-evidence"): lambda v: f"there is no review{_of_commit(v)}",
    ("reviewed", "not-counted"): lambda v: f"no review{_of_commit(v)} counts",
    ("reviewed", "future"): lambda _: "the review claims to come from the future: check the clocks",
    ("reviewed", "too-few"): lambda v: (
        f"{v['review']} was {_approvals(v)}, and {v['quorum']} have to approve its last commit{_void(v)}"
    ),
    ("reviewed", "new-commits"): lambda v: (
        f"{v['review']} has commits that nobody approved: it was {_approvals(v)}{_void(v)}"
    ),
    ("reviewed", "owner-missing"): lambda v: (
        f"{v['review']} was {_approvals(v)}, and no owner of "
        + few([f"{each['pattern']} ({listed(each.get('owners', []))})" for each in _maps(v.get("owners"))])
    ),
    ("reviewed", "too-old"): lambda v: (
        f"{v['review']} was too old from {v['since']} on (at most {v.span('max_age')})"
    ),
    ("reviewed", "no-configuration"): lambda _: "the release has no configuration that could be reviewed",
    ("reviewed", "no-content"): lambda _: (
        "the release has no content digest: its EUPS build list is not there"
    ),
}

_DOCUMENTS: dict[tuple[str, str], Words] = {
    ("documents", "signed"): lambda v: f"{v.listed('kinds')}: signed, and unchanged since",
    ("documents", "no-content"): lambda _: (
        "the release has no content digest: its EUPS build list is not there"
    ),
    **{("documents", code): _document for code in _DOCUMENT},
}

_COMPATIBLE: dict[tuple[str, str], Words] = {
    ("compatible", "not-declared"): lambda v: (
        _interfaces(v) or "nobody has said which schemas and protocols the release works with"
    ),
    ("compatible", "not-counted"): lambda _: (
        "nobody who counts has said which schemas and protocols the release works with"
    ),
    ("compatible", "future"): lambda _: (
        "what is said of its schemas and protocols claims to come from the future: check the clocks"
    ),
    **{
        ("compatible", code): lambda v: _interfaces(v) or "which schemas and protocols there are was not told"
        for code in ("compatible", "incompatible", "unknown-here", "unreadable-version")
    },
}

_STATES: dict[str, str] = {
    "no-test-case": "no test case verifies it",
    "no-result": "no result",
    "other-definition": "its result is of another definition of the campaign: sign it again",
    "not-counted": "its result is signed by nobody who counts",
    "future": "its result claims to come from the future: check the clocks",
    "in-progress": "in progress",
    "incomplete": "not completed in the catalogue, which marks the milestone complete",
}


def _unverified(v: Values) -> str:
    features = _maps(v.get("features"))
    told = [
        f"{each['feature']}{' (' + each['test_case'] + ')' if 'test_case' in each else ''}: "
        f"{_STATES.get(each['state'], each['state'])}"
        for each in features
    ]
    return f"{v['verified']} of {v['claims']} verified{_contradiction(v)}; {few(told)}"


def _contradiction(v: Values) -> str:
    """What the catalogue says of itself, unless it is told feature by feature."""
    listed_already = any(each.get("state") == "incomplete" for each in _maps(v.get("features")))
    if not v.get("incomplete") or listed_already:
        return ""
    return f" (the catalogue marks {v['milestone']} complete, and {v.listed('incomplete')} not)"


_VERIFIED: dict[tuple[str, str], Words] = {
    ("verified", "verified"): lambda v: (
        f"all that {v['milestone']} claims is verified ({v['claims']} of {v['claims']}){_contradiction(v)}"
    ),
    ("verified", "no-campaign"): lambda v: (
        f"there is no campaign {v['campaign']}" if "campaign" in v else f"no campaign binds {v['milestone']}"
    ),
    ("verified", "unreadable-campaign"): lambda v: (
        f"campaign {v['campaign']} cannot be read ({v['problem']}): `ldmrelease campaign list` says why"
    ),
    ("verified", "nothing-claimed"): lambda v: (
        f"{v['milestone']} claims no feature, and its campaign no requirement: there is nothing to verify"
    ),
    **{
        ("verified", code): _unverified
        for code in ("failed", "not-verified", "blocked", "in-progress", "milestone-incomplete")
    },
}

EVIDENCE_WORDS: Mapping[tuple[str, str], Words] = {
    **_SCANS,
    **_METRICS,
    **_REVIEWS,
    **_DOCUMENTS,
    **_COMPATIBLE,
    **_VERIFIED,
}
"""By rule and code."""
