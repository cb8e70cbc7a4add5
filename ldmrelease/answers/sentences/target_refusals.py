"""Words for refusals that are not decisions: of targets and of requests. Each says what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ldmrelease.answers.sentences.git_rules import GIT_RULE_WORDS
from ldmrelease.answers.sentences.place_images import IMAGE_WORDS
from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.sentences.rollouts import FAILURES, proposal_place
from ldmrelease.answers.sentences.text import Values, differ, listed, said, same_told, values_of
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.errors import Unavailable

if TYPE_CHECKING:
    from ldmrelease.services.deployments.target import UnknownTarget
    from ldmrelease.services.promotions.preflight import PreflightFailed
    from ldmrelease.targets.results import Refusal

Words = Callable[[Values], str]


def refusal_words(refusal: Refusal | Unavailable) -> str:
    """What a target refused, where (file, line, setting), and what would be right."""
    if isinstance(refusal, Unavailable):
        return f"{said(refusal.where)} could not be reached: {said(refusal.reason)}"
    return "\n".join(
        _one({"file": refusal.values.get("file"), **each.values}, each.code) for each in refusal.each
    )


def target_words(code: str, plain: Mapping[str, Any]) -> str:
    """The same, from a code and values as the ledger keeps them."""
    own = {key: value for key, value in plain.items() if key != "others"}
    others = plain.get("others") or ()
    told = [_one({"file": plain.get("file"), **each}, each.get("code", code)) for each in others]
    return "\n".join([_one(own, code), *told])


def _one(plain: Mapping[str, Any], code: str) -> str:
    values = values_of({key: value for key, value in plain.items() if value is not None})
    words = TARGET_WORDS.get(code)
    told = words(values) if words is not None else f"{code}: {said(plain)}"
    where = _position(values)
    return f"{where}: {told}" if where else told


def _position(v: Values) -> str:
    """`file:line: setting`, as far as it is known."""
    if "file" not in v:
        return ""
    place = f"{v['file']}:{v['line']}" if "line" in v else said(v["file"])
    return f"{said(place)}: {said(v['path'])}" if "path" in v else said(place)


def _found(v: Values) -> str:
    return said(v["found"])


def _changed_by(v: Values) -> str:
    commit = f" in {said(v['commit'])[:12]}" if "commit" in v else ""
    return (
        f"says {_found(v)}, which is neither what was there ({said(v['expected'])}) nor ours: {said(v['author'])} "
        f"changed it at {v['time']}{commit}; look at that change, then ask again"
    )


def _forbidden(v: Values) -> str:
    told = f" ({said(v['message'])})" if v.get("message") else ""
    return (
        f"we may not {said(v['verb'])} {said(v['resource'])} in the namespace {said(v['namespace'])}{told}; "
        "let a role give us that verb, and bind it to us"
    )


def _there(v: Values, key: str = "there") -> str:
    return listed(v[key]) if v.get(key) else "none"


def _owned_by(v: Values) -> str:
    container = f"the image of {said(v['container'])} " if "container" in v else ""
    fields = f"what we would write ({said(v['message'])}) " if v.get("message") else ""
    since = f" since {said(v['time'])}" if v.get("time") else ""
    return (
        f"{container or fields}belongs to the field manager {_found(v)}{since}; let that one leave it alone, "
        "or list it under takeOver in ldmrelease.yaml"
    )


TARGET_WORDS: Mapping[str, Words] = {
    "targets-not-agreed": lambda v: (
        f"the targets of {said(v['environment'])} differ from what the trust document records, so nothing is signed "
        "about them; `ldmrelease trust agree` shows the difference and records it"
    ),
    "products-not-agreed": lambda v: (
        f"{differ('product', v['products'])} from what the trust document records, so nothing is signed "
        "about it; `ldmrelease trust agree` shows the difference and records it"
    ),
    # Repositories, branches, files.
    "no-repository": lambda v: (
        f"{said(v['where'])} is not a git repository{' (' + _found(v) + ')' if 'found' in v else ''}; "
        "clone it there, or name its folder or URL in ldmrelease.yaml"
    ),
    "no-branch": lambda v: (
        f"{said(v['where'])} has no branch {said(v['branch'])}; "
        + (f"its own is {said(v['default'])}: name that one, " if "default" in v else "name another one, ")
        + "or make it"
    ),
    "no-tree": lambda v: (
        f"{said(v['where'])} is not a folder; name a checkout of the tree, or the URL of its repository"
    ),
    "tree-too-large": lambda v: (
        f"the tree has {v['found']:,} files; at most {v['most']:,} are read: name the folder that is deployed"
    ),
    "rejected": lambda v: (
        f"{said(v['where'])} does not take our push: {_found(v)}; ask for the right to push there"
    ),
    "locked": lambda _: "git is at work there, or was stopped; if no git runs, remove this lock file",
    "uncommitted": lambda v: f"was changed in {said(v['where'])} and not committed; commit or undo it",
    "no-file": lambda _: "is not in the branch; commit it there, or name another file in ldmrelease.yaml",
    "not-a-file": lambda v: f"is not an ordinary file (mode {_found(v)}); write a file there",
    "bad-file": lambda _: "can be no file of the repository; write its path from the repository's root",
    # The text of a values file.
    "not-utf-8": lambda _: "is not UTF-8; save it as UTF-8",
    "not-yaml": lambda v: f"cannot be read as YAML: {_found(v)}",
    "several-documents": lambda v: (
        f"has {_found(v)} YAML documents; begin the path with the one that is meant: Deployment/web:spec"
    ),
    "no-manifest-of-name": lambda v: f"has no {_found(v)}; known are {_there(v, 'known')}",
    "two-manifests-of-name": lambda v: f"has several manifests {_found(v)}; leave one, or give them names",
    "empty-file": lambda _: "is empty; write the setting into it first",
    "absent": lambda v: f"the setting is not there (no {_found(v)}); write it once by hand, with any value",
    "duplicate-key": lambda v: f"{_found(v)} is there twice; leave one",
    "not-a-mapping": lambda v: f"is a {_found(v)} where a mapping belongs",
    "not-a-list": lambda v: f"is {_found(v)} where a list belongs; write [] there",
    "not-a-scalar": lambda v: f"is a {_found(v)} where one value belongs",
    "not-text": lambda v: f"holds {_found(v)}, and not all of it is text; quote the tags",
    "alias": lambda v: (
        f"is the YAML alias {_found(v)}, so that another setting would change too; write the value out"
    ),
    "anchor": lambda v: (
        f"has the YAML anchor {_found(v)}, so that other settings would change too; write them out"
    ),
    "merge-key": lambda _: "comes from a YAML merge key (<<); write the setting out",
    "tagged": lambda v: f"has the YAML tag {_found(v)}; take it away",
    "multi-line": lambda v: f"goes over several lines ({_found(v)}); write it in one",
    "templated": lambda v: f"is a template ({_found(v)}); write a plain value",
    # Parts of a setting.
    "parts-contradict": lambda v: (
        f"{' and '.join(map(said, v['components']))} are both put together from it, and their images "
        f"{' and '.join(map(said, v['spelled']))} want it to say different things; give each a part of its own"
    ),
    "parts-differ": lambda v: (
        f"the template {said(v['template'])} makes {_found(v)} of the parts of {said(v['expected'])}; write one in "
        "ldmrelease.yaml that makes that tag"
    ),
    "shared-part": lambda v: (
        f"is read by {listed(v['readers'])} as well, which this promotion does not write; put them into one place, or "
        "promote a release that leaves it as it is"
    ),
    "layout": lambda v: f"is a list that cannot be edited line by line ({_found(v)}); write one item a line",
    "overlap": lambda _: "two changes touch the same characters; give each setting a place of its own",
    "unsafe": lambda v: (
        f"the edit would change more than the setting ({_found(v)}); edit it by hand and report this"
    ),
    "changed-by": _changed_by,
    # Proposals.
    "proposal-changed": lambda v: (
        f"the branch {said(v['branch'])} is at {_found(v)} by {said(v['author'])}, which is not what was proposed; "
        "ask again"
    ),
    # What a setting wants.
    "no-component": lambda v: (
        f"nothing of {said(v['release'])} belongs there (it is about {v.listed('found')}"
        f"{', wanted is ' + said(v['expected']) if 'expected' in v else ''})"
    ),
    "file-too-large": lambda v: (
        f"has {_found(v)} characters, and at most {said(v['expected'])} are read; is it the right file?"
    ),
    "too-deep": lambda v: f"is nested more than {said(v['expected'])} deep; is it the right file?",
    "too-many-values": lambda v: f"has more than {said(v['expected'])} values; is it the right file?",
    "not-an-image": lambda v: f"says {_found(v)}, which is not an image reference; write one",
    **IMAGE_WORDS,
    **GIT_RULE_WORDS,
    # Menus.
    "no-alias": lambda v: (
        f"has no alias {said(v['alias'])}; {'known are ' + listed(v['found']) if v.get('found') else 'there are none'}"
    ),
    "not-a-menu": lambda _: (
        "is not a menu: a release can only be taken off a menu; promote another one instead"
    ),
    "not-live": lambda v: (
        f"{said(v['tag'])} is not in the menu, which has {v.listed('found')}; promote it there first"
    ),
    "aliased": lambda v: (
        f"{v.listed('found')} still means {said(v['tag'])}; move that name first (`alias move`)"
    ),
    "other-cycle": lambda v: (
        f"the menu shows cycle {_found(v)} only, and {said(v['tag'])} is of cycle {said(v['expected'])}; "
        "change the cycle first"
    ),
    "not-a-cycle": lambda v: f"says {_found(v)}, which is not a cycle number",
    "moved-often": lambda v: (
        f"its line was moved {_found(v)} times and more: who wrote it first was not looked up"
    ),
    # Fences.
    "no-ref": lambda v: f"git has no ref for the name {_found(v)}; use letters, digits, '-' and '_' in it",
    "ref-in-the-way": lambda v: (
        f"the ref {_found(v)} of {said(v['where'])} leaves no room for the fence {said(v['wanted'])}, and nothing can "
        f"be written there; somebody has put it there: `{said(v['removal'])}` takes it away"
    ),
    "ignored-fence": lambda v: (
        f"what {said(v['place'])} keeps as its fence does not count: {why_not(v['why'], v['about'])}; it stops nobody, "
        "and the next write there replaces it; somebody has put it there, or its key counts no longer"
        f"{'; `' + said(v['removal']) + '` takes it away' if v.get('removal') else ''}"
    ),
    "junk-checkpoints": lambda v: (
        f"beside releases in {said(v['where'])} {said(v['count'])} checkpoints do not count: junk, or by keys of before"
    ),
    "other-ledger": lambda v: (
        f"the place belongs to the ledger {_found(v)}, and ours is {said(v['expected'])}; act with that one"
    ),
    "ledger-behind": lambda v: (
        f"the place has seen {_found(v)} events of our ledger, which has {said(v['expected'])} or others: "
        "it is a copy or was cut; restore it from its export"
    ),
    "fenced": lambda v: f"{said(v['promotion'])} has claimed the place since; nothing of ours was written",
    "marked-later": lambda v: (
        f"is marked with the claim of event {said(v['epoch'])}, and ours is of event {said(v['expected'])}: somebody "
        "has claimed the place since"
    ),
    # Clusters: what is selected.
    "no-cluster": lambda v: (
        f"no access to the cluster {said(v['where'])}: {_found(v)}{'; ' + said(v['hint']) if v.get('hint') else ''}"
    ),
    "job-without-cluster": lambda v: (
        f"the level {said(v['level'])} wants the check {said(v['check'])}, which is a Job, and {said(v['where'])} has "
        "no workloads in a cluster; name them in ldmrelease.yaml, or make it a check of another kind"
    ),
    "other-cluster": lambda v: (
        f"the context leads to the cluster {_found(v)}, and cluster-uid in ldmrelease.yaml is {said(v['expected'])}; "
        "correct the one that is wrong"
    ),
    "moved-cluster": lambda v: (
        f"the context leads to the cluster {_found(v)}, and the promotion began in {said(v['expected'])}; let it lead "
        "there again; if that cluster was recreated, write its UID into ldmrelease.yaml as cluster-uid"
    ),
    "namespace-absent": lambda v: (
        f"the cluster has no namespace {said(v['namespace'])}; make it, or name another one in ldmrelease.yaml"
    ),
    "workload-absent": lambda v: (
        f"the namespace {said(v['namespace'])} has no {said(v['workload'])}, it has {_there(v)}; deploy it once "
        "by hand (`ldmrelease resolve` writes digests into manifests), or name another one in ldmrelease.yaml"
    ),
    "nothing-chosen": lambda v: (
        f"{said(v['selection'])} chooses nothing in the namespace {said(v['namespace'])}, which has {_there(v)}; "
        "correct the selection in ldmrelease.yaml"
    ),
    "container-absent": lambda v: (
        f"{said(v['workload'])} has no container {said(v['container'])}, it has {_there(v)}; "
        "correct its name under containers in ldmrelease.yaml"
    ),
    "image-absent": lambda v: (
        f"{said(v['workload'])} has no image at {said(v['path'])}, where {said(v['container'])} has its own; "
        "correct the path under images in ldmrelease.yaml"
    ),
    "kind-absent": lambda v: (
        f"{said(v['selection'])} is of a kind that the cluster does not have ({said(v['message'])}); install its "
        "definition, or correct kind and api-version in ldmrelease.yaml"
    ),
    "chosen-twice": lambda v: (
        f"{said(v['workload'])} is chosen twice, by {_there(v, 'selections')}; let one selection choose it"
    ),
    "controlled": lambda v: (
        f"{said(v['workload'])} belongs to {said(v['controller'])}, which would undo a change; select that one"
    ),
    "forbidden": _forbidden,
    "vanished": lambda v: f"{_found(v)} is not there any more; look who deleted it, then ask again",
    "not-accepted": lambda v: f"the API server does not take this: {_found(v)}",
    # Clusters: what is against writing there.
    "paused": lambda _: "is paused, so nothing would come of a change; `kubectl rollout resume` it first",
    "audited-only": lambda _: (
        "runs as Jobs, whose template never changes: it is observed, and written through a tree (gitops:)"
    ),
    "managed-by": lambda v: (
        f"is managed by {_found(v)}{' (' + said(v['application']) + ')' if v.get('application') else ''}, which "
        "would take the change back; write what it reads, with a gitops target"
    ),
    "owned-by": _owned_by,
    # Whole manifests.
    "no-manifests": lambda _: (
        "is not a folder with manifests (*.yaml); name the right one in ldmrelease.yaml"
    ),
    "no-manifest": lambda v: (
        f"no manifest describes {_found(v)}, which is selected; write one, or select it elsewhere"
    ),
    "two-manifests": lambda v: f"{_found(v)} is described twice; leave one manifest",
    "not-selected": lambda v: (
        f"describes {_found(v)}, which is not among the selected workloads ({_there(v, 'known')}); "
        "select it in ldmrelease.yaml, or keep it in another folder"
    ),
    "other-namespace": lambda v: (
        f"is for the namespace {_found(v)}, and the application is in {said(v['expected'])}; leave it out"
    ),
    "unknown-component": lambda v: (
        f"component://{_found(v)} is not a component here; known are {_there(v, 'known')}"
    ),
    "no-component-image": lambda v: (
        f"the image of {said(v['container'])} is {said(v['found']) or 'not there'}; write {said(v['expected'])}"
    ),
    # Texts in ConfigMaps.
    "no-config-map": lambda _: "is not there; make it once by hand, or name another one in ldmrelease.yaml",
    "no-key": lambda v: f"has no key {_found(v)}, it has {_there(v, 'known')}; name one of them",
    "immutable": lambda _: "is immutable; recreate it without `immutable: true`",
}

STEP_WORDS: Mapping[str, Words] = {
    "proposal-closed": lambda v: (
        f"the proposal at {proposal_place(v)} was closed and not merged; ask again if it is still wanted"
    ),
    "merged-otherwise": lambda v: (
        f"{said(v['path'])} says {_found(v)} after the merge of {proposal_place(v)}, where "
        f"{said(v['proposed'])} was proposed{', by ' + said(v['author']) if v.get('author') else ''}"
    ),
    "merged-before": lambda v: f"the branch {said(v['branch'])} was merged before it could be withdrawn",
    "changed-since-merge": lambda _: "has changed since the proposal was merged; `ldmrelease drift` says who",
    "never-admitted": lambda v: (
        f"{v.listed('found')} was never admitted there, nor seen to run, and is not restored; the place stays as is, "
        + (
            f"roll it back to {v.listed('releases')}"
            if v["releases"]
            else "and no release was admitted there before"
        )
    ),
    "held": lambda v: (
        f"{_found(v)} is held by {said(v['hold'])} of {said(v['person'])}: {said(v['reason'])}"
        + (f" (nobody can tell whether it is meant: {said(v['unknown'])})" if "unknown" in v else "")
        + "; it is not restored, and the place stays as is: promote a release, or roll it back to one, that is not held"
    ),
    "no-decision": lambda v: f"no decision lets it enter {v['place']}",
    "not-there": lambda v: (
        f"{v['place']} does not hold any more what was written there: somebody has changed it since; nothing was signed"
    ),
    "crashed-later": lambda v: f"{said(v['output'])}; it was ready before",
    "unknown-check": lambda v: f"the workspace has no check {said(v['check'])} any more",
    "still-there": lambda v: f"{said(v['tag'])} is still seen there after it was taken away",
    "alias-differs": lambda v: (
        f"{v['alias']} is seen to stand for {said(v['found'])} there, not for the release"
    ),
    "digest-differs": lambda v: (
        f"{v['component']} should be {said(v['wanted'])}, and what is seen is {_seen(v['found'])}; has the tag moved?"
    ),
    # Site registries.
    "no-image": lambda v: f"the release has no image {said(v['component'])}",
    "not-at-source": lambda v: (
        f"{v['component']}: {said(v['where'])} has {said(v['wanted'])} no more ({_found(v)}); push it there again"
    ),
    "site-differs": lambda v: (
        f"{v['component']}: {said(v['where'])} should have {said(v['wanted'])} now; found instead: {_found(v)}; "
        "nothing was switched. Does something else write there, or is it a mirror?"
    ),
    "referrers-missing": lambda v: (
        f"{v['component']}: {said(v['where'])} does not list {v.listed('found')} that were copied there; "
        "does somebody else write there now? Ask again"
    ),
    "pull-failed": lambda v: (
        f"the node {said(v['node'])} cannot fetch {said(v['image'])}: {said(v['message'])}; nothing was switched"
    ),
}


def _seen(found: object) -> str:
    if not isinstance(found, list) or not found:
        return "nothing"
    return listed(f"{each.get('spelling', '?')} ({each.get('digest') or 'not there'})" for each in found)


def failure_words(code: str, values: Mapping[str, Any]) -> str:
    """Why a step of a promotion failed."""
    words = STEP_WORDS.get(code) or FAILURES.get(code)
    return words(values_of(values)) if words is not None else target_words(code, values)


def unknown_target_words(answer: UnknownTarget) -> str:
    """That a target names nothing here."""
    if not answer.known:
        return f"'{said(answer.target)}' is not a target: nothing in the workspace runs this product"
    return f"no target '{said(answer.target)}' for this product; {did_you_mean(answer.target, answer.known)}"


def preflight_words(answer: PreflightFailed) -> str:
    """That places cannot be written as asked."""
    return "\n".join(same_told((each.place, refusal_words(each.refusal)) for each in answer.places))
