"""A pull request's comment: one that is found again, complete, short enough, and inert whatever a tree says."""

from __future__ import annotations

import re

import msgspec
import pytest

from ldmrelease.answers.gate import (
    GateAnswer,
    GateArrivalAnswer,
    GateFindingAnswer,
    GateImageAnswer,
    GateVerdict,
    SourceLocation,
)
from ldmrelease.answers.releases import (
    ComparisonAnswer,
    ComponentChangeAnswer,
    ProductChangeAnswer,
    VersionAnswer,
)
from ldmrelease.domain.decision import Outcome
from ldmrelease.render.gate.merge_comment import LONGEST, MARKER, merge_comment
from ldmrelease.render.gate.merge_text import merge_text

HOSTILE = (
    "`x`",
    "```\n# head",
    "|a|b|",
    "<img src=x onerror=alert(1)>",
    "@everyone",
    "[a](https://evil.example)",
    "-->",
    "\x1b[31mred",
    "a\u202eb",
    "~~~",
    "<!-- ldmrelease gate merge -->",
)


def finding(sentence: str, outcome: Outcome = Outcome.FAILED) -> GateFindingAnswer:
    return GateFindingAnswer(
        code="code",
        values={},
        sentence=sentence,
        location=None,
        requirement="ran-before",
        rule="after",
        outcome=outcome,
        who=("release-manager",),
        next=("ldmrelease", "promote", "1.6.0", "--target", "dev"),
        eligible_at=None,
    )


def image(
    verdict: GateVerdict, *findings: GateFindingAnswer, name: str = "1.6.0", older: bool = False
) -> GateImageAnswer:
    return GateImageAnswer(
        environment="dev",
        application="shop",
        place="dev/shop",
        kind=None,
        name=None,
        container=None,
        product="shop",
        component="api",
        image=name,
        digest=None,
        previous="1.5.0",
        release="shop/1.6.0",
        previous_release="shop/1.5.0",
        verdict=verdict,
        eligible_at=None,
        parts=(SourceLocation(file="values.yaml", line=3, path="api.image.tag"),),
        findings=findings,
        older=older,
    )


def answer(
    *images: GateImageAnswer, arriving: tuple[GateArrivalAnswer, ...] = (), head: str = "feature"
) -> GateAnswer:
    worst = next(
        (each.verdict for each in images if each.verdict is not GateVerdict.ALLOWED), GateVerdict.ALLOWED
    )
    return GateAnswer(
        base="main",
        head=head,
        now="2024-03-01T12:00:00Z",
        verdict=worst,
        bundle=None,
        images=images,
        unreadable=(),
        arriving=arriving,
        conflicts=False,
    )


ARRIVAL = GateArrivalAnswer(
    places=("dev/shop",),
    comparison=ComparisonAnswer(
        before="shop/1.5.0",
        after="shop/1.6.0",
        same=False,
        components=(
            ComponentChangeAnswer(
                component="charts",
                kind="configuration",
                differs=True,
                before=VersionAnswer(
                    source="git.example/charts", spelling="1.5.0", digest=f"gitCommit:{'a' * 40}"
                ),
                after=VersionAnswer(
                    source="git.example/charts", spelling="1.6.0", digest=f"gitCommit:{'b' * 40}"
                ),
            ),
        ),
        products=(ProductChangeAnswer(name="afw", before="1" * 40, after="2" * 40),),
        listed=300,
    ),
)


def test_the_comment_is_as_reviewed() -> None:
    refused = image(
        GateVerdict.REFUSED, finding("it ran here before and was replaced"), name="1.4.0", older=True
    )
    waiting = image(GateVerdict.WAITING, finding("it has not run at dev yet", Outcome.MISSING))
    assert (
        merge_comment(answer(refused, waiting, image(GateVerdict.ALLOWED), arriving=(ARRIVAL,)))
        == """\
<!-- ldmrelease gate merge -->
### Release gate: something may not enter

`feature` into `main`, as of 2024-03-01T12:00:00Z: 1 allowed, 1 waiting, 1 refused.

| place | component | before | after | release | verdict |
|---|---|---|---|---|---|
| `dev/shop` | `api` | `1.5.0` | `1.4.0` | `shop/1.6.0` | **refused** (older) |
| `dev/shop` | `api` | `1.5.0` | `1.6.0` | `shop/1.6.0` | **waiting** |
| `dev/shop` | `api` | `1.5.0` | `1.6.0` | `shop/1.6.0` | allowed |

#### Refused

`dev/shop` `api` `1.4.0`

```text
values.yaml:3: api.image.tag
failed: ran-before: it ran here before and was replaced
  who can change it: release-manager
  next: ldmrelease promote 1.6.0 --target dev
```

#### Waiting

`dev/shop` `api` `1.6.0`

```text
values.yaml:3: api.image.tag
missing: ran-before: it has not run at dev yet
  who can change it: release-manager
  next: ldmrelease promote 1.6.0 --target dev
```

#### What comes in

`shop/1.5.0` to `shop/1.6.0` at `dev/shop`

```text
git.example/charts: aaaaaaaaaaaa..bbbbbbbbbbbb
EUPS products: 1 of 300 differ
  afw: 111111111111..222222222222
```
"""
    )


def outside_code(text: str) -> str:
    """What Markdown reads as Markdown: without blocks and spans of code."""
    blocks = re.sub(r"^(`{3,})text\n.*?\n\1\n", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_tree_says_stands_in_code(text: str) -> None:
    told = merge_comment(answer(image(GateVerdict.REFUSED, finding(text), name=text), head=text))
    plain = merge_comment(answer(image(GateVerdict.REFUSED, finding("x"), name="x"), head="x"))
    assert outside_code(told) == outside_code(plain)
    assert told.count("\x1b") == 0
    assert "\u202e" not in told


@pytest.mark.parametrize("text", HOSTILE)
def test_a_row_has_its_six_cells_whatever_they_say(text: str) -> None:
    told = merge_comment(answer(image(GateVerdict.ALLOWED, name=text)))
    row = next(line for line in told.splitlines() if line.startswith("| `dev"))
    assert row.count("|") == 7


def test_it_begins_with_the_marker_by_which_it_is_found_again() -> None:
    assert merge_comment(answer()).splitlines()[0] == MARKER


def test_a_change_of_everything_fits_into_what_a_forge_takes() -> None:
    many = [image(GateVerdict.REFUSED, finding(f"{n} " + "why " * 50), name=f"1.6.{n}") for n in range(2000)]
    told = merge_comment(answer(*many))
    assert len(told) <= LONGEST + 100
    assert "left out" in told
    assert "1900 more changes." in told


@pytest.mark.parametrize("text", ["::error::x", "::add-mask::x", "a\n::stop-commands::x"])
def test_no_line_for_people_begins_with_what_a_tree_says(text: str) -> None:
    hostile = msgspec.structs.replace(
        image(GateVerdict.REFUSED, finding(text), name=text),
        environment=text,
        place=None,
        parts=(SourceLocation(file=text, line=3, path=text),),
    )
    told = merge_text(answer(hostile, head=text))
    assert not [line for line in told.split("\n") if line.strip().startswith("::")]


def test_the_text_says_the_same_for_a_terminal() -> None:
    refused = image(
        GateVerdict.REFUSED, finding("it ran here before and was replaced"), name="1.4.0", older=True
    )
    assert (
        merge_text(answer(refused))
        == """\
REFUSED: feature into main: 1 refused

verdict          place      component   before   after   release
refused, older   dev/shop   api         1.5.0    1.4.0   shop/1.6.0

REFUSED: dev/shop api 1.4.0
  in values.yaml:3: api.image.tag
  failed  ran-before: it ran here before and was replaced
    who can change it: release-manager
    next: ldmrelease promote 1.6.0 --target dev"""
    )
