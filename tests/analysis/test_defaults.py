"""What is done where nothing is said, of every experiment: a changed default changes published numbers."""

import inspect
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
import pytest

from analysis import bias_variance, learning, scores
from analysis.cli import cli
from analysis.learning import SCALES, Decay
from analysis.learning import lr_range as range_tests
from analysis.scores.models import named

LEARNING = {
    "dataset": "fashion-mnist",
    "device": "cpu",
    "first_seed": 0,
    "jobs": 1,
    "net": "small-inception",
    "scale": "small",
    "seeds": 3,
}

COMMANDS = {
    "bias-variance": {
        "datasets": 100,
        "degrees": "1..15",
        "function": "x + sin(1.5*x)",
        "interval": (0.0, 10.0),
        "noise": 0.3,
        "points": 50,
        "scheme": "fixed-x",
        "seed": 21,
        "test": 10,
    },
    "scores": {
        "data": "breast-cancer",
        "folds": 5,
        "level": 0.95,
        "missing_values": "fill",
        "models": "adaboost,logistic",
        "replicates": 2000,
        "scheme": "hand-in",
        "seed": 42,
        "splits": 1,
    },
    "lr-range": LEARNING,
    "cyclical": LEARNING,
    "batch-growth": LEARNING,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_line_says_so_much_by_itself(name: str) -> None:
    command = cli.commands[name]
    context = click.Context(command)
    defaults = {parameter.name: parameter.get_default(context) for parameter in command.params}
    said = {key: value for key, value in defaults.items() if isinstance(value, int | float | str | tuple)}
    assert {key: value for key, value in said.items() if value is not False and value != ()} == COMMANDS[name]


SETUP = {
    "dataset": "fashion-mnist",
    "shrink": 1,
    "width": 1.0,
    "train": 55_000,
    "validation": 5_000,
    "test": None,
    "seeds": 3,
    "first_seed": 0,
    "momentum": 0.0,
    "device": "cpu",
    "threads": None,
    "bfloat16": False,
    "net": "small-inception",
}
RANGE = {
    "lowest": 1e-9,
    "highest": 10.0,
    "candidates": 10,
    "epochs": 5,
    "batch": 64,
    "ramp": 400,
    "smoothing": 0.9,
}
CYCLES = {
    "lr_min": 0.005,
    "lr_max": 0.06,
    "decay": Decay.AMPLITUDE,
    "remaining": 0.1,
    "cycles": 3,
    "epochs": 9,
    "batch": 64,
}
GROWTH = {
    "lr_min": 0.005,
    "lr_max": 0.06,
    "smallest": 32,
    "largest": 8192,
    "epochs": 9,
    "cyclical_batch": 64,
    "cycles": 3,
    "ghost": 32,
}
SMALL = {"shrink": 2, "width": 0.25, "train": 20_000, "threads": 1}
TINY = {"shrink": 4, "width": 0.0625, "train": 384, "validation": 128, "test": 256, "threads": 1}
TINY_GROWTH = {
    "lr_min": 0.1,
    "lr_max": 0.5,
    "smallest": 8,
    "largest": 32,
    "epochs": 6,
    "cyclical_batch": 16,
    "cycles": 2,
    "ghost": 8,
}


@pytest.mark.parametrize(
    ("scale", "setup", "lr_range", "cyclical", "growth"),
    [
        ("paper", SETUP, RANGE, CYCLES | {"epochs": 45}, GROWTH | {"epochs": 45}),
        ("small", SETUP | SMALL, RANGE | {"epochs": 2}, CYCLES, GROWTH),
        (
            "tiny",
            SETUP | TINY,
            RANGE | {"epochs": 1, "batch": 16, "ramp": 120, "candidates": 8},
            CYCLES | {"lr_min": 0.1, "lr_max": 0.5, "epochs": 4, "batch": 16, "cycles": 2},
            TINY_GROWTH,
        ),
    ],
)
def test_the_scales_of_the_learning_experiments(
    scale: str,
    setup: dict[str, Any],
    lr_range: dict[str, Any],
    cyclical: dict[str, Any],
    growth: dict[str, Any],
) -> None:
    found = SCALES[scale]
    assert asdict(found.setup) == setup | {"scale": scale}
    assert asdict(found.lr_range) == lr_range
    assert asdict(found.cyclical) == cyclical
    assert asdict(found.growth) == growth


SAMPLE = {"datasets": 100, "points": 50, "test": 10, "seed": 21}


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (scores.aupr, {"method": "davis-goadrich"}),
        (scores.bootstrap, {"replicates": 2000, "rng": 0, "bands": False, "level": 0.95}),
        (scores.evaluate, {"replicates": 2000, "rng": 0, "bands": False, "level": 0.95}),
        (scores.rank, {"scheme": "hand-in"}),
        (scores.repeat, {"scheme": "hand-in", "folds": 5}),
        (scores.dominates, {"space": "roc"}),
        (bias_variance.Problem, {"noise": 0.3, "interval": (0.0, 10.0)}),
        (bias_variance.fixed_x, {"degrees": range(1, 16)} | SAMPLE),
        (bias_variance.fresh_x, {"degrees": range(1, 16)} | SAMPLE),
        (bias_variance.ridge, {"degree": 10, "basis": "legendre"} | SAMPLE),
        (bias_variance.fixed_split, {"points": 50, "test": 10, "seed": 21}),
        (bias_variance.sample, {"points": 20, "seed": 21}),
        (
            learning.lr_range_test,
            {"lowest": 1e-7, "highest": 10.0, "updates": 100, "smoothing": 0.9, "seeds": (0,)},
        ),
        (
            range_tests.ramp,
            {"lowest": 1e-9, "highest": 10.0, "length": 400, "batch": 64, "smoothing": 0.9},
        ),
        (range_tests.candidates, {"batch": 64, "epochs": 5}),
        (
            learning.cyclical_plan,
            {"batch": 64, "cycles": 3, "decay": Decay.AMPLITUDE, "remaining": 0.1},
        ),
        (learning.Cyclical, {"decay": Decay.NONE, "gamma": 1.0}),
        (learning.evaluate, {"batch": 500, "bfloat16": False}),
        (learning.sgd, {"momentum": 0.0}),
        (learning.GrowingBatchSampler, {"seed": 0, "drop_last": False}),
        (learning.RateLR, {"last_epoch": -1}),
    ],
)
def test_functions_do_the_same(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    parameters = inspect.signature(function).parameters
    said = {
        name: each.default
        for name, each in parameters.items()
        if isinstance(each.default, int | float | str | tuple | range)
    }
    assert said == defaults


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("adaboost", {"n_estimators": 100, "random_state": 42}),
        ("logistic", {"max_iter": 1000, "C": 1.0}),
        ("forest", {"n_estimators": 100, "random_state": 42}),
        ("naive-bayes", {"var_smoothing": 1e-9}),
    ],
)
def test_the_settings_of_the_models(name: str, settings: dict[str, Any]) -> None:
    found = named([name])[name].get_params()
    assert {key: found[key] for key in settings} == settings
