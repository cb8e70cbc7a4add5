"""The trust document and its signatures as text."""

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted
from ldmrelease.answers.trust_documents import SignaturesAnswer


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
