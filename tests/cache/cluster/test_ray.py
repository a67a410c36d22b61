"""A real Ray cluster on loopback, with real trainings."""

import re
from dataclasses import replace
from importlib.util import find_spec

import psutil
import pytest

from cache.cluster.requirements import ClusterProblem, require_settings
from cache.core.cluster_state import CLUSTER
from cache.core.device_lock import DeviceBusy
from cache.core.settings import RAY_ADDRESS
from cache.execution.executor import JobLost
from cache.execution.launching import ensure_runners
from cache.execution.worker import Accepted, Failed, Job
from cache.store.runs import FAILED
from cache.store.store import RunStore
from models.data.datasets import add_user_dataset, get_dataset
from models.data.labelled import Labelled
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.text.encoding import TextEncoding
from models.training.events import BatchProgress, Done, Started
from tests import waiting
from tests.cache.cluster import fakes
from tests.cache.cluster.loopback import TOKEN, loopback_cluster
from tests.cache.execution.executor_contract import ExecutorContract, is_reserved, until_the_end, wait_for

SPEC = RunSpec.create(
    dataset="imdb", fingerprint=get_dataset("imdb").fingerprint(None), architecture="flatten"
).to_json()
pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="cache/requirements-ray.txt is not installed")


@pytest.fixture(scope="module")
def loopback(tmp_path_factory):
    with loopback_cluster(tmp_path_factory.mktemp("ray")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster(loopback):
    return loopback.connect()


@pytest.fixture(scope="module")
def slots(cluster):
    found, problems = cluster.slots(waiting.LIMIT_SECONDS)
    assert problems == []
    return found


def processes(words):
    """The processes below this one whose command contains ``words``."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if words in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            pass
    return found


@pytest.fixture(scope="module")
def made(cluster, slots):
    """Makes executors for the first device, and ends them after the tests."""
    from cache.cluster.executor import RayExecutor

    executors = []

    def make(slot=slots[0], kind=RayExecutor):
        executors.append(kind(cluster, slot))
        return executors[-1]

    yield make
    for executor in executors:
        executor.cancel()
        executor.release()


@pytest.fixture(scope="module")
def executor(made):
    return made()


@pytest.fixture
def kill():
    def kill_the_task(executor):
        (task,) = processes("ray::train_on_node")
        task.kill()

    return kill_the_task


class TestRayExecutor(ExecutorContract):
    """Ends without a result are tried below with trainings that compute nothing."""

    @pytest.mark.slow
    def test_a_job_that_cannot_work_gives_the_reason_and_costs_nothing(self, executor, job, small_spec):
        super().test_a_job_that_cannot_work_gives_the_reason_and_costs_nothing(executor, job, small_spec)

    @pytest.mark.slow
    def test_a_job_that_is_lost_is_not_waited_for(self, executor, job, small_spec, kill):
        super().test_a_job_that_is_lost_is_not_waited_for(executor, job, small_spec, kill)


def test_each_node_is_a_device(slots):
    assert len({slot.node_id for slot in slots}) == 2
    assert all((slot.num_cpus, slot.num_gpus) == (1, 0) for slot in slots), "no backend sees the pretended GPUs"


def test_a_node_that_differs_is_left_out_with_a_sentence(cluster, slots, monkeypatch):
    monkeypatch.setitem(vars(cluster), "_versions", cluster._versions | {"keras": "2.0", "code": "another"})
    found, problems = cluster.slots()
    assert found == [] and len(problems) == 3, "the head is a node, too"
    assert re.fullmatch(
        r"The node \S+ has keras 3\.\S+, and this machine has 2\.0: install the same on both\.", problems[0]
    )


def test_a_node_that_demands_no_token_is_left_out(cluster, slots, monkeypatch):
    open_to_all = {each: replace(node, demands_token=False) for each, node in cluster._described.items()}
    monkeypatch.setattr(cluster, "_described", open_to_all)
    found, problems = cluster.slots()
    assert found == [] and "was started without RAY_AUTH_MODE=token" in problems[0]


@pytest.mark.slow
def test_an_upload_travels_once_to_a_node(made, slots, tmp_path):
    import ray

    texts = [f"a text of {n % 7} and {n}" for n in range(300)]
    dataset = add_user_dataset(tmp_path, "Mine", Labelled(texts, [n % 2 for n in range(300)], ("a", "b"), ()), "a.csv")
    spec = RunSpec.create(
        dataset=dataset.name, fingerprint=dataset.fingerprint(tmp_path), architecture="flatten",
        encoding=TextEncoding(200, 10),
    )  # fmt: skip
    (tmp_path / "output").mkdir()
    job = Job(1, spec.to_json(), 1, tmp_path / "output", None, tmp_path, tmp_path / "log")
    executor = made(slots[1])
    waiting.wait_for(lambda: is_reserved(executor))
    assert [name.split("/")[-1] for name in ray.get(executor._ask_for_missing(job))] == [
        "texts.parquet",
        "dataset.json",
    ]
    executor.start(job, "tensorflow")
    assert isinstance(list(until_the_end(executor))[-1], Done)
    assert ray.get(executor._ask_for_missing(job)) == []
    executor.release()


@pytest.fixture
def given(made, slots, tmp_path):
    """Makes an executor whose jobs are a function of ``fakes``, with a job that has begun."""
    from cache.cluster.executor import RayExecutor

    def make(task, epochs=1, slot=slots[1]):
        executor = made(slot, type("Fake", (RayExecutor,), {"task": staticmethod(task)}))
        (tmp_path / "output").mkdir()
        waiting.wait_for(lambda: is_reserved(executor))
        executor.start(Job(1, SPEC, epochs, tmp_path / "output", None, tmp_path, tmp_path / "log"), "tensorflow")
        executors.append(executor)
        return executor

    executors = []
    yield make
    for executor in executors:
        executor.cancel()
        executor.release()


def test_a_gpu_is_given_to_one_task_alone(given, slots, made):
    gpu = replace(slots[1], device=Device("gpu:0", "A pretended GPU", 1 << 30), num_gpus=1)
    executor = given(fakes.endless, slot=gpu)
    assert wait_for(executor, Accepted).environment["gpus"] == "0"
    other = made(gpu)
    with pytest.raises(DeviceBusy, match="uses gpu:0 of the node"):
        other.reserve()
    other.release()


def test_files_come_back_whole_though_events_come_twice_and_in_another_order(given, tmp_path):
    events = list(until_the_end(given(fakes.with_files)))
    assert [type(event) for event in events] == [Accepted, Started, Done], events[-1]
    assert (tmp_path / "output" / "weights.npz").stat().st_size == fakes.MEGABYTES << 20
    assert (tmp_path / "output" / "empty").stat().st_size == 0


def test_a_damaged_file_is_not_taken(given):
    with pytest.raises(JobLost, match="weights.npz did not arrive as it was sent"):
        wait_for(given(fakes.with_files, epochs=2), Done)


def test_an_event_that_never_comes_is_noticed(given):
    with pytest.raises(JobLost, match="ended before it did"):
        wait_for(given(fakes.gapped), Done)


@pytest.mark.parametrize("number", range(5))
def test_an_error_of_ray_loses_the_run_with_a_sentence(given, number):
    """The errors are raised on the node: to fill its memory takes longer than a test may."""
    sentence = list(fakes.errors_of_ray().values())[number]
    with pytest.raises(JobLost, match=f"^{re.escape(sentence)}"):
        wait_for(given(fakes.raising, epochs=number), Done)


def test_files_that_find_no_room_here_lose_the_run(made, slots, tmp_path, monkeypatch):
    """``ray.put`` of this process fails, as it does when Ray's memory and the disk are full."""
    error = next(iter(fakes.errors_of_ray()))

    def full(part):
        raise error

    monkeypatch.setattr("cache.cluster.executor.ray.put", full)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.npz").write_bytes(b"x")
    executor = made(slots[1])
    waiting.wait_for(lambda: is_reserved(executor))
    with pytest.raises(JobLost, match="memory for files is full"):
        executor.start(Job(1, SPEC, 1, tmp_path, tmp_path / "state", tmp_path, tmp_path / "log"), "tensorflow")
    executor.release()


def test_other_versions_of_ray_and_python_are_one_sentence():
    """By the error that Ray itself raises when it compares them, before it connects."""
    from ray._private.utils import check_version_info, compute_version_info

    from cache.cluster.connection import _why_not

    ours = dict(zip(("ray_version", "python_version"), compute_version_info(), strict=True))
    for theirs in ({"ray_version": "2.0.0"}, {"python_version": "3.8.1"}):
        with pytest.raises(RuntimeError) as refused:
            check_version_info(ours | theirs, "this process")
        said = _why_not("10.0.0.5:6379", refused.value)
        assert said.startswith(
            "The Ray cluster at 10.0.0.5:6379 has another version of Ray or Python than this machine"
        )
        assert ours["ray_version"] in said and "\n" not in said


@pytest.mark.slow
def test_a_node_without_memory_ends_the_training_with_a_reason(loopback, cluster, slots, given):
    """Ray kills the tasks of a node whose memory is used, and here it thinks so of very little."""
    node = loopback.add(env={"RAY_memory_usage_threshold": "0.0001", "RAY_memory_monitor_refresh_ms": "100"})
    waiting.wait_for(lambda: cluster.is_alive(node.node_id))
    slot = replace(slots[1], node_id=node.node_id)
    with pytest.raises(JobLost, match="ran out of memory"):
        wait_for(given(fakes.endless, slot=slot), Done)
    loopback.remove(node)


def test_an_error_that_would_come_again_is_a_reason(given):
    assert wait_for(given(fakes.failing), Failed).reason == "The disk is full: free some space, then train again."


@pytest.mark.parametrize("task", [fakes.endless, fakes.stubborn])
def test_cancelling_asks_and_then_forces(given, task):
    executor = given(task)
    process = psutil.Process(wait_for(executor, Accepted).environment["pid"])
    wait_for(executor, BatchProgress)
    executor.cancel()
    assert not executor.is_alive
    executor.release()
    if task is fakes.stubborn:
        waiting.wait_for(lambda: not process.is_running())


def test_log_lines_of_the_node_come_into_the_log_of_the_run(given, tmp_path):
    wait_for(given(fakes.endless), BatchProgress)
    assert (tmp_path / "log").read_text() == "a line\n"


def test_a_killed_process_loses_the_run(given):
    executor = given(fakes.endless)
    psutil.Process(wait_for(executor, Accepted).environment["pid"]).kill()
    with pytest.raises(JobLost, match="process on the node was killed"):
        wait_for(executor, Done)


def test_a_lost_node_loses_the_run_and_the_device(loopback, cluster, slots, given):
    from cache.cluster.executor import NodeGone

    node = loopback.add(num_gpus=1)
    (slot,) = waiting.wait_for(lambda: [each for each in cluster.slots()[0] if each not in slots])
    executor = given(fakes.endless, slot=slot)
    wait_for(executor, BatchProgress)
    loopback.remove(node)
    with pytest.raises(JobLost, match="The node was lost"):
        wait_for(executor, Done)
    waiting.wait_for(lambda: not cluster.is_alive(slot.node_id))
    with pytest.raises(NodeGone):
        executor.reserve()
    assert set(cluster.slots()[0]) == set(slots)


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"RAY_AUTH_MODE": "disabled"}, "set RAY_AUTH_MODE=token here and there"),
        ({"UNROLL_RAY_ADDRESS": "127.0.0.1:1"}, "There is no Ray cluster at 127.0.0.1:1"),
        ({"UNROLL_RAY_ADDRESS": "ray://127.0.0.1:1"}, "set it to HOST:PORT of the head"),
        ({"UNROLL_RAY_ADDRESS": ""}, "UNROLL_RAY_ADDRESS is not set"),
    ],
)
def test_what_is_wrong_is_one_sentence(monkeypatch, variables, reason):
    from cache.cluster.connection import Cluster

    right = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "UNROLL_RAY_ADDRESS": "127.0.0.1:2"}
    for name, value in (right | variables).items():
        monkeypatch.setenv(name, value)

    def connect():
        require_settings()
        Cluster(RAY_ADDRESS.text, "tensorflow")

    with pytest.raises(ClusterProblem, match=reason):
        connect()


def test_a_wrong_token_is_the_reason_of_the_run(loopback, tmp_path, small_spec, monkeypatch):
    monkeypatch.setenv("UNROLL_RAY_ADDRESS", loopback.address)
    monkeypatch.setenv("RAY_AUTH_TOKEN", "wrong" * 8)
    store = RunStore(tmp_path)
    (run_id,) = store.submit([small_spec()], 2, CLUSTER)
    ensure_runners(store)
    run = waiting.wait_for(lambda: (run := store.run(run_id)) and not run.is_active and run)
    words = (store.logs_dir / "runner.log").read_text()
    assert run.state == FAILED and run.reason.startswith("The runner could not start: ")
    assert "has another token: give RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH that of the" in run.reason, words
    assert TOKEN not in words and "wrong" * 8 not in words
