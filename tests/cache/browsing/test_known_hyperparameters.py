from cache.browsing.known_hyperparameters import cached_variants
from models.experiments.spec import RunSpec, Training


def test_variants_that_were_trained_with_the_same_settings_are_found(finish, store, small_spec):
    for units, seed in ((8, 0), (8, 1), (64, 0)):
        finish(small_spec("lstm", hyperparameters={"units": units}, seed=seed), [0.7])
    finish(small_spec("gru", hyperparameters={"units": 16}), [0.7])
    finish(small_spec("lstm", hyperparameters={"units": 4}, training=Training(batch_size=16)), [0.7])
    store.submit([small_spec("lstm", hyperparameters={"units": 2})], 1, "cpu")
    found = cached_variants(store, small_spec("lstm", seed=7))
    assert [values["units"] for values in found] == [8, 64]
    assert small_spec("lstm", hyperparameters=found[0]) == small_spec("lstm", hyperparameters={"units": 8})


def test_a_vocabulary_of_its_own_is_a_hyperparameter(finish, store, small_spec):
    finish(small_spec("lstm_small_vocabulary", hyperparameters={"vocabulary_size": 500}), [0.7])
    (found,) = cached_variants(store, small_spec("lstm_small_vocabulary"))
    assert found["vocabulary_size"] == 500


def test_what_cannot_be_read_is_left_out(finish, store, small_spec):
    run = finish(small_spec("lstm"), [0.7])
    for spec in ("no JSON", run.spec_json.replace('"units":32', '"units":"many"')):
        with store.db.transaction() as db:
            db.execute("UPDATE runs SET spec = ? WHERE id = ?", (spec, run.id))
        assert cached_variants(store, RunSpec.from_json(run.spec_json)) == []
