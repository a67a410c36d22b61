from dataclasses import replace

import pytest

from cache.cluster import shipping
from cache.cluster.shipping import Damaged, Part, Shipment, files_below, inside, parts_of, ship, unpack, write_part


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(shipping, "PART_BYTES", 10)
    (tmp_path / "here" / "deep").mkdir(parents=True)
    (tmp_path / "here" / "deep" / "long").write_bytes(b"0123456789" * 3 + b"end")
    (tmp_path / "here" / "whole").write_bytes(b"0123456789")
    (tmp_path / "here" / "empty").touch()
    return tmp_path / "here"


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in files_below(folder)}


def test_parts_are_written_in_any_order_and_twice(files, tmp_path):
    parts = [part for path in files_below(files) for part in parts_of(files, path)]
    assert len(parts) == 6
    for part in [*reversed(parts), *parts]:
        write_part(tmp_path / "there", part)
    assert contents(tmp_path / "there") == contents(files)


def test_a_shipment_is_unpacked_whole_or_not_at_all(files, tmp_path):
    shipments = ship(files, files_below(files), lambda part: part)
    unpack(tmp_path / "there", shipments, lambda part: part)
    assert contents(tmp_path / "there") == contents(files)
    damaged = replace(shipments[0], parts=shipments[0].parts[:-1])
    with pytest.raises(Damaged, match=r"deep/long did not arrive as it was sent"):
        unpack(tmp_path / "other", [damaged], lambda part: part)
    assert contents(tmp_path / "other") == {}


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "deep/../../up"])
def test_nothing_is_written_outside_the_folder(tmp_path, name):
    for write in (
        lambda: inside(tmp_path, name),
        lambda: write_part(tmp_path, Part(name, 0, b"x")),
        lambda: unpack(tmp_path, [Shipment(name, "", ())], lambda part: part),
    ):
        with pytest.raises(ValueError, match="not a path below the folder"):
            write()
