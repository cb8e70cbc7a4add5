"""Words for compressions and emergencies, and for what they leave away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.answers.sentences.text import Values, any_of, listed, said, span, values_of
from ldmrelease.domain.overlays import OverlayKind, OverlayRequest, is_emergency

_ANY_RULE = "*"
_PARAMETERS = {"for_": "for", "max_age": "max-age"}


def overlay_mark(kind: OverlayKind, name: str) -> str:
    """`EMERGENCY`, or `COMPRESSED (name)`: what stands beside whatever it let in."""
    return "EMERGENCY" if kind is OverlayKind.EMERGENCY else f"COMPRESSED ({said(name)})"


def overlay_words(asked: OverlayRequest) -> str:
    """What is written in front of everything that was asked for so."""
    if is_emergency(asked):
        return "EMERGENCY: less is asked than the policy asks of everybody, there is no receipt, a review is owed"
    return f"COMPRESSED ({asked.name}): less is asked than the policy asks of everybody, a review is owed"


def _owes(v: Values) -> str:
    unasked = v.get("unasked")
    missed = listed(dict.fromkeys(values_of(each)["where"] for each in unasked)) if unasked else ""
    told = f"; out of reach and owed: {missed}" if missed else ""
    return f"somebody else has to review it within {v.span('review_within')}{told}"


def _named(v: Values) -> str:
    known = v.get("known")
    others = f"; it has {listed(known)}" if known else ", or any other"
    return f"the policy of {v['level']} has no compression {v['name']!r}{others}"


def _without_role(v: Values) -> str:
    return (
        f"{v['name']!r} may be asked for by {any_of(v['by'])}, and whoever asks has "
        f"{v.listed('roles') if v.get('roles') else 'no role that counts here'}"
    )


def _left_away(kind: str) -> Callable[[Values], str]:
    def words(v: Values) -> str:
        if v.get("unasked"):
            return f"not asked in this {kind}, since {v.listed('unasked')} is out of reach; it is owed"
        shortened = v.get("shortened")
        if isinstance(shortened, Mapping):
            told = [_shorter(key, each) for key, each in shortened.items()]
            return (
                f"asked for less by {v['overlay']!r} ({kind}): {listed(told)}; it would be {said(v['was'])}"
            )
        return f"dropped by {v['overlay']!r} ({kind}); it would be {said(v['was'])}"

    return words


def _shorter(key: str, values: Any) -> str:
    before, after = values
    return f"{_PARAMETERS.get(key, key)} {span(before)} -> {span(after)}"


def _overdue(v: Values) -> str:
    debts = v.get("debts")
    told = [values_of(each) for each in debts] if isinstance(debts, list | tuple) else []
    each = [
        f"{one['promotion']} ({one['kind']}, asked for by {one['person']}) since {one['due']}" for one in told
    ]
    return f"a review is overdue, and until it is given nothing comes here but a rollback: {'; '.join(each)}"


OVERLAY_WORDS: dict[tuple[str, str], Callable[[Values], str]] = {
    ("overlay", "compressed"): lambda v: (
        f"asked for as {v['name']!r}, a compression of {v['level']}; {_owes(v)}"
    ),
    ("overlay", "emergency"): lambda v: (
        f"an EMERGENCY, to be acted on until {v['until']}; there will be no receipt, it counts for no other place, and "
        f"{_owes(v)}"
    ),
    ("overlay", "no-compression"): _named,
    ("overlay", "no-emergency"): lambda v: f"the policy of {v['level']} knows no emergency",
    ("overlay", "without-role"): _without_role,
    ("overlay", "not-here"): lambda v: f"the level's {v['name']} is for {v.listed('environments')} alone",
    ("overlay", "several-environments"): lambda v: (
        f"an emergency is of one environment, and this would go to {v.listed('others')}, too: name the one"
    ),
    ("overlay", "over"): lambda v: (
        f"the emergency was asked for at {v['since']}, and was over at {v['until']}: ask anew"
    ),
    ("review-owed", "review-overdue"): _overdue,
    ("review-owed", "not-overdue"): lambda v: f"a review is owed of {v.listed('owed')}, and not overdue",
    (_ANY_RULE, "compressed"): _left_away("compression"),
    (_ANY_RULE, "emergency"): _left_away("emergency"),
}
