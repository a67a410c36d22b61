import pytest

from cache.cluster.requirements import ClusterProblem, require_settings, require_token
from cache.core.cluster_state import CLUSTER, ClusterState, SlotState, training_devices, training_notice
from cache.operations.health import checks
from models.machine.devices import usable_devices

SLOTS = (
    SlotState("a", "vm", "gpu:0", "A GPU", 8 << 30, 3),
    SlotState("a", "vm", "gpu:1", "A GPU", 8 << 30),
    SlotState("b", "vm", "cpu", "A processor", 4 << 30),
)


@pytest.fixture(autouse=True)
def address(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLL_RAY_ADDRESS", "10.0.0.5:6379")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    monkeypatch.setattr("cache.cluster.requirements.find_spec", lambda name: name)


def test_a_token_is_demanded(tmp_path):
    for mode in ("", "disabled"):
        with pytest.raises(ClusterProblem, match="set RAY_AUTH_MODE=token here and there"):
            require_token({"RAY_AUTH_MODE": mode, "RAY_AUTH_TOKEN": "x"})
    with pytest.raises(ClusterProblem, match="The token of the Ray cluster is missing"):
        require_token()
    require_token({"RAY_AUTH_MODE": "Token", "RAY_AUTH_TOKEN": "x"})
    (tmp_path / "token").write_text("x\n")
    require_token({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")})
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("x")
    require_token()


def test_ray_has_to_be_installed(monkeypatch):
    monkeypatch.setattr("cache.cluster.requirements.find_spec", lambda name: None)
    with pytest.raises(ClusterProblem, match="Ray is missing: install cache/requirements-ray.txt"):
        require_settings()


def test_with_an_address_runs_are_queued_for_the_cluster_alone(store, monkeypatch):
    (device,) = training_devices("tensorflow", store.root)
    assert (device.device_id, device.name) == (CLUSTER, "Ray cluster")
    ClusterState(0.0, SLOTS).write(store.root)
    (device,) = training_devices("tensorflow", store.root)
    assert (device.name, device.memory_bytes) == ("A GPU", 4 << 30)
    assert training_notice(device, "tensorflow") == "Training runs on the Ray cluster: A GPU."
    monkeypatch.delenv("UNROLL_RAY_ADDRESS")
    assert training_devices("tensorflow", store.root) == usable_devices("tensorflow")


def test_health_says_how_the_cluster_is(store, monkeypatch):
    def check():
        return next(check for check in checks(store) if check.name == "cluster")

    assert not check().ok and "token of the Ray cluster is missing" in check().says
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    assert check().ok and check().says.startswith("not asked yet")
    ClusterState(store.clock(), SLOTS).write(store.root)
    assert check().ok and check().says.startswith("3 devices on 2 nodes, 1 in use, as of ")
    ClusterState(store.clock(), SLOTS, ("The node c did not answer.",)).write(store.root)
    assert not check().ok and check().says.endswith(" ago. The node c did not answer.")
    assert "secret" not in check().says
    (store.root / "cluster.json").write_text("{}")
    assert check().says.startswith("not asked yet")
