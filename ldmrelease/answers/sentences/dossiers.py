"""What a dossier says of what is not known, and of what speaks against a release."""

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.answers.sentences.text import Values, counted, few, listed, said, values_of


def gap_words(code: str, values: Mapping[str, Any]) -> str:
    """The sentence of something that is not known."""
    told = _GAPS.get(code)
    return told(values_of(values)) if told is not None else said(code)


def issue_words(code: str, values: Mapping[str, Any]) -> str:
    """The sentence of something that speaks against a release."""
    told = _ISSUES.get(code)
    return told(values_of(values)) if told is not None else said(code)


def _schemas(values: Values) -> str:
    found = values["products"]
    told = "Whether schemas of databases, Butler repositories or alerts change is not recorded: not known."
    if not isinstance(found, list | tuple) or not found:
        return told
    verb = "differs" if len(found) == 1 else "differ"
    return f"{told} Of the EUPS products that have such schemas, {listed(found)} {verb} from what runs."


def _stretches(values: Values) -> str:
    many = values["stretches"]
    last = values["last"] if isinstance(values["last"], list | tuple) else ("?", "?")
    times = counted(many, "stretch", "stretches") if isinstance(many, int) else "stretches"
    return (
        f"{few(values['components'])} at {said(values['place'])}: not observed for {times}, "
        f"{values.span('seconds')} in all, the last from {said(last[0])} to {said(last[1])}."
    )


def _newer(values: Values) -> str:
    why = f": {said(values['reason'])}" if values["reason"] else ""
    return f"Its tag was pinned again since, as revision {values['revision']}{why}."


def _failed(values: Values) -> str:
    where = f" in {said(values['environment'])}" if values["environment"] else ""
    tests = f": {values.listed('tests')}" if values["tests"] else ""
    return f"The check {said(values['check'])} failed{where} (run {said(values['run'])}){tests}."


def _recalled(values: Values) -> str:
    where = values.listed("scopes") if values["scopes"] else "everywhere"
    condition = f" where {said(values['where'])}" if values["where"] else ""
    return (
        f"It is recalled{condition}, {where}: {said(values['hold'])} by {said(values['person'])}: "
        f"{said(values['reason'])}."
    )


_GAPS: dict[str, Callable[[Values], str]] = {
    "not-pinned": lambda values: (
        f"{said(values['release'])} is not pinned: nobody has signed which digests it is made of."
    ),
    "no-listing": lambda values: (
        f"No list of EUPS products is known of {said(values['release'])}: which of them changed is not known."
    ),
    "no-configuration": lambda values: (
        f"{said(values['release'])} pins no configuration: what changes in it is not known."
    ),
    "schemas": _schemas,
    "evidence-not-asked": lambda values: (
        f"Statements in {said(values['where'])} could not be asked for ({said(values['reason'])}): "
        "only what the ledger has taken in is listed."
    ),
    "untrusted-promotions": lambda values: (
        f"Something of {values.listed('promotions')} does not count, so what these promotions did is left out."
    ),
    "never-observed": lambda values: (
        f"{said(values['place'])} was never observed: what runs there, and what would change, is not known."
    ),
    "unobserved": lambda values: (
        f"{few(values['components'])} at {said(values['place'])}: last observed at {said(values['last'])}, what runs "
        "there since is not known."
    ),
    "unknown-release": lambda values: (
        f"At {said(values['place'])}: {few(values['images'])}, of no release that is pinned. What would change is not "
        "known."
    ),
    "not-comparable": lambda values: (
        f"Of {said(values['release'])} (at {values.listed('places')}) or this release no list of EUPS products is "
        "known: which of them change is not known."
    ),
    "not-decided": lambda values: (
        f"Nothing was decided about {said(values['place'])}; the reason stands there."
    ),
    "hypothetical": lambda values: (
        f"What is decided for {said(values['environment'])} is hypothetical: the trust document records other "
        "policies, targets, products or checks."
    ),
    "unobserved-stretches": _stretches,
    "no-documents": lambda values: (
        f"Of {values.listed('kinds')} nobody has signed one about this release whose word counts."
    ),
}
_ISSUES: dict[str, Callable[[Values], str]] = {
    "incomplete": lambda values: f"It is open: {values.listed('missing')} is not there yet.",
    "newer-revision": _newer,
    "recalled": _recalled,
    "review-overdue": lambda values: (
        f"{said(values['promotion'])} let it in at {said(values['place'])} as {said(values['overlay'])}, and the "
        f"review of that is overdue since {values['due']}."
    ),
    "second-spelling": lambda values: (
        f"The same images were pinned before as {said(values['tag'])}, and that names what runs."
    ),
    "failed-check": _failed,
    "taken-back": lambda values: (
        f"{few(values['components'])}: taken back from {said(values['place'])} at {said(values['at'])}."
    ),
}
