"""Words for refusals about the image that a place names: its repository, its tag, its digest."""

from collections.abc import Callable, Mapping

from ldmrelease.answers.sentences.text import Values, any_of, said
from ldmrelease.domain.site_registry import FOREIGN_IMAGE

Words = Callable[[Values], str]

RENDERED_OTHERWISE = "rendered-otherwise"
"""What a container gets that is made of a setting is not what the setting says."""

FOREIGN_REMEDY = "put that back by hand, or list its registry under mirrors in ldmrelease.yaml"
"""What to do about an image of another repository."""

IMAGE_WORDS: Mapping[str, Words] = {
    FOREIGN_IMAGE: lambda v: (
        f"{'named' if v.get('gone') else 'names'} {said(v['found']) or 'no repository'}, and the image is in "
        f"{any_of(v['expected'])}{'' if v.get('gone') else '; ' + FOREIGN_REMEDY}"
    ),
    "pinned-by-digest": lambda v: (
        f"says {said(v['found'])}, and `writes: tag` would drop the digest; set `writes: tag@digest` for it in "
        "ldmrelease.yaml, or take the digest out by hand"
    ),
    "digest-beside": lambda v: (
        f"says {said(v['found'])}, by which charts pull whatever the tag beside it says; write that with "
        "`writes: digest` in ldmrelease.yaml too, or take it out by hand"
    ),
    RENDERED_OTHERWISE: lambda v: (
        f"would say {said(v['expected'])}, and rendered with it, {said(v['container'])} gets {said(v['found'])}; "
        "`ldmrelease where --desired` tells what else decides that image"
    ),
    "tag-absent": lambda v: (
        f"would say {said(v['tag'])}, which {said(v['where'])} does not have any more, and images are pulled by tag "
        f"there; push {said(v['digest'])} under that tag again, or let a digest be written (`writes:`)"
    ),
    "tag-moved": lambda v: (
        f"would say {said(v['tag'])}, which names {said(v['found'])} in {said(v['where'])} now, and "
        f"{said(v['expected'])} in the release, and images are pulled by tag there; push that under the tag again, or "
        "let a digest be written (`writes:`)"
    ),
}
