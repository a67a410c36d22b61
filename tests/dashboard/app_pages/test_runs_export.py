import io

from cache.browsing import annotations
from cache.transfer.bundles import export_bundle, import_bundle
from tests.dashboard.pages import texts


def test_a_bundle_with_weights_counts_the_runs_that_have_none(open_page, store, finish, small_spec):
    with_weights, bundle = finish(small_spec("gru"), [0.8]), io.BytesIO()
    run = finish(small_spec("lstm"), [0.8])
    export_bundle(store, [run.id], bundle)
    annotations.delete(store, [run.id])
    (imported,) = import_bundle(store, bundle).new
    for run_id, expected in ((with_weights.id, False), (imported, True)):
        app = open_page("runs", run=str(run_id))
        app.radio(key="export_as").set_value("bundle-with-weights").run()
        assert ("1 run has no weights in this cache." in texts(app, "caption")) == expected
