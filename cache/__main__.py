"""The run cache from the command line: ``python -m cache --help``."""

import argparse
import json
import sys
from pathlib import Path

from cache import commands
from cache.location import cache_root
from cache.runs import STATES
from cache.schema import CacheTooNew
from cache.store import RunStore
from models.architectures import ARCHITECTURES
from models.datasets import DATASETS
from models.devices import usable_devices
from models.encoding import SIDES, TextEncoding
from models.spec import ENGINES, OPTIMIZERS, Training

EXAMPLES = """
examples:
  python -m cache train flatten gru lstm --epochs 5 --seeds 3
  python -m cache train lstm --set units=16,32,64 --set embedding_dim=8,16     a sweep: 6 LSTMs
  python -m cache list --state finished --json
  python -m cache show 12
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m cache",
        description="Train, list and look at cached runs. What is cached already is not trained again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache (default: %(default)s)")
    commands_ = top.add_subparsers(dest="command", required=True, metavar="command")

    train = commands_.add_parser("train", help="train a line-up, or a sweep over hyperparameters")
    train.add_argument("architectures", nargs="+", choices=list(ARCHITECTURES), metavar="architecture",
                       help=f"one or more of: {', '.join(ARCHITECTURES)}")  # fmt: skip
    train.add_argument("--set", action="append", default=[], metavar="NAME=VALUE[,VALUE…]", dest="sweep",
                       help="a hyperparameter; several values make a sweep")  # fmt: skip
    train.add_argument("--dataset", choices=list(DATASETS), default="imdb", help="default: %(default)s")
    train.add_argument("--examples", type=int, help="train on the first so many examples only")
    encoding, training = TextEncoding(), Training()
    train.add_argument("--vocabulary", type=int, default=encoding.vocabulary_size, help="default: %(default)s")
    train.add_argument("--length", type=int, default=encoding.length, help="tokens of a text (default: %(default)s)")
    train.add_argument("--padding", choices=SIDES, default=encoding.padding, help="default: %(default)s")
    train.add_argument("--truncating", choices=SIDES, default=encoding.truncating, help="default: %(default)s")
    train.add_argument("--epochs", type=int, default=5, help="default: %(default)s")
    train.add_argument("--seeds", type=int, default=3, help="number of seeds (default: %(default)s)")
    train.add_argument("--batch-size", type=int, default=training.batch_size, help="default: %(default)s")
    train.add_argument("--learning-rate", type=float, default=training.learning_rate, help="default: %(default)s")
    train.add_argument("--optimizer", choices=OPTIMIZERS, default=training.optimizer, help="default: %(default)s")
    train.add_argument(
        "--engine", choices=ENGINES, default=training.engine, help="Keras backend (default: %(default)s)"
    )
    train.add_argument("--device", help='"cpu", "gpu:0", … (default: the best one)')
    train.add_argument("--no-wait", action="store_true", help="queue the runs and return")

    listing = commands_.add_parser("list", help="list runs, the latest first")
    listing.add_argument("--state", choices=STATES, help="only runs in this state")
    listing.add_argument("--architecture", choices=list(ARCHITECTURES), help="only runs of this architecture")
    listing.add_argument("--limit", type=int, default=50, help="at most so many (default: %(default)s)")

    show = commands_.add_parser("show", help="show one run whole")
    show.add_argument("run", type=int, help="its number, as list gives it")

    cancel = commands_.add_parser("cancel", help="take runs out of the queue, or stop them")
    cancel.add_argument("runs", nargs="+", type=int, metavar="run", help="their numbers")

    for command in commands_.choices.values():
        command.add_argument("--json", action="store_true", help="print JSON instead of text")
    return top


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        store = RunStore(options.cache)
        rows = {
            "train": lambda: _train(store, options),
            "list": lambda: commands.list_runs(store, options.state, options.architecture, options.limit),
            "show": lambda: commands.show_run(store, options.run),
            "cancel": lambda: commands.cancel_runs(store, options.runs),
        }[options.command]()
    except KeyboardInterrupt:
        print("\nThe runs go on; “python -m cache cancel” stops them.", file=sys.stderr)
        return 130
    except (ValueError, RuntimeError, CacheTooNew, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 1
    print(json.dumps(rows, indent=2) if options.json else commands.as_text(rows))
    failed = options.command == "train" and any(row["state"] == "failed" for row in rows)
    return 1 if failed else 0


def _train(store: RunStore, options: argparse.Namespace) -> list[dict]:
    comparison = commands.comparison(
        options.architectures,
        options.sweep,
        dataset_name=options.dataset,
        train_examples=options.examples,
        encoding=TextEncoding(options.vocabulary, options.length, options.padding, options.truncating),
        training=Training(options.optimizer, options.learning_rate, options.batch_size, options.engine),
        epochs=options.epochs,
        num_seeds=options.seeds,
    )
    lanes = {device.lane: device for device in usable_devices(options.engine)}
    if options.device and options.device not in lanes:
        raise ValueError(f"There is no usable device {options.device!r} here; there are: {', '.join(lanes)}.")
    device = lanes[options.device] if options.device else next(iter(lanes.values()))
    return commands.train(store, comparison, device, wait=not options.no_wait, show_progress=not options.json)


if __name__ == "__main__":
    sys.exit(main())
