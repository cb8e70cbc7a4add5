"""Which release an image is that somebody asks for: by its digest, else by its tag as its product spells it."""

from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.facts import ChangeFact
from ldmrelease.domain.tags import Tag, order_key, parse, tag_pattern_match
from ldmrelease.domain.topology import Application, Product, Topology
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.needs import ReleaseSources
from ldmrelease.services.releases.builds import build_of, pinned_builds
from ldmrelease.services.releases.components import ProductComponent, components_of, own_repositories
from ldmrelease.services.releases.pin import Pinned, Unpinnable, find_or_pin, pin, stored_release
from ldmrelease.targets.image_setting import ImageSetting, foreign_image, foreign_refusal


class WantedImage(Struct, frozen=True):
    """An image that is asked for at a place, of a component that runs there; `change` is what brings it."""

    application: Application
    setting: ImageSetting
    change: ChangeFact | None = None

    @property
    def spelling(self) -> str:
        """As it is asked for."""
        return self.setting.image or self.setting.invalid or ""


class NoRelease(Struct, frozen=True):
    """Why an image is no release that could be let in, whatever time it is: a code, and what it is about."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


class TagReader:
    """Reads the tags of images as the products of a workspace spell them: nobody is asked."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def spelled(self, application: Application, setting: ImageSetting) -> str | None:
        """`product/tag` of the release that an image's tag spells; None where it spells none."""
        component = self._component(application, setting)
        tag = self._tag(component, setting.tag) if component is not None else None
        if component is None or tag is None:
            return None
        product = self._product(component)
        return f"{product.name}/{build_of(product, tag) or tag.name}"

    def is_older(
        self, application: Application, before: ImageSetting | None, after: ImageSetting | None
    ) -> bool:
        """Whether a change goes back, to what comes earlier in the order of its kind."""
        component = self._component(application, after)
        if component is None or before is None or after is None:
            return False
        old, new = self._tag(component, before.tag), self._tag(component, after.tag)
        if old is None or new is None or (old.kind, old.group) != (new.kind, new.group):
            return False
        first, then = order_key(old), order_key(new)
        return first is not None and then is not None and then < first

    def _asked(self, image: WantedImage) -> ProductComponent | NoRelease:
        """The component whose image is asked for, by a tag or a digest; else why it is no release of ours."""
        setting, component = image.setting, self._component(image.application, image.setting)
        if component is None:
            return NoRelease("not-a-component", {"component": setting.component})
        if setting.invalid is not None or (setting.tag is None and setting.digest is None):
            return NoRelease("not-a-tag", {"found": setting.invalid or "null"})
        foreign = foreign_image(setting, own_repositories(component.source.source, image.application))
        if foreign is not None:
            refusal = foreign_refusal(foreign)
            return NoRelease(refusal.code, refusal.values)
        return component

    def _tag(self, component: ProductComponent, text: str | None) -> Tag | None:
        if text is None:
            return None
        found = tag_pattern_match(component.source.spelling, text, component.grammar)
        return found if found is not None and found.name is not None else None

    def _component(self, application: Application, setting: ImageSetting | None) -> ProductComponent | None:
        if setting is None:
            return None
        return components_of(self._topology, application).get(setting.component)

    def _product(self, component: ProductComponent) -> Product:
        found = self._topology.product(component.product)
        assert found is not None
        return found


class ImageReleases(TagReader):
    """Finds the releases of images; each tag is asked for once.

    Raises `UnavailableError` where a source did not answer.
    """

    def __init__(self, context: ReleaseSources, names: ImageNames) -> None:
        super().__init__(context.topology)
        self._context, self._names = context, names
        self._pinned: dict[tuple[str, str, str], Pinned | Unpinnable] = {}

    def named(self, application: Application, setting: ImageSetting | None) -> str | None:
        """`product/tag` of the release that an image is said to be, without asking any registry; None for none."""
        component = self._component(application, setting)
        if setting is None or component is None:
            return None
        if setting.digest is not None:
            pins = self._names.pins(component.product, component.source.name, setting.digest)
            if pins:
                return pins[-1].release
        return self.spelled(application, setting)

    def of(self, image: WantedImage) -> Pinned | NoRelease:
        """The release that has this image: the pin that the ledger has, or one that is made of what is there now."""
        setting, component = image.setting, self._asked(image)
        if isinstance(component, NoRelease):
            return component
        if setting.tag is None:
            return self._of_digest(image.application, component, setting.digest or "")
        tag = self._tag(component, setting.tag)
        if tag is None:
            return NoRelease("unreadable-tag", self._unreadable(component, setting.tag))
        found = self._of_tag(component, setting.tag, tag)
        if not isinstance(found, Pinned) or setting.digest is None:
            return found
        return self._with_digest(component, setting, found)

    def _with_digest(
        self, component: ProductComponent, setting: ImageSetting, found: Pinned
    ) -> Pinned | NoRelease:
        """The release, where the digest beside the tag is its image's."""
        part = found.release.component(setting.component)
        if part is not None and setting.digest in part.identity.digests():
            return found
        pins = self._names.pins(component.product, component.source.name, setting.digest or "")
        for each in reversed(pins):
            if each.release == found.release.name:
                return stored_release(self._context, each.release) or found
        about = {"tag": setting.tag, "digest": setting.digest, "expected": part.digest if part else None}
        return NoRelease("tag-differs", about)

    def _of_digest(
        self, application: Application, component: ProductComponent, digest: str
    ) -> Pinned | NoRelease:
        pins = self._names.pins(component.product, component.source.name, digest)
        names = list(dict.fromkeys(each.release for each in pins))
        if not names:
            return NoRelease("unknown-digest", {"digest": digest, "component": component.source.name})
        now = self._context.ledger.head().size + 1
        let_in = {each.name for each in self._names.standing(application.place, component.product, now)}
        chosen = [each for each in names if each in let_in] or names
        if len(chosen) > 1:
            return NoRelease("ambiguous", {"digest": digest, "releases": chosen})
        found = stored_release(self._context, chosen[0])
        return found or NoRelease("unknown-digest", {"digest": digest, "component": component.source.name})

    def _of_tag(self, component: ProductComponent, text: str, tag: Tag) -> Pinned | NoRelease:
        key = (component.product, component.source.name, text)
        if key not in self._pinned:
            self._pinned[key] = self._pin(component, text, tag)
        found = self._pinned[key]
        if isinstance(found, Pinned):
            part = found.release.component(component.source.name)
            if part is not None and part.spelling == text:
                return found
        return NoRelease("absent-tag", {"tag": text, "image": component.source.source})

    def _pin(self, component: ProductComponent, text: str, tag: Tag) -> Pinned | Unpinnable:
        product, name = self._product(component), component.source.name
        moving = build_of(product, tag)
        found = find_or_pin(self._context, product, moving or tag.name or text)
        if not isinstance(found, Pinned):
            return found
        part = found.release.component(name)
        if part is not None and part.spelling == text:
            return found
        if moving is not None:
            # A build that nobody has pinned yet: the others stay as they are pinned.
            builds = pinned_builds(product, found.release, found.tag) if found.stored else {}
            return pin(self._context, product, moving, {**builds, name: tag})
        # A rebuild of an image, which is asked for by its own number.
        again = pin(self._context, product, text)
        return again if isinstance(again, Pinned) else found

    def _unreadable(self, component: ProductComponent, text: str) -> dict[str, Any]:
        from ldmrelease.services.releases.products import ChosenProduct  # noqa: PLC0415 - for a mistake alone
        from ldmrelease.services.releases.tag_spellings import understand  # noqa: PLC0415 - as above

        product = self._product(component)
        before, _, rest = component.source.spelling.partition("{")
        inner = text.removeprefix(before).removesuffix(rest.rpartition("}")[2])
        meant = understand(self._context, inner, product)
        values: dict[str, Any] = {"tag": text, "product": product.name}
        if isinstance(meant, ChosenProduct):
            values["meant"] = self._spelled(component, meant.tag) or meant.tag
        return values

    def _spelled(self, component: ProductComponent, tag: str) -> str | None:
        """A release's tag as the component's images have it."""
        from ldmrelease.domain.tags import image_tag  # noqa: PLC0415 - for a mistake alone

        try:
            return image_tag(parse(tag, component.grammar), component.source.spelling)
        except ValueError:
            return None
