"""Small elements of pages: times, digests, badges, links. Each takes text of elsewhere and returns markup."""

import enum
from datetime import datetime
from urllib.parse import urlsplit

from ldmrelease.domain.times import instant, spell
from ldmrelease.render.pages.inert import LONGEST
from ldmrelease.render.pages.markup import Markup

_TIME = Markup('<time datetime="{}"><span>{}</span> <span>{} UTC</span></time>')
_DIGEST = Markup('<code class="digest">{}</code>')
_WHOLE = Markup('<code class="whole">{}</code>')
_CODE = Markup("<code>{}</code>")
_COMMAND = Markup('<code class="command">{}</code>')
_BADGE = Markup('<span class="badge {}">{}</span>')
_LINK = Markup('<a href="{}">{}</a>')
_QUIET = Markup('<span class="quiet">{}</span>')
_LINES = Markup('<div class="lines">{}</div>')
_MOST_LINES = 400


class Tone(enum.StrEnum):
    """How a badge looks; what it means is in its text."""

    GOOD = "good"
    BAD = "bad"
    WAITING = "waiting"
    NEUTRAL = "neutral"


_TONES = {
    Tone.GOOD: ("allowed", "passed", "satisfied", "succeeded", "promoted", "admitted"),
    Tone.BAD: (
        "refused",
        "undecided",
        "failed",
        "errored",
        "missing",
        "rolled-back",
        "restored",
        "retracted",
    ),
    Tone.WAITING: ("waiting", "pending", "warned", "reported", "waived", "unobserved", "never observed"),
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words}


def time_element(moment: str | datetime | None) -> Markup:
    """`2023-04-20 09:55:23 UTC`, for programs as RFC 3339; text that is no time is shown as it is."""
    if moment is None:
        return quiet("not known")
    try:
        told = spell(instant(moment) if isinstance(moment, str) else moment)
    except ValueError:
        return Markup.escape(str(moment))
    return _TIME.format(told, told[:10], told[11:19])


def digest(text: str | None) -> Markup:
    """A digest or commit that the style sheet cuts; selected and copied whole."""
    return quiet("not known") if not text else _DIGEST.format(text)


def whole_digest(text: str | None) -> Markup:
    """A digest or commit in its full length, over several lines where it must."""
    return quiet("not known") if not text else _WHOLE.format(text)


def code(text: str | None) -> Markup:
    """A name of the field: a tag, a place, a key."""
    return quiet("none") if not text else _CODE.format(text)


def command(text: str) -> Markup:
    """A command to be typed: a column of them is wide enough to be read."""
    return _COMMAND.format(text)


def badge(text: str, tone: Tone | None = None) -> Markup:
    """A verdict, outcome or state, in words; the colour (of `tone`, or as its word has it) only repeats them."""
    return _BADGE.format(tone or _TONE_OF.get(text.lower(), Tone.NEUTRAL), text)


def link(address: str | None, text: str) -> Markup:
    """A link to a page of the same site, or by HTTP(S); the text alone where the address is anything else."""
    if address is None or not _followed(address):
        return Markup.escape(text)
    return _LINK.format(address, text)


def joined(*parts: str) -> Markup:
    """Text and markup, one after the other with a space between."""
    return Markup(" ").join(parts)


def quiet(text: str) -> Markup:
    """What is not there, or not known: said, in a lighter colour."""
    return _QUIET.format(text)


def lines(text: str) -> Markup:
    """A text of several lines, as release notes are; at most 400 of them, which is said."""
    told = text.splitlines()
    shown = [Markup.escape(each) for each in told[:_MOST_LINES]]
    if len(told) > _MOST_LINES:
        shown.append(quiet(f"{len(told):,} lines, cut after {_MOST_LINES}"))
    return _LINES.format(Markup("\n").join(shown))


def _followed(address: str) -> bool:
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in ("http", "https") and "@" not in parts.netloc
    return not parts.netloc and not address.startswith(("/", "\\"))
