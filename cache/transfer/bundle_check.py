"""Checks of a bundle. It may come from anybody, so anything unexpected is refused. Nothing in it is executed,
unpickled, or written under a name that the bundle chooses.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cache.browsing.annotations import check_name, check_note, check_tags
from cache.store.manifest import MANIFEST, MAX_MANIFEST_BYTES, BadManifest, RunManifest, is_line, parse_json
from cache.transfer.bundle_zip import BadBundle, Refusals, UntrustedZip, refuse, shown
from cache.transfer.repacked import names_within
from models.data.datasets import UnknownUpload, get_dataset
from models.data.user_datasets import is_user_dataset, title_in
from models.layers import Shape
from models.layers.stack import summarize
from models.tasks import NEXT_WORD
from models.titles import is_title
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS
from models.vectors.vector_file import MAX_DIMENSION, MAX_WORDS
from models.vectors.word_vectors import SHARED

FORMAT = 1
CONTENTS, SUMS = "bundle.json", "SHA256SUMS"
MEMBER = re.compile(r"bundle\.json|SHA256SUMS|runs/[0-9]{1,6}/(run\.json|predictions\.npz|best_weights\.npz)")
SUM = re.compile(r"([0-9a-f]{64})  ([!-~]+)")

MAX_RUNS = 5_000
MAX_MEMBERS = 2 + 3 * MAX_RUNS
MAX_BUNDLE_BYTES = 500_000_000
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_RATIO = 200
"""Unpacked bytes per packed byte. Real figures as JSON stay below 20, and arrays are packed before they are bundled."""
MAX_BYTES = {
    CONTENTS: 10_000_000,
    SUMS: 2_000_000,
    MANIFEST: MAX_MANIFEST_BYTES,
    PREDICTIONS: 100_000_000,
    BEST_WEIGHTS: MAX_BUNDLE_BYTES,
}


def open_bundle(file: BinaryIO) -> UntrustedZip:
    """Open a zip file that contains only a bundle's members, none of them too large. Raises BadBundle.

    A file that macOS or Windows packed again is read, too, without the folder around it and the files they add.
    """
    bundle = UntrustedZip(
        file, "the bundle", MAX_BUNDLE_BYTES, MAX_UNPACKED_BYTES, MAX_MEMBERS, partial(names_within, contents=CONTENTS)
    )
    refuse(_bundle_refusals(bundle))
    return bundle


def _bundle_refusals(bundle: UntrustedZip) -> Refusals:
    for name, info in bundle.members.items():
        advice = _advice(name, CONTENTS in bundle.members)
        yield not MEMBER.fullmatch(name), f"The bundle holds {shown(name)}, which is no file of a bundle; {advice}"
        most = MAX_BYTES[name.rpartition("/")[2]]
        yield info.file_size > most, f"“{name}” of the bundle is larger than {most:,} bytes"
        yield (
            info.file_size > MAX_RATIO * info.compress_size,
            f"“{name}” of the bundle unpacks to more than it can mean",
        )
    for name in (CONTENTS, SUMS):
        yield name not in bundle.members, f"The bundle has no “{name}”"


def _advice(name: str, is_bundle: bool) -> str:
    """What to do about an unexpected file."""
    if is_bundle:
        return "take it out, or import the file as Unroll exported it"
    if name.lower().endswith(".zip"):
        return "unpack the zip file, and import the bundle in it"
    return "export runs as a bundle in Unroll, and import that"


def read_sums(text: bytes, members: Iterable[str]) -> dict[str, str]:
    """Read the checksum of each of ``members`` but the list of checksums itself. Raises BadBundle."""
    lines = [SUM.fullmatch(line) for line in text.decode("ascii", "replace").splitlines()]
    sums = {line[2]: line[1] for line in lines if line}
    if len(sums) != len(lines):
        raise BadBundle(f"“{SUMS}” of the bundle has lines that are no checksums, or two for one file")
    for name in sorted(set(sums) ^ (set(members) - {SUMS})):
        raise BadBundle(f"{shown(name)} of the bundle {'is missing' if name in sums else 'has no checksum'}")
    return sums


@dataclass(frozen=True)
class Contents:
    """Name, note and tags of each run, by its folder, as columns of its row; the titles of uploaded datasets by their
    names; and descriptions of word vectors.
    """

    annotations: dict[str, dict[str, str]]
    datasets: dict[str, str]
    vectors: list[dict[str, Any]]


def read_contents(text: bytes, folders: Iterable[str]) -> Contents:
    """Read the table of contents. Raises BadBundle."""
    try:
        values = parse_json(text, MAX_BYTES[CONTENTS])
    except BadManifest as error:
        raise BadBundle(f"“{CONTENTS}” of the bundle cannot be read: {error}") from error
    refuse(_contents_refusals(values, set(folders)))
    annotations = {
        run["folder"]: {"name": run["name"], "note": run["note"], "tags": json.dumps(run["tags"])}
        for run in values["runs"]
    }
    return Contents(annotations, values.get("datasets", {}), values.get("vectors", []))


def _contents_refusals(values: Any, folders: set[str]) -> Refusals:
    yield not isinstance(values, dict) or type(values.get("format")) is not int, f"“{CONTENTS}” names no format"
    yield values["format"] != FORMAT, f"The bundle is of format {values['format']}; this Unroll reads format {FORMAT}"
    yield (
        set(values) - {"datasets", "vectors"} != {"format", "created_at", "runs"},
        f"“{CONTENTS}” has other fields than a bundle's",
    )
    yield not _are_titles(values.get("datasets", {})), f"“{CONTENTS}” names datasets in a way that is not read here"
    yield not _are_vectors(values.get("vectors", [])), f"“{CONTENTS}” describes word vectors in a way not read here"
    is_time = type(values["created_at"]) in (int, float) and 0 <= values["created_at"] < 1e11
    yield not is_time, f"“{CONTENTS}” does not say when the bundle was made"
    yield not (isinstance(values["runs"], list) and values["runs"]), f"“{CONTENTS}” lists no runs"
    listed = set()
    for run in values["runs"]:
        is_run = isinstance(run, dict) and set(run) == {"folder", "name", "note", "tags"}
        yield not is_run, f"“{CONTENTS}” lists a run with other fields than folder, name, note and tags"
        folder = run["folder"]
        yield not isinstance(folder, str), f"“{CONTENTS}” lists a run whose folder is no text"
        yield folder not in folders, f"“{CONTENTS}” lists {shown(folder)}, which is not there"
        yield folder in listed, f"“{CONTENTS}” lists “{folder}” twice"
        wrong = annotation_problem(run["name"], run["note"], run["tags"])
        yield bool(wrong), f"Name, note or tags of “{folder}” are refused: {wrong}"
        listed.add(folder)
    for folder in folders - listed:
        yield True, f"The bundle holds “{folder}”, which “{CONTENTS}” does not list"


def _are_titles(values: object) -> bool:
    return isinstance(values, dict) and all(
        is_user_dataset(name) and isinstance(title, str) and is_title(title) for name, title in values.items()
    )


def _are_vectors(values: object) -> bool:
    return isinstance(values, list) and all(map(is_description, values))


def is_description(values: object) -> bool:
    """Return whether it describes a file of word vectors, whose name follows from its digest."""
    if not isinstance(values, dict) or set(values) != set(SHARED):
        return False
    texts = [values[name] for name in ("name", "title", "file", "digest")]
    sizes = [values[name] for name in ("count", "dimension")]
    return (
        all(is_line(text, 255) for text in texts)
        and is_title(values["title"])
        and re.fullmatch("[0-9a-f]{64}", values["digest"]) is not None
        and values["name"] == f"vectors_{values['digest'][:16]}"
        and all(
            type(size) is int and 1 <= size <= most
            for size, most in zip(sizes, (MAX_WORDS, MAX_DIMENSION), strict=True)
        )
    )


def annotation_problem(name: Any, note: Any, tags: Any) -> str:
    """Return what is wrong with a run's name, note or tags; empty if nothing is."""
    if not (isinstance(tags, list) and all(isinstance(text, str) for text in (name, note, *tags))):
        return "A name, a note and each of the tags is a text."
    try:
        if (check_name(name), check_note(note), check_tags(tags)) != (name, note, tags):
            return "A name or a tag has blanks around it, or a tag is there twice."
    except ValueError as error:
        return str(error)
    return ""


def read_manifest(text: bytes, name: str, titles: Mapping[str, str]) -> RunManifest:
    """Read a manifest. ``titles`` are those of uploaded datasets, by name. Raises BadBundle."""
    try:
        return RunManifest.from_json(text)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        if dataset := _unknown_upload(text):
            title = titles.get(dataset)
            raise BadBundle(
                f"Its runs need the dataset “{title or title_in(dataset)}”, which is not in this cache; add the same "
                f"file under {f'the name “{title}”' if title else 'the same name'} on the page Data or by “python -m "
                "cache add-dataset”, then import the bundle again"
            ) from error
        raise BadBundle(f"“{name}” of the bundle is refused: {error}") from error


def _unknown_upload(text: bytes) -> str | None:
    """The name of a manifest's dataset, if it was uploaded elsewhere and is not here."""
    try:
        name = parse_json(text, MAX_MANIFEST_BYTES)["spec"]["dataset"]
        get_dataset(name)
    except UnknownUpload:
        return name
    except (ValueError, TypeError, KeyError):
        pass
    return None


def check_arrays(path: Path, name: str, manifest: RunManifest) -> int:
    """Check predictions or best weights against their run's manifest; return their unpacked size in bytes.

    Raises BadBundle.
    """
    is_predictions = path.name == PREDICTIONS
    shapes = _predictions(manifest) if is_predictions else _weights(manifest)
    with path.open("rb") as file:
        arrays = UntrustedZip(file, f"“{name}”", MAX_BYTES[path.name], MAX_BYTES[path.name], MAX_MEMBERS)
        if is_predictions:  # those of earlier epochs may be left out, to save space
            *earlier, best = shapes
            shapes = {member: shapes[member] for member in earlier if member in arrays.members} | {best: shapes[best]}
        refuse(_arrays_refusals(arrays, shapes))
        if is_predictions:
            # The number of test examples is not in the manifest: it follows from the size of any array.
            member, shape = next(iter(shapes.items()))
            examples = (arrays.members[member].file_size - len(_header((1,)))) // (4 * prod(shape))
            shapes = {member: (max(1, examples), *shape) for member, shape in shapes.items()}
        for member, shape in shapes.items():
            refuse(_array_refusals(arrays, member, shape, is_predictions))
        return arrays.unpacked_bytes


def _weights(manifest: RunManifest) -> dict[str, Shape]:
    layers = summarize(manifest.spec.layers(), (manifest.spec.encoding.length,))
    weights = (weight for layer in layers for weight in layer.weights)
    return {f"array_{number:04d}.npy": weight.shape for number, weight in enumerate(weights)}


def _predictions(manifest: RunManifest) -> dict[str, Shape]:
    """The shapes of the predictions for one example, at each epoch that was the best so far."""
    if manifest.spec.task == NEXT_WORD:
        shape: Shape = (2,) if manifest.spec.examples_version == 1 else (3,)  # of outcomes
    else:
        num_classes = get_dataset(manifest.spec.dataset).num_classes
        shape = () if num_classes == 2 else (num_classes,)
    shapes, best = {}, -1.0
    for epoch in manifest.epochs:
        if epoch.validation_accuracy > best:
            best = epoch.validation_accuracy
            shapes[f"epoch_{epoch.epoch}.npy"] = shape
    return shapes


def _arrays_refusals(arrays: UntrustedZip, shapes: Mapping[str, Shape]) -> Refusals:
    for name in sorted(set(arrays.members) ^ set(shapes)):
        yield name in shapes, f"{arrays.name} lacks “{name}”"
        yield True, f"{arrays.name} holds {shown(name)}, which is not among its run's arrays"


def _array_refusals(arrays: UntrustedZip, name: str, shape: Shape, is_probability: bool) -> Refusals:
    """The header must be what numpy writes, byte for byte, so that it need not be parsed."""
    what, headers = f"“{name}” in {arrays.name}", (_header(shape), _header(shape, fortran_order=True))
    start = len(headers[0])
    yield arrays.members[name].file_size != start + 4 * prod(shape), f"{what} has not the size of an array {shape}"
    for number, chunk in enumerate(arrays.chunks(name)):
        yield number == 0 and chunk[:start] not in headers, f"{what} is no plain array {shape} of 32-bit numbers"
        values = np.frombuffer(chunk[start:] if number == 0 else chunk, "<f4")
        with np.errstate(invalid="ignore"):
            is_odd = is_probability and not ((values >= 0) & (values <= 1)).all()
        yield is_odd, f"{what} holds numbers that are no probabilities"


def _header(shape: Shape, fortran_order: bool = False) -> bytes:
    header = BytesIO()
    values = {"descr": "<f4", "fortran_order": fortran_order, "shape": shape}
    np.lib.format.write_array_header_1_0(header, values)
    return header.getvalue()
