"""Stepping through a text by keys in a real browser: the numbers are the model's, and no step asks the server."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest, inside_file, vocabulary_file
from cache.tasks.task_status import DONE
from models.data.datasets import get_dataset
from models.encoded.encoded import fit_tokenizers
from models.encoded.fitted import read_tokenizer
from models.inside.open_model import OpenModel
from models.inside.readings import Readings
from models.text.encoding import encode, shaped
from models.training.keras_model import fresh_model
from tests.browser.conftest import Server

TEXT = "not a good film, and not as bad as they say"


@pytest.fixture
def read(store, finish, small_spec, data_root, monkeypatch):
    """A cache in which an LSTM and a GRU have read the text, with the weights with which their trainings begin."""
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    runs = [finish(small_spec(name), [0.8]) for name in ("lstm", "gru")]
    request = InsideRequest(tuple(run.id for run in runs), TEXT)
    generation_requests.ask(store, request)
    for run in runs:
        spec = run.spec
        if read_tokenizer(vocabulary_file(data_root, spec)) is None:
            fit_tokenizers(get_dataset(spec.dataset), spec.train_examples, [spec.encoding], data_root)
        tokenizer = shaped(read_tokenizer(vocabulary_file(data_root, spec)), spec.encoding)
        numbers = encode(tokenizer, [TEXT])[0]
        readings = OpenModel(spec.layers(), fresh_model(spec)).read(numbers, "pre")
        readings = replace(readings, seeds=readings.answers[None] / 2)
        readings.save(inside_file(store.root, request, run.id))
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    Answer(DONE, "Read", ProcessIdentity.current().to_json(), {}, {}).write(store, request)
    return store, request, runs


@pytest.fixture
def server(read):
    server = Server(read[0].root)
    server.start()
    yield server
    server.stop()


DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Ends once the browser has drawn what it has received."""


def numbers_in(text):
    return [float(each.replace("−", "-")) for each in re.findall(r"−?\d+\.\d{4}", text)]


@pytest.mark.slow
def test_keys_step_through_the_text_and_every_number_is_the_models(page, server, read):
    store, request, runs = read
    titles = "&".join(f"inside_models={run.title.replace(' ', '+')}" for run in runs)
    page.goto(f"{server.url}/inside?inside_text={TEXT.replace(' ', '+')}&{titles}&inside_order=As+they+are")
    stepper = page.get_by_role("group", name=re.compile("Step through the text"))
    expect(stepper).to_be_visible()

    readings = {run.label: Readings.load(inside_file(store.root, request, run.id)) for run in runs}
    blocks = {label: page.locator("section.model").filter(has_text=label) for label in readings}
    tokens = page.locator("button.token")
    expect(tokens).to_have_count(1 + len(TEXT.replace(",", "").split()))
    expect(page.locator("section.model polygon")).to_have_count(2)  # the band over seeds
    asked = []
    page.on("request", lambda each: asked.append(each.url))
    page.on("websocket", lambda each: asked.append(each.url))
    stepper.focus()
    for key, moves in (("Home", 1), ("ArrowRight", 5), ("ArrowDown", 2), ("ArrowLeft", 1)):
        for _ in range(moves):
            page.keyboard.press(key)
    place = len(readings["LSTM"].numbers) - len(TEXT.split()) + 3

    def unit(label):
        return int(blocks[label].locator(".body .name").filter(has_text="Unit").inner_text().split()[1])

    for label, reading in readings.items():
        array = reading.layers["1 forward"].arrays
        (*_, last) = numbers_in(blocks[label].locator("li").last.inner_text())
        assert last == pytest.approx(float(array["h"][place, unit(label)]), abs=1e-4), label
        shown = numbers_in(blocks[label].locator("table").inner_text())
        assert np.isin(np.round(float(array["h"][place, unit(label)]), 4), np.round(shown, 4)), label
    cell = numbers_in(blocks["LSTM"].locator("li").nth(4).inner_text())
    array = readings["LSTM"].layers["1 forward"].arrays
    expected = [array["f"][place], array["c"][place - 1], array["i"][place], array["g"][place], array["c"][place]]
    assert cell == pytest.approx([float(each[unit("LSTM")]) for each in expected], abs=1e-4)
    assert not asked, "a step asked the server"
    for key in ("Alt+ArrowRight", "Control+Home", "Meta+ArrowRight", "Shift+End"):
        page.keyboard.press(key)
        expect(tokens.nth(4)).to_have_attribute("aria-current", "step")
    answered = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    page.keyboard.press("Enter")
    pinned = unit("LSTM")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("th").filter(has_text="pin 1").first).to_be_visible()
    page.wait_for_url(re.compile(rf"pins=4u{pinned}(&|$)"))
    expect(answered).to_be_visible()
    page.evaluate(DRAWN)
    expect(tokens.nth(7)).to_have_attribute("aria-current", "step")
    page.keyboard.press("Escape")
    expect(page.locator("th").filter(has_text="pin 1")).to_have_count(0)
    page.wait_for_url(lambda url: "pins=" not in url)
    expect(answered).to_be_visible()
    page.evaluate(DRAWN)
    expect(tokens.nth(7)).to_have_attribute("aria-current", "step")
    page.get_by_role("button", name="Guide me").click()
    page.get_by_role("button", name="Show the answer").click()
    expect(tokens.nth(7)).not_to_have_attribute("aria-current", "step")
    page.get_by_role("button", name="End").click()
    stepper.focus()
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    expect(tokens.last).to_have_attribute("aria-current", "step")
    page.goto(f"{page.url.partition('&pins')[0]}&pins=999.0&pins=3.1")
    expect(tokens.nth(3)).to_have_attribute("aria-current", "step")
    expect(page.locator("th").filter(has_text="pin 1").first).to_be_visible()
    expect(page.locator("th").filter(has_text="pin 2")).to_have_count(0)
    stepper.focus()
    page.get_by_test_id("stMain").evaluate("(main) => { main.scrollTop = main.scrollHeight / 2; }")
    header, bar = page.get_by_test_id("stHeader").bounding_box(), page.locator(".bar").bounding_box()
    assert bar["y"] == pytest.approx(header["y"] + header["height"], abs=1), "the tokens are not right below the header"
    page.locator(".map").nth(5).evaluate("(map) => map.scrollIntoView({block: 'end'})")
    assert page.locator(".side").first.bounding_box()["y"] >= bar["y"] + bar["height"] - 1, "the numbers are covered"
    page.set_viewport_size({"width": 420, "height": 400})
    for key in ("Home", "End"):
        page.keyboard.press(key)
        bar, row = page.locator(".bar").bounding_box(), page.locator(".tokens").bounding_box()
        token = page.locator("button.token[aria-current]").bounding_box()
        assert bar["height"] <= 101, "the tokens cover the maps"
        assert row["y"] - 1 <= token["y"] and token["y"] + token["height"] <= row["y"] + row["height"] + 1, key
