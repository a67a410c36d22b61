"""Stacks drawn at random, whether they work or not."""

from dataclasses import replace

from models.hyperparameters import IntOrNone, IntRange, Sizes
from models.layers import Bidirectional, Recurrent, Residual
from models.layers.arguments import Option
from models.layers.kinds import ARGUMENTS
from models.regularizers import Penalty, Regularizer
from models.stacks.stack_text import Stack


def random_layer(chance, kinds, depth=1):
    kind = chance.choice(kinds)
    if kind is Bidirectional:
        inner = random_layer(chance, [each for each in ARGUMENTS if issubclass(each, Recurrent)])
        other = replace(inner, go_backwards=True) if chance.random() < 0.2 else None
        return Bidirectional(inner, chance.choice(("concat", "sum", "mul", "ave")), other)
    if kind is Residual:
        others = [each for each in kinds if each is not Residual] if depth == 2 else kinds
        return Residual(*(random_layer(chance, others, depth + 1) for _ in range(chance.randint(1, 2))))
    return kind(**{name: random_value(chance, domain) for name, domain in ARGUMENTS[kind].items()})


def random_value(chance, domain):
    if isinstance(domain, Penalty):
        return chance.choice([None, Regularizer(0.1), Regularizer(l2=0.05), Regularizer(0.1, 0.2)])
    if isinstance(domain, Sizes):
        return chance.choice([(-1,), (-1, 2), (2, -1), (4, 3)])
    if isinstance(domain, IntOrNone):
        return chance.choice([None, 2, 3])
    if isinstance(domain, Option):
        return chance.choice(domain.options)
    return chance.randint(1, 6) if isinstance(domain, IntRange) else chance.randint(0, 90) / 100


def random_stack(chance):
    layers = tuple(random_layer(chance, list(ARGUMENTS)) for _ in range(chance.randint(0, 6)))
    vectors = chance.choice([None, None, "word2vec_1"])
    return Stack(chance.randint(1, 6), layers, chance.random() < 0.5, chance.random() < 0.5, vectors)
