"""What a registry takes as a tag, whatever it means."""

import re

_IMAGE_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LONGEST = 128


def image_tag_fault(text: str) -> str | None:
    """Why no registry takes `text` as a tag (OCI distribution specification 1.1), or None if one does."""
    if _IMAGE_TAG.fullmatch(text):
        return None
    if not text:
        return "a tag is not empty"
    if len(text) > _LONGEST:
        return f"an image tag has at most {_LONGEST} characters"
    return "an image tag holds only letters, digits, '_', '.' and '-', and starts with none of the last two"
