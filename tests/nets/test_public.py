"""What ``import nets`` offers, and that it costs nothing until used."""

import pytest

import nets
from tests.commands import run_python
from tests.test_house import modules_loaded_by


def test_every_public_name_is_there() -> None:
    for name in nets.__all__:
        assert getattr(nets, name) is not None
        assert name in dir(nets)


def test_import_alone_is_enough_to_reach_the_zoo() -> None:
    code = "import nets; print(nets.zoo.vgg19().table().total.parameters)"
    assert run_python("-c", code).stdout == "143667240\n"


def test_import_loads_next_to_nothing() -> None:
    assert modules_loaded_by("nets").isdisjoint({"torch", "networkx", "sympy", "attrs", "rich"})


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'nets' has no attribute 'vgg19'"):
        _ = nets.vgg19
