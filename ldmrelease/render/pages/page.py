"""Pages from templates: autoescaped, strict about what they name, and closed to everything but their own style."""

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from ldmrelease.render.pages import elements
from ldmrelease.render.pages.inert import finalized
from ldmrelease.render.pages.markup import Markup

if TYPE_CHECKING:
    from jinja2 import Environment, Template

PACKAGE = "ldmrelease.render.pages"


@cache
def environment() -> "Environment":
    """The templates of this package. Everything printed goes through `finalized`, then through HTML's escapes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - for pages alone

    made = Environment(
        loader=PackageLoader(PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(
        time=elements.time_element,
        digest=elements.digest,
        whole_digest=elements.whole_digest,
        code=elements.code,
        badge=elements.badge,
        link=elements.link,
        quiet=elements.quiet,
        lines=elements.lines,
    )
    return made


@cache
def style() -> str:
    """The style sheet, as `style.css` of a site or inside of a page of its own."""
    from jinja2 import PackageLoader  # noqa: PLC0415

    return PackageLoader(PACKAGE, "templates").get_source(environment(), "style.css")[0]


def single_page(template: "str | Template", **values: Any) -> str:
    """A page in one file, with its style inside. Raises `jinja2.UndefinedError` where a value is missing."""
    policy = content_policy(style_source=source_hash(style()))
    return _rendered(template, {"style": Markup(style()), "style_address": None, "policy": policy, **values})


def site_page(
    template: "str | Template", style_address: str, script_address: str | None = None, **values: Any
) -> str:
    """A page of a site, whose style (and script, if any) are files beside it, at addresses relative to it."""
    policy = content_policy(style_source="'self'", script_source="'self'" if script_address else None)
    given = {"style": "", "style_address": style_address, "policy": policy, "script_address": script_address}
    return _rendered(template, {**given, **values})


def content_policy(style_source: str, script_source: str | None = None) -> str:
    """The Content-Security-Policy of a page: its own style and pictures, and nothing else."""
    parts = ["default-src 'none'", f"style-src {style_source}", "img-src 'self' data:"]
    if script_source is not None:
        parts += [f"script-src {script_source}", "connect-src 'self'"]
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def source_hash(text: str) -> str:
    """What a policy calls an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _rendered(template: "str | Template", values: dict[str, Any]) -> str:
    return environment().get_template(template).render({"script_address": None, **values})
