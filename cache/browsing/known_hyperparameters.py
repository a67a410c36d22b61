"""The hyperparameters that were trained already, for example in a sweep."""

from cache.store.runs import FINISHED
from cache.store.store import RunStore
from models.architectures import get_architecture
from models.experiments.spec import RunSpec, UnreadableSpec


def cached_variants(store: RunStore, spec: RunSpec) -> list[dict[str, int | float | str]]:
    """List the hyperparameters that were trained with the same other settings.

    Args:
        store: The cache.
        spec: The settings. Its hyperparameters and its seed do not matter, and neither does an architecture's own
            vocabulary, which is one of its hyperparameters.

    Returns:
        The different hyperparameters of finished runs, the first trained first.
    """
    varied = ["$.hyperparameters", "$.seed"]
    if has_own_vocabulary := "vocabulary_size" in get_architecture(spec.architecture).hyperparameters:
        varied.append("$.encoding.vocabulary_size")
    places = ", ".join("?" * len(varied))
    sql = f"""
        SELECT spec FROM runs WHERE state = ? AND deleted_at IS NULL
        AND IIF(json_valid(spec), json_remove(spec, {places}), '') = json_remove(?, {places})
        GROUP BY json_remove(spec, '$.seed') ORDER BY MIN(id)
    """  # noqa: S608
    found = []
    for row in store.db.read(sql, (FINISHED, *varied, spec.to_json(), *varied)):
        try:
            variant = RunSpec.from_json(row["spec"])
        except UnreadableSpec:
            continue
        own = {"vocabulary_size": variant.encoding.vocabulary_size} if has_own_vocabulary else {}
        found.append({**variant.hyperparameters, **own})
    return found
