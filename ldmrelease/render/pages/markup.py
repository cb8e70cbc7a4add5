"""Markup whose parts are inert: what is put into it is shown, whichever way it gets there."""

from typing import Any

import markupsafe

from ldmrelease.render.pages.inert import finalized


class Markup(markupsafe.Markup):
    """As `markupsafe.Markup`; what `format`, `%`, `+` and `join` put in is made inert before it is escaped."""

    @classmethod
    def escape(cls, s: Any, /) -> "Markup":
        """The text as markup; what is markup already stays as it is."""
        return super().escape(finalized(s))
