"""The components as deployed: sites, enclaves and services of LDM-564, figure 1, as they ship with the program."""

import msgspec

from ldmrelease.domain.enclaves import SiteOfEnclaves

FILE = "ldm-564-components.json"


def decode_components(data: bytes) -> tuple[SiteOfEnclaves, ...]:
    """The sites of a file. Raises `ValueError`, which names the field."""
    try:
        return msgspec.json.decode(data, type=tuple[SiteOfEnclaves, ...])
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
