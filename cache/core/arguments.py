"""The parser of all commands and runners."""

import argparse
import re
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, without the list of all options."""

    def error(self, message: str) -> NoReturn:
        # Quotation marks are replaced, apostrophes are not.
        message = re.sub(r"(?<!\w)'([^']*)'(?!\w)", r"“\1”", message.removeprefix("argument ").rstrip("."))
        self.exit(2, f"{message[:1].upper()}{message[1:]}; see “{self.prog} --help”.\n")
