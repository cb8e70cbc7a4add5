"""Sites and their enclaves (LDM-564, figure 1), and which places of a workspace are in them."""

from msgspec import Struct

from ldmrelease.domain.topology import EnclaveBinding, Place


class EnclaveService(Struct, frozen=True):
    """A service of an enclave. `places` are where it runs, as far as the workspace says."""

    name: str
    title: str
    places: tuple[Place, ...] = ()


class Enclave(Struct, frozen=True):
    """A part of a site with services of its own. `places` are those of the workspace that are in it."""

    name: str
    title: str
    services: tuple[EnclaveService, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def others(self) -> tuple[Place, ...]:
        """The places that no service is said to run at."""
        served = {place for each in self.services for place in each.places}
        return tuple(each for each in self.places if each not in served)


class SiteOfEnclaves(Struct, frozen=True):
    """A site, such as the Base Facility."""

    name: str
    title: str
    enclaves: tuple[Enclave, ...] = ()


def bound_sites(
    catalogue: tuple[SiteOfEnclaves, ...], bindings: tuple[EnclaveBinding, ...]
) -> tuple[SiteOfEnclaves, ...]:
    """The catalogue's sites with the places of a workspace, and after them those that only the workspace has."""
    names = dict.fromkeys([*(each.name for each in catalogue), *(each.site for each in bindings)])
    known = {each.name: each for each in catalogue}
    return tuple(
        _bound_site(known.get(name), name, [each for each in bindings if each.site == name]) for name in names
    )


def _bound_site(known: SiteOfEnclaves | None, name: str, bindings: list[EnclaveBinding]) -> SiteOfEnclaves:
    enclaves = {each.name: each for each in (known.enclaves if known is not None else ())}
    for each in bindings:
        enclaves[each.enclave] = _bound(
            enclaves.get(each.enclave) or Enclave(each.enclave, each.enclave), each
        )
    return SiteOfEnclaves(name, known.title if known is not None else name, tuple(enclaves.values()))


def _bound(enclave: Enclave, binding: EnclaveBinding) -> Enclave:
    services = {each.name: each for each in enclave.services}
    for name, places in binding.services.items():
        title = services[name].title if name in services else name
        services[name] = EnclaveService(name, title, places)
    return Enclave(enclave.name, enclave.title, tuple(services.values()), binding.places)
