from cache.browsing import annotations
from cache.operations.run_files import damaged_runs, describe_damage


def test_damaged_and_missing_files_are_found(store, finish, small_spec):
    for seed in (0, 1):
        finish(small_spec(seed=seed), [0.6])
    (store.files_dir(2) / "run.json").write_text("damaged")
    (store.files_dir(2) / "predictions.npz").unlink()
    seen = []
    damaged = damaged_runs(store, lambda done, total: seen.append((done, total)))
    assert {run_id: sorted(names) for run_id, names in damaged.items()} == {2: ["predictions.npz", "run.json"]}
    assert seen == [(1, 2), (2, 2)]


def test_files_of_runs_in_the_bin_are_not_missed(store, finish, small_spec):
    run = finish(small_spec(), [0.6])
    (store.files_dir(run.id) / "predictions.npz").unlink()
    assert damaged_runs(store)
    annotations.delete(store, [run.id])
    assert damaged_runs(store) == {}


def test_many_damaged_runs_are_counted():
    text = describe_damage({run_id: ["run.json"] for run_id in range(1, 31)})
    assert text.startswith("30 runs with damaged or missing files: run 1 (run.json), run 2 (run.json), ")
    assert text.endswith("run 20 (run.json) and 10 more")
