"""The labelled texts that Unroll can train on: stock datasets from ``tfds``, and those that users have registered."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from models.data.dataset import Dataset, Share
from models.data.labelled import Labelled, split_labelled
from models.data.memory_tests import MAX_STEPS, MIN_STEPS, TESTS, is_memory, memory_dataset, named_dataset
from models.data.movie_reviews import MovieReviews
from models.data.user_datasets import (
    FOLDER,
    UserDataset,
    delete,
    is_user_dataset,
    read_user_datasets,
    register,
    title_in,
)
from models.watched_folder import WatchedFolder


class UnknownUpload(ValueError):
    """A dataset that was uploaded into another cache; the message names it and says what to do."""


NEGATIVE_POSITIVE = ("negative", "positive")

DATASETS = {
    dataset.name: dataset
    for dataset in (
        MovieReviews(
            name="imdb",
            title="IMDB reviews",
            description="24,904 film reviews: 20,000 for training, 2,452 for validation and 2,452 for testing.",
            source="Maas et al. (2011), https://aclanthology.org/P11-1015",
            labels=NEGATIVE_POSITIVE,
            num_train=20_000,
        ),
        MovieReviews(
            name="rotten_tomatoes",
            title="Rotten Tomatoes sentences",
            description="8,530 sentences from film reviews: 6,824 for training, 853 for validation, 853 for testing.",
            source="Pang & Lee (2005), https://aclanthology.org/P05-1015",
            labels=NEGATIVE_POSITIVE,
            num_train=6_824,
        ),
        Dataset(
            name="imdb_reviews",
            title="IMDB reviews, all 50,000",
            description="The stock TensorFlow Datasets set: its 25,000 test reviews stay the test split, 5,000 of the "
            "training reviews become the validation split.",
            source="Maas et al. (2011), https://aclanthology.org/P11-1015",
            labels=NEGATIVE_POSITIVE,
            num_train=19_904,
            tfds_name="imdb_reviews/plain_text",
            shares=(Share("train", {"validation": 5_000}, rest="train"), Share("test", rest="test")),
            download_mb=84,
            download_host="ai.stanford.edu",
        ),
        # The stock datasets below are too large to train on quickly: at most 100,000 texts of each are used to train.
        # So duplicates can be dropped, and the number is still known before the download.
        Dataset(
            name="sentiment140",
            title="Sentiment140 tweets",
            description="1.6 million tweets, labelled by the smiley that was in them: 100,000 are used for training, "
            "10,000 for validation and 10,000 for testing. The 359 tweets labelled by hand are too few to tell "
            "architectures apart.",
            source="Go, Bhayani & Huang (2009), http://help.sentiment140.com",
            labels=NEGATIVE_POSITIVE,
            num_train=100_000,
            tfds_name="sentiment140",
            label_feature="polarity",
            label_classes={0: 0, 4: 1},
            shares=(Share("train", {"train": 100_000, "validation": 10_000, "test": 10_000}),),
            download_mb=81,
            download_host="cs.stanford.edu",
        ),
        Dataset(
            name="glue_sst2",
            title="Stanford sentiment treebank (glue/sst2)",
            description="Phrases and sentences from film reviews: 60,000 for training. The labels of the published "
            "test split are secret, so the 872 validation sentences are halved: 436 to validate, 436 to test.",
            source="Socher et al. (2013), https://aclanthology.org/D13-1170",
            labels=NEGATIVE_POSITIVE,
            num_train=60_000,
            tfds_name="glue/sst2",
            text_feature="sentence",
            shares=(
                Share("train", {"train": 60_000}),
                # Not from the training split: its phrases are parts of sentences, which would leak into validation.
                Share("validation", {"validation": 436}, rest="test"),
            ),
            download_mb=7,
            download_host="dl.fbaipublicfiles.com",
        ),
        Dataset(
            name="ag_news_subset",
            title="AG News, four classes",
            description="Descriptions of news articles: 100,000 for training, 7,600 for validation, and the 7,600 of "
            "the stock test split.",
            source="Zhang, Zhao & LeCun (2015), https://arxiv.org/abs/1509.01626",
            labels=("World", "Sports", "Business", "Sci/Tech"),
            num_train=100_000,
            tfds_name="ag_news_subset",
            text_feature="description",
            shares=(Share("train", {"train": 100_000, "validation": 7_600}), Share("test", rest="test")),
            download_mb=12,
            download_host="drive.google.com",
        ),
        Dataset(
            name="yelp_polarity_reviews",
            title="Yelp reviews",
            description="560,000 reviews of businesses, of which 100,000 are used for training and 10,000 for "
            "validation, and 10,000 of the stock test split for testing.",
            source="Zhang, Zhao & LeCun (2015), https://arxiv.org/abs/1509.01626",
            labels=NEGATIVE_POSITIVE,
            num_train=100_000,
            tfds_name="yelp_polarity_reviews",
            shares=(
                Share("train", {"train": 100_000, "validation": 10_000}),
                Share("test", {"test": 10_000}),
            ),
            download_mb=166,
            download_host="s3.amazonaws.com",
        ),
    )
}

_user_datasets = WatchedFolder[Mapping[str, UserDataset]](FOLDER, read_user_datasets, {})


def load_user_datasets(root: Path) -> None:
    """Load the datasets that are registered under ``root``, which replace all others.

    A process works on one cache. Later changes by other processes are noticed at the next look-up.
    """
    _user_datasets.open(root)


def add_user_dataset(root: Path, title: str, labelled: Labelled, file_name: str) -> UserDataset:
    """Adds a user dataset.

    Args:
        root: The folder of the cache.
        title: Its title.
        labelled: Texts and classes. The same contents are the same dataset, under any title.
        file_name: The name of their file.

    Raises:
        ValueError: The title is taken, or cannot be shown.
    """
    if any(dataset.title.casefold() == title.casefold() for dataset in DATASETS.values()):
        raise ValueError(f"There is a dataset called “{title}” already: choose another name.")
    name = register(root, title, labelled.classes, split_labelled(labelled), file_name)
    load_user_datasets(root)
    return _user_datasets.latest()[name]


def delete_user_dataset(root: Path, name: str) -> None:
    """Delete the texts of a user dataset for good; its runs stay.

    Args:
        root: The folder of the cache.
        name: The dataset's name.

    Raises:
        ValueError: It is not a user dataset, or was deleted.
    """
    delete(root, name)
    load_user_datasets(root)


def user_datasets() -> list[UserDataset]:
    """Return the user datasets that can be chosen."""
    return [dataset for dataset in _user_datasets.latest().values() if not dataset.is_deleted]


def deleted_datasets() -> dict[str, Dataset]:
    """Return the deleted user datasets by name, without those whose title another dataset has today."""
    taken = {dataset.title for dataset in available_datasets().values()}
    return {
        name: dataset
        for name, dataset in _user_datasets.latest().items()
        if dataset.is_deleted and dataset.title not in taken
    }


def available_datasets() -> dict[str, Dataset]:
    """Return every dataset that can be chosen by its name alone; memory tests need a number of steps as well."""
    return DATASETS | {dataset.name: dataset for dataset in user_datasets()}


def get_dataset(name: str) -> Dataset:
    """Return a dataset, also a deleted one, since its runs stay. Raises ValueError for an unknown name."""
    if found := DATASETS.get(name) or _user_datasets.latest().get(name):
        return found
    if is_memory(name):
        return named_dataset(name)
    if is_user_dataset(name):
        raise UnknownUpload(
            f"The dataset “{title_in(name)}” was added elsewhere and is not in this cache: add the same file under the "
            "same name on the page Data or by “python -m cache add-dataset”."
        )
    raise ValueError(f"There is no dataset {name!r}; there are: {', '.join(available_datasets())}.")


def known_datasets() -> dict[str, Dataset]:
    """Return every dataset by its name, including deleted ones, since their runs stay."""
    return {**DATASETS, **_user_datasets.latest()}


@cache
def memory_titles() -> dict[str, str]:
    """Return the titles of all memory tests at all their distances, by name."""
    tests = (memory_dataset(steps, test) for test in TESTS.values() for steps in range(MIN_STEPS, MAX_STEPS + 1))
    return {dataset.name: dataset.title for dataset in tests}


def dataset_name(text: str) -> str:
    """Return the name of the dataset with this name or, in any case, title. Raises ValueError."""
    known = available_datasets()
    by_title = {dataset.title.casefold(): name for name, dataset in known.items()}
    by_title |= {title.casefold(): name for name, title in memory_titles().items()}
    if name := by_title.get(text.strip().casefold()):
        return name
    if text in known or is_user_dataset(text) or is_memory(text):
        return get_dataset(text).name
    near = get_close_matches(text.casefold(), [*known, *by_title], 1)
    titles = [f"“{dataset.title}”" if isinstance(dataset, UserDataset) else name for name, dataset in known.items()]
    there_are = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(titles)}."
    raise ValueError(f"There is no dataset “{text}”; {there_are}")
