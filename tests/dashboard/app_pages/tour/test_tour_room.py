"""The last step of the tour: the room trains a seed that is not there."""

import re
from dataclasses import replace

from models.experiments.studies import MORE_SEEDS, STUDIES
from tests.dashboard.app_pages.tour.conftest import DEVICE, alts, shown
from tests.dashboard.pages import texts


def test_the_room_trains_a_seed_that_is_not_there(open_tour, runs, store, runners):
    app = open_tour(step="11")
    assert "### 2 runs: Flatten and Conv1D" in shown(app)
    assert f"5 epochs each on 20,000 IMDB reviews, with seed {MORE_SEEDS}" in shown(app)
    assert re.search(rf"On {re.escape(DEVICE)} this takes about 2\d s", shown(app))  # 5 epochs of 1 s and of 3 s
    app.button(key="train_room").click().run()
    assert not app.exception and runners
    queued = store.runs(["queued"])
    asked = [(run.spec.architecture, run.spec.seed, run.epochs) for run in queued]
    assert asked == [("flatten", MORE_SEEDS, 5), ("conv1d", MORE_SEEDS, 5)]
    assert app.query_params["seed"] in (f"{MORE_SEEDS}", [f"{MORE_SEEDS}"])
    assert "2 runs waiting" in texts(app, "caption")
    again = open_tour(step="11")  # by the menu, which knows nothing of the seed
    assert "2 runs waiting" in texts(again, "caption")
    store.cancel([run.id for run in queued])
    app.run()
    assert f"Flatten, seed {MORE_SEEDS}: " in texts(app, "warning") and app.button(key="train_room")


def test_what_the_room_trained_is_beside_the_other_seeds(open_tour, runs, measured):
    (line_up,) = STUDIES["line_up"].comparisons
    specs, seed = replace(line_up, num_seeds=MORE_SEEDS + 1).specs(line_up.dataset.fingerprint(None)), MORE_SEEDS
    measured(
        (specs[label][seed], [(0.9, 0.8, test, 1.0)] * 5) for label, test in (("Flatten", 0.99), ("Conv1D", 0.751))
    )
    app = open_tour(step="11", seed=str(seed))
    assert f"**Flatten**: test accuracy 99.0%, above all of the {seed} other seeds (60.0% to 60.2%)." in shown(app)
    assert f"**Conv1D**: test accuracy 75.1%, among the {seed} other seeds (75.0% to 75.2%)." in shown(app)
    assert f"Dots: test accuracy of each seed. Seed {seed}: Flatten 99.0%; Conv1D 75.1%" in alts(app)
    app.button(key="train_again").click().run()
    assert f"with seed {seed + 1}, which is not in the cache yet" in shown(app) and "seed" not in app.query_params
