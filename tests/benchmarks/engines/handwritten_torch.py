"""The same models in plain PyTorch: the data on the device, no loader, a fused Adam."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoded.encoded import EncodedDataset, EncodedSplit
from models.experiments.spec import RunSpec
from models.layers import GRU, Bidirectional, Conv1D, Dense, Embedding, Flatten, GlobalAveragePooling1D, Layer
from models.training.scoring import accuracy
from tests.benchmarks.engines.cases import Lap
from tests.benchmarks.engines.initial_weights import initial_weights


def train(spec: RunSpec, data: EncodedDataset, epochs: int, on_lap: Callable[[Lap], None]) -> None:
    began = time.perf_counter()
    torch.manual_seed(spec.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    layers = spec.layers()
    model = make_model(layers, initial_weights(layers, spec.encoding.length, spec.seed)).to(device)
    weights = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.Adam(weights, spec.training.learning_rate, eps=1e-7, fused=True)
    x, y = (torch.from_numpy(array).to(device) for array in (data.train.x, data.train.y.astype(np.float32)))
    for _ in range(epochs):
        losses = torch.zeros((), device=device)
        for rows in torch.randperm(len(x), device=device).split(spec.training.batch_size):
            loss = functional.binary_cross_entropy_with_logits(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += loss.detach()
        losses.item()  # once it is a number the device is done
        seconds = time.perf_counter() - began
        on_lap(Lap(seconds, *(_accuracy(model, split, device) for split in (data.validation, data.test))))
        began = time.perf_counter()


def make_model(layers: Sequence[Layer], weights: Sequence[list[np.ndarray]]) -> nn.Module:
    """Answers with a logit for each text: (batch, length) → (batch,)."""
    parts = [_part(layer, [*map(torch.from_numpy, arrays)]) for layer, arrays in zip(layers, weights, strict=True)]
    return nn.Sequential(*parts, nn.Flatten(0))


@torch.no_grad()
def _accuracy(model: nn.Module, split: EncodedSplit, device: torch.device) -> float:
    parts = [torch.sigmoid(model(x.to(device))) for x in torch.from_numpy(split.x).split(512)]
    return accuracy(torch.cat(parts).cpu().numpy(), split.y)


def _part(layer: Layer, arrays: list[Tensor]) -> nn.Module:
    match layer:
        case Embedding():
            return nn.Embedding.from_pretrained(arrays[0], freeze=False)
        case Flatten():
            return nn.Flatten()
        case GlobalAveragePooling1D():
            return _Mean()
        case Conv1D():
            return _Convolution(*arrays)
        case Bidirectional():
            return _Recurrent(layer, arrays)
        case Dense():
            return _dense(layer, *arrays)
    raise NotImplementedError(f"{type(layer).__name__} was not written by hand.")


def _dense(layer: Dense, kernel: Tensor, bias: Tensor) -> nn.Module:
    """A sigmoid at the end is left to the loss."""
    dense = nn.Linear(*kernel.shape)
    _set(dense, weight=kernel.T, bias=bias)
    return nn.Sequential(dense, nn.ReLU()) if layer.activation == "relu" else dense


class _Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


class _Convolution(nn.Module):
    """With a ReLU: (batch, steps, features) → (batch, steps, filters)."""

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        super().__init__()
        size, features, filters = kernel.shape
        self.convolution = nn.Conv1d(features, filters, size)
        _set(self.convolution, weight=kernel.permute(2, 1, 0), bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x.transpose(1, 2)).relu().transpose(1, 2)


class _Recurrent(nn.Module):
    """An LSTM or GRU in both directions."""

    def __init__(self, layer: Bidirectional, arrays: list[Tensor]) -> None:
        super().__init__()
        self.sequences, self.is_gru = layer.layer.return_sequences, isinstance(layer.layer, GRU)
        kind = nn.GRU if self.is_gru else nn.LSTM
        self.layer = kind(arrays[0].shape[0], layer.layer.units, batch_first=True, bidirectional=True)
        for suffix, (kernel, recurrent, bias) in (("l0", arrays[:3]), ("l0_reverse", arrays[3:])):
            of_inputs, of_state = bias if self.is_gru else (bias, torch.zeros_like(bias))
            values = {"weight_ih": kernel.T, "weight_hh": recurrent.T, "bias_ih": of_inputs, "bias_hh": of_state}
            _set(self.layer, **{f"{name}_{suffix}": self._reordered(value) for name, value in values.items()})
            if not self.is_gru:  # Keras's LSTM has one bias
                getattr(self.layer, f"bias_hh_{suffix}").requires_grad_(False)

    def _reordered(self, value: Tensor) -> Tensor:
        """Keras's GRU has the update gate first, PyTorch's the reset gate; the gates of their LSTMs stand alike."""
        if not self.is_gru:
            return value
        update, reset, candidate = value.chunk(3)
        return torch.cat([reset, update, candidate])

    def forward(self, x: Tensor) -> Tensor:
        outputs, state = self.layer(x)
        if self.sequences:
            return outputs
        return torch.cat(tuple(state if self.is_gru else state[0]), dim=-1)


@torch.no_grad()
def _set(module: nn.Module, **values: Tensor) -> None:
    for name, value in values.items():
        getattr(module, name).copy_(value)
