"""Measures Unroll's training beside what somebody would write instead: ``python -m tests.benchmarks.engines``.

Each architecture is trained by Unroll, by bare Keras ``fit`` with each backend, and by plain PyTorch and JAX: the same
layers, arrays and batch, an epoch each in turn, on the best device. Run it with nothing else going on.
"""

import argparse
import json
import os
import sys
import tempfile
from contextlib import nullcontext
from datetime import date
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from models.machine.devices import cpu
from tests.benchmarks.engines.cases import ENCODINGS, ENGINES, best_device, why_skipped
from tests.benchmarks.engines.rounds import measure
from tests.benchmarks.engines.tables import as_text


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.show:
        for file in arguments.show:
            print(as_text(json.loads(file.read_text())))
        return
    device = cpu() if arguments.device == "cpu" else best_device()
    skipped = {name: why_skipped(ENGINES[name], device) for name in arguments.engines}
    engines = [name for name, why in skipped.items() if not why]
    if not engines:
        sys.exit(f"There is nothing to measure: {'; '.join(f'{name}: {why}' for name, why in skipped.items())}.")
    results = {
        "device": device.name,
        "processor": cpu().name,
        "date": date.today().isoformat(),
        "rounds": arguments.rounds,
        "batch_size": arguments.batch,
        "seed": arguments.seed,
        "skipped": {name: why for name, why in skipped.items() if why},
    }
    with nullcontext(arguments.cache) if arguments.cache else tempfile.TemporaryDirectory() as cache:
        for found in measure(
            engines,
            arguments.architectures,
            device,
            Path(cache),
            rounds=arguments.rounds,
            batch_size=arguments.batch,
            examples=arguments.examples,
            seed=arguments.seed,
        ):
            results |= found
            if arguments.json:
                arguments.json.write_text(json.dumps(results, indent=1))
    print(as_text(results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engines", description=__doc__)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES), metavar="NAME",
                        help=f"of {', '.join(ENGINES)} (default: all that are installed)")  # fmt: skip
    parser.add_argument("--architectures", nargs="+", choices=ENCODINGS, default=list(ENCODINGS), metavar="NAME",
                        help=f"of {', '.join(ENCODINGS)} (default: all)")  # fmt: skip
    parser.add_argument("--examples", type=int, help="train on the first so many texts (default: all 20,000)")
    parser.add_argument("--batch", type=int, default=128, help="default: %(default)s; the course has 32")
    parser.add_argument("--rounds", type=int, default=5, help="epochs after the first (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=("best", "cpu"), default="best")
    parser.add_argument("--cache", type=Path, help="a cache whose encoded texts are used (default: encodes them anew)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also writes all that was measured")
    parser.add_argument("--show", type=Path, nargs="+", metavar="FILE", help="only prints the tables of such files")
    return parser


if __name__ == "__main__":
    main()
