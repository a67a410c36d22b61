import hashlib
import os
import stat
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from cache.store.manifest import MANIFEST
from cache.transfer.bundle_check import CONTENTS, SUMS
from cache.transfer.bundles import BadBundle, import_bundle
from models.training.run_files import PREDICTIONS
from tests.cache.transfer.made_bundles import packed, refused, snapshot, unpacked


def patched(data, name, field, value, *, local=None):
    """The zip with a field of a member's entry in the directory (and of its own header) overwritten."""
    places = {"flags": (8, 6, "H"), "method": (10, 8, "H"), "crc": (16, 14, "L"), "packed": (20, 18, "L")}
    places |= {"size": (24, 22, "L"), "offset": (42, None, "L")}
    central, header, kind = places[field]
    data = bytearray(data)
    entry = data.rindex(name.encode()) - 46
    assert data[entry : entry + 4] == b"PK\1\2"
    struct.pack_into(f"<{kind}", data, entry + central, value)
    if header is not None and local is not False:
        (offset,) = struct.unpack_from("<L", data, entry + 42)
        struct.pack_into(f"<{kind}", data, offset + header, value)
    return bytes(data)


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "/etc/passwd",
        "runs/1/../../../x",
        "..\\..\\x",
        "runs\\1\\model.py",
        "C:\\x",
        "C:x",
        "runs/1/model.py",
        "runs/1/model.pkl",
        "runs/1/model.keras",
        "runs/1/state.npz",
        "runs/١/run.json",
        "runs/1/RUN.JSON",
        "runs/1/run.json ",
        "runs//run.json",
        "runs/x/run.json",
        "runs/1/run.json\n",
        "runs/1/x/run.json",
        "./bundle.json",
        "Bundle.json",
        "x" * 1_000,
        "runs/9/",
        "/",
        "",
    ],
)
def test_a_name_that_is_no_file_of_a_bundle_is_refused(there, bundle, name):
    outside = set(there.root.parent.iterdir())
    message = refused(there, packed(unpacked(bundle) | {name: b"import os"}))
    assert "no file of a bundle" in message or "is a folder" in message
    assert set(there.root.parent.iterdir()) == outside


def parts(data):
    """A zip file's members, its directory, and its end."""
    end = data.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<L", data, end + 16)
    return data[:start], data[start:end], bytearray(data[end:])


def shorter(data):
    """The directory says more than there is."""
    data = packed(unpacked(data))
    return patched(data, SUMS, "size", len(unpacked(data)[SUMS]) + 1)


def overlapping(data):
    """Ten entries of the directory that share one body."""
    members, entry, end = parts(packed({"runs/1/run.json": os.urandom(5_000)}, sums=False))
    directory = b"".join(entry.replace(b"runs/1/", b"runs/%d/" % number) for number in range(10))
    struct.pack_into("<2HL", end, 8, 10, 10, len(directory))
    return members + directory + end


def with_slack(data):
    """Bytes before the directory that belong to no member."""
    members, directory, end = parts(data)
    struct.pack_into("<L", end, 16, len(members) + 5_000)
    return members + bytes(5_000) + directory + end


def with_another_directory(data):
    """A record for large files, which stands before the usual end and would be believed instead of it."""
    members, directory, end = parts(data)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 8, 8, len(directory), len(members))
    large += struct.pack("<4sLQL", b"PK\6\7", 0, len(members + directory), 1)
    struct.pack_into("<L", end, 16, len(members + large))
    return members + directory + large + end


def with_fewer_members(data):
    """A directory of more entries than the end says."""
    members, directory, end = parts(data)
    struct.pack_into("<2H", end, 8, 1, 1)
    return members + directory + end


def with_two_names(data):
    """A member whose own header says another name than the directory."""
    members, directory, end = parts(data)
    return members[::-1].replace(b"SMUS", b"ZMUS", 1)[::-1] + directory + end


def with_twins(data):
    return packed(unpacked(data) | {"bundle.jsoX": b"{}"}).replace(b"bundle.jsoX", b"bundle.json")


def with_an_end_in_its_name(data):
    members = {"bundle.jsonX" if name == CONTENTS else name: text for name, text in unpacked(data).items()}
    return packed(members).replace(b"bundle.jsonX", b"bundle.json\0")


def as_link(info):
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("match", "spoil"),
    [
        ("is no zip file", lambda data: b""),
        ("is no zip file", lambda data: b"hello"),
        ("is no zip file", lambda data: bytes(100_000)),
        ("or not a whole one", lambda data: data[:-1]),
        ("or not a whole one", lambda data: data[: len(data) // 2]),
        ("or not a whole one", lambda data: data + b"more"),
        ("or not a whole one", lambda data: b"#!/bin/sh\n" + data),
        ("no plain zip file", lambda data: data[1:]),
        ("no plain zip file", with_another_directory),
        ("no plain zip file", lambda data: with_fewer_members(packed({str(n): b"" for n in range(300)}))),
        ("has 16,001 members", lambda data: packed({f"runs/{n}/run.json": b"" for n in range(16_000)})),
        ("has no “bundle.json”", lambda data: packed({}, sums=False)),
        ("has no “bundle.json”", lambda data: packed({SUMS: b""}, sums=False)),
        ("has no “SHA256SUMS”", lambda data: packed({CONTENTS: b"{}"}, sums=False)),
        ("goes by two names", with_an_end_in_its_name),
        ("is there twice", with_twins),
        ("is no plain file", lambda data: packed(unpacked(data), change=as_link)),
        ("“SHA256SUMS” in the bundle is encrypted", lambda data: patched(data, SUMS, "flags", 0x1)),
        ("“SHA256SUMS” in the bundle is encrypted", lambda data: patched(data, SUMS, "flags", 0x41)),
        ("is damaged", lambda data: patched(data, SUMS, "flags", 0x20)),
        ("packed in a way that is not read", lambda data: packed(unpacked(data), method=zipfile.ZIP_BZIP2)),
        ("packed in a way that is not read", lambda data: packed(unpacked(data), method=zipfile.ZIP_LZMA)),
        ("packed in a way that is not read", lambda data: patched(data, SUMS, "method", 93)),
        (
            "“runs/1/predictions.npz” in the bundle has two sizes",
            lambda data: patched(data, f"runs/1/{PREDICTIONS}", "size", 5),
        ),
        ("SUMS” in the bundle is (damaged|shorter)", shorter),
        ("is damaged", lambda data: patched(data, SUMS, "crc", 1)),
        ("is damaged", with_two_names),
        ("is damaged", lambda data: patched(data, SUMS, "offset", 17)),
        ("is damaged", lambda data: patched(data, SUMS, "offset", len(data) - 5)),
        ("is damaged", lambda data: data.replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xff")),
        ("holds members that overlap", overlapping),
        ("holds more than its members", with_slack),
    ],
)
def test_a_zip_file_that_is_not_whole_and_plain_is_refused(there, bundle, match, spoil):
    refused(there, spoil(bundle), match)


@pytest.mark.parametrize(
    ("match", "members"),
    [
        ("“SHA256SUMS” of the bundle is larger than 2,000,000 bytes", {SUMS: bytes(2_000_001)}),
        ("“bundle.json” of the bundle is larger than 10,000,000 bytes", {CONTENTS: bytes(10_000_001)}),
        ("run.json” of the bundle is larger than 8,000,000 bytes", {f"runs/1/{MANIFEST}": bytes(8_000_001)}),
        ("predictions.npz” of the bundle is larger than", {f"runs/1/{PREDICTIONS}": bytes(100_000_001)}),
        ("unpacks to more than it can mean", {f"runs/1/{PREDICTIONS}": bytes(10_000_000)}),
    ],
)
def test_bombs_are_refused_before_they_go_off(there, match, members):
    data = packed(members, sums=False)
    tracemalloc.start()
    refused(there, data, match)
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_a_bomb_that_gives_itself_out_as_small_is_cut_off(there, bundle):
    """Its sizes and both checksums are those of its first thousand bytes, so that only the count of bytes is left."""
    name = f"runs/1/{MANIFEST}"
    lie = hashlib.sha256(bytes(1_000)).hexdigest()
    sums = unpacked(bundle)[SUMS].decode().splitlines()
    sums = "".join(f"{lie}  {name}\n" if line.endswith(name) else f"{line}\n" for line in sums)
    data = packed(unpacked(bundle) | {name: bytes(50_000_000), SUMS: sums.encode()}, sums=False)
    crc = zlib.crc32(bytes(1_000))
    tracemalloc.start()
    refused(there, patched(patched(data, name, "size", 1_000), name, "crc", crc), "run.json” of the bundle is refused")
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_a_bundle_too_large_in_all_is_refused(there, bundle, monkeypatch):
    monkeypatch.setattr("cache.transfer.bundle_check.MAX_UNPACKED_BYTES", 3_000)
    refused(there, bundle, "The bundle unpacks to more than 3,000 bytes")
    monkeypatch.setattr("cache.transfer.bundle_check.MAX_BUNDLE_BYTES", 2_000)
    refused(there, bundle, "The bundle is larger than 2,000 bytes")


def test_arrays_that_unpack_to_too_much_in_all_are_refused(there, bundle, monkeypatch):
    monkeypatch.setattr("cache.transfer.bundles.MAX_UNPACKED_BYTES", sum(map(len, unpacked(bundle).values())) + 100)
    refused(there, bundle, "The bundle unpacks to more than")


def test_a_file_that_is_not_there_is_refused(there, tmp_path):
    before = snapshot(there)
    for path in (tmp_path / "none.zip", tmp_path):
        with pytest.raises(BadBundle, match="cannot be read: .*: nothing was imported"):
            import_bundle(there, path)
    assert snapshot(there) == before
