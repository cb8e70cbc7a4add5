"""Which release runs at a place, by what was seen there last."""

from ldmrelease.domain.topology import Application
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.needs import ReleaseHistory


def running_release(
    context: ReleaseHistory, names: ImageNames, application: Application, component: str
) -> str | None:
    """The name of the release whose image of a component was seen there last; None where nobody has looked, nobody
    knows the image, or many run at once.
    """
    if application.target.capabilities.keeps_many:
        return None
    latest = latest_observation(context, application.place)
    for image in latest.observation.images if latest is not None else ():
        if latest is not None and image.component == component:
            return names.of_observed(application.place, image, latest.sequence).release
    return None
