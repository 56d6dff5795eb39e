"""Synchronisation protocols as data: three rules and two bounds cover the family.

Every protocol is one frozen value; the names that the field uses are rows of a table, and the aliases in
use for them resolve to these rows.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, NamedTuple, Self

from pydantic import field_validator, model_serializer, model_validator

from sim.scenario.faults import KeyFault
from sim.scenario.model import Bound, Value
from sim.scenario.values import plain_number, shown

AfterPush = Literal["wait", "go on"]
AtUpdate = Literal["carry on", "cancel"]

ALL: Final = "all"
"""Gradients per update: one of every active worker, a barrier."""

MOST: Final = 10**15
WITHOUT_K: Final = frozenset({"async", "bsp"})

MOST_SHARES: Final = 10**9 - 1
_SHARE = re.compile(r"P/[1-9][0-9]{0,8}")


class Rules(NamedTuple):
    """What tells the protocols apart, their number of gradients per update aside."""

    barrier: bool  # one gradient of every active worker, rather than K
    after_push: AfterPush
    at_update: AtUpdate


NAMED: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        "bsp": Rules(barrier=True, after_push="wait", at_update="carry on"),
        "k-sync": Rules(barrier=False, after_push="wait", at_update="cancel"),
        "k-batch-sync": Rules(barrier=False, after_push="go on", at_update="cancel"),
        "async": Rules(barrier=False, after_push="go on", at_update="carry on"),
        "k-async": Rules(barrier=False, after_push="wait", at_update="carry on"),
        "k-batch-async": Rules(barrier=False, after_push="go on", at_update="carry on"),
    }
)
"""The rules by name. ``async`` is ``k-batch-async`` with K = 1, and takes no k; nor does ``bsp``."""

ALIASES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ssp": ("async", "slack"),
        "ringmaster": ("async", "max_staleness"),
        "backup-workers": ("k-sync", "k"),
        "fedbuff": ("k-batch-async", "k"),
        "softsync": ("k-batch-async", "n"),
    }
)
"""Other names in use: the protocol that each stands for, and the setting that it needs."""


class Protocol(Value):
    """When the server updates the weights, what its workers do meanwhile, and how far they may drift apart.

    Attributes
    ----------
    k
        Gradients per update: a number, ``"all"`` (one of every active worker), or ``"P/n"`` (a share ⌊P/n⌋
        of the workers in the scenario).
    after_push
        ``"wait"``: a worker that has pushed waits for the update that its gradient goes into, so that the
        gradients of an update come from distinct workers. ``"go on"``: it reads and computes at once.
    at_update
        ``"carry on"``: the other workers go on with the gradients they have begun. ``"cancel"``: they drop
        them and start anew from the updated weights.
    slack
        Stale-synchronous bound (Ho et al. 2013): a worker may start its next gradient only while its count of
        completed gradients is at most this much ahead of the slowest active worker's.
    max_staleness
        The server discards a gradient whose staleness exceeds this (Ringmaster ASGD with R = max_staleness
        + 1).

    Examples
    --------
    >>> Protocol.k_async(4).name
    'k-async'
    >>> Protocol(kind="fedbuff", k=10) == Protocol.k_batch_async(10)
    True
    """

    also: ClassVar = frozenset({"kind", "n"})

    k: int | str = 1
    after_push: AfterPush = "go on"
    at_update: AtUpdate = "carry on"
    slack: Bound | None = None
    max_staleness: Bound | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_kind(cls, given: Any) -> Any:  # noqa: ANN401 -- unvalidated input
        if isinstance(given, dict) and "kind" in given:
            rest = {key: value for key, value in given.items() if key != "kind"}
            return _rules(given["kind"], rest)
        return given

    @field_validator("k", mode="before")
    @classmethod
    def _a_number_or_a_share(cls, k: Any) -> Any:  # noqa: ANN401 -- unvalidated input
        k = plain_number(k)
        whole = isinstance(k, int) and not isinstance(k, bool) and 1 <= k <= MOST
        share = isinstance(k, str) and (k == ALL or _SHARE.fullmatch(k))
        if not (whole or share):
            raise ValueError(
                f'{shown(k)} must be a whole number of at least 1, "all", or a share "P/n" of the workers'
            )
        return k

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.k == ALL and self.after_push == "go on":
            raise ValueError('k = "all" is a barrier, where after_push must be "wait"')
        if self.k == ALL and self.at_update == "cancel":
            raise ValueError("at a barrier every worker has pushed: there is nothing to cancel at an update")
        for bound in ("slack", "max_staleness"):
            if getattr(self, bound) is not None and self.always_fresh:
                raise ValueError(
                    f"{bound} bounds nothing in {self.name}, where no gradient is stale: leave it out"
                )
        return self

    @model_serializer(mode="plain")
    def _by_kind(self) -> dict[str, Any]:
        written: dict[str, Any] = {"kind": self.name}
        if self.name not in WITHOUT_K:
            written["k"] = self.k
        bounds = {"slack": self.slack, "max_staleness": self.max_staleness}
        return written | {key: bound for key, bound in bounds.items() if bound is not None}

    @property
    def name(self) -> str:
        """The protocol's name in the table of rules."""
        if (self.k, self.after_push, self.at_update) == (1, "go on", "carry on"):
            return "async"
        rules = Rules(self.k == ALL, self.after_push, self.at_update)
        return next(name for name, row in NAMED.items() if row == rules and name != "async")

    @property
    def always_fresh(self) -> bool:
        """Whether every gradient is computed from the very weights that it is applied to."""
        return self.k == ALL or self.at_update == "cancel"

    def batch(self, workers: int) -> int | None:
        """Return K for a scenario of so many workers, ``None`` for a barrier of all active ones."""
        if self.k == ALL:
            return None
        if isinstance(self.k, str):
            return workers // int(self.k.removeprefix("P/"))
        return self.k

    def describe(self, workers: int) -> str:
        """Return the protocol in words: its name, its settings among so many workers, and its other names.

        >>> Protocol.k_batch_sync("P/3").describe(32)
        'k-batch-sync, K = P/3 = 10'
        """
        share = f" = {self.batch(workers)}" if isinstance(self.k, str) else ""
        settings = [] if self.name in WITHOUT_K else [f"K = {self.k}{share}"]
        settings += [f"slack {self.slack}"] if self.slack is not None else []
        settings += [f"staleness at most {self.max_staleness}"] if self.max_staleness is not None else []
        given = {"k", "n"} | {
            bound for bound in ("slack", "max_staleness") if getattr(self, bound) is not None
        }
        others = [alias for alias, (name, needs) in ALIASES.items() if name == self.name and needs in given]
        text = ", ".join([self.name, *settings])
        return f"{text} (also called {', '.join(others)})" if others else text

    @classmethod
    def bsp(cls) -> Self:
        """Bulk-synchronous parallel: every active worker's gradient goes into every update."""
        return cls(k=ALL, after_push="wait")

    @classmethod
    def k_sync(cls, k: int | str) -> Self:
        """First K of P: the update takes the first K workers' gradients, the others are cancelled."""
        return cls(k=k, after_push="wait", at_update="cancel")

    @classmethod
    def k_batch_sync(cls, k: int | str) -> Self:
        """First K gradients, no matter whose; the rest are cancelled."""
        return cls(k=k, at_update="cancel")

    @classmethod
    def asynchronous(cls, slack: int | None = None, max_staleness: int | None = None) -> Self:
        """Every gradient is an update; with ``slack`` it is SSP, with ``max_staleness`` Ringmaster."""
        return cls(slack=slack, max_staleness=max_staleness)

    @classmethod
    def k_async(cls, k: int | str, slack: int | None = None, max_staleness: int | None = None) -> Self:
        """K distinct workers' gradients make an update, the others carry on."""
        return cls(k=k, after_push="wait", slack=slack, max_staleness=max_staleness)

    @classmethod
    def k_batch_async(cls, k: int | str, slack: int | None = None, max_staleness: int | None = None) -> Self:
        """Any K gradients make an update, nobody waits: FedBuff, and n-softsync with K = ⌊P/n⌋."""
        return cls(k=k, slack=slack, max_staleness=max_staleness)


def keys_of(kind: str) -> frozenset[str]:
    """Return what may stand beside the name of a protocol in `NAMED` or `ALIASES`."""
    name, needed = ALIASES.get(kind, (kind, "k"))
    counted = {"n" if needed == "n" else "k"} if name not in WITHOUT_K else set()
    return frozenset({"kind", "slack", "max_staleness"} | counted)


def _rules(kind: Any, settings: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 -- unvalidated input
    """Return a named protocol's settings with its rules in place of its name."""
    if not isinstance(kind, str) or kind not in NAMED.keys() | ALIASES.keys():
        raise KeyFault("kind", f"{shown(kind)} must be one of {', '.join([*NAMED, *ALIASES])}")
    name, needed = ALIASES.get(kind, (kind, "k"))
    if (name not in WITHOUT_K or kind in ALIASES) and needed not in settings:
        raise ValueError(f"{kind} needs {needed}")
    if "k" in settings and (name in WITHOUT_K or needed == "n"):
        raise ValueError(f"{kind} takes {'n, not k' if needed == 'n' else 'no k'}")
    if "n" in settings and needed != "n":
        raise ValueError(f"{kind} takes no n; softsync does")
    if taken := settings.keys() & {"after_push", "at_update"}:
        raise ValueError(f"kind = {kind!r} already says {', '.join(sorted(taken))}: give one or the other")
    rules = NAMED[name]
    settings = {"k": ALL if rules.barrier else 1} | settings
    if needed == "n":
        settings["k"] = f"P/{_divisor(settings.pop('n'))}"
    return settings | {"after_push": rules.after_push, "at_update": rules.at_update}


def _divisor(n: Any) -> int:  # noqa: ANN401 -- unvalidated input
    """Return the n of softsync, whose K is the share ⌊P/n⌋."""
    n = plain_number(n)
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_SHARES:
        raise KeyFault("n", f"{shown(n)} must be a whole number from 1 to {MOST_SHARES}")
    return n
