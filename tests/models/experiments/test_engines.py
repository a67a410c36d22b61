import pytest

from models.experiments import engines
from models.experiments.engines import ENGINES, Engine, default_engine, offered_engines
from models.experiments.spec import BACKENDS, Training


@pytest.fixture
def install(monkeypatch):
    """Lets only these packages be found."""

    def only(*packages):
        monkeypatch.setattr(engines, "find_spec", lambda name: name if name in packages else None)

    return only


def test_every_training_has_an_engine_with_a_title_of_its_own():
    assert list(ENGINES) == ["TensorFlow", "JAX", "JAX, whole epochs", "PyTorch"]
    for title, engine in ENGINES.items():
        training = engine.trains(Training(batch_size=32))
        assert Engine.of(training) == engine and engine.title == title and training.batch_size == 32


def test_engines_that_are_installed_are_offered(install):
    install("tensorflow", "jax")
    assert offered_engines() == ["TensorFlow", "JAX", "JAX, whole epochs"]
    install("tensorflow")
    assert offered_engines() == ["TensorFlow"]
    assert offered_engines({"PyTorch", "", "no engine"}) == ["TensorFlow", "PyTorch"]
    assert "PyTorch is not installed here" in ENGINES["PyTorch"].problem and ENGINES["TensorFlow"].problem is None


@pytest.mark.parametrize("backend", BACKENDS)
def test_engines_of_the_servers_backend_come_first_even_if_it_is_not_installed(install, monkeypatch, backend):
    install("tensorflow")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert default_engine() == Engine(backend) == ENGINES[offered_engines()[0]]
    assert "TensorFlow" in offered_engines()


def test_an_empty_keras_backend_names_none(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "")
    assert default_engine() == Engine(BACKENDS[0])
