"""What VEX statements take out of the findings of scans: the newest that counts about a vulnerability decides."""

from collections import defaultdict
from typing import NamedTuple
from urllib.parse import unquote

from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.statement_facts import FindingFact, VexFact, VexStatus
from ldmrelease.policy.counted import counted_statements
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.subjects import PolicySubject

_TAKES_OUT = frozenset({VexStatus.NOT_AFFECTED, VexStatus.FIXED})


class Exemption(NamedTuple):
    """That a finding does not count: what the supplier says of it, and the evidence id of the statement."""

    status: str
    evidence: str


class Exemptions:
    """What is said of the vulnerabilities of one image."""

    def __init__(self, subject: PolicySubject, repository: str, said: tuple[StatementFact, ...]) -> None:
        self._subject = subject
        self._repository = repository
        self._said: dict[str, list[tuple[StatementFact, VexFact]]] = defaultdict(list)
        for statement in said:
            for each in statement.vex or ():
                for name in each.names:
                    self._said[name].append((statement, each))

    def of(self, finding: FindingFact) -> Exemption | None:
        """Why a finding does not count, None if it does. Where the newest statements differ, it does."""
        about = [each for each in self._said.get(finding.id, ()) if self._is_about(each[1], finding)]
        if not about:
            return None
        newest = max(statement.received for statement, _ in about)
        latest = [(statement, vex) for statement, vex in about if statement.received == newest]
        # Within a document the last word on it holds.
        last = [vex.time for statement, vex in latest if vex.time is not None]
        latest = [(one, vex) for one, vex in latest if not last or vex.time in (None, max(last))]
        if not all(vex.status in _TAKES_OUT for _, vex in latest):
            return None
        statement, vex = min(latest, key=lambda each: (each[0].evidence, each[1].status))
        return Exemption(vex.status.value, statement.evidence)

    def _is_about(self, vex: VexFact, finding: FindingFact) -> bool:
        products = not vex.products or any(
            self._is_image(each) or _is_package(each, finding) for each in vex.products
        )
        return products and (not vex.packages or any(_is_package(each, finding) for each in vex.packages))

    def _is_image(self, product: str) -> bool:
        """Whether a digest, or an OCI package URL, names the image. One without a version is that of any digest: the
        statement itself is about this one.
        """
        digests = {each for each in (self._subject.digest, self._subject.index) if each is not None}
        if product in digests:
            return True
        kind, _, rest = product.partition("/")
        if kind != "pkg:oci":
            return False
        name, _, version = (unquote(each) for each in rest.partition("?")[0].partition("@"))
        return version in digests if version else name == self._repository.rpartition("/")[2]


def exemptions(subject: PolicySubject, by: tuple[str, ...], context: RuleContext) -> Exemptions:
    """What counts of VEX about an image: by signers with one of the roles; by nobody where none is named."""
    said = counted_statements("vex", (subject,), by, context).found if by else ()
    return Exemptions(subject, _repository(subject, context), said)


def _repository(subject: PolicySubject, context: RuleContext) -> str:
    named = (each.name for each in context.facts.release.images if each.component == subject.component)
    name = next(named, "").partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def _is_package(name: str, finding: FindingFact) -> bool:
    """Whether a name is that of the package in which something was found: as the scan spells it, or its package URL."""
    if finding.package is None:
        return False
    if name == finding.package:
        return True
    if not name.startswith("pkg:"):
        return False
    # An `@` in a name is escaped there: what is not is before the version.
    path, _, version = (unquote(each) for each in name.partition("?")[0].partition("#")[0].partition("@"))
    full = path.partition("/")[2]
    named = finding.package in (full, full.partition("/")[2], full.rpartition("/")[2])
    return named and version in ("", finding.installed or version)
