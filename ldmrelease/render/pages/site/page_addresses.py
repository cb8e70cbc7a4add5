"""Where each page of a site is: names of elsewhere as file names that every system bears, each another one."""

import hashlib
import posixpath
import re

_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}", re.ASCII)
_OTHER = re.compile(r"[^a-z0-9_]+", re.ASCII)
_KEPT = 40
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|index|list-\d+|.*--[0-9a-f]{12}|.*\.", re.ASCII)
"""Names that Windows keeps for itself, our own, and what could be taken for a name that was changed."""


def file_name(text: str) -> str:
    """A name as a file's: as it is where that is plain, else with a part of its hash, so that no two meet."""
    if _PLAIN.fullmatch(text) and not _TAKEN.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{_OTHER.sub('-', text.lower())[:_KEPT].strip('-') or 'x'}--{digest}"


def release_address(name: str) -> str:
    """The page of `product/tag`."""
    product, _, tag = name.partition("/")
    return f"releases/{file_name(product)}/{file_name(tag)}.html"


def place_address(place: object) -> str:
    """The page of `environment/application`."""
    environment, _, application = str(place).partition("/")
    return f"places/{file_name(environment)}/{file_name(application)}.html"


def promotion_address(promotion: str) -> str:
    """The page of a promotion."""
    return f"promotions/{file_name(promotion)}.html"


def decision_address(digest: str) -> str:
    """The page of a decision, by its digest."""
    return f"decisions/{file_name(digest.rpartition(':')[2][:24])}.html"


def evidence_address(digest: str) -> str:
    """The page of a statement, by the digest of its envelope."""
    return f"evidence/{file_name(digest.rpartition(':')[2][:24])}.html"


def person_address(person: str) -> str:
    """The page of a person."""
    return f"people/{file_name(person)}.html"


def night_address(night: str) -> str:
    """The page of a night."""
    return f"nights/{file_name(night)}.html"


def relative(address: str, page: str) -> str:
    """The way from a page to an address of the same site, wherever the site is."""
    return posixpath.relpath(address, posixpath.dirname(page) or ".")
