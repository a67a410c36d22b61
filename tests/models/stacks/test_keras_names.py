"""What Unroll says of Keras's names is so in the installed Keras."""

import inspect
from dataclasses import MISSING, fields

import keras
import pytest

from models.layers import Residual
from models.layers.kinds import ARGUMENTS
from models.stacks.keras_names import ALIASES, DEFAULTS, OTHER_LAYERS, WITHOUT_EFFECT
from models.stacks.stack_parser import NAMES
from models.stacks.stack_text import plain_layer
from models.training.keras_model import to_keras

KERAS = {name for name in dir(keras.layers) if inspect.isclass(getattr(keras.layers, name))}
OF_IMAGES = ("Random", "Auto", "Cut", "Mix", "Mel", "STFT", "Center", "Max", "Rand", "Solar", "Equal", "Resiz", "Aug")
BESIDES = {"Layer", "InputLayer", "InputSpec", "Wrapper", "Embedding", "TFSMLayer", "FlaxLayer", "JaxLayer", "Pipeline"}


OF_EMBEDDING = {"input_dim", "output_dim", "mask_zero", "trainable"}


def parameters(name):
    return inspect.signature(getattr(keras.layers, name).__init__).parameters


@pytest.mark.parametrize("name", sorted(OTHER_LAYERS))
def test_a_layer_that_unroll_lacks_is_one_of_keras(name):
    assert name in KERAS and name not in NAMES


def test_no_layer_of_keras_for_sequences_is_taken_for_a_misspelling():
    known = set(NAMES) | OTHER_LAYERS | set(ALIASES) | BESIDES
    left = {name for name in KERAS - known if not name.startswith(OF_IMAGES)}
    assert {name for name in left if "1D" in name or "RNN" in name or "Attention" in name} <= {
        "AdaptiveAveragePooling1D", "AdaptiveMaxPooling1D", "Convolution1DTranspose"
    }  # fmt: skip


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_the_same_layer(alias, name):
    assert getattr(keras.layers, alias) is getattr(keras.layers, name)


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_those_of_keras(name):
    theirs = parameters(name)
    for argument, value in DEFAULTS[name].items():
        assert theirs[argument].default == value, argument


@pytest.mark.parametrize("name", [*NAMES, "Embedding"])
def test_every_argument_of_keras_is_known(name):
    if name == "Residual":
        return
    own = {*NAMES[name].keras_arguments, *vars_of(name)} if name in NAMES else OF_EMBEDDING
    known = own | set(DEFAULTS.get(name, {})) | WITHOUT_EFFECT | {"self", "kwargs", "args", "lora_rank", "lora_alpha"}
    assert set(parameters(name)) - known <= {"quantization_config"}


def vars_of(name):
    return NAMES[name].__dataclass_fields__


@pytest.mark.parametrize("kind", [kind for kind in ARGUMENTS if kind is not Residual], ids=lambda kind: kind.__name__)
def test_a_layer_takes_masks_as_in_keras(kind):
    assert to_keras(plain_layer(kind)).supports_masking == kind.supports_masking


@pytest.mark.parametrize("kind", [kind for kind in ARGUMENTS if kind is not Residual], ids=lambda kind: kind.__name__)
def test_defaults_of_layers_are_those_of_keras(kind):
    theirs = parameters(kind.__name__)
    for field in fields(kind):
        default = theirs[field.name].default
        assert default is inspect.Parameter.empty if field.default is MISSING else default == field.default, field.name
