"""The trust document and its signatures as text."""

import json
from collections.abc import Sequence

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted
from ldmrelease.answers.trust_documents import IdentityOfPersonAnswer, KeyOfPersonAnswer, ShownTrustAnswer
from ldmrelease.answers.trust_signatures import SignaturesAnswer, TrustChangeAnswer


def signatures_text(found: SignaturesAnswer) -> str:
    """Who has signed, and what is missing until it counts."""
    by = f"signed by {', '.join(map(printable, found.by))}" if found.by else "signed by nobody"
    if found.fault is None:
        return by
    ours = f" ({printable(found.not_by_us)})" if found.not_by_us else ""
    if found.missing:
        lacking = f"{counted(found.missing, 'signature')} missing, and nothing acts on it before"
        return f"{by}{ours}; {lacking}: `ldmrelease trust sign --key FILE` adds one"
    return f"{by}{ours}; nothing acts on it: {printable(found.fault)}"


def changes_text(changes: Sequence[TrustChangeAnswer]) -> str:
    """What a document says otherwise than before, a line for each value."""
    return "\n".join(
        line
        for each in changes
        for line in (
            *([f"- {each.field}: {_value(each.before)}"] if each.before is not None else ()),
            *([f"+ {each.field}: {_value(each.after)}"] if each.after is not None else ()),
        )
    )


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text if "-----BEGIN" not in text else "a public key")


def _asked(threshold: int) -> str:
    return f"{counted(threshold, 'person')} of the root keys {'has' if threshold == 1 else 'have'} to sign"


def trust_text(found: ShownTrustAnswer) -> str:
    """The document by its parts."""
    lines = [
        f"{printable(found.file)} version {found.version}, {found.digest}",
        f"  {signatures_text(found.signatures)}; {_asked(found.threshold)}"
        if found.threshold
        else f"  {signatures_text(found.signatures)}; it names no root keys: `ldmrelease trust init`",
        f"  expires {found.expires}" if found.expires else "  never expires",
    ]
    if found.unsigned_changes and found.versions:
        lines += ["changed since it was signed:", *_indented(changes_text(found.unsigned_changes))]
    lines.append("people:")
    for person in found.people:
        lines.append(f"  {printable(person.person)}{f' <{printable(person.mail)}>' if person.mail else ''}")
        lines += [f"    {_key(each)}" for each in person.keys]
        lines += [f"    {_identity(each)}" for each in person.identities]
    lines.append("roles:")
    lines += [
        f"  {printable(each.name)}: {', '.join(map(printable, each.types))} at {_all(each.environments)} "
        f"about {_all(each.repositories)}"
        for each in found.roles
    ]
    lines.append("environments:")
    lines += [f"  {printable(name)}: {printable(level)}" for name, level in found.environments.items()]
    lines.append("policies:")
    lines += [f"  {printable(each.level)}: version {each.version}, {each.digest}" for each in found.policies]
    lines.append("versions:")
    lines += [
        f"  {each.version}  {each.digest}  {', '.join(map(printable, each.by)) or 'nobody'}"
        for each in found.versions
    ]
    return "\n".join(lines)


def _key(key: KeyOfPersonAnswer) -> str:
    mark = " (root)" if key.root else ""
    return f"{printable(key.name)}{mark} {key.keyid} {_when_and_what(key)}"


def _identity(identity: IdentityOfPersonAnswer) -> str:
    who = f"{printable(identity.subject)} by {printable(identity.issuer)}"
    return f"{printable(identity.name)} {who} {_when_and_what(identity)}"


def _when_and_what(signer: KeyOfPersonAnswer | IdentityOfPersonAnswer) -> str:
    times = f"from {signer.not_before}"
    times += f" until {signer.not_after}" if signer.not_after else ""
    times += f", compromised since {signer.compromised_since}" if signer.compromised_since else ""
    return f"{times}: {', '.join(map(printable, signer.roles)) or 'no role'}"


def _all(names: tuple[str, ...]) -> str:
    return ", ".join(map(printable, names)) or "none"


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]
