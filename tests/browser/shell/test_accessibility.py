"""No serious finding of an accessibility scan (axe) on any page, in either theme, with runs to show."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cache.execution.launching import ensure_runners
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.text.encoding import TextEncoding

PAGES = {
    "": "Which sequence architecture should you use?",
    "tour": "How many numbers does the model read?",
    "tour?step=2&seen=parameters": "Which layer has more parameters: an LSTM, or a GRU of the same size?",
    "compare": "Compare architectures",
    "present": "Which will be right most often?",
    "compose": "Compose a stack",
    "compose?paste_open=true": "Compose a stack",
    "layers": "Layers",
    "memory": "Memory test",
    "claims": "Claims",
    "generate": "Generate",
    "inside": "Inside",
    "data": "Data",
    "runs": "Runs",
}
SMALL = (
    "dataset=Rotten+Tomatoes+sentences&examples=1%2C000&length=20&vocabulary=1000&seeds=2&epochs=2&models=Flatten"
    "&models=GRU&pairs_open=true&jaggedness_open=true&disagreement_open=true&budgets_open=true&ask_open=true&drawing_open=true&disagreement=Agreement"
)
# Tables are drawn on a canvas by Streamlit's grid; what stands behind it for screen readers is its own.
GRID = "[data-testid=stDataFrame]"


@pytest.fixture(scope="module")
def trained(server):
    store, dataset = RunStore(server.root), get_dataset("rotten_tomatoes")
    entries = (Entry("flatten"), Entry("gru"))
    comparison = Comparison(dataset.name, 1_000, TextEncoding(1_000, 20), Training(), 2, 2, entries)
    specs = comparison.specs(dataset.fingerprint(server.root)).values()
    ids = store.submit([spec for own in specs for spec in own], 2, "cpu")
    until = time.monotonic() + 240
    while any(store.run(run_id).is_active for run_id in ids):
        ensure_runners(store)
        assert time.monotonic() < until, "the runs do not end"
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_finding_on_any_page(browser, server, trained, theme):
    context = browser.new_context(viewport={"width": 1440, "height": 1200}, color_scheme=theme)
    context.set_default_timeout(60_000)
    try:
        for path, heading in PAGES.items():
            page = context.new_page()
            page.goto(f"{server.url}/{path}{f'?{SMALL}' if path in ('compare', 'present') else ''}")
            expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
            expect(page.locator("[data-testid=stStatusWidget]")).to_have_count(0)
            found = Axe().run(page, context={"exclude": [[GRID]]}).response["violations"]
            serious = [
                f"{each['id']}: {node['target']} {node['html'][:200]}"
                for each in found
                if each["impact"] in ("serious", "critical")
                for node in each["nodes"]
            ]
            assert not serious, f"{path or 'home'} in {theme}: {serious[:5]}"
            page.close()
    finally:
        context.close()
