"""Desired, decided and observed side by side, component by component."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.findings import FindingAnswer, refusal_findings
from ldmrelease.answers.sentences.drift import drift_words
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, plain_values
from ldmrelease.services.inventory.admitted import ImageAdmission
from ldmrelease.services.inventory.comparison import DesiredImage, LiveComponent, RunningImage
from ldmrelease.services.inventory.drift import Drift


class DesiredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the target says: a tag or an image, and its digest where somebody could say it."""

    spelling: str
    digest: DigestText | None
    release: ReleaseName | None


class AdmittedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that was admitted, with the receipt of `promotion` at `time`."""

    spelling: str
    digest: DigestText
    release: ReleaseName
    promotion: str
    time: TimeText


class RunningAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What runs. `basis` is `committed` where the tree counts as running, else `pods`; `digests` are what these
    report. `verdict` is what became of the rollout, `reason` what troubles it.
    """

    basis: str
    spelling: str
    digests: tuple[str, ...]
    release: ReleaseName | None
    verdict: str
    reason: str


class LiveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A component at a place, by the setting or container that says so (`at`).

    `promotion` is at work there now. `unreachable` says who did not answer; what they would have said is null.
    """

    place: PlaceName
    level: str
    product: str
    component: str
    at: str
    desired: DesiredAnswer | None
    decided: AdmittedAnswer | None
    observed: RunningAnswer | None
    drift: tuple[FindingAnswer, ...]
    promotion: str | None
    unreachable: tuple[FindingAnswer, ...]


Live = list[LiveAnswer]


def live_answers(rows: Iterable[LiveComponent]) -> Live:
    """The rows of a look at trees and clusters."""
    return [
        LiveAnswer(
            place=str(row.place),
            level=row.level,
            product=row.product,
            component=row.component,
            at=row.at,
            desired=desired_answer(row.desired),
            decided=admitted_answer(row.decided),
            observed=running_answer(row.observed),
            drift=tuple(map(_drift, row.drift)),
            promotion=row.promotion,
            unreachable=tuple(found for each in row.unheard for found in refusal_findings(each)),
        )
        for row in rows
    ]


def live_code(rows: Live) -> ExitCode:
    """Undecided where somebody could not be asked; drift is only told."""
    return found_code(None, [each for each in rows if each.unreachable])


def desired_answer(image: DesiredImage | None) -> DesiredAnswer | None:
    """What a target says, for every face."""
    if image is None:
        return None
    return DesiredAnswer(spelling=image.spelling, digest=image.digest or None, release=image.release)


def admitted_answer(image: ImageAdmission | None) -> AdmittedAnswer | None:
    """What was admitted."""
    if image is None:
        return None
    return AdmittedAnswer(
        spelling=image.spelling,
        digest=image.digest,
        release=image.release,
        promotion=image.promotion,
        time=image.time,
    )


def running_answer(image: RunningImage | None) -> RunningAnswer | None:
    """What runs."""
    if image is None:
        return None
    return RunningAnswer(
        basis=image.basis,
        spelling=image.spelling,
        digests=image.digests,
        release=image.release,
        verdict=image.verdict,
        reason=image.reason,
    )


def _drift(found: Drift) -> FindingAnswer:
    sentence = drift_words(found.code, found.values)
    return FindingAnswer(code=found.code, values=plain_values(found.values), sentence=sentence)
