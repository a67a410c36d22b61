import pytest

from cache.cli.output import as_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.00005, "0.00005"),
        (0.001, "0.001"),
        (0.00123456, "0.001235"),
        (0.8, "0.8000"),
        (14.27123, "14.2712"),
        (0.0, "0.0"),
        (-2e-7, "-0.0000002"),
        (float("nan"), "nan"),
        (None, "–"),
        (3, "3"),
    ],
)
def test_figures_of_any_size_can_be_read(value, expected):
    assert as_text({"figure": value}) == f"figure: {expected}"
    assert as_text({"curve": [{"loss": value}]}) == f"curve: \n  loss {expected}"
    assert as_text([{"figure": value, "run": 1}]).splitlines()[-1].split() == ([] if value is None else [expected]) + [
        "1"
    ]
