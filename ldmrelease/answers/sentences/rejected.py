"""Words for evidence that was seen and did not count: each code of the trust package, and of the runs of a check."""

from collections.abc import Mapping

from ldmrelease.answers.sentences.text import Values, counted, said, values_of

REASONS: Mapping[str, str] = {
    # The envelope and the statement.
    "malformed": "it is not an envelope or statement that can be read",
    "unknown-field": "it has a field that its format does not have",
    "bad-base64": "its payload or signature is not base64",
    "bad-keyid": "its key id is not a fingerprint",
    "not-a-statement": "its payload is not an in-toto statement",
    "no-subject": "it is about nothing",
    "too-many-subjects": "it has more subjects than are read",
    "bad-digest": "a subject's digest is none",
    "wrong-type": "it is of another type than its envelope says",
    # Where a record stands.
    "wrong-ledger": "it was signed for another ledger",
    "wrong-stream": "it was signed for another stream, or does not belong in this one",
    "wrong-position": "it was signed for another position or time",
    "other-clock": "its time is of a workspace with a clock of its own, or of the wall where this one has its own",
    "wrong-place": "it was signed for another place",
    "wrong-kind": "it was signed as another kind or version of event",
    # Bundles.
    "too-large": "it is larger than what is read",
    "newer-schema": "it is of a newer format than this program reads",
    "bad-checkpoint": "the checkpoint in it does not count",
    "bad-release": "the digest of a release in it is not that of its document",
    "bad-times": "it is not made, stale and expired in this order",
    # The signer.
    "unsigned": "it is not signed",
    "several-signatures": "it has several signatures, and an envelope has one",
    "unknown-key": "nobody in the trust document has the key",
    "bad-signature": "its signature is wrong",
    "key-not-yet-valid": "it was taken in before its key counts",
    "key-expired": "it was taken in after its key had expired",
    "key-compromised": "it was taken in after its key was compromised",
    # The certificate of whom signs without a key.
    "no-trusted-root": "it is signed by a certificate, and the trust document names no trusted root of Sigstore",
    "needs-sigstore": "it is signed by a certificate, and to verify one: pip install ldmrelease[sigstore]",
    "bad-bundle": "its certificate or its proofs cannot be read",
    "no-log-entry": "it has no proof that it stands in a transparency log",
    "no-signed-time": "nobody in the trusted root has signed when it was made",
    "certificate-expired": "its certificate did not count when it was signed",
    "bad-certificate": "its certificate is of no authority that the trusted root has for that time",
    "bad-sct": "its certificate is proven to stand in no log that the trusted root has for that time",
    "bad-log-entry": "its entry is proven to stand in no transparency log that the trusted root has for that time",
    "unsupported-log-entry": "its entry in the transparency log is of a kind that is not read",
    "other-log-entry": "its entry in the transparency log is of something else",
    "not-in-trusted-root": "the trusted root has no authority or log for the time when it was signed",
    "unknown-identity": "nobody in the trust document is who its certificate names",
    "identity-not-yet-valid": "it was taken in before its identity counts",
    "identity-expired": "it was taken in after its identity had expired",
    "identity-compromised": "it was taken in after its identity was compromised",
    "wrong-role": "its signer has no role for it",
    "wrong-environment": "its signer may not speak for that environment",
    "wrong-repository": "its signer may not speak for that repository",
    "bad-time": "its time cannot be read",
    "future": "it claims to come from the future",
    "other-resource": "it belongs to another repository",
    # The build.
    "other-build": "it says that it was built from something else than its certificate does",
    "other-builder": "somebody else built it than is asked for",
    "other-build-type": "it was built in another way than is asked for",
    "other-source": "it names no commit of a repository that is asked for",
    "no-commit": "it does not name the commit that it was built from",
    "other-commit": "it was built from another commit than the release has pinned",
    # Results of checks.
    "no-check": "it does not say of which check it is",
    "bad-run": "what it says of its run makes no sense",
    "bad-result": "its result is none of PASSED, WARNED and FAILED",
    "bad-tests": "its lists of tests cannot be read",
    "test-twice": "it names a test twice",
    "passed-with-failed": "it passed with failed tests",
    "passed-with-warned": "it passed with warned tests",
    "no-declared-tests": "the check declares no tests",
    "tests-not-run": "it passed without all of the declared tests",
    # Scans, values, reviews.
    "bad-scan": "it is no scan that can be read",
    "bad-vex": "what it says of vulnerabilities cannot be read",
    "bad-metric": "its measured values cannot be read",
    "bad-review": "it is no review that can be read",
    "too-many-findings": "it has more findings than are read",
    "too-many-metrics": "it has more values than are read",
    "too-many-reviewers": "it has more reviewers than are read",
    # Runs.
    "other-definition": "it was of another definition of the check",
    "other-environment": "it ran in another environment",
    "other-cluster": "it ran in another cluster than its environment's",
    "other-check": "it is the result of another check",
    "other-subject": "it is about something else",
    "other-run": "it is the result of another run",
    "run-reused": "its run has another result already",
    "unregistered": "its run was not registered before it started",
    "not-pinned": "it is about nothing that is pinned here",
    "not-counted": "it does not count",
}


def rejected_words(seen: object) -> str:
    """`seen, not counted: 1 (its signer has no role for it)`."""
    if not isinstance(seen, Mapping) or not seen:
        return "nothing was seen"
    parts = [
        f"{counted(int(number), 'statement')} ({REASONS.get(code, code)})" for code, number in seen.items()
    ]
    return f"seen, not counted: {', '.join(parts)}"


def why_not(code: str, values: Mapping[str, object] | None = None) -> str:
    """Why one statement does not count, with whose key, role, scope or time it was."""
    v: Values = values_of(values or {})
    reason = REASONS.get(code, code)
    told = [f"{key} {said(each)}" for key, each in v.items() if key in _TOLD]
    return f"{reason} ({', '.join(told)})" if told else reason


_TOLD = (
    "key",
    "keyid",
    "identity",
    "person",
    "issuer",
    "subject",
    "repository",
    "workflow",
    "differs",
    "signed",
    "roles",
    "asked",
    "environments",
    "repositories",
    "scope",
    "received",
    "claimed",
    "notBefore",
    "notAfter",
    "compromisedSince",
    "detail",
)
