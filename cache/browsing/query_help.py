"""The help on queries, for the page Runs and the command line."""

from cache.browsing.query_fields import fields

EXAMPLES = (
    ("lstm", "runs with “lstm” in their name, note, tags, device, architecture, dataset or settings"),
    ("units>=32 test_accuracy>84%", "both have to hold; also < <= > >= = and !="),
    ("gru or (lstm not units=32)", "“or”, “not” and parentheses"),
    ("seed=0,2", "a comma between alternatives"),
    ('dataset="IMDB reviews"', "quotation marks around what has blanks"),
    ("tag=reference state=finished", "a tag; a state"),
    ("created>2026-01-31 contended=no", "a date; yes or no"),
    ("superseded=yes", "runs that failed or were cancelled and were trained since; other lists leave them out"),
)
"""(query, meaning); each finds some of the reference runs."""


def field_names() -> str:
    return ", ".join(fields())
