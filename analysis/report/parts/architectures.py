"""Problem 4: VGG19 and the two Inception modules, counted."""

from typing import TYPE_CHECKING, Any

import nets
from analysis.report.drawing import drawn, on_paper
from analysis.report.part import Part
from analysis.report.scales import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nets.tables.rows import Rows

INPUT = (1, 256, 32, 32)
BLUE, ORANGE = "#0072b2", "#d55e00"
BY_NAME = {"naive_1x1": "1x1", "naive_3x3": "3x3", "naive_5x5": "5x5"}


def compute(_scale: Scale) -> Part:
    """Return everything of problem 4."""
    vgg = nets.table("vgg19", convention="assignment")
    pair = nets.compare("inception-naive", "inception-reduced", INPUT)
    layers = {
        row.layer: {
            "activations": int(row.counts.activations),
            "weights": int(row.counts.weights),
            "macs": int(row.counts.macs),
        }
        for row in vgg.rows
    }
    total = vgg.total
    layers["total"] = {
        "activations": int(total.activations),
        "weights": int(total.weights),
        "macs": int(total.macs),
    }
    numbers = {
        "vgg19": layers,
        "checks": {name: _checked(name) for name in ("vgg19", "inception-naive", "inception-reduced")},
        "inception": _inception(pair),
        "small_inception": _small_inception(),
    }
    figures = {
        "vgg19": drawn(lambda axes: _draw_vgg19(axes, layers), size=(5.4, 5.6)),
        "naive": on_paper(nets.draw("inception-naive")),
        "reduced": on_paper(nets.draw("inception-reduced")),
    }
    return Part(numbers, figures)


def _checked(name: str) -> dict[str, Any]:
    found = nets.check(name)
    return {"agrees": found.ok, "layers": found.layers}


def _inception(pair: nets.Comparison) -> dict[str, Any]:
    naive, reduced = pair.first, pair.second

    def counted(quantity: str) -> dict[str, Any]:
        first, second = (int(total) for total in pair.total(quantity))
        return {
            **{name: int(getattr(naive.by_layer[layer].counts, quantity)) for name, layer in BY_NAME.items()},
            "naive": first,
            "reduced": second,
            "saved": first - second,
            "saved_percent": 100 * (1 - second / first),
            "ratio": first / second,
        }

    before, after = (int(total) for total in pair.total("convolution activations"))
    return {
        "naive_output": _size(naive),
        "reduced_output": _size(reduced),
        "macs": counted("macs"),
        "weights": counted("weights"),
        "positions": INPUT[2] * INPUT[3],
        "activations": {"naive": before, "reduced": after, "ratio": after / before},
        "maps": {"naive": before // (INPUT[2] * INPUT[3]), "reduced": after // (INPUT[2] * INPUT[3])},
    }


def _size(table: "Rows") -> str:
    _, channels, height, width = table.by_layer["concat"].output
    return f"{height}×{width}×{channels}"


def _small_inception() -> dict[str, int]:
    from nets import zoo

    coloured = zoo.small_inception().table()
    grey = zoo.small_inception(channels=1, conv_bias=False).table()
    norms = coloured.by_kind["batch norm"].parameters
    return {
        "paper": int(coloured.total.parameters - norms),
        "with_norms": int(coloured.total.parameters),
        "grey": int(grey.total.parameters),
    }


def _draw_vgg19(axes: "Axes", layers: dict[str, dict[str, int]]) -> None:
    names = [name for name in layers if name != "total"]
    places = range(len(names))
    for offset, (quantity, colour) in enumerate((("activations", BLUE), ("weights", ORANGE))):
        share = [100 * layers[name][quantity] / layers["total"][quantity] for name in names]
        axes.barh([place + 0.4 * offset - 0.2 for place in places], share, 0.4, color=colour, label=quantity)
    axes.set_yticks(list(places), names, fontsize=8)
    axes.set(xlabel="% of all", title="VGG19: where the numbers are")
    axes.invert_yaxis()
    axes.legend(loc="center right")
