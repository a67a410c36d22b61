import hashlib
import io
import json
import os
import stat
import zipfile

import pytest

from cache.transfer.bundles import import_bundle
from tests.cache.transfer.made_bundles import imported, measured, new_store, packed, refused, two_runs, unpacked


@pytest.fixture
def there(tmp_path):
    return new_store(tmp_path / "there")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return new_store(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def bundle(here):
    return two_runs(here)


def zipped(entries):
    """A zip file as file managers write them: (name, contents, mode of the file or folder) of each entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, contents, mode in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            info.extra = b"UT\5\0\1\0\0\0\0" if mode else b""  # the time at which macOS says it was changed
            archive.writestr(info, contents)
    return file.getvalue()


class Stream(io.RawIOBase):
    """Something that cannot be gone back in, so that the sizes come behind each member, as macOS writes them."""

    def __init__(self):
        self.written = b""

    def writable(self):
        return True

    def write(self, data):
        self.written += bytes(data)
        return len(data)


def of_macos(members, folder="paper"):
    """With a folder around the files, the shadow of each, and what the Finder leaves; sizes stand behind."""
    file = Stream()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (f"{folder}/", f"{folder}/runs/", f"{folder}/runs/1/", f"{folder}/runs/2/", "__MACOSX/"):
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFDIR | 0o755) << 16
            archive.writestr(info, b"")
        archive.writestr(f"{folder}/.DS_Store", b"\0\0\0\1Bud1" * 20)
        for name, text in members.items():
            archive.writestr(f"{folder}/{name}", text)
            start, slash, last = name.rpartition("/")
            archive.writestr(f"__MACOSX/{folder}/{start}{slash}._{last}", b"\0\5\x16\7" * 30)
    return file.written


def of_windows(members, folder="paper"):
    """With backslashes and entries of folders, as older programs for Windows pack."""
    entries = [(f"{folder}\\{name}".replace("/", "\\"), text, 0) for name, text in members.items()]
    return zipped(
        [(f"{folder}\\", b"", 0), (f"{folder}\\runs\\1\\", b"", 0), *entries, (f"{folder}\\Thumbs.db", b"x", 0)]
    )


def of_files_alone(members):
    """The files without the folder, in another order, with entries of folders."""
    folders = [(name, b"", stat.S_IFDIR | 0o755) for name in ("runs/", "runs/1/", "runs/2/")]
    files = [(name, text, stat.S_IFREG | 0o644) for name, text in sorted(members.items(), reverse=True)]
    return zipped([*folders, *files, ("desktop.ini", b"[x]", 0), ("._runs", b"x", stat.S_IFREG | 0o644)])


@pytest.mark.parametrize("pack", [of_macos, of_windows, of_files_alone, lambda m: of_macos(m, "Désktop/my runs (2)")])
def test_a_bundle_that_was_packed_again_is_imported(here, there, bundle, pack):
    found = imported(there, pack(unpacked(bundle)))
    assert len(found.new) == 2
    for left, arrived in zip((1, 2), found.new, strict=True):
        (run, epochs), (original, original_epochs) = measured(there, arrived), measured(here, left)
        assert (run.identity, run.files, epochs) == (original.identity, original.files, original_epochs)
    inside = {path.name for path in there.root.rglob("*")}
    assert not inside & {"__MACOSX", "paper", ".DS_Store", "Thumbs.db", "desktop.ini"}


@pytest.mark.parametrize(
    ("match", "entries"),
    [
        ("“runs/1/run.json” in the bundle is there twice", [("runs\\1\\run.json", b"{}", 0)]),
        ("“x/bundle.json”, which is no file of a bundle; take it out, or import the file", [("x/bundle.json", b"", 0)]),
        ("“notes.txt”, which is no file of a bundle; take it out", [("notes.txt", b"mine", 0)]),
        ("“../../x”, which is no file of a bundle", [("..\\..\\x", b"", 0)]),
        ("“runs/1/link” in the bundle is no plain file", [("runs/1/link", b"/etc/passwd", stat.S_IFLNK | 0o777)]),
        ("“__MACOSX/._x” in the bundle is no plain file", [("__MACOSX/._x", b"/etc/passwd", stat.S_IFLNK | 0o777)]),
        ("“__MACOSX/._x/” in the bundle is a folder", [("__MACOSX/._x/", b"contents", stat.S_IFDIR | 0o755)]),
        ("“__MACOSX/” in the bundle is no plain file", [("__MACOSX/", b"", stat.S_IFLNK | 0o777)]),
        ("unpacks to more than 2,000,000,000 bytes", None),
    ],
)
def test_what_packing_again_does_not_explain_is_refused(there, bundle, match, entries, monkeypatch):
    if entries is None:  # what is left out counts as well
        monkeypatch.setattr("cache.transfer.bundle_check.MAX_UNPACKED_BYTES", len(bundle) * 2)
        entries, match = [("__MACOSX/._x", os.urandom(len(bundle) * 2), 0)], "The bundle unpacks to more than"
    refused(there, zipped([(name, text, 0) for name, text in unpacked(bundle).items()] + entries), match)


def test_zip_files_that_are_no_bundle_say_what_to_import(there, bundle):
    refused(
        there, zipped([("paper.zip", bundle, 0)]), "“paper.zip”, which .* unpack the zip file, and import the bundle"
    )
    refused(there, zipped([("runs.csv", b"id\n1\n", 0)]), "“runs.csv”, which .* export runs as a bundle in Unroll")
    members = unpacked(bundle)
    two = zipped([(f"{folder}/{name}", text, 0) for folder in ("a", "b") for name, text in members.items()])
    refused(there, two, "The zip file holds several bundles, “a” and “b”; pack and import each by itself")


def test_a_member_of_a_bundle_that_is_left_out_is_missed(there, bundle):
    members = unpacked(bundle)
    del members["runs/1/run.json"]
    refused(there, of_macos(members), "“runs/1/run.json” of the bundle is missing")


def test_a_changed_file_in_it_is_refused(there, bundle):
    members = unpacked(bundle)
    members["runs/1/run.json"] = members["runs/1/run.json"].replace(b"0.75", b"0.76", 1)
    refused(there, of_macos(members), "is not what its checksum says")


def test_weights_within_a_bundle_stay_plain(there, bundle, tmp_path):
    """Folders and foreign names are forgiven around the bundle alone, not in the archives within it."""
    members = unpacked(bundle)
    name = "runs/1/best_weights.npz"
    with zipfile.ZipFile(io.BytesIO(members[name])) as archive:
        arrays = {each: archive.read(each) for each in archive.namelist()}
    members[name] = zipped([("x/", b"", 0), *((each, text, 0) for each, text in arrays.items())])
    record = members["runs/1/run.json"]
    values = json.loads(record)
    values["files"]["best_weights.npz"] = hashlib.sha256(members[name]).hexdigest()
    members["runs/1/run.json"] = json.dumps(values).encode()
    refused(there, packed(members), "is a folder")
    file = tmp_path / "whole.zip"
    file.write_bytes(bundle)
    assert len(import_bundle(there, file).new) == 2
