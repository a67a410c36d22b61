"""Texts that models have read, without the process that reads them."""

import numpy as np

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest, inside_file
from cache.tasks.task_status import DONE, FAILED
from dashboard.inside.inside_view import SENTENCE
from models.inside.maps import maps_of, shown_layers
from models.inside.readings import Reading, Readings

ME = ProcessIdentity.current().to_json()
LENGTH = 20


def read(store, *runs, text=SENTENCE, problems=(), is_fresh=False, others=(), spec=None, kept_epoch=None):
    """Leaves the answer of a process that has read the text: with the models of the runs or, if there is one, with that
    of a spec; and with ``others``, which say 25% and 75% in turn."""
    specs, failed = {spec.to_json(): spec} if spec else {run.id: run.spec for run in runs}, dict(problems)
    request = InsideRequest(tuple(specs), text, is_fresh, tuple(others), kept_epoch)
    generation_requests.ask(store, request)
    Answer(DONE if specs.keys() - failed else FAILED, "Read", ME, {}, failed).write(store, request)
    for model in specs.keys() - failed:
        random = np.random.default_rng(1)
        layers = {
            key: Reading(
                {each.key: random.uniform(-1, 1, (LENGTH, layer.units)) for each in maps_of(layer)},
                np.ones(layer.units),
            )
            for key, _, layer in shown_layers(specs[model].layers())
        }
        halves = np.full((min(LENGTH, len(text.replace(",", "").split())), 1), 0.5)
        seeds = np.stack([halves / 2, 1.5 * halves])[: len(others)]
        Readings(np.zeros(LENGTH), halves, halves, np.ones(LENGTH), layers, seeds).save(
            inside_file(store.root, request, model)
        )
