"""The field managers that we write as: one for each mode, since one that applied the whole cannot apply a part."""

IMAGES_MANAGER = "ldmrelease"
MANIFESTS_MANAGER = "ldmrelease-manifests"
FENCE_MANAGER = "ldmrelease-fence"
OURS = frozenset({IMAGES_MANAGER, MANIFESTS_MANAGER, FENCE_MANAGER})
