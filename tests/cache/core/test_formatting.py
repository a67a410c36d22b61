import pytest

from cache.core.formatting import megabytes


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (0, "0.0 MB"),
        (0.2, "1 byte"),
        (1, "1 byte"),
        (999.4, "999 bytes"),
        (999.6, "1.0 kB"),
        (50_000, "50.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "0.1 MB"),
        (3.44e6, "3.4 MB"),
        (999.94e6, "999.9 MB"),
        (999.95e6, "1.00 GB"),
        (1_234e9, "1,234.00 GB"),
    ],
)
def test_sizes_have_a_unit_that_shows_them(size_bytes, expected):
    assert megabytes(size_bytes) == expected
