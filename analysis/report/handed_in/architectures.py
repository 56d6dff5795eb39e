"""Problem 4: the table of VGG19, and the two Inception modules."""

from collections.abc import Iterator

from analysis.report.claims import Claim
from analysis.report.verdicts import Verdict

PRINTED_VGG19 = (
    ("input", "150K", "0"),
    ("conv1_1", "3.2M", "1,728"),
    ("conv1_2", "3.2M", "36,864"),
    ("pool1", "800K", "0"),
    ("conv2_1", "1.6M", "73,728"),
    ("conv2_2", "1.6M", "147,456"),
    ("pool2", "400K", "0"),
    ("conv3_1", "800K", "294,912"),
    *((f"conv3_{place}", "800K", "589,824") for place in (2, 3, 4)),
    ("pool3", "200K", "0"),
    ("conv4_1", "400K", "1,179,648"),
    *((f"conv4_{place}", "400K", "2,359,296") for place in (2, 3, 4)),
    ("pool4", "100K", "0"),
    *((f"conv5_{place}", "100K", "2,359,296") for place in (1, 2, 3, 4)),
    ("pool5", "25K", "0"),
    ("fc6", "4096", "102,760,448"),
    ("fc7", "4096", "16,777,216"),
    ("fc8", "1000", "4,096,000"),
    ("total", "16.5M", "143,652,544"),
)
"""Layer, activations and parameters without biases; the layers' names are ours."""


def _vgg19() -> Iterator[Claim]:
    for layer, activations, weights in PRINTED_VGG19:
        yield Claim(
            "4.1",
            f"{layer}, activations",
            activations,
            f"architectures.vgg19.{layer}.activations",
            must=Verdict.EQUAL,
        )
        yield Claim(
            "4.1", f"{layer}, weights", weights, f"architectures.vgg19.{layer}.weights", must=Verdict.EQUAL
        )


def _operations(what: str, printed: str, quantity: str, *, must: Verdict = Verdict.WRONG) -> Claim:
    """Return a count of operations, which the hand-in's recipe takes for the weights."""
    return Claim(
        "4.2",
        what,
        printed,
        f"architectures.inception.macs.{quantity}",
        recipe=f"architectures.inception.weights.{quantity}",
        reason="positions" if must is Verdict.WRONG else "",
        must=must,
    )


CLAIMS = (
    *_vgg19(),
    Claim("4.2", "naive: output", "32×32×672", "architectures.inception.naive_output", must=Verdict.EQUAL),
    Claim(
        "4.2", "reduced: output", "32×32×480", "architectures.inception.reduced_output", must=Verdict.EQUAL
    ),
    _operations("naive: operations of the 1×1", "32768", "naive_1x1"),
    _operations("naive: operations of the 3×3", "442368", "naive_3x3"),
    _operations("naive: operations of the 5×5", "614400", "naive_5x5"),
    _operations("naive: operations", "1,089,536", "naive"),
    _operations("reduced: operations", "388,096", "reduced"),
    _operations("operations saved", "701,440", "saved"),
    _operations("operations saved, share", "64.4%", "saved_percent", must=Verdict.EQUAL),
)
