"""Answers of a gate, as reports are made of them: one with everything in it, and any."""

from hypothesis import strategies as st

from ldmrelease.answers.gate import (
    GateAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
)
from ldmrelease.domain.decision import Outcome

DIGEST = f"sha256:{'ab' * 32}"
NOW = "2023-04-21T18:00:00Z"


def finding(
    code: str, sentence: str, outcome: Outcome, location: SourceLocation | None, **more: object
) -> GateFindingAnswer:
    plain = {
        "values": {},
        "requirement": None,
        "rule": None,
        "who": (),
        "next": (),
        "eligible_at": None,
        **more,
    }
    return GateFindingAnswer(code=code, sentence=sentence, outcome=outcome, location=location, **plain)  # type: ignore[arg-type]


def image(
    verdict: GateVerdict,
    reference: str,
    location: SourceLocation,
    *findings: GateFindingAnswer,
    **more: object,
) -> GateImageAnswer:
    plain = {
        "environment": "summit",
        "application": "ocps",
        "place": "summit/ocps",
        "kind": "Deployment",
        "name": "ocps",
        "container": "main",
        "product": "stack",
        "component": "scipipe",
        "digest": DIGEST,
        "previous": None,
        "release": "stack/w.2023.16",
        "previous_release": None,
        "eligible_at": None,
        **more,
    }
    return GateImageAnswer(
        verdict=verdict, image=reference, parts=(location,), findings=tuple(findings), **plain
    )  # type: ignore[arg-type]


def whole_answer() -> GateAnswer:
    """One with every verdict, an excuse, and something that could not be read."""
    at = [
        SourceLocation(file="./m/a.yaml", line=line, path="spec.containers[0].image") for line in range(1, 9)
    ]
    soak = finding(
        "soaking",
        "it has run at base for 2h; 4h are required",
        Outcome.PENDING,
        at[1],
        requirement="base-first",
        rule="after",
        eligible_at="2023-04-21T20:00:00Z",
    )
    approval = finding(
        "no-approval",
        "nobody has approved it yet",
        Outcome.PENDING,
        at[1],
        requirement="approved",
        rule="approval",
        who=("ops (Ada Lovelace)",),
        next=("ldmrelease", "approve", "w.2023.16"),
    )
    reported = finding(
        "no-evidence",
        "there is no provenance",
        Outcome.REPORTED,
        at[0],
        requirement="built-by-ci",
        rule="attested",
    )
    return GateAnswer(
        base=None,
        head=None,
        now=NOW,
        verdict=GateVerdict.UNDECIDED,
        bundle=None,
        images=(
            image(GateVerdict.ALLOWED, f"docker.io/lsst/scipipe@{DIGEST}", at[0], reported),
            image(GateVerdict.WAITING, "docker.io/lsst/scipipe:w_2023_16", at[1], soak, approval),
            image(
                GateVerdict.REFUSED,
                "docker.io/lsst/scipipe:w_2023_15",
                at[2],
                finding("no-digest", "it has no digest", Outcome.FAILED, at[2]),
                previous="docker.io/lsst/scipipe:w_2023_14",
            ),
            image(
                GateVerdict.UNDECIDED,
                "docker.io/lsst/scipipe:w_2023_17",
                SourceLocation(file="/abs/a b.yaml", line=None, path=None),
                finding("unavailable", "docker.io could not be reached", Outcome.ERRORED, None),
            ),
            image(
                GateVerdict.UNMANAGED,
                "busybox:1",
                at[4],
                place=None,
                environment=None,
                application=None,
                product=None,
                component=None,
                release=None,
                digest=None,
            ),
        ),
        unreadable=(
            finding(
                "template", "a template", Outcome.ERRORED, SourceLocation(file="t.yaml", line=3, path=None)
            ),
        ),
    )


HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "::error::x",
            "\n::set-output name=a::b",
            "%0A::stop-commands::x",
            "a\r\n::debug::b",
            "\x1b[31mred\x1b]0;title\x07",
            "]]></failure><script>alert(1)</script>",
            "| a | `code` | [x](javascript:y) <img src=x> **b** |",
            "```\n# heading\n```",
            "\ud800",
            "\ufffe\x00\x0b",
            "\u202eevil\u2028line",
            "&amp;&#10;\"'",
        ]
    ),
)


@st.composite
def any_answers(draw: st.DrawFn) -> GateAnswer:
    """An answer about what somebody hostile has named."""
    where = SourceLocation(
        file=draw(HOSTILE), line=draw(st.none() | st.integers(0, 9)), path=draw(st.none() | HOSTILE)
    )
    found = finding(
        draw(HOSTILE),
        draw(HOSTILE),
        draw(st.sampled_from(Outcome)),
        where,
        requirement=draw(st.none() | HOSTILE),
        who=(draw(HOSTILE),),
        next=("ldmrelease", draw(HOSTILE)),
    )
    verdict = draw(st.sampled_from(GateVerdict))
    findings = (found,) if draw(st.booleans()) else ()
    one = image(verdict, draw(HOSTILE), where, *findings, name=draw(HOSTILE), place=draw(HOSTILE))
    unread = (found,) if draw(st.booleans()) else ()
    return GateAnswer(
        base=None,
        head=draw(HOSTILE),
        now=NOW,
        verdict=verdict,
        bundle=None,
        images=(one, one),
        unreadable=unread,
    )
