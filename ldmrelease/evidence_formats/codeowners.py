"""CODEOWNERS: whose approval the paths of a repository need (GitHub's and GitLab's file, without sections)."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from ldmrelease.domain.document_faults import MOST_FAULTS, DocumentFault, DocumentFaults, refused
from ldmrelease.domain.statement_facts import OwnersFact
from ldmrelease.domain.strict_json import decode
from ldmrelease.evidence_formats.found import OwnersFound
from ldmrelease.evidence_formats.interface import EvidenceFormat

LARGEST = 3_000_000
"""Bytes of such a file, as GitHub has it."""
MOST_RULES = 10_000
_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_.-]{0,100}(/[A-Za-z0-9_.-]{1,100})?|[^\s@]{1,100}@[^\s@]{1,100}")


def read(data: bytes) -> OwnersFound | DocumentFaults:
    """The rules of the file."""
    if len(data) > LARGEST:
        return refused(
            "file-too-large", f"more than {LARGEST:,} bytes, which are the most that is read", limit=LARGEST
        )
    text = decode(data)
    if isinstance(text, DocumentFaults):
        return text
    rules: list[tuple[str, tuple[str, ...]]] = []
    faults: list[DocumentFault] = []
    for number, line in enumerate(text.split("\n"), 1):
        pattern, *owners = _words(line) or [""]
        for each in owners:
            if not _OWNER.fullmatch(each):
                expected = "@person, @organization/team or a mail address"
                faults.append(DocumentFault("unexpected", "not an owner", number, 1, "", each[:60], expected))
        if not pattern.isprintable() or len(pattern) > 1000:
            expected = "a path of up to 1,000 characters"
            faults.append(DocumentFault("unexpected", "not a pattern", number, 1, "", pattern[:60], expected))
        if pattern:
            rules.append((pattern, tuple(owners)))
    if faults:
        return DocumentFaults(tuple(faults[:MOST_FAULTS]))
    if not rules or len(rules) > MOST_RULES:
        return refused("no-rules", f"{len(rules)} rules", expected=f"1 to {MOST_RULES:,}")
    return OwnersFound(tuple(rules))


def _words(line: str) -> list[str]:
    return line.split(" #", maxsplit=1)[0].split() if not line.lstrip().startswith("#") else []


def owners_of(rules: OwnersFound, paths: Iterable[str]) -> tuple[OwnersFact, ...]:
    """Whose approval changes of these paths need: of each path the last rule that matches."""
    found: dict[str, OwnersFact] = {}
    for path in paths:
        for pattern, owners in reversed(rules.rules):
            if matches(pattern, path):
                found[pattern] = OwnersFact(pattern, owners)
                break
    return tuple(found[pattern] for pattern in sorted(found))


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern of such a file is about a path: those of gitignore, without `!` and ranges."""
    anchored = "/" in pattern.rstrip("/")
    steps = [each for each in pattern.split("/") if each]
    if not anchored:
        steps = ["**", *steps]
    if pattern.endswith("/"):
        # Of a folder all that is below, at least one step.
        steps = [*steps, "**", "*"]
    return _match(steps, path.strip("/").split("/"))


def _match(pattern: list[str], path: list[str]) -> bool:
    """Step by step, all ways at once: no pattern costs more than its length times the path's."""
    reached = {0}
    for step in pattern:
        if step == "**":
            reached = set(range(min(reached), len(path) + 1)) if reached else set()
            continue
        plain = step.replace("[", "[[]")
        reached = {at + 1 for at in reached if at < len(path) and fnmatchcase(path[at], plain)}
    # What names a folder is about all that is below it; only `/*` ends where it is.
    return len(path) in reached or bool(reached and pattern[-1] != "*")


FORMAT = EvidenceFormat(
    "codeowners", "CODEOWNERS: whose approval paths need", "codeowners", "code-review", read
)
