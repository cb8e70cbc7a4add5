"""A notebook menu that is the text of a ConfigMap: written as the one in git is, by its resourceVersion."""

from pathlib import Path

import pytest

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import ConfigMapKey, MenuTarget
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Change, Refusal, Snapshot, Written
from tests.blamed import changed_by
from tests.fences import fence_in
from tests.real.gitops.site import SUMMIT, Promoter, release
from tests.real.gitops.test_menu import MENU, PATH
from tests.real.kube.api import Kube

pytestmark = pytest.mark.real

NAME = "nublado"
OTHER = "# Nobody's.\nvalue: 1\n"


@pytest.fixture
def menu(kube: Kube, namespace: str, cluster_access: ClusterAccess) -> MenuTarget:
    metadata = {"namespace": namespace, "name": NAME}
    data = {"config.yaml": MENU, "other.yaml": OTHER}
    kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    return menu_in(ConfigMapKey(cluster_access, namespace, NAME, "config.yaml"))


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(tmp_path)


def menu_in(where: ConfigMapKey) -> MenuTarget:
    aliases = {"recommended": "recommendedTag"}
    return MenuTarget(where, PATH, "lab", {}, aliases)


def place_of(menu: MenuTarget) -> ConfigMapKey:
    assert isinstance(menu.location, ConfigMapKey)
    return menu.location


def data(kube: Kube, menu: MenuTarget) -> dict[str, str]:
    found: dict[str, str] = kube.get("ConfigMap", place_of(menu).namespace, NAME)["data"]
    return found


def look(menu: MenuTarget, access: Access) -> Snapshot:
    snapshot = registry.read(menu, access)
    assert isinstance(snapshot, Snapshot), snapshot
    return snapshot


def add(
    menu: MenuTarget, access: Access, tag: str, promoter: Promoter | None = None
) -> Written | Refusal | Unavailable:
    snapshot = look(menu, access)
    edits = registry.desired(menu, release(tag), snapshot)
    assert isinstance(edits, dict), edits
    before = {path: snapshot.values[path] for path in edits}
    return registry.write(menu, edits, access, expect=before, grant=(promoter or Promoter()).grant())


def edit(kube: Kube, menu: MenuTarget, old: str, new: str, key: str = "config.yaml") -> None:
    """Somebody's `kubectl edit`."""
    change = {"data": {key: data(kube, menu)[key].replace(old, new)}}
    kube.patch("ConfigMap", place_of(menu).namespace, NAME, change, manager="kubectl-edit")


def test_the_menu_is_edited_and_every_other_character_stays(kube: Kube, menu: MenuTarget, access: Access):
    written = add(menu, access, "w_2023_16")
    assert isinstance(written, Written)
    expected = MENU.replace("        # kept", '        - "w_2023_16"\n        # kept')
    for count in ("numReleases: 1", "numWeeklies: 2", "numDailies: 3"):
        expected = expected.replace(count, count[:-1] + "0")
    assert data(kube, menu) == {"config.yaml": expected, "other.yaml": OTHER}


def test_what_is_live_already_is_found(menu: MenuTarget, access: Access):
    add(menu, access, "w_2023_16")
    again = add(menu, access, "w_2023_16")
    assert isinstance(again, Written)
    assert again.found


def test_the_menu_is_restored_to_what_it_was(menu: MenuTarget, access: Access):
    before = look(menu, access)
    edits = registry.desired(menu, release("w_2023_16"), before)
    assert isinstance(edits, dict)
    add(menu, access, "w_2023_16")
    earlier = {path: before.values[path] for path in edits}
    assert isinstance(registry.restore(menu, earlier, edits, access, Promoter().grant()), Written)
    assert look(menu, access).values == before.values


def test_two_menus_of_one_config_map_leave_each_other_alone(kube: Kube, menu: MenuTarget, access: Access):
    where = place_of(menu)
    kube.patch("ConfigMap", where.namespace, NAME, {"data": {"second.yaml": MENU}})
    second = menu_in(ConfigMapKey(where.cluster, where.namespace, NAME, "second.yaml"))
    add(menu, access, "w_2023_16")
    add(second, access, "w_2023_17")
    found = data(kube, menu)
    assert ("w_2023_16" in found["config.yaml"], "w_2023_17" in found["config.yaml"]) == (True, False)
    assert ("w_2023_16" in found["second.yaml"], "w_2023_17" in found["second.yaml"]) == (False, True)
    assert found["other.yaml"] == OTHER


def test_an_edit_of_something_else_in_between_is_kept(kube: Kube, menu: MenuTarget, access: Access):
    edited: list[str] = []

    def meddle(phase: str, what: str) -> None:
        if phase == "before" and what.endswith(NAME) and not edited:
            edited.append(what)
            edit(kube, menu, "# What users may start.", "# What users start.")

    # The claim's mark stands already, so that the meddler meets the write.
    registry.claim(menu, access, Promoter().grant())
    assert isinstance(add(menu, Access(access.workspace, meddle), "w_2023_16"), Written)
    found = data(kube, menu)["config.yaml"]
    assert edited
    assert "# What users start." in found
    assert "w_2023_16" in found


def test_somebody_elses_change_of_the_setting_is_left_and_who_made_it_is_named(
    kube: Kube, menu: MenuTarget, access: Access
):
    snapshot = look(menu, access)
    edits = registry.desired(menu, release("w_2023_16"), snapshot)
    assert isinstance(edits, dict)
    edit(kube, menu, "w_2023_10", "w_2023_11")
    before = {path: snapshot.values[path] for path in edits}
    refusal = registry.write(menu, edits, access, expect=before, grant=Promoter().grant())
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["author"]) == ("changed-by", "kubectl-edit")
    change = changed_by(menu, f"{PATH}.pin", access)
    assert isinstance(change, Change)
    assert change.author == "kubectl-edit"


def test_a_late_holder_writes_nothing_after_the_claim(kube: Kube, menu: MenuTarget, access: Access):
    early, late = Promoter(7, "p-1"), Promoter(9, "p-2")
    registry.claim(menu, access, early.grant())
    claimed: list[str] = []

    def take_over(phase: str, what: str) -> None:
        if phase == "before" and what.endswith(NAME) and not claimed:
            claimed.append(what)
            assert isinstance(registry.claim(menu, access, late.grant()), Written)

    refusal = add(menu, Access(access.workspace, take_over), "w_2023_16", early)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["promotion"]) == ("fenced", "p-2")
    assert data(kube, menu)["config.yaml"] == MENU
    assert fence_in(registry.fence_of(menu, SUMMIT, access), SUMMIT).epoch == 9


@pytest.mark.parametrize(
    ("name", "key", "code"), [("nowhere", "config.yaml", "no-config-map"), (NAME, "values.yaml", "no-key")]
)
def test_what_is_not_there_is_refused(menu: MenuTarget, access: Access, name: str, key: str, code: str):
    elsewhere = ConfigMapKey(place_of(menu).cluster, place_of(menu).namespace, name, key)
    for answer in (registry.read(menu_in(elsewhere), access), registry.preflight(menu_in(elsewhere), access)):
        assert isinstance(answer, Refusal)
        assert answer.code == code


def test_an_immutable_config_map_is_refused_when_planning(kube: Kube, menu: MenuTarget, access: Access):
    assert registry.preflight(menu, access) is None
    kube.patch("ConfigMap", place_of(menu).namespace, NAME, {"immutable": True})
    refusal = registry.preflight(menu, access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "immutable"


def test_a_menu_that_another_system_manages_is_refused_with_its_name(
    kube: Kube, menu: MenuTarget, access: Access
):
    tracked = {"annotations": {"argocd.argoproj.io/tracking-id": "nublado:/ConfigMap:x/nublado"}}
    kube.patch("ConfigMap", place_of(menu).namespace, NAME, {"metadata": tracked})
    refusal = registry.preflight(menu, access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["application"]) == ("managed-by", "nublado")
