"""The widgets that make up a comparison. Each is bound to the URL by its key, so a link restores the view."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import board_options, cost_options, curve_options, links
from dashboard.budget_sections import BUDGETS
from dashboard.plain import plain
from models.architectures import ARCHITECTURES, Architecture, get_architecture
from models.comparison import COMPOSED, Comparison, Entry
from models.dataset import Dataset
from models.datasets import get_dataset, offered
from models.devices import Device
from models.encoding import DEFAULT_VOCABULARY, SIDES, TextEncoding
from models.hyperparameters import Choice, Hyperparameter, Named, Rate
from models.memory_texts import MAX_STEPS, MIN_STEPS, memory_dataset
from models.memory_texts import TITLE as MEMORY_TITLE
from models.named_stacks import NamedStack, named_stacks
from models.next_word import MAX_EXAMPLES
from models.paired_difference import MAX_SEEDS
from models.spec import OPTIMIZERS, Training
from models.stack_domain import StackText
from models.stack_parser import MAX_CHARACTERS
from models.stack_text import StackError
from models.tasks import CLASSIFICATION, DEFAULT_LENGTHS, NEXT_WORD, TITLES

DEFAULT_LINE_UP = {
    CLASSIFICATION: ("flatten", "conv1d", "gru", "lstm"),
    NEXT_WORD: ("next_word_simple_rnn", "next_word_gru", "next_word_lstm", "next_word_conv1d"),
}
BATCH_SIZES = (16, 32, 64, 128, 256, 512, 1_024, 2_048)
LEARNING_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
EXAMPLES_HELP = {
    CLASSIFICATION: "Fewer overfit more.",
    NEXT_WORD: f"Words to be predicted: at most {MAX_EXAMPLES['train']:,}, and {MAX_EXAMPLES['test']:,} each to "
    "validate and to test. The vocabulary is made from all training texts.",
}
TRAIN_EXAMPLES = ("all", "1,000", "2,000", "2,500", "5,000", "10,000", "20,000", "50,000")
MAX_VARIANTS = 4
DISAGREEMENT_VIEWS = CONTESTED, AGREEMENT, CONFUSION, CALIBRATION = (
    "Contested texts",
    "Agreement",
    "Confusion",
    "Calibration",
)
MEMORY = "memory"
"""Stands for all memory tests where a dataset is chosen; the steps are chosen after it."""
VOCABULARY_HELP = {
    "words": "The most frequent words of the training reviews; all others become one token, <OOV>.",
    "subwords": "Characters, and the pieces that byte-pair encoding makes of them: the most frequent pair in the "
    "training reviews becomes one piece, until there are so many. Only unseen characters become <OOV>.",
}
LENGTH_HELP = {
    CLASSIFICATION: "Shorter reviews are padded to this length, longer ones are cut. Recurrent layers take time in "
    "proportion to it.",
    NEXT_WORD: "How many of the words before are read, within the sentence; where there are fewer, zeros stand at the "
    "start.",
}
VOCABULARY_RANGE = (10, 100_000)
RANGES = dict.fromkeys(links.VOCABULARY_KEYS.values(), VOCABULARY_RANGE) | {
    **dict.fromkeys(links.LENGTH_KEYS.values(), (5, 2_000)),
    "epochs": (1, 200),
    "seeds": (1, MAX_SEEDS),
    "param_budget": (100, 100_000_000),
    "time_budget": (0.1, 1_000_000.0),
    "accuracy_budget": (0.0, 100.0),
    "steps": (MIN_STEPS, MAX_STEPS),
    **curve_options.RANGES,
}


def choose_task() -> str:
    with st.sidebar:
        return st.selectbox(
            "Task", list(TITLES), format_func=TITLES.get, key="task", bind="query-params",
            help="Tell the class of a text, or continue it: every sentence is cut into its beginnings, and the word "
            "that comes next is to be found among all words of the vocabulary.",
        )  # fmt: skip


def choose_data(task: str = CLASSIFICATION) -> dict:
    """What is read and how it becomes numbers, as arguments for Comparison."""
    with st.sidebar:
        st.subheader("Data")
        dataset = _choose_dataset(task)
        st.caption(dataset.description)
        examples = st.selectbox(
            "Training examples", TRAIN_EXAMPLES, key="examples", bind="query-params", help=EXAMPLES_HELP[task]
        )
        st.subheader("Text encoding")
        encoding = dataset.encoding or _choose_encoding(task)
        if dataset.encoding:
            st.caption(
                f"Not to be chosen here: each text is read whole, word by word, all {encoding.length:,} of them, with "
                "no padding."
            )
    return {
        "dataset_name": dataset.name,
        "train_examples": None if examples == "all" else _number(examples),
        "encoding": encoding,
    }


def _choose_dataset(task: str) -> Dataset:
    titles = {name: dataset.title for name, dataset in offered().items()}
    if task == CLASSIFICATION:
        titles[MEMORY] = MEMORY_TITLE
    name = st.selectbox("Dataset", list(titles), format_func=titles.get, key="dataset", bind="query-params")
    if name != MEMORY:
        return get_dataset(name)
    steps = st.slider(
        "Steps back", MIN_STEPS, MAX_STEPS, 20, key="steps", bind="query-params",
        help="How many words stand on either side of the one that decides.",
    )  # fmt: skip
    return memory_dataset(int(steps))


def _choose_encoding(task: str) -> TextEncoding:
    tokenizer = st.segmented_control(
        "Tokens", list(DEFAULT_VOCABULARY), default="words", required=True, key="tokens", bind="query-params",
        help="Words: punctuation is dropped, and a rare word is unknown. Subwords: a rare word is put together "
        "from frequent pieces, and punctuation is kept, so that fewer words fit into the same length.",
    )  # fmt: skip
    vocabulary = st.number_input(
        "Vocabulary", *VOCABULARY_RANGE, DEFAULT_VOCABULARY[tokenizer], 500, key=links.VOCABULARY_KEYS[tokenizer],
        bind="query-params", help=VOCABULARY_HELP[tokenizer],
    )  # fmt: skip
    length = st.number_input(
        "Length in tokens", *RANGES["length"], DEFAULT_LENGTHS[task], 10, key=links.LENGTH_KEYS[task],
        bind="query-params", help=LENGTH_HELP[task],
    )  # fmt: skip
    if task == NEXT_WORD:
        pad = cut = "pre"  # what stands right before the word must be there
    else:
        pad = _side("Pad", "pad", "Where zeros are added to short reviews.")
        cut = _side("Cut", "cut", "Where words of long reviews are dropped.")
    return TextEncoding(int(vocabulary), int(length), pad, cut, tokenizer)


def sidebar(task: str) -> dict:
    """The settings that all runs of the comparison share, as arguments for Comparison."""
    data = choose_data(task)
    with st.sidebar:
        st.subheader("Training")
        epochs = st.number_input("Epochs", *RANGES["epochs"], 5, key="epochs", bind="query-params")
        seeds = st.number_input(
            "Seeds", *RANGES["seeds"], 3, key="seeds", bind="query-params",
            help="Each architecture is trained once for each seed, because results swing with the random "
            "initialisation. The spread over seeds is shown everywhere.",
        )  # fmt: skip
        batch = st.selectbox("Batch size", BATCH_SIZES, BATCH_SIZES.index(128), key="batch", bind="query-params")
        rate = st.selectbox(
            "Learning rate", LEARNING_RATES, LEARNING_RATES.index(0.001), key="rate", bind="query-params"
        )
        optimizer = st.selectbox("Optimizer", OPTIMIZERS, key="optimizer", bind="query-params")
    return data | {
        "training": {"optimizer": optimizer, "learning_rate": rate, "batch_size": batch},
        "epochs": int(epochs),
        "num_seeds": int(seeds),
    }


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _side(label: str, key: str, help: str) -> str:
    return st.segmented_control(
        label,
        SIDES,
        default="post",
        required=True,
        format_func=links.SIDE_NAMES.get,
        key=key,
        bind="query-params",
        help=help,
    )


def choose_device(devices: Sequence[Device]) -> Device:
    """Asks only where there is a choice; the best device comes first."""
    if len(devices) == 1:
        return devices[0]
    lanes = {device.lane: device for device in devices}
    with st.sidebar:
        lane = st.selectbox(
            "Device",
            list(lanes),
            format_func=lambda lane: f"{lanes[lane].name}, {lane}",
            key="device",
            bind="query-params",
        )
    return lanes[lane]


def choose_architectures(
    task: str, default: Sequence[str] | None = None, key: str | None = None
) -> list[Architecture | NamedStack]:
    models = _models(task)
    names = st.pills(
        "Architectures",
        list(models),
        selection_mode="multi",
        default=list(default or DEFAULT_LINE_UP[task]),
        format_func=lambda name: models[name].title,
        key=key or links.MODELS_KEYS[task],
        bind="query-params",
    )
    return [models[name] for name in models if name in names]


def _models(task: str) -> dict[str, Architecture | NamedStack]:
    """What can be chosen, and the stacks with names among what they are composed for."""
    stacks = named_stacks() if task == get_architecture(COMPOSED).task else []
    named = {name: architecture for name, architecture in ARCHITECTURES.items() if architecture.task == task}
    return named | {stack.title: stack for stack in stacks}


def plain_entry(architecture: Architecture | NamedStack) -> Entry:
    """With the defaults of its hyperparameters."""
    is_named = isinstance(architecture, NamedStack)
    return Entry(COMPOSED, {"stack": architecture.text}) if is_named else Entry(architecture.name)


def choose_variants(architecture: Architecture | NamedStack) -> list[Entry]:
    """Fields for the hyperparameters, one row a variant. A stack with a name is what it is."""
    if isinstance(architecture, NamedStack):
        return [plain_entry(architecture)]
    entries, variant = [], 1
    while True:
        prefix = architecture.name if variant == 1 else f"{architecture.name}.{variant}"
        # A stack takes the whole line.
        places = st.columns(1) if architecture.name == COMPOSED else _fields(len(architecture.hyperparameters))
        values, implied = {}, {}
        for place, parameter in zip(places, architecture.hyperparameters.values(), strict=False):
            with place:
                name, key = parameter.name, f"{prefix}.{parameter.name}"
                values[name] = _fixed(parameter, implied[name], key) if name in implied else _choose(parameter, key)
            if isinstance(parameter.domain, Named):
                implied |= parameter.domain.implies(values[name])
        if None not in values.values():
            entry = Entry(architecture.name, values, variant)
            if entry.label in {earlier.label for earlier in entries}:
                st.caption(f"Variant {variant} is the same as one above: change a value, and it is compared.")
            entries.append(entry)
        if variant == MAX_VARIANTS or not st.checkbox(
            "Compare with another variant", key=f"{prefix}.and", bind="query-params"
        ):
            return entries
        variant += 1


def _fields(number: int) -> list[DeltaGenerator]:
    """A place for each of so many fields, side by side; more than six would be too narrow, and stand in two rows."""
    if number <= 6:
        return st.columns(max(4, number), vertical_alignment="bottom")
    return [place for _ in range(2) for place in st.columns(-(-number // 2), vertical_alignment="bottom")]


def _fixed(parameter: Hyperparameter, value: int, key: str) -> int:
    """A field that shows the one value there is."""
    label = parameter.name.replace("_", " ").capitalize()
    st.number_input(label, value=value, disabled=True, key=f"{key} {value}", help="As the chosen vectors have it.")
    return value


def _choose(parameter: Hyperparameter, key: str) -> int | float | str | None:
    """A list of words or names, a stack as text, or a number field with steps of 1 or 0.05. None for what cannot be."""
    label, domain = parameter.name.replace("_", " ").capitalize(), parameter.domain
    if isinstance(domain, Named):
        names = list(domain.titles())
        return st.selectbox(
            label, names, names.index(parameter.default), format_func=domain.title, key=key, bind="query-params",
            help=domain.help,
        )  # fmt: skip
    if isinstance(domain, Choice):
        default = domain.options.index(parameter.default)
        return st.selectbox(label, domain.options, default, key=key, bind="query-params", help=domain.help)
    if isinstance(domain, StackText):
        return _stack(domain, label, parameter.default, key)
    is_rate = isinstance(domain, Rate)
    value = st.number_input(
        label,
        domain.minimum,
        domain.maximum,
        parameter.default,
        step=0.05 if is_rate else 1,
        format="%.2f" if is_rate else None,
        key=key,
        bind="query-params",
        help=domain.help,
    )
    return round(value, 2)  # as it is shown: more digits can be typed, and steps add up to 0.15000000000000002


def _stack(domain: StackText, label: str, default: str, key: str) -> str | None:
    """The stack that is typed; what is none is explained."""
    text = st.text_input(label, default, key=key, bind="query-params", help=domain.help, max_chars=MAX_CHARACTERS)
    try:
        return domain.check(label, text)
    except StackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def distinct(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries with different labels; a variant equal to an earlier one says nothing new."""
    return tuple({entry.label: entry for entry in reversed(list(entries))}.values())[::-1]


def make_comparison(shared: dict, entries: Iterable[Entry], engine: str) -> Comparison:
    training = Training(**shared["training"], engine=engine)
    return Comparison(**shared | {"training": training, "entries": distinct(entries)})


def url_choices() -> dict[str, Sequence[str]]:
    """What each key of Compare's address may say."""
    return {
        "dataset": [*(dataset.title for dataset in offered().values()), MEMORY_TITLE],
        "task": list(TITLES.values()),
        **{key: titles(task) for task, key in links.MODELS_KEYS.items()},
        **curve_options.CHOICES,
        **cost_options.CHOICES,
        "examples": TRAIN_EXAMPLES,
        "tokens": list(DEFAULT_VOCABULARY),
        "pad": list(links.SIDE_NAMES.values()),
        "cut": list(links.SIDE_NAMES.values()),
        "batch": [str(size) for size in BATCH_SIZES],
        "rate": [str(rate) for rate in LEARNING_RATES],
        "optimizer": OPTIMIZERS,
        **board_options.url_choices(),
        "disagreement": DISAGREEMENT_VIEWS,
        "budget": BUDGETS,
    } | links.hyperparameter_choices(MAX_VARIANTS)


def titles(task: str) -> list[str]:
    return [each.title for each in _models(task).values()]


def url_ranges() -> dict[str, tuple[float, float]]:
    return RANGES | board_options.RANGES | links.hyperparameter_ranges(MAX_VARIANTS)


def show_url_problems(page: str, choices: Mapping[str, Sequence[str]], ranges: Mapping) -> None:
    """What this session's link to ``page`` asked for in vain, until it is dismissed. Call it before any widget."""
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if found := st.session_state.setdefault(f"url_problems of {page}", links.problems(query, choices, ranges)):
        say, act = st.columns([4, 1], vertical_alignment="center")
        say.warning("  \n".join(map(plain, found)), icon=":material/link_off:")
        act.button("Dismiss", on_click=found.clear, width="stretch")
