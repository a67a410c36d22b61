"""The comparison of each task before anything is chosen. Compare's widgets start with it, and links leave out its
values.
"""

from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.tasks import CLASSIFICATION, DEFAULT_LENGTHS, NEXT_WORD
from models.text.encoding import TextEncoding

LINE_UPS = {
    CLASSIFICATION: ("flatten", "conv1d", "gru", "lstm"),
    NEXT_WORD: ("next_word_simple_rnn", "next_word_gru", "next_word_lstm", "next_word_conv1d"),
}
DEFAULTS = {
    task: Comparison(
        "imdb", None, TextEncoding(length=DEFAULT_LENGTHS[task]), Training(), 5, 3, tuple(map(Entry, names))
    )
    for task, names in LINE_UPS.items()
}
