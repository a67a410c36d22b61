"""The steps of the guided tour: the question of each, a note for the teacher, and where to see more.

The answers are not written here, but measured: see ``tour_answers``.
"""

from dataclasses import dataclass, field

NUMBERS, PARAMETERS, RANKING, SECONDS, OVERFITTING = "numbers", "parameters", "ranking", "seconds", "overfitting"
LAYERS, MEMORY, VOCABULARY, EXAMPLES, CHOICE = "layers", "memory", "vocabulary", "examples", "choice"
TRAIN = "train"


@dataclass(frozen=True)
class Step:
    """A step of the tour. ``study`` names the study whose runs are shown. ``page``, with ``query`` in its URL, shows
    more.

    An ``optional`` step is not part of the lesson's 20 minutes.
    """

    name: str
    title: str
    question: str
    minutes: int
    study: str
    note: str
    more: str
    page: str = "compare"
    query: dict[str, str] = field(default_factory=dict)
    optional: bool = False


STEPS = (
    Step(
        NUMBERS,
        "Text becomes numbers",
        "How many numbers does the model read?",
        2,
        "line_up",
        "A network can only calculate; it cannot read. So each of the most frequent words in the training texts gets a "
        "number. All other words share one number. A batch of texts is a table, so all texts must have the same "
        "length: short texts are filled up, long texts are cut.\n\n"
        "Let the students type a sentence, with a name or an invented word. Ask what gets lost: capital letters, "
        "punctuation, rare words, and everything after the cut.",
        "The same sentence as words and as subwords",
        query={"tokens_open": "true"},
    ),
    Step(
        PARAMETERS,
        "Parameters are arithmetic",
        "Which layer has more parameters: an LSTM, or a GRU of the same size?",
        2,
        "line_up",
        "A gate is a small dense layer. It reads the word (m numbers) and the state (n numbers), returns n "
        "numbers, and has its own biases. An LSTM has four gates, a GRU has three. Each layer exists twice, "
        "because one copy reads the text backwards.\n\n"
        "Then show where most parameters are: in the embedding, which has one row per word. The recurrent layers, "
        "which get most of the attention, are the smaller part.",
        "Layers, shapes and formulas of all four",
        query={"details_open": "true"},
    ),
    Step(
        RANKING,
        "Which is right most often?",
        "Which of the four models will be right most often?",
        3,
        "line_up",
        "Let the students vote for an order, and ask one of them for the reason. Flatten sees each position "
        "separately. Conv1D sees patterns of five words. GRU and LSTM read the whole text in both directions.\n\n"
        "Single words often show whether a review is positive, so the four may be close together. If the runs "
        "cannot tell two models apart, no guess about this pair is wrong. That is a result, too. How many seeds "
        "would you need to tell them apart?",
        "Verdict, leaderboard and curves of the four",
    ),
    Step(
        SECONDS,
        "What does it cost?",
        "How much longer does an epoch take with the LSTM than with Flatten?",
        2,
        "line_up",
        "A recurrent layer must finish one word before it can start the next. The other layers compute all "
        "positions at once, and processors are good at that. All four models have nearly the same number of "
        "parameters, so the parameters do not explain the difference.\n\n"
        "Point out the device in the text below the chart. On a GPU the same comparison may give another result.",
        "The seconds of every epoch, the first one too",
    ),
    Step(
        OVERFITTING,
        "Which model memorises?",
        "Which of the four models overfits most?",
        2,
        "line_up",
        "Training accuracy is measured on texts that the model has seen, validation accuracy on texts that it has "
        "not. The gap between them shows what the model memorised. Open the link below the chart to see the "
        "curves, and ask at which epoch each model should have stopped.\n\n"
        "Training too long does no harm here: the weights of the best validation epoch are kept, and the test "
        "texts are scored with them.",
        "The curves, and overfitting in words",
    ),
    Step(
        LAYERS,
        "One layer or two?",
        "Which validation curve goes up and down most?",
        2,
        "layers",
        "A published result says: with one layer the curve has sharp drops, and a second layer makes it smoother. "
        "The published pair differs in more than depth. So there is a third model with two layers, in which "
        "everything else is as in the first.\n\n"
        "Ask what a fair comparison is, and whether the second layer is worth its seconds.",
        "The three models, with parameters and seconds",
    ),
    Step(
        MEMORY,
        "How far back does it remember?",
        "How many steps back can SimpleRNN remember two words and their order?",
        2,
        "memory",
        "The texts are generated: random words, and two words that decide the class by their order. Each stands "
        "after the word “remember”; the same two words also stand elsewhere, where they do not count. So a model must "
        "choose what to keep, and must not overwrite it. In a recurrent layer the gradient is multiplied at every "
        "step back, and soon almost nothing is left of it. The gates of LSTM and GRU were invented to keep it. That "
        "is the theory. The chart shows what was learned in 10 epochs, and that may be different.\n\n"
        "Compare the tests: with one word to remember and nothing to confuse it with, the order of the models is "
        "another one. Ask what that says about claims such as “SimpleRNN forgets”.",
        "Other tests, distances and architectures",
        page="memory",
    ),
    Step(
        VOCABULARY,
        "Does the vocabulary matter?",
        "How much accuracy does the LSTM lose with the smallest vocabulary?",
        2,
        "vocabulary",
        "With a smaller vocabulary the embedding is much smaller, and more words are unknown. Which words get lost: "
        "“the”, or “unwatchable”? Let the students compare the lost accuracy with the saved parameters.",
        "LSTM with its usual vocabulary and with a small one",
    ),
    Step(
        EXAMPLES,
        "How many texts does it need?",
        "How much accuracy does the GRU lose with the fewest training texts?",
        1,
        "examples",
        "More training texts are often the surest way to a better model, and the most expensive one. Compare the "
        "distance between the lines on the left and on the right: which architecture needs many texts most?",
        "The four models with few texts",
    ),
    Step(
        CHOICE,
        "What would you choose?",
        "You may train one of the four models. Which one is worth its seconds?",
        2,
        "line_up",
        "There is no best model for everything. A model is a good choice if no other model is both as quick and as "
        "accurate. Let one student argue for a phone, another for a competition, a third for a first try.\n\n"
        "End with what the lesson did not ask: other data, longer texts, tuning. You can ask all of it on Compare.",
        "The whole comparison, on slides",
        page="present",
    ),
    Step(
        TRAIN,
        "Train it yourselves",
        "Now train two models yourselves. Where will your results be?",
        3,
        "line_up",
        "This step is optional. It really trains Flatten and Conv1D on the IMDB reviews, with a seed that the "
        "cache does not have. First ask the students: will the new dots be among the old ones, or outside? Then "
        "press the button. The models load for some seconds; then the curves grow epoch by epoch.\n\n"
        "At the end compare the new dots with the old ones. Only the seed is different, so the distance between "
        "the dots is what chance does. A difference between two models counts only if it is larger than that.",
        "These runs and the others",
        optional=True,
    ),
)
NAMES = tuple(step.name for step in STEPS)


def minutes_left(number: int) -> int:
    """Minutes from the start of a step, from 0, to the end of the lesson; for an optional step its own minutes."""
    return sum(step.minutes for step in STEPS[number:] if not step.optional) or STEPS[number].minutes
