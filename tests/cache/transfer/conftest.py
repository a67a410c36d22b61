import pytest

from tests.cache.transfer.made_bundles import new_store, two_runs


@pytest.fixture
def here(tmp_path):
    return new_store(tmp_path / "here")


@pytest.fixture
def there(tmp_path):
    return new_store(tmp_path / "there", now=2_000.0)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return two_runs(new_store(tmp_path_factory.mktemp("bundle")))
