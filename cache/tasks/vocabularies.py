"""Making vocabularies in a process of its own: ``python -m cache.tasks.vocabularies DATASET --subwords 8000``.

Reading the texts takes seconds and TensorFlow's libraries, neither of which a page can have.
"""

import argparse
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from cache.core.access import require_writable
from cache.core.paths import cache_root
from cache.core.processes import start_detached
from cache.store.store import RunStore
from models.data.datasets import get_dataset, load_user_datasets
from models.encoded.encoded import fit_tokenizers
from models.text.encoding import VERSIONS, TextEncoding


class Tokenizing:
    """A process that makes vocabularies. If it is lost sight of, nothing is lost: what it makes is there in the end.

    Raises CacheReadOnly.
    """

    def __init__(
        self, store: RunStore, dataset: str, train_examples: int | None, encodings: Iterable[TextEncoding]
    ) -> None:
        store.db.require_writable()
        arguments = [dataset, "--cache", str(store.root)]
        if train_examples is not None:
            arguments += ["--examples", str(train_examples)]
        for encoding in encodings:
            arguments += [f"--{encoding.tokenizer}", str(encoding.vocabulary_size)]
        self._log = store.root / "logs" / "tokenizing.log"
        self._process = start_detached("cache.tasks.vocabularies", *arguments, log=self._log)
        self._began = time.monotonic()
        threading.Thread(target=self._process.wait, daemon=True).start()  # so that no zombie stays when it ends

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def failure(self) -> str | None:
        """Its last words, if it ended with an error."""
        if not self._process.poll():
            return None
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.tasks.vocabularies", description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    parser.add_argument("--examples", type=int, help="from the first so many training examples only")
    for tokenizer in VERSIONS:
        parser.add_argument(f"--{tokenizer}", type=int, metavar="N", help=f"make a vocabulary of N {tokenizer}")
    options = parser.parse_args()
    load_user_datasets(options.cache)
    sizes = {tokenizer: getattr(options, tokenizer) for tokenizer in VERSIONS}
    try:
        require_writable(options.cache)
        encodings = [TextEncoding(size, tokenizer=tokenizer) for tokenizer, size in sizes.items() if size is not None]
        fit_tokenizers(get_dataset(options.dataset), options.examples, encodings, options.cache, print)
    except (OSError, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
