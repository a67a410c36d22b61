"""The command line: the commands, their arguments, and their help."""

import argparse
from pathlib import Path

from cache.browsing.listing import CURRENT, STATUS_FILTERS
from cache.browsing.query_help import EXAMPLES as QUERY_EXAMPLES
from cache.browsing.query_help import field_names
from cache.cli import run_commands
from cache.cli.command_line import number, whole_number
from cache.core.arguments import Parser
from cache.core.paths import cache_root
from cache.operations.storage import KINDS
from cache.transfer.exports import FORMATS
from models.architectures import ARCHITECTURES
from models.data.datasets import DATASETS
from models.experiments.engines import default_engine
from models.experiments.spec import BACKENDS, LOOPS, OPTIMIZERS, Training
from models.experiments.studies import STUDIES
from models.tables.data_files import DOUBTS, READERS
from models.tasks import CLASSIFICATION, DEFAULT_LENGTHS, NEXT_WORD
from models.text.encoding import DEFAULT_VOCABULARY, SIDES, TextEncoding

EXAMPLES = """
examples:
  python -m cache train flatten gru lstm --epochs 5 --seeds 3
  python -m cache train lstm --set units=16,32,64 --set embedding_dim=8,16     a sweep: 6 LSTMs
  python -m cache list lstm 'units>=32' state=finished --sort test_accuracy
  python -m cache export --where 'tag=paper' --weights --to paper.zip
  python -m cache import paper.zip
  python -m cache export --where 'tag=paper' --as csv --to paper.csv
  python -m cache rm 12 13
  python -m cache gc leftovers bin
  python -m cache add-dataset mails.csv --text subject --label folder --name "Our mails"
  python -m cache train gru --dataset "Our mails"
  python -m cache add-vectors glove.6B.100d.txt
  python -m cache train transfer --set vectors=glove.6B.100d --set embedding=frozen,trainable
"""
QUERY = f"""
A query is made of words and conditions, which all have to hold. Put it between apostrophes, so that the shell leaves
< > ( ) and quotation marks alone:

{chr(10).join(f"  {query:38} {help_text}" for query, help_text in QUERY_EXAMPLES)}

fields: {field_names()}
"""


def parser() -> argparse.ArgumentParser:
    top = Parser(
        prog="python -m cache",
        description="Train, list, show, export, import and delete cached runs. A cached run is not trained again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache (default: %(default)s)")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    _add_train(commands.add_parser("train", help="train a line-up, or a sweep over hyperparameters"))

    studies = commands.add_parser("study", help="train the comparisons that answer the questions on Home")
    studies.add_argument("studies", nargs="*", metavar="study", help=f"of {', '.join(STUDIES)} (default: all)")
    studies.add_argument(
        "--to", type=Path, metavar="FOLDER", help="write a bundle of runs for each study into this folder"
    )
    studies.add_argument("--backend", "--engine", choices=BACKENDS, default=default_engine().backend,
                         help="Keras backend (default: %(default)s)")  # fmt: skip
    _add_waiting(studies)

    listing = commands.add_parser("list", help="list runs, the latest first", epilog=QUERY,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    listing.add_argument("query", nargs="*", help="only runs that match, see below")
    listing.add_argument("--shelf", choices=STATUS_FILTERS, default=CURRENT, help="default: %(default)s")
    listing.add_argument("--sort", default="run", metavar="FIELD", help="highest first (default: %(default)s)")
    listing.add_argument("--ascending", action="store_true", help="lowest first")
    listing.add_argument("--limit", type=whole_number, default=50, help="at most this many runs (default: %(default)s)")

    show = commands.add_parser("show", help="show all that is known about one run")
    show.add_argument("run", type=whole_number, help="its number in the list")

    for name, help_text in (
        ("cancel", "take runs out of the queue, or stop them"),
        ("retry", "queue failed and cancelled runs again"),
        ("restore", "take runs out of the bin"),
    ):
        commands.add_parser(name, help=help_text).add_argument("runs", nargs="+", type=whole_number, metavar="run")

    remove = commands.add_parser("rm", help="put runs into the bin, from which restore brings them back")
    _add_selection(remove)
    remove.add_argument("--for-good", action="store_true", help="delete them with their files; this cannot be undone")

    export = commands.add_parser("export", help="write runs to a file, to be imported elsewhere or read by other tools")
    _add_selection(export)
    export.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file that ends in .zip; a name "
                        "that ends in .csv or .parquet gets the table of runs alone")  # fmt: skip
    export.add_argument("--as", dest="kind", choices=(run_commands.BUNDLE, *FORMATS), default=run_commands.BUNDLE,
                        help="bundles can be imported; all else is for other tools (default: %(default)s)")  # fmt: skip
    export.add_argument("--weights", action="store_true", help="put the best weights into the bundle")

    load = commands.add_parser("import", help="add the runs of bundles; a damaged bundle is refused as a whole")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE.zip")

    commands.add_parser("datasets", help="list the datasets that can be trained on or downloaded")
    get = commands.add_parser("download", help="download one of these datasets, which takes minutes")
    get.add_argument("dataset", help="name or title, as the command datasets lists them")
    add = commands.add_parser("add-dataset", help="make a CSV, TSV, JSON or Parquet file a dataset of your own")
    add.add_argument("file", type=Path, help=f"a file ending in {', '.join(READERS)}")
    add.add_argument("--text", metavar="COLUMN", help="column of the texts (default: the one with the longest)")
    add.add_argument("--label", metavar="COLUMN", help="column of the labels (default: guessed)")
    add.add_argument("--no-labels", action="store_true", help="texts alone, to predict their words")
    add.add_argument("--name", help="how to call it (default: the file's name)")
    add.add_argument("--join-spellings", action="store_true",
                     help="make one class of labels that differ in spelling only, such as True and true")  # fmt: skip
    for name, (meanings, subject) in DOUBTS.items():
        help_text = "; ".join(f"{answer}: {meaning}" for answer, meaning in meanings.items())
        add.add_argument(f"--{name}", choices=list(meanings), help=f"{subject}: {help_text} (default: guessed)")
    drop = commands.add_parser("rm-dataset", help="delete a dataset of your own for good; its runs stay")
    drop.add_argument("name", help="name or title, as the command datasets lists them")

    commands.add_parser("vectors", help="list the word vectors that were added")
    bring = commands.add_parser("add-vectors", help="add a text file of word vectors such as GloVe's, packed or not")
    bring.add_argument("file", type=Path, help="each line a word and its numbers; may be packed as .gz or .zip")
    bring.add_argument("--name", help="how to call them (default: the file's name)")
    lose = commands.add_parser("rm-vectors", help="delete word vectors for good; their runs stay")
    lose.add_argument("name", help="name or title, as the command vectors lists them")

    health = commands.add_parser("health", help="check that the cache works; the exit status is 1 if not")
    health.add_argument("--files", action="store_true", help="also read all files of all runs, and compare checksums")
    save = commands.add_parser("backup", help="write the whole cache to one tar file, also while it is in use")
    save.add_argument("file", type=Path, metavar="FILE.tar")
    save.add_argument(
        "--replace", action="store_true", help="replace a file that exists, unless files of runs are damaged now"
    )
    bring_back = commands.add_parser(
        "restore-backup", help="make a cache from a backup (restore takes runs out of the bin)"
    )
    bring_back.add_argument("file", type=Path, metavar="FILE.tar")
    bring_back.add_argument("--to", type=Path, help="a folder that is missing or empty (default: that of --cache)")

    collect = commands.add_parser("gc", help="list what can be freed, and free the kinds that are named")
    collect.add_argument("kinds", nargs="*", metavar="kind", help=f"of {', '.join(KINDS)} (default: list only)")

    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="print JSON instead of text")
    return top


def _add_train(train: argparse.ArgumentParser) -> None:
    train.add_argument("architectures", nargs="+", metavar="architecture",
                       help=f"one or more of: {', '.join(ARCHITECTURES)}")  # fmt: skip
    train.add_argument("--set", action="append", default=[], metavar="NAME=VALUE[,VALUE…]", dest="sweep",
                       help="a hyperparameter; several values make a sweep")  # fmt: skip
    train.add_argument("--dataset", default="imdb",
                       help=f"{', '.join(DATASETS)}, memory_20 for the memory test 20 steps back (or memory_recall_20, "
                       "memory_order_20), or one of your own, by name or title (default: %(default)s)")  # fmt: skip
    train.add_argument("--examples", type=whole_number, help="train on so many texts, or words to predict, only")
    encoding, training = TextEncoding(), Training()
    train.add_argument("--tokenizer", choices=list(DEFAULT_VOCABULARY), default=encoding.tokenizer,
                       help="what a token is (default: %(default)s)")  # fmt: skip
    sizes = " or ".join(f"{size} {tokenizer}" for tokenizer, size in DEFAULT_VOCABULARY.items())
    train.add_argument("--vocabulary", type=whole_number, help=f"default: {sizes}")
    lengths = f"{DEFAULT_LENGTHS[CLASSIFICATION]}, or {DEFAULT_LENGTHS[NEXT_WORD]} before a word"
    train.add_argument("--length", type=whole_number, help=f"tokens that are read of a text (default: {lengths})")
    train.add_argument("--padding", choices=SIDES, default=encoding.padding, help="default: %(default)s")
    train.add_argument("--truncating", choices=SIDES, default=encoding.truncating, help="default: %(default)s")
    train.add_argument("--epochs", type=whole_number, default=5, help="default: %(default)s")
    train.add_argument("--seeds", type=whole_number, default=3, help="number of seeds (default: %(default)s)")
    train.add_argument("--batch-size", type=whole_number, default=training.batch_size, help="default: %(default)s")
    train.add_argument("--learning-rate", type=number, default=training.learning_rate, help="default: %(default)s")
    train.add_argument("--optimizer", choices=OPTIMIZERS, default=training.optimizer, help="default: %(default)s")
    train.add_argument(
        "--backend",
        "--engine",
        choices=BACKENDS,
        default=default_engine().backend,
        help="Keras backend (default: %(default)s)",
    )
    train.add_argument("--loop", choices=LOOPS, default=training.loop, help="how JAX trains an epoch: batch by batch, "
                       "or whole, as one compiled program, which should be faster for small models "
                       "(default: %(default)s)")  # fmt: skip
    train.add_argument("--keep-weights", action="store_true", help="of the runs that are trained, keep the weights "
                       "after epochs 1, 2, 3, 5, 10, 20 and so on, for the page Inside")  # fmt: skip
    train.add_argument("--together", action="store_true", help="train several runs at once, as many as fit: sooner "
                       "done, with the same accuracies, but their seconds are marked as shared and never "
                       "compared")  # fmt: skip
    _add_waiting(train)


def _add_waiting(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", help='"cpu", "gpu:0", … (default: the best one)')
    command.add_argument("--no-wait", action="store_true", help="queue the runs and return")


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument("runs", nargs="*", type=whole_number, metavar="run", help="numbers of runs")
    command.add_argument("--where", metavar="QUERY", help="runs that match a query, as in list")
