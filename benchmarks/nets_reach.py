"""How many models of torchvision and timm `nets` counts completely, and why not where it does not.

    python benchmarks/nets_reach.py LOG [--only REGEX] [--limit SECONDS] [--out FILE]

Every builder is called without weights, for a module on torch's device ``meta`` where it can be. Each model
has a process of its own, which ends at the time limit, and leaves one line of JSON in LOG; a model that has
one is not tried again. Torch's own counter counts the same model on meta beside ours.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import re
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import nets

Builder = Callable[[], nn.Module]
KEPT: list[Any] = []
COMPLETE, BUILT_NOT = "complete", "cannot be built"


@cache
def with_torchvision() -> Any:  # noqa: ANN401  # a module without annotations
    """Import torchvision, whose operators need a schema where they were built for another torch."""
    library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # torch's
    for name in ("nms", "qnms"):
        with contextlib.suppress(RuntimeError):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    KEPT.append(library)
    import torchvision

    return torchvision


def builders() -> dict[str, Builder]:
    """Return the builders of torchvision and timm that are installed here, but for quantized models."""
    found: dict[str, Builder] = {}
    try:
        models = with_torchvision().models
    except ImportError as error:
        print(f"torchvision: not installed: {error}", file=sys.stderr)
    else:
        for name in models.list_models():
            if "quantized" not in name:
                found[f"torchvision/{name}"] = partial(
                    models.get_model, name, weights=None, **backbone(models, name)
                )
    try:
        import timm
    except ImportError as error:
        print(f"timm: not installed: {error}", file=sys.stderr)
    else:
        for name in timm.list_models():
            found[f"timm/{name}"] = partial(timm.create_model, name, pretrained=False)
    return found


def backbone(models: Any, name: str) -> dict[str, None]:  # noqa: ANN401  # torchvision publishes no annotations
    """Return what keeps a builder from fetching weights for the part that it builds on."""
    parameters = models.get_model_builder(name).__annotations__
    return {"weights_backbone": None} if "weights_backbone" in parameters else {}


def inputs_for(name: str, module: nn.Module) -> Any:  # noqa: ANN401  # whatever the model takes
    """Return the input of a model: the size that it was published for."""
    library, _, model = name.partition("/")
    if library == "timm":
        return (1, *(module.default_cfg.get("input_size") or (3, 224, 224)))  # type: ignore[union-attr,operator]  # timm's
    if any(part in model for part in ("rcnn", "ssd", "retinanet", "fcos")):
        return [[torch.zeros(3, 320, 320)]]
    if any(part in model for part in ("r3d", "mc3", "r2plus1d")):
        return (1, 3, 16, 112, 112)
    if any(part in model for part in ("mvit", "swin3d", "s3d")):
        return (1, 3, 16, 224, 224)
    if "raft" in model:
        return [(1, 3, 128, 128)] * 2
    return (1, 3, 299, 299) if "inception_v3" in model else (1, 3, 224, 224)


def on_meta(inputs: Any) -> list[Any]:  # noqa: ANN401  # as above
    """Return positional arguments on torch's device meta."""

    def moved(part: Any) -> Any:  # noqa: ANN401  # as above
        if isinstance(part, tuple):
            return torch.zeros(part, device="meta")
        return part.to("meta") if isinstance(part, torch.Tensor) else [moved(each) for each in part]

    return moved(inputs) if isinstance(inputs, list) else [moved(inputs)]


def tried(name: str, build: Builder) -> dict[str, Any]:
    """Count one model twice, by ours and by torch's counter; what is wrong is part of the result."""
    start = time.perf_counter()
    try:
        try:
            with torch.device("meta"):
                module = build()
        except Exception:  # noqa: BLE001  # some can only be built with numbers
            module = build()
    except Exception as error:  # noqa: BLE001  # whatever a builder raises is the result
        return {"verdict": BUILT_NOT, "why": said(error)}
    module.eval()
    given = inputs_for(name, module)
    built = time.perf_counter()
    found = counted(module, given)
    seconds = time.perf_counter() - built
    return {
        **found,
        **torch_counted(module, given),
        "build": round(built - start, 2),
        "seconds": round(seconds, 2),
    }


def counted(module: nn.Module, given: Any) -> dict[str, Any]:  # noqa: ANN401  # as above
    """Count with `nets`."""
    try:
        table = nets.table(module, given, fold=False)
    except nets.NetsError as error:
        return {"verdict": "refused", "why": str(error)}
    except Exception as error:  # noqa: BLE001  # a fault of ours
        return {"verdict": "traceback", "why": said(error)}
    counts = {"parameters": table.total.parameters, "macs": int(table.total.macs)}
    if table.total.parameters != sum(p.numel() for p in module.parameters()):
        return {"verdict": "parameters differ from torch's", "why": "", **counts}
    if table.findings is not None and not table.findings.complete:
        return {"verdict": "lower bound", "why": table.findings.lower_bound, **counts}
    return {"verdict": COMPLETE, "why": "", **counts}


def torch_counted(module: nn.Module, given: Any) -> dict[str, Any]:  # noqa: ANN401  # as above
    """Count with torch's FlopCounterMode on meta, in MACs."""
    try:
        module, arguments = module.to("meta"), on_meta(given)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(*arguments)
    except Exception as error:  # noqa: BLE001  # whatever it raises is the result
        return {"torch": None, "torch_why": said(error)}
    return {"torch": counter.get_total_flops() // 2, "torch_why": ""}


def said(error: Exception) -> str:
    """Return an exception in one line."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"


def _work(answer: Connection, name: str, build: Builder) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        answer.send(tried(name, build))


def within(limit: float, name: str, build: Builder) -> dict[str, Any]:
    """Try a model in a process of its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, name, build))
    process.start()
    there.close()
    try:
        if not here.poll(limit):
            return {"verdict": "time limit", "why": f"more than {limit:g} s"}
        return dict(here.recv())
    except EOFError:
        return {"verdict": "process ended", "why": "without an answer, such as for want of memory"}
    finally:
        process.kill()
        process.join()


def entries(log: Path) -> Iterator[dict[str, Any]]:
    """Read a log; a last line that was cut off is left out."""
    for line in log.read_text().splitlines() if log.exists() else ():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)


def write(log: Path, entry: Mapping[str, Any]) -> None:
    """Append an entry, on a line of its own after one that was cut off."""
    cut_off = log.exists() and log.read_bytes()[-1:] not in (b"", b"\n")
    with log.open("a") as file:
        file.write("\n" * cut_off + json.dumps(entry) + "\n")


def summary(found: Sequence[Mapping[str, Any]], available: Mapping[str, int]) -> str:
    """Return what the log says as Markdown.

    Parameters
    ----------
    found
        The log's entries.
    available
        How many builders each library has.
    """
    lines = [
        "# How far counting reaches",
        "",
        f"torch {torch.__version__}; every builder without weights, in evaluation mode, batch of one.",
        "Torch's counter is `FlopCounterMode` on meta.",
        "",
        "| library | builders | tried | complete | not | torch: same MACs | other | fails | median s |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for library, builders_there in available.items():
        tried_there = [entry for entry in found if entry["model"].startswith(f"{library}/")]
        if not tried_there:
            continue
        complete = [entry for entry in tried_there if entry["verdict"] == COMPLETE]
        same = sum(entry["torch"] == entry["macs"] for entry in complete)
        fails = sum(entry["torch"] is None for entry in complete)
        seconds = sorted(entry["seconds"] for entry in complete)
        lines.append(
            f"| {library} {version(library)} | {builders_there:,} | {len(tried_there):,} | "
            f"{len(complete):,} | "
            f"{len(tried_there) - len(complete)} | {same:,} | {len(complete) - same - fails} | {fails} | "
            f"{seconds[len(seconds) // 2] if seconds else 0:.2f} |"
        )
    lines += ["", f"Ours: {tally(found)}.", ""]
    lines += grouped("What does not count completely", found, lambda e: _why(e["verdict"], e["why"]))
    lines += grouped("Where torch's counter fails", found, lambda e: e.get("torch_why", ""))
    lines += grouped(
        "Where torch's counter says another number than ours",
        [e for e in found if e.get("torch") is not None and "macs" in e],
        lambda e: "" if e["torch"] == e["macs"] else f"{e['macs'] - e['torch']:+,} MACs in ours",
    )
    return "\n".join(lines).rstrip() + "\n"


def tally(found: Sequence[Mapping[str, Any]]) -> str:
    """Count the verdicts."""
    return ", ".join(f"{n:,} {verdict}" for verdict, n in Counter(e["verdict"] for e in found).most_common())


def version(library: str) -> str:
    """Return a library's version, of those that are loaded."""
    return str(getattr(sys.modules.get(library), "__version__", ""))


def _why(verdict: str, why: str) -> str:
    return "" if verdict == COMPLETE else f"{verdict}: {why}"


def grouped(
    heading: str, found: Sequence[Mapping[str, Any]], why: Callable[[Mapping[str, Any]], str]
) -> list[str]:
    """List models by the reason that they share; nothing where none has one."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for entry in found:
        if reason := why(entry):
            reasons[reason].append(entry["model"])
    if not reasons:
        return []
    return [f"## {heading}", "", *(f"- {why}: {', '.join(names)}" for why, names in reasons.items()), ""]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("log", type=Path, help="one line of JSON per model, appended")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="models whose names match")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds per model")
    parser.add_argument("--out", type=Path, help="where the summary goes, in Markdown")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    counted(nn.Linear(2, 2), (1, 2))  # what is loaded here need not be loaded by each process
    everything = builders()
    done = {entry["model"] for entry in entries(asked.log)}
    for name, build in everything.items():
        if name in done or not asked.only.search(name):
            continue
        found = {"model": name, **within(asked.limit, name, build)}
        write(asked.log, found)
        if found["verdict"] != COMPLETE:
            print(f"{name}: {found['verdict']}: {found['why']}", file=sys.stderr)
    text = summary([*entries(asked.log)], Counter(name.partition("/")[0] for name in everything))
    if asked.out is not None:
        asked.out.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
