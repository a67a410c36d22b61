"""The numbers of seeds at which results are read, so that repeated looks with more seeds do not turn chance into a
finding.

Looking after every seed until two architectures differ finds a difference sooner or later, even between equal ones. So
there are a few looks, fixed beforehand, and each has its share of the 5%. Then all of them together keep it, however
their results depend on each other (Bonferroni).

Sources: Armitage, McPherson & Rowe (1969), Repeated significance tests on accumulating data,
https://doi.org/10.2307/2343787; Pocock (1977), Group sequential methods in the design and analysis of clinical trials,
https://doi.org/10.1093/biomet/64.2.191
"""

LOOKS = (3, 5, 10, 20, 40)
"""Numbers of seeds."""
LEVEL = 0.95


def latest_look(num_seeds: int) -> int:
    """Return the look at which so many seeds are read, from the first of them; 0 before the first look."""
    return max((look for look in LOOKS if look <= num_seeds), default=0)


def next_look(num_seeds: int) -> int | None:
    """Return the number of seeds of the next look; None after the last one."""
    return next((look for look in LOOKS if look > num_seeds), None)


def bonferroni_level(num_intervals: int) -> float:
    """Return the level of each of several intervals at each look, so that all together have ``LEVEL`` at all looks."""
    return 1 - (1 - LEVEL) / (max(1, num_intervals) * len(LOOKS))


def in_words() -> str:
    """List the looks: "3, 5, 10, 20 and 40"."""
    return f"{', '.join(map(str, LOOKS[:-1]))} and {LOOKS[-1]}"
