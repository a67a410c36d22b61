"""The lesson of the guided tour: what is asked at each step, what a teacher may say, and where to go deeper.

What the answers are is not written here: they are measured, see ``tour_answers``.
"""

from dataclasses import dataclass, field

NUMBERS, PARAMETERS, RANKING, SECONDS, OVERFITTING = "numbers", "parameters", "ranking", "seconds", "overfitting"
LAYERS, MEMORY, VOCABULARY, EXAMPLES, CHOICE = "layers", "memory", "vocabulary", "examples", "choice"


@dataclass(frozen=True)
class Step:
    """``study`` names the one whose runs are shown; ``page`` is where its line-up is opened, with ``query`` besides."""

    name: str
    title: str
    question: str
    minutes: int
    study: str
    say: str
    deeper: str
    page: str = "compare"
    query: dict[str, str] = field(default_factory=dict)


STEPS = (
    Step(
        NUMBERS,
        "Text becomes numbers",
        "How many numbers does the model read?",
        2,
        "line_up",
        "A network multiplies; it cannot read. The most frequent words of the training texts are numbered, a word is "
        "replaced by its number, and all words that are not among them share one. The texts of a batch stand in a "
        "table, so they must be equally long: short ones are filled up, long ones are cut.\n\n"
        "Let the room put in a sentence of its own, with a name or a made-up word. Then ask what is lost: capital "
        "letters, punctuation, rare words, and whatever stands behind the cut.",
        "The same sentence as words and as subwords",
        query={"tokens_open": "true"},
    ),
    Step(
        PARAMETERS,
        "Parameters are arithmetic",
        "Which layer has more parameters: an LSTM, or a GRU of the same size?",
        2,
        "line_up",
        "A gate is a small dense layer: it reads the word (m numbers) and the state (n numbers), gives n numbers, and "
        "has its biases. An LSTM has four of them, a GRU three. Each is there twice, as one copy reads backwards.\n\n"
        "Then show where most parameters are: in the embedding, a row for each word. The layers that everybody talks "
        "about are the smaller part.",
        "Layers, shapes and formulas of all four",
        query={"details_open": "true"},
    ),
    Step(
        RANKING,
        "Which is right most often?",
        "Which of the four will be right most often?",
        3,
        "line_up",
        "Have the room vote for an order, and ask somebody for the reason. Flatten sees every place by itself, Conv1D "
        "patterns of five words, GRU and LSTM read the whole text in both directions.\n\n"
        "Whether a film is praised can mostly be told from its words alone, so the four may lie close together. Where "
        "the runs cannot tell two apart, nobody guessed wrong: that is an answer, too. How many seeds would it take?",
        "Verdict, leaderboard and curves of the four",
    ),
    Step(
        SECONDS,
        "What does it cost?",
        "How much longer than with Flatten does an epoch take with the LSTM?",
        2,
        "line_up",
        "A recurrent layer has to finish a word before it can begin the next; the others do all places at once, which "
        "is what processors are good at. The counts of parameters are nearly equal, so they do not explain it.\n\n"
        "Mind the device that is named: on a GPU the same comparison may come out otherwise.",
        "Every epoch's seconds, and what the first one takes",
    ),
    Step(
        OVERFITTING,
        "Who learns by heart?",
        "Which of the four overfits most?",
        2,
        "line_up",
        "Training accuracy is on texts that the model has seen, validation accuracy on texts that it has not. What "
        "stands between them was learnt by heart. Let the room say at which epoch each should have stopped.\n\n"
        "Nothing is lost here by training too long: the weights of the best validation epoch are kept, and the test "
        "texts are scored with those.",
        "Overfitting read in words, with its thresholds",
    ),
    Step(
        LAYERS,
        "One layer or two?",
        "Whose validation curve goes up and down the most?",
        2,
        "layers",
        "It was published that with one layer the curve takes dives, and that a second one smooths it. The pair as "
        "published differs in more than depth, so there is a third: two layers with all else as in the first.\n\n"
        "Ask what a fair comparison is, and whether the second layer is worth its seconds.",
        "The three, with parameters and seconds",
    ),
    Step(
        MEMORY,
        "How far back does it remember?",
        "A word decides the class. How many steps back does SimpleRNN still know it?",
        2,
        "memory",
        "The texts are made up: random words, and one in the middle that decides. In a recurrent layer the gradient is "
        "multiplied at every step back, and soon nothing is left of it; the gates of LSTM and GRU were invented to let "
        "it through. That is the theory; what is seen is what was learnt in so many epochs, and it need not agree.\n\n"
        "Ask why Flatten and Conv1D would have no trouble here.",
        "Other distances and architectures",
        page="memory",
    ),
    Step(
        VOCABULARY,
        "Does the vocabulary matter?",
        "With the smallest vocabulary instead of the largest: how much accuracy does the LSTM lose?",
        2,
        "vocabulary",
        "A smaller vocabulary makes a far smaller embedding, and more words unknown. Which words are lost: “the”, or "
        "“unwatchable”? Let the room weigh the points against the parameters.",
        "LSTM with its usual vocabulary and with a small one",
    ),
    Step(
        EXAMPLES,
        "How many texts does it take?",
        "With the fewest texts instead of all: how much accuracy does the GRU lose?",
        1,
        "examples",
        "More texts are mostly the surest way to a better model, and the dearest. See how far the lines lie apart at "
        "the left and at the right: which architecture needs them most?",
        "The four with few texts",
    ),
    Step(
        CHOICE,
        "What would you choose?",
        "You may train one of the four. Which is worth its seconds?",
        2,
        "line_up",
        "There is no best one, only one that is not beaten: nothing is as quick and as accurate, and better in one "
        "of both. Let somebody defend a choice for a phone, another for a contest, a third for a first try.\n\n"
        "End with what was not asked: other data, longer texts, tuning. All of it can be asked on Compare.",
        "The whole comparison, to be presented",
        page="present",
    ),
)
NAMES = tuple(step.name for step in STEPS)


def minutes_left(number: int) -> int:
    """From the beginning of a step, counted from 0, to the end of the lesson."""
    return sum(step.minutes for step in STEPS[number:])
