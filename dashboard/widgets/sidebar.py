"""Widgets at the left for what all runs of a comparison share. Each is bound to the URL by its key."""

import re
from collections.abc import Sequence

import streamlit as st

from cache.core.limits import MAX_EPOCHS
from cache.store.store import RunStore
from dashboard.shell import links, session
from dashboard.shell.defaults import DEFAULTS
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import dataset_hints
from models.data.dataset import Dataset
from models.data.datasets import available_datasets, deleted_datasets, get_dataset, known_datasets
from models.data.memory_tests import MAX_STEPS, MIN_STEPS, TESTS, memory_dataset
from models.experiments.engines import ENGINES, Engine, offered_engines
from models.experiments.spec import MAX_BATCH, MAX_RATE, MIN_EXAMPLES, OPTIMIZERS, Training
from models.machine.devices import Device
from models.statistics.looks import in_words
from models.statistics.paired_difference import MAX_SEEDS
from models.tasks import CLASSIFICATION, DEFAULT_LENGTHS, NEXT_WORD, TITLES
from models.text.encoding import DEFAULT_VOCABULARY, MAX_VOCABULARY, MIN_VOCABULARY, SIDES, Side, TextEncoding
from models.text.next_word import MAX_EXAMPLES

EXAMPLES_HELP = {
    CLASSIFICATION: "With fewer texts, models overfit more.",
    NEXT_WORD: f"Words to predict: at most {MAX_EXAMPLES['train']:,} for training, {MAX_EXAMPLES['test']:,} for "
    "validation and as many for testing, equally many drawn from each text. The vocabulary comes from all training "
    "texts.",
}
ALL = "all"
TRAIN_EXAMPLES = (ALL, "1,000", "2,000", "2,500", "5,000", "10,000", "20,000", "50,000")
VOCABULARY_HELP = {
    "words": "The most frequent words of the training texts are kept; all others become one token, <OOV>.",
    "subwords": "Byte-pair encoding starts with single characters and joins the most frequent pair in the training "
    "texts until there are so many pieces. Only characters never seen become <OOV>.",
}
LENGTH_HELP = {
    CLASSIFICATION: "Shorter texts are padded to this length, longer ones are cut. The time of recurrent layers "
    "grows with it.",
    NEXT_WORD: "How many earlier words of the sentence are read. If there are fewer, zeros are added at the start.",
}
PAD_HELP = (
    "Where zeros are added to short texts. At the start: a recurrent layer reads the zeros first and the text last, so "
    "that its final state comes from the text. At the end: after a short sentence it reads many zeros, and may forget "
    "the text. In a bidirectional layer, one of the two directions always reads the zeros last."
)
ENGINE = "engine"
ENGINE_HELP = (
    "What computes the training: one of the frameworks that Keras runs on. Python starts a small program for every "
    "batch, as Keras’s fit does; with “whole epochs”, one compiled program goes through all batches, which saves the "
    "time between them. On one H100 GPU an epoch then took a fourteenth (Flatten) to a quarter (GRU) of the time; the "
    "first epoch is slower, because more has to be compiled. All engines compute the same, but round differently, so "
    "their runs are kept apart. Where several are installed, “Engines” below the line-up measures which is the fastest."
)
KEEP_WEIGHTS = "keep_weights"
WHOLE_RANGES: dict[str, tuple[int, int]] = {
    **{key: (MIN_VOCABULARY, MAX_VOCABULARY[tokens]) for tokens, key in links.VOCABULARY_KEYS.items()},
    **dict.fromkeys(links.LENGTH_KEYS.values(), (5, 2_000)),
    "epochs": (1, MAX_EPOCHS),
    "seeds": (1, MAX_SEEDS),
    "steps": (MIN_STEPS, MAX_STEPS),
    "batch": (1, MAX_BATCH),
}
RATE_RANGE = (1e-6, MAX_RATE)
USUAL_RATE = 0.1
"""Above it, most models do not learn: a typed 0,01 may have become 1."""
RANGES: dict[str, tuple[float, float]] = {**WHOLE_RANGES, "rate": RATE_RANGE}


def choose_task() -> str:
    """Ask for the task and return its name."""
    with st.sidebar:
        return st.selectbox(
            "Task", list(TITLES), format_func=TITLES.__getitem__, key="task", bind="query-params",
            help="Classify a text, or continue it: each sentence is cut into its beginnings, and the model "
                 "predicts the next word from the whole vocabulary.",
        )  # fmt: skip


def choose_data(task: str = CLASSIFICATION, needs_labels: bool = True) -> dict:
    """Ask for dataset and encoding, and return them as arguments for Comparison.

    Args:
        task: "classification" or "next_word".
        needs_labels: Whether datasets without labels are left out, if the task is classification.
    """
    place = st.container()  # in a container, so that widgets below keep their place, with or without a message
    with st.sidebar:
        st.subheader("Data")
        with st.container():
            dataset = _choose_dataset(task, needs_labels and task == CLASSIFICATION)
        st.caption(dataset.description)
        with st.container():
            examples = _choose_examples(task)
        st.subheader("Text encoding")
        with st.container():
            encoding = dataset.encoding or _choose_encoding(task)
            if dataset.encoding:
                st.caption(
                    f"Fixed for this dataset: each text is read whole, all {encoding.length:,} words, without padding."
                )
            warning = dataset_hints.warning(dataset, encoding)
            if warning and not dataset.is_deleted:
                st.warning(warning, icon=":material/translate:")
    if dataset.is_deleted:
        place.error(
            f"{escape_markdown(dataset.title)} was deleted; add its file again on the page Data, or choose another "
            "dataset.",
            icon=":material/delete:",
        )
    return {
        "dataset_name": dataset.name,
        "train_examples": examples,
        "encoding": encoding,
    }


def _choose_examples(task: str) -> int | None:
    """The number of training examples; None for all. Any number can be typed."""
    typed = st.session_state.get("examples") or st.query_params.get("examples") or ALL
    options = list(dict.fromkeys((*TRAIN_EXAMPLES, typed)))
    text = st.selectbox(
        "Training examples", options, key="examples", bind="query-params", help=EXAMPLES_HELP[task],
        accept_new_options=True,
    )  # fmt: skip
    if text == ALL:
        return None
    digits = re.sub(r"[\s,._’']", "", text)
    if digits.isascii() and digits.isdecimal() and int(digits[:12]) >= MIN_EXAMPLES:
        return int(digits[:12])
    st.error(
        f"“{escape_markdown(text[:40])}” is no number of examples: type a whole number from {MIN_EXAMPLES}, or choose "
        f"“{ALL}”. All are taken.",
        icon=":material/error:",
    )
    return None


def _choose_dataset(task: str, needs_labels: bool) -> Dataset:
    known = {**available_datasets(), **_chosen_and_deleted()}
    titles = {name: dataset.title for name, dataset in known.items() if dataset.is_labelled or not needs_labels}
    if task == CLASSIFICATION:  # the steps of a memory test are chosen after it
        titles |= {name: test.choice for name, test in TESTS.items()}
    name = st.selectbox("Dataset", list(titles), format_func=titles.__getitem__, key="dataset", bind="query-params")
    if name not in TESTS:
        return get_dataset(name)
    steps = st.slider(
        "Steps back", MIN_STEPS, MAX_STEPS, 20, key="steps", bind="query-params",
        help="Number of words between those that decide the class and the end of the text.",
    )  # fmt: skip
    return memory_dataset(int(steps), TESTS[name])


def _chosen_and_deleted() -> dict[str, Dataset]:
    """The deleted dataset that is still chosen, by its name; else empty.

    It stays chosen, so that the page does not change to another dataset without a message. A new dataset of the same
    title takes its place.
    """
    name, title = st.session_state.get("dataset"), st.query_params.get("dataset")
    chosen = known_datasets().get(str(name)) if name else None
    title = chosen.title if chosen else title
    if chosen and chosen.is_deleted:
        st.session_state["dataset"] = next(
            (each.name for each in available_datasets().values() if each.title == title), name
        )
    deleted = [each for each in deleted_datasets().values() if each.title == title and name in (None, each.name)]
    return {each.name: each for each in deleted[:1]}


def _choose_encoding(task: str) -> TextEncoding:
    tokenizer = st.segmented_control(
        "Tokens", list(DEFAULT_VOCABULARY), default="words", required=True, key="tokens", bind="query-params",
        help="Words: punctuation is removed, and rare words are unknown. Subwords: rare words are built from "
             "frequent pieces and punctuation is kept, so fewer words fit into the same length.",
    )  # fmt: skip
    vocabulary = st.number_input(
        "Vocabulary", *WHOLE_RANGES[links.VOCABULARY_KEYS[tokenizer]], DEFAULT_VOCABULARY[tokenizer], 500,
        key=links.VOCABULARY_KEYS[tokenizer], bind="query-params", help=VOCABULARY_HELP[tokenizer],
    )  # fmt: skip
    length = st.number_input(
        "Length in tokens", *WHOLE_RANGES["length"], DEFAULT_LENGTHS[task], 10, key=links.LENGTH_KEYS[task],
        bind="query-params", help=LENGTH_HELP[task],
    )  # fmt: skip
    if task == NEXT_WORD:
        pad: Side = "pre"  # the words right before the predicted one must be read
        cut: Side = "pre"
    else:
        default = DEFAULTS[task].encoding
        pad = _side("Pad", "pad", default.padding, PAD_HELP)
        cut = _side("Cut", "cut", default.truncating, "Where words of long texts are removed.")
    return TextEncoding(int(vocabulary), int(length), pad, cut, tokenizer)


def choose_settings(store: RunStore, task: str) -> dict:
    """Ask for all settings that the runs of the comparison share, and return them as arguments for Comparison."""
    data, default = choose_data(task), DEFAULTS[task]
    with st.sidebar:
        st.subheader("Training")
        engine = _choose_engine(store)
        epochs = st.number_input("Epochs", *WHOLE_RANGES["epochs"], default.epochs, key="epochs", bind="query-params")
        seeds = st.number_input(
            "Seeds", *WHOLE_RANGES["seeds"], default.num_seeds, key="seeds", bind="query-params",
            help="Each architecture is trained once for each seed, because results vary with the random "
                 "initialisation. All pages show the spread over seeds. Verdicts are read at "
                 f"{in_words()} seeds.",
        )  # fmt: skip
        batch = st.number_input(
            "Batch size", *WHOLE_RANGES["batch"], default.training.batch_size, key="batch", bind="query-params",
            help="Number of texts after which the weights change. Keras’s default is 32.",
        )  # fmt: skip
        with st.container():  # what is below keeps its place, with or without the note
            rate = st.number_input(
                "Learning rate", *RATE_RANGE, default.training.learning_rate, 0.001, "%g", key="rate",
                bind="query-params",
            )  # fmt: skip
            if rate > USUAL_RATE:
                st.caption(f":material/warning: {rate:g} is unusually large: training may not learn.")
        usual = OPTIMIZERS.index(default.training.optimizer)
        optimizer = st.selectbox("Optimizer", OPTIMIZERS, usual, key="optimizer", bind="query-params")
    return data | {
        "training": engine.trains(Training(str(optimizer), float(rate), int(batch))),
        "epochs": int(epochs),
        "num_seeds": int(seeds),
    }


def _choose_engine(store: RunStore) -> Engine:
    """Asks only where there is a choice: engines that are installed, and those of cached runs and of the address."""
    session.backend()  # stops the page if it is unknown
    asked = {st.session_state.get(ENGINE, ""), st.query_params.get(ENGINE, "")}
    titles = offered_engines(asked | session.cached_engines(store))
    if len(titles) == 1:
        return ENGINES[titles[0]]
    return ENGINES[st.selectbox("Engine", titles, key=ENGINE, bind="query-params", help=ENGINE_HELP)]


def choose_to_keep_weights() -> None:
    """Draw the switch that ``keeps_weights`` reads. It is not a setting of a run, because it changes no result."""
    with st.sidebar:
        st.toggle(
            "Keep weights after chosen epochs", key=KEEP_WEIGHTS, bind="query-params",
            help="Runs that are trained from now on keep their weights after epochs 1, 2, 3, 5, 10, 20 and so on. The "
                 "page Inside then shows how a model learns. Results stay the same. It takes room on the disk.",
        )  # fmt: skip


def keeps_weights() -> bool:
    """Return whether runs that are trained now keep their weights after chosen epochs."""
    return bool(st.session_state.get(KEEP_WEIGHTS))


def _side(label: str, key: str, default: Side, help: str) -> Side:
    return st.segmented_control(
        label,
        SIDES,
        default=default,
        required=True,
        format_func=links.SIDE_NAMES.__getitem__,
        key=key,
        bind="query-params",
        help=help,
    )


def choose_device(devices: Sequence[Device]) -> Device:
    """Ask for the device, if there are several; the best one is first."""
    if len(devices) == 1:
        return devices[0]
    device_ids = {device.device_id: device for device in devices}
    with st.sidebar:
        device_id = st.selectbox(
            "Device",
            list(device_ids),
            format_func=lambda device_id: f"{device_ids[device_id].name}, {device_id}",
            key="device",
            bind="query-params",
        )
    return device_ids[device_id]


def url_choices() -> dict[str, Sequence[str]]:
    """List the allowed values of each key in the URL."""
    return {
        "dataset": [
            *(each.title for each in {**available_datasets(), **deleted_datasets()}.values()),
            *(test.choice for test in TESTS.values()),
        ],
        "task": list(TITLES.values()),
        "tokens": list(DEFAULT_VOCABULARY),
        "pad": list(links.SIDE_NAMES.values()),
        "cut": list(links.SIDE_NAMES.values()),
        "optimizer": OPTIMIZERS,
        ENGINE: list(ENGINES),
    }
