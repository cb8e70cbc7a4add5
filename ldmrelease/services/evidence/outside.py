"""Files of other tools as statements of a bridge: what they say of a release, and where that was observed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.predicates.metric import write_metrics
from ldmrelease.domain.predicates.observed import write_observed
from ldmrelease.domain.predicates.review import write_review
from ldmrelease.domain.predicates.scan import MOST_FINDINGS, write_scan
from ldmrelease.domain.predicates.test_result import (
    FAILED,
    PASSED,
    WARNED,
    CheckUsed,
    Outcomes,
    RunDone,
    write_result,
)
from ldmrelease.domain.statement_facts import OwnersFact, ReviewFact
from ldmrelease.domain.statements import Subject
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.evidence_formats.codeowners import owners_of
from ldmrelease.evidence_formats.found import (
    Found,
    MetricsFound,
    OwnersFound,
    ReviewFound,
    SbomFound,
    ScanFound,
    TestsFound,
    VexFound,
)
from ldmrelease.services.evidence.manual import UnusableEvidence, subjects_about
from ldmrelease.services.evidence.registered_runs import check_fact
from ldmrelease.services.needs import EvidenceSources
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.signing import require_agreed_checks

_OF_IMAGES = (ScanFound, SbomFound, VexFound)


class OutsideFile(Struct, frozen=True):
    """Where a file came from: the system, what it is called there, and the digest of its bytes."""

    system: str
    name: str
    digest: str


class ImportOptions(Struct, frozen=True):
    """What a file does not say itself.

    subject: a digest of the release that it is about; else `about` (`release`, `content`, `image`), `component` and
    `platform`. check: of which check results are; `one_test` makes one test of that name of all of them. environment:
    where it was observed. database: when a scanner's database was last updated. owners: the rules of ownership.
    """

    subject: str | None = None
    about: str | None = None
    component: str | None = None
    platform: str | None = None
    check: str | None = None
    one_test: str | None = None
    environment: str | None = None
    database: datetime | None = None
    owners: OwnersFound | None = None


class PreparedStatement(Struct, frozen=True):
    """What a bridge is to sign: the type (a short name or a URI), about what, and what it says."""

    type: str
    subjects: tuple[Subject, ...]
    predicate: dict[str, Any]


def prepare(
    context: EvidenceSources, pinned: Pinned, found: Found, file: OutsideFile, options: ImportOptions
) -> PreparedStatement | UnusableEvidence:
    """The statement of a file. Nothing is signed. Raises `UnagreedCheck`.

    Codes: those of `subjects_about`, `future`, `other-image`, `not-of-release`, `which-check`, `unknown-check`,
    `unknown-test`, `tests-missing`, `unknown-environment`, `which-paths`, `too-many-findings`.
    """
    finished = getattr(found, "finished", None)
    if finished is not None and finished > context.now():
        return UnusableEvidence("future", {"time": times.spell(finished)})
    environments = context.topology.environments
    if options.environment is not None and options.environment not in environments:
        known = {"environment": options.environment, "known": sorted(environments)}
        return UnusableEvidence("unknown-environment", known)
    subjects = _subjects(pinned, found, options)
    if isinstance(subjects, UnusableEvidence):
        return subjects
    said = _PREDICATES[type(found)](context, found, file, options)
    if isinstance(said, UnusableEvidence):
        return said
    type_, predicate = said
    observed = write_observed(file.system, file.name, file.digest, context.now())
    return PreparedStatement(type_, subjects, {**predicate, **observed})


def _subjects(pinned: Pinned, found: Found, options: ImportOptions) -> tuple[Subject, ...] | UnusableEvidence:
    images = found.images if isinstance(found, ScanFound | SbomFound) else ()
    component, platform, about = options.component, options.platform, options.about
    if isinstance(found, ReviewFound) and about is None and options.subject is None:
        commits = _reviewed(pinned, found.review.commit, component)
        if commits:
            return commits
    named = options.subject or next((each for each in images if _place_of(pinned, each)), None)
    if component is None and about is None and named is not None:
        place = _place_of(pinned, named)
        if place is None:
            return UnusableEvidence("not-of-release", {"subject": named, "release": pinned.release.name})
        about, component, platform = place
    if component is None and about is None and isinstance(found, _OF_IMAGES):
        about = "image"
        component = pinned.release.images[0].name if len(pinned.release.images) == 1 else None
    subjects = subjects_about(pinned, about or "release", component, platform)
    if isinstance(subjects, UnusableEvidence):
        return subjects
    if images and not {each.digest for each in subjects} & set(images):
        told = {"images": list(images), "subjects": [each.digest for each in subjects]}
        return UnusableEvidence("other-image", told)
    return subjects


def _reviewed(pinned: Pinned, commit: str | None, component: str | None) -> tuple[Subject, ...]:
    """The commits of configurations that a review is about: of a named one as it was merged, else the very commit."""
    return tuple(
        Subject(each.source, each.digest)
        for each in pinned.release.components
        if each.kind is ComponentKind.CONFIGURATION
        and (each.name == component if component is not None else each.digest == f"gitCommit:{commit}")
    )


def _place_of(pinned: Pinned, digest: str) -> tuple[str, str | None, str | None] | None:
    """Of what of a release a digest is: about, component and platform."""
    if digest in (pinned.digest, pinned.release.content):
        return ("release" if digest == pinned.digest else "content"), None, None
    for image in pinned.release.images:
        if image.digest == digest:
            return "image", image.name, None
        for each in image.platforms:
            if each.manifest == digest:
                return "image", image.name, each.platform
    return None


_Said = tuple[str, dict[str, Any]] | UnusableEvidence


def _tests(context: EvidenceSources, found: TestsFound, file: OutsideFile, options: ImportOptions) -> _Said:
    known = [each.name for each in context.topology.checks]
    check = context.topology.check(options.check or "")
    if check is None:
        code = "which-check" if options.check is None else "unknown-check"
        return UnusableEvidence(code, {"check": options.check, "known": known})
    require_agreed_checks(context.workspace, (check.name,))
    if options.one_test is not None and options.one_test not in check.tests:
        told = {"check": check.name, "test": options.one_test, "known": list(check.tests)}
        return UnusableEvidence("unknown-test", told)
    tests = _together(found, options.one_test)
    result = FAILED if tests.failed else WARNED if tests.warned else PASSED
    missing = sorted(set(check.tests) - {*tests.passed, *tests.warned})
    if result != FAILED and missing:
        told = {"check": check.name, "missing": missing, "tests": [*tests.passed, *tests.warned][:20]}
        return UnusableEvidence("tests-missing", told)
    finished = found.finished or context.now()
    # Nobody has registered it: it counts where the requirement takes such results.
    run = RunDone(
        run=f"observed-{file.digest.removeprefix('sha256:')[:32]}",
        started=min(found.started or finished, finished),
        finished=finished,
        environment=options.environment,
        platform=options.platform,
    )
    predicate = write_result(CheckUsed(check.name, check_fact(check).digest), result, tests, run)
    if found.commit is not None:
        predicate["configuration"].append({"name": "commit", "digest": {"gitCommit": found.commit}})
    return "check", predicate


def _together(found: TestsFound, name: str | None) -> Outcomes:
    if name is None:
        return Outcomes(found.passed, found.warned, found.failed)
    if found.failed:
        return Outcomes(failed=(name,))
    return Outcomes(warned=(name,)) if found.warned else Outcomes(passed=(name,))


def _metrics(context: EvidenceSources, found: MetricsFound, _: OutsideFile, options: ImportOptions) -> _Said:
    measured = found.finished or context.now()
    return "metric", write_metrics(found.metrics, options.environment, measured)


def _scan(context: EvidenceSources, found: ScanFound, _: OutsideFile, options: ImportOptions) -> _Said:
    if len(found.scan.findings) > MOST_FINDINGS:
        return UnusableEvidence("too-many-findings", {"limit": MOST_FINDINGS})
    if options.database is not None and options.database > context.now():
        return UnusableEvidence("future", {"time": times.spell(options.database)})
    scan = replace(found.scan, database=options.database or found.scan.database)
    finished = found.finished or context.now()
    return "vulnerabilities", write_scan(scan, finished, finished)


def _sbom(_context: EvidenceSources, found: SbomFound, _: OutsideFile, _options: ImportOptions) -> _Said:
    return found.uri, found.predicate


def _vex(_context: EvidenceSources, found: VexFound, _: OutsideFile, _options: ImportOptions) -> _Said:
    return "vex", found.predicate


def _review(_context: EvidenceSources, found: ReviewFound, _: OutsideFile, options: ImportOptions) -> _Said:
    review = found.review
    if options.owners is not None:
        if not found.changed:
            return UnusableEvidence("which-paths", {"reference": review.reference})
        review = replace(review, owners=owners_of(options.owners, found.changed))
    return "code-review", write_review(review)


def _owners(
    _context: EvidenceSources, found: OwnersFound, file: OutsideFile, _options: ImportOptions
) -> _Said:
    owners = tuple(OwnersFact(pattern, owners) for pattern, owners in found.rules[:1000])
    return "code-review", write_review(ReviewFact(file.system, file.name, None, None, owners=owners))


_PREDICATES: dict[type[Any], Callable[..., _Said]] = {
    TestsFound: _tests,
    MetricsFound: _metrics,
    ScanFound: _scan,
    SbomFound: _sbom,
    VexFound: _vex,
    ReviewFound: _review,
    OwnersFound: _owners,
}
