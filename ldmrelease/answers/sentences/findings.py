"""Words for findings: one sentence for each code of each rule, with its values (design section 5).

The policy engine writes codes; a sentence can be made better here without a changed replay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ldmrelease.answers.sentences import approvals
from ldmrelease.answers.sentences.evidence_findings import EVIDENCE_WORDS
from ldmrelease.answers.sentences.overlays import OVERLAY_WORDS
from ldmrelease.answers.sentences.rejected import rejected_words
from ldmrelease.answers.sentences.text import Values, counted, few, listed, said, values_of

if TYPE_CHECKING:
    from ldmrelease.domain.decision import Finding

Words = Callable[[Values], str]

ANY_RULE = "*"
"""In place of a rule: codes that every rule may have."""


def sentence(finding: Finding) -> str:
    """What was found, in one sentence without its full stop."""
    values = values_of(finding.values)
    words = WORDS.get((finding.rule, finding.code)) or WORDS.get((ANY_RULE, finding.code))
    if words is None:
        told = f": {said(finding.values)}" if finding.values else ""
        return f"{finding.code}{told}"
    return words(values) + _remarks(finding, values)


def _remarks(finding: Finding, values: Values) -> str:
    """What holds for several rules: a flaky check, tags that are gone, evidence that was seen in vain."""
    remarks = []
    if values.get("flaky"):
        remarks.append("it is flaky: it recently both failed and passed")
    if values.get("tag_gone"):
        remarks.append(f"the tag of {values.listed('tag_gone')} is gone, the digest is still there")
    if finding.code in ("not-counted", "too-few", "no-run", "no-evidence") and values.get("seen"):
        remarks.append(rejected_words(values["seen"]))
    return "".join(f"; {each}" for each in remarks) + approvals.waived_words(values.get("waivers"))


def _about(v: Values) -> str:
    """What evidence is required about: the release, its content, or each of its images."""
    return {"release": "the release", "content": "the content", "image": "every image"}.get(v["about"], "it")


def _of_part(v: Values) -> str:
    """Which images or platforms are meant, where a rule looked at each of them."""
    lacking = v.get("lacking")
    if not isinstance(lacking, list):
        return ""
    names = [f"{each.get('component', '?')} {each.get('platform', '')}".strip() for each in lacking]
    return f" for {listed(dict.fromkeys(names))}" if any(names) else ""


def _where(v: Values) -> str:
    """The place or the level that an `after` asks for."""
    if "environment" in v:
        return f"at {v['environment']}" + (f"/{v['application']}" if "application" in v else "")
    return f"at level {v['level']}"


def _it(v: Values) -> str:
    """The release, or the one of its components that is meant."""
    return str(v["component"]) if "component" in v else "it"


def _asked(v: Values) -> str:
    return f"; {v.span('for')} are required" if v.get("for") else ""


def _of_cycles(v: Values, key: str) -> str:
    """What is of which cycle: application, component and tag of each."""
    found = v.get(key)
    told = [_of_cycle(values_of(each)) for each in (found if isinstance(found, list) else [])]
    return few(told)


def _of_cycle(v: Values) -> str:
    name = {
        "menu": "the menu's cycle",
        "alias": f"the menu's name of {v['component']}",
    }.get(v["role"], v["component"])
    return f"{v['place']} {name} {v['tag']} ({v['cycle']})"


def _holds(values: Values) -> str:
    """Each hold with who set it, and why."""
    found = values["holds"]
    return "; ".join(_hold(each) for each in found) if isinstance(found, list | tuple) else said(found)


def _hold(plain: Mapping[str, Any]) -> str:
    told = values_of(plain)
    until = f", until {told['until']}" if "until" in told else ""
    asked = f" (its condition asks for {told['unknown']}, which is not known)" if "unknown" in told else ""
    return f"{said(told['hold'])} by {said(told['person'])} since {told['since']}{until}: {said(told['reason'])}{asked}"


_BUILT_IN: dict[tuple[str, str], Words] = {
    ("accepts", "unreadable-tag"): lambda v: f"{v['tag']} is not a tag of its product's grammar",
    ("accepts", "kind-not-accepted"): lambda v: (
        f"{v['tag']} is of kind {v['kind']}, and the level accepts {v.listed('accepts')}"
    ),
    ("accepts", "kind-excluded"): lambda v: (
        f"{v['tag']} is of kind {v['kind']}, which is excluded here by name; accepted is {v.listed('accepts')}"
    ),
    ("accepts", "kind-accepted"): lambda v: f"the level accepts the kind {v['kind']}",
    ("complete", "open"): lambda v: (
        f"the release is open: {v.listed('missing')} "
        f"{'is' if len(v.get('missing', [])) == 1 else 'are'} not built yet; ask again once that is built"
    ),
    ("complete", "complete"): lambda _: "every component is pinned",
    ("held", "held"): lambda v: f"it is held: {_holds(v)}; who may lift a hold can let it in",
    ("held", "unknown"): lambda v: f"nobody can tell whether it is held: {_holds(v)}",
    ("held", "not-held"): lambda _: "there is no hold on the release, its images or the environment",
    **OVERLAY_WORDS,
    ("empty", "no-requirements"): lambda _: (
        "the level has no requirements here, and an empty policy allows nothing: add a requirement"
    ),
    ("ran-here", "never-ran"): lambda v: (
        f"it never ran at {v['place']}: a rollback goes back to what ran there; promote it instead"
    ),
    ("ran-here", "ran"): lambda v: f"it ran at {v['place']} from {v['first']} to {v['last']}",
    ("ran-here", "found"): lambda v: (
        f"it was found at {v['place']} from {v['first']} to {v['last']}, and no decision had let it in: it may come "
        "back, with a reason and without a receipt"
    ),
    ("present", "no-images"): lambda _: "the release has no images",
    ("present", "absent"): lambda v: f"the image of {v.listed('components')} is no longer in its repository",
    ("present", "present"): lambda _: "every image is still there",
    ("live", "live"): lambda v: f"it runs at {v['place']} now",
    ("live", "written"): lambda v: f"it is written at {v['place']}, whether or not it runs",
    ("live", "not-live"): lambda v: f"it does not run at {v['place']} now",
}

_IMAGES: dict[tuple[str, str], Words] = {
    ("images", "no-images"): lambda _: "the release has no images",
    ("images", "present"): lambda v: (
        "every image is there"
        + (f" for {v.listed('platforms')}" if v.get("platforms") else "")
        + " and its tag has not moved"
    ),
    ("images", "absent"): lambda v: f"the image of {v['component']} is not in {v['image']} any more",
    ("images", "child-absent"): lambda v: (
        f"the image of {v['component']} in {v['image']} names a platform whose manifest is not there"
    ),
    ("images", "tag-moved"): lambda v: (
        f"the tag of {v['component']} in {v['image']} has moved: pinned is {said(v['pinned'])}, "
        f"now it names {said(v['now'])}; push the pinned image under it again, or, where the new one is wanted, "
        "pin the release again, with a reason"
    ),
    ("images", "part-absent"): lambda v: (
        f"the image of {v['component']} is not there whole: {v['image']} lacks {v.listed('lacking')}"
    ),
    ("images", "duplicate-platform"): lambda v: (
        f"the image of {v['component']} has two manifests for one platform, so it is ambiguous which one runs"
    ),
    ("images", "platform-absent"): lambda v: (
        f"the image of {v['component']} is not built for {v['platform']} (it has {v.listed('has')})"
    ),
    ("images", "nested-index"): lambda v: (
        f"the image of {v['component']} is an index of indexes: build it flat"
    ),
    ("images", "no-platform"): lambda v: f"the image of {v['component']} names no platform at all",
    ("images", "schema-1"): lambda v: (
        f"the image of {v['component']} in {v['image']} has the form of Docker before 2016 (schema 1): push it again"
    ),
    ("images", "not-an-image"): lambda v: f"what {v['component']} points to in {v['image']} is not an image",
}

_ATTESTED: dict[tuple[str, str], Words] = {
    ("attested", "attested"): lambda v: f"{v['type']} about {_about(v)} is signed as required",
    ("attested", "no-evidence"): lambda v: f"there is no {v['type']} about {_about(v)}{_of_part(v)}",
    ("attested", "not-counted"): lambda v: f"no {v['type']} about {_about(v)} counts{_of_part(v)}",
    ("attested", "too-few"): lambda v: (
        f"{v['found']} of {v['minimum']} {v['type']} statements about {_about(v)}{_of_part(v)}"
    ),
    ("attested", "too-old"): lambda v: (
        f"the {v['type']} about {_about(v)}{_of_part(v)} was too old from {v['since']} on "
        f"(at most {v.span('max_age')})"
    ),
    ("attested", "future"): lambda v: (
        f"the {v['type']} about {_about(v)}{_of_part(v)} claims to come from the future: check the clocks"
    ),
    ("attested", "no-images"): lambda _: "the release has no images that evidence could be about",
    ("attested", "no-content"): lambda _: (
        "the release has no content digest: its EUPS build list is not there"
    ),
    ("attested", "platform-absent"): lambda v: (
        f"the image of {v['component']} is not built for {v['platform']}"
    ),
}

_CHECK: dict[tuple[str, str], Words] = {
    ("check", "passed"): lambda v: f"the latest run of {v['check']} passed",
    ("check", "passed-with-warnings"): lambda v: (
        f"the latest run of {v['check']} passed with warnings, which is accepted"
    ),
    ("check", "warned"): lambda v: f"the latest run of {v['check']} warned, and the level wants a pass",
    ("check", "failed"): lambda v: (
        f"the latest run of {v['check']} failed"
        + (f": {few(v['failed_tests'])}" if v.get("failed_tests") else "")
    ),
    ("check", "failed-elsewhere"): lambda v: (
        f"{v['check']} failed in the run {v['run']}"
        + (f" ({few(v['failed_tests'])})" if v.get("failed_tests") else "")
        + ", which this ledger has never registered: it was cut, is an older copy, or another ledger acts; compare it "
        "with its newest backup, and run the check again"
    ),
    ("check", "no-run"): lambda v: f"{v['check']} was not run for {_about(v)} yet{_of_part(v)}",
    ("check", "not-counted"): lambda v: f"no run of {v['check']} for {_about(v)} counts{_of_part(v)}",
    ("check", "too-old"): lambda v: (
        f"the result of {v['check']} was too old from {v['since']} on (at most {v.span('max_age')})"
    ),
    ("check", "running"): lambda v: (
        f"a run of {v['check']} is under way ({v['run']}); its result is due by {v['due']}"
    ),
    ("check", "no-result"): lambda v: f"the run {v['run']} of {v['check']} gave no result by its deadline",
    ("check", "result-gone"): lambda v: f"the result of run {v['run']} of {v['check']} is not there any more",
    ("check", "contradictory"): lambda v: f"the result of run {v['run']} of {v['check']} contradicts itself",
    ("check", "unknown-result"): lambda v: f"run {v['run']} of {v['check']} has a result that nobody knows",
    ("check", "future"): lambda v: (
        f"the result of {v['check']} claims to come from the future: check the clocks"
    ),
    ("check", "unknown-check"): lambda v: (
        f"the policy asks for the check {v['name']}, which the workspace does not have"
    ),
    ("check", "no-images"): lambda _: "the release has no images that could be checked",
    ("check", "no-content"): lambda _: "the release has no content digest: its EUPS build list is not there",
    ("check", "platform-absent"): lambda v: f"the image of {v['component']} is not built for {v['platform']}",
}

_AFTER: dict[tuple[str, str], Words] = {
    ("after", "ran"): lambda v: (
        f"{_it(v)} ran at {v['place']} since {v['first']}, seen for {v.span('observed')}{_asked(v)}"
    ),
    ("after", "never-ran"): lambda v: f"{_it(v)} has not run {_where(v)} yet{_asked(v)}",
    ("after", "not-admitted"): lambda v: (
        f"{_it(v)} ran at {v['place']}, where no promotion admitted it: what was committed past the gate does not count"
    ),
    ("after", "no-place-runs-it"): lambda v: (
        f"no place {_where(v)} runs {v['component']}, which runs here: the policy can never be met"
    ),
    ("after", "nothing-of-it-runs-here"): lambda _: "no image of the release runs at this place",
    ("after", "restored"): lambda v: (
        f"{_it(v)} was tried {_where(v)} and taken back ({v['place']}), so it never settled there"
    ),
    ("after", "soaking"): lambda v: (
        f"{_it(v)} runs at {v['place']} since {v['first']}, and was seen there for {v.span('observed')}{_asked(v)}"
    ),
    ("after", "too-short"): lambda v: (
        f"{_it(v)} ran at {v['place']} for {v.span('observed')} only, and no longer runs there{_asked(v)}"
    ),
    ("after", "failed-since"): lambda v: (
        f"{v['check']} failed at {v['place']} since it came there"
        + (f" ({few(v['failed_tests'])})" if v.get("failed_tests") else "")
        + ": it has to pass there in a later run"
    ),
    ("after", "earlier-in-plan"): lambda v: f"{v['place']} comes earlier in the same plan{_asked(v)}",
}

_OTHERS: dict[tuple[str, str], Words] = {
    ("together", "together"): lambda v: f"{v.listed('applications')} at {v['environment']} has it too",
    ("together", "earlier-in-plan"): lambda v: (
        f"{v.listed('applications')} gets it earlier in the same promotion"
    ),
    ("together", "not-together"): lambda v: (
        f"{v.listed('applications')} at {v['environment']} runs another release, and they go together"
    ),
    ("together", "nothing-named"): lambda _: (
        "the policy names no other application that it goes together with"
    ),
    ("not-returned", "runs-here"): lambda _: "it runs here already",
    ("not-returned", "not-returned"): lambda _: "not previously replaced here",
    ("not-returned", "returned"): lambda v: (
        f"this place ran it from {v['first']} to {v['last']} and left it behind ({v['ended']}); "
        "if that is meant, go back to it by a rollback"
    ),
    ("not-stale", "goes-on"): lambda _: "it does not go back together with other applications",
    ("not-stale", "one-application"): lambda v: f"the change goes back in {v.listed('applications')} alone",
    ("not-stale", "stale"): lambda v: (
        f"the change takes back {counted(v['settings'], 'setting')} of {few(v['applications'])} at once, as a merge of "
        "an old branch does: merge the present state into it; if it is meant, go back one application at a time"
    ),
    ("same-content-as", "not-applicable"): lambda v: (
        f"it is a {v['of']}: only finals have a {v['kind']} to compare with"
    ),
    ("same-content-as", "no-candidate"): lambda v: (
        f"no {v['kind']} of this version is pinned: pin the last one"
    ),
    ("same-content-as", "ambiguous-candidate"): lambda v: (
        f"several pins are the last {v['kind']}, and their contents differ: "
        + listed(each.get("tag", "?") for each in v.get("candidates", []))
    ),
    ("same-content-as", "no-content"): lambda v: (
        f"its content cannot be compared with {v['candidate']}: one of them has no EUPS build list"
    ),
    ("same-content-as", "other-content"): lambda v: (
        f"its content is not that of {v['candidate']}, its last {v['kind']}"
    ),
    ("same-content-as", "same-content"): lambda v: f"it has the content of {v['candidate']}",
    ("same-cycle", "no-cycle"): lambda v: f"{v['tag']} is of no cycle here",
    ("same-cycle", "same-cycle"): lambda v: (
        f"all of {v['environment']} is of {v['cycle']}"
        + (f" then, or follows: {_of_cycles(v, 'behind')}" if v.get("behind") else "")
    ),
    ("same-cycle", "two-cycles"): lambda v: (
        f"{v['environment']} would have two cycles: this is of {v['cycle']}, and there is {_of_cycles(v, 'others')}"
    ),
    ("same-cycle", "earlier-in-plan"): lambda v: (
        f"{_of_cycles(v, 'others')} goes to {v['cycle']} earlier in the same promotion"
    ),
    ("same-cycle", "several-cycles"): lambda v: (
        f"the release itself is of several cycles: {_of_cycles(v, 'others')}"
    ),
    ("same-cycle", "unread"): lambda v: (
        "of which cycle it is cannot be read at "
        + listed(f"{each.get('place', '?')} ({each.get('code', '?')})" for each in v.get("places") or [])
    ),
    ("window", "open"): lambda v: f"the window is open until {v['end']}",
    ("window", "closed"): lambda v: (
        f"the window is closed; the next one is from {v['start']} to {v['end']} ({v['zone']})"
    ),
    ("window", "no-interval"): lambda v: f"the policy's window never opens ({v['zone']})",
}

_ANY: dict[tuple[str, str], Words] = {
    (ANY_RULE, "unknown-rule"): lambda v: (
        f"this program has no rule {v['rule']}: is the policy a newer one's?"
    ),
    (ANY_RULE, "unknown-parameter"): lambda v: (
        f"the rule does not know {v.listed('unknown')}: see `policy schema`"
    ),
    (ANY_RULE, "bad-parameters"): lambda v: (
        "the policy's requirement makes no sense" + (f": {said(v['detail'])}" if "detail" in v else "")
    ),
    (ANY_RULE, "unknown-level"): lambda v: (
        f"the policy names the level {v.get('name', v.get('level'))}, which no place has"
    ),
    (ANY_RULE, "unknown-environment"): lambda v: (
        f"the policy names the environment {v.get('name', v.get('environment'))}, which the workspace does not have"
    ),
    (ANY_RULE, "unknown-application"): lambda v: (
        f"the policy names {said(v.get('applications', v.get('application', '?')))}, which does not run there"
    ),
}

WORDS: Mapping[tuple[str, str], Words] = {
    **_BUILT_IN,
    **_IMAGES,
    **_ATTESTED,
    **_CHECK,
    **_AFTER,
    **_OTHERS,
    **EVIDENCE_WORDS,
    **approvals.WORDS,
    **_ANY,
}
