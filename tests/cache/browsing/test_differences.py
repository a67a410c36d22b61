from cache.browsing.differences import differences
from models.experiments.spec import Training


def test_only_what_differs_is_reported(finish, small_spec):
    runs = [
        finish(small_spec("lstm", seed=1), [0.8]),
        finish(small_spec("flatten", training=Training(batch_size=64)), [0.8, 0.9], device="Another"),
    ]
    differing, num_same = differences(runs)
    assert differing == {
        "architecture": ["lstm", "flatten"],
        "hyperparameters.directions": [2, None],
        "hyperparameters.units": [32, None],
        "seed": [1, 0],
        "training.batch_size": [128, 64],
        "epochs": [1, 2],
        "parameters": [runs[0].num_params, runs[1].num_params],
        "environment.device": ["Test CPU (2 cores)", "Another"],
    }
    assert num_same > 10


def test_one_run_or_none_differ_in_nothing(finish, small_spec):
    assert differences([])[0] == {}
    assert differences([finish(small_spec(), [0.8])])[0] == {}


def test_what_is_trainable_is_reported_where_it_is_not_everything(finish, small_spec):
    runs = [
        finish(small_spec("transfer", hyperparameters={"embedding": how}), [0.5]) for how in ("frozen", "trainable")
    ]
    differing, _ = differences(runs)
    assert differing["trainable_parameters"] == [65_153, 165_153] and "parameters" not in differing
