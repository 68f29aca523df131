"""deploy/kubernetes/: manifests that are valid, and run what the containers run."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from scripts.environment import BASE
from tests.compose import COMPOSE, interpolate

FOLDER = BASE / "deploy/kubernetes"
VERSIONS = ("1.29", "1.37")  # the oldest and the newest that must take them
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS = [one for name in KUSTOMIZATION["resources"] for one in yaml.safe_load_all((FOLDER / name).read_text())]


def pod(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Return the specification of the pod that a manifest makes."""
    spec = manifest.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    result: dict[str, Any] | None = spec.get("template", {}).get("spec")
    return result


PODS = {manifest["metadata"]["name"]: spec for manifest in MANIFESTS if (spec := pod(manifest))}


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_valid(version: str) -> None:
    for manifest in MANIFESTS:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_unknown_field_is_invalid() -> None:
    [web] = [one for one in MANIFESTS if one["kind"] == "Deployment" and one["metadata"]["name"] == "web"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**web, "spec": {**web["spec"], "replica": 2}}, VERSIONS[-1], strict=True)


def test_folder_has_no_other_manifests() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"kustomization.yaml", *KUSTOMIZATION["resources"]}


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_pod_runs_what_the_container_runs(name: str) -> None:
    service = COMPOSE["services"][name]
    assert PODS[name]["containers"][0]["command"] == [interpolate(word, {}) for word in service["command"]]


def test_backup_is_the_containers() -> None:
    _shell, _c, line = COMPOSE["services"]["backup"]["command"]
    assert " ".join(PODS["backup"]["containers"][0]["command"]) == interpolate(line, {}).strip()


@pytest.mark.parametrize("name", PODS)
def test_pod_has_no_rights_it_does_not_need(name: str) -> None:
    assert PODS[name]["securityContext"]["runAsNonRoot"]
    assert PODS[name]["automountServiceAccountToken"] is False
    for container in PODS[name]["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_grace_is_as_long_as_the_containers() -> None:
    for name in ("web", "worker"):
        seconds = {"30s": 30, "2m": 120}[COMPOSE["services"][name]["stop_grace_period"]]
        assert PODS[name]["terminationGracePeriodSeconds"] >= seconds


def test_settings_are_known_and_no_secret() -> None:
    [settings] = [one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap"]
    assert set(settings) <= set(COMPOSE["services"]["web"]["environment"])
    assert not {name for name in settings if any(word in name for word in ("SECRET", "KEY", "TOKEN", "PASSWORD"))}


def test_image_has_the_version_of_the_compose_file() -> None:
    [image] = KUSTOMIZATION["images"]
    assert f"{image['name']}:{image['newTag']}" == COMPOSE["services"]["web"]["image"]
