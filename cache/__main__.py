"""The run cache from the command line: ``python -m cache --help``."""

import sys

from cache.cli.command_line import run


def main(arguments: list[str] | None = None) -> int:
    from cache.cli import commands  # imported here because it takes a second, in which Ctrl-C may come

    return commands.main(arguments)


if __name__ == "__main__":
    sys.exit(run(main))
