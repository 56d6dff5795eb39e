"""Classifiers by name: a few of scikit-learn's, and any by its import path."""

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from analysis.errors import AnalysisError

SEED = 42
"""Of classifiers that draw."""


def _adaboost() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.ensemble import AdaBoostClassifier

    return AdaBoostClassifier(n_estimators=100, random_state=SEED)


def _logistic() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def _forest() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=100, random_state=SEED)


def _naive_bayes() -> Any:  # noqa: ANN401  # scikit-learn publishes no types
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


MODELS: dict[str, Callable[[], Any]] = {
    "adaboost": _adaboost,
    "logistic": _logistic,
    "forest": _forest,
    "naive-bayes": _naive_bayes,
}
SHORT = re.compile(r"^[\w.]+[.:](?=\w+\s*(\(|$))")
"""What an import path can do without where it is shown."""
CALL = re.compile(r"([\w.:]+)\s*(?:\((.*)\))?", re.DOTALL)


def listed(text: str) -> list[str]:
    """Split a list of models at its commas, those in brackets aside.

    >>> listed("logistic, sklearn.svm.SVC(C=2, kernel='rbf')")
    ['logistic', "sklearn.svm.SVC(C=2, kernel='rbf')"]
    """
    parts, depth, begun = [], 0, 0
    for place, mark in enumerate(text):
        depth += (mark in "([{") - (mark in ")]}")
        if mark == "," and depth == 0:
            parts.append(text[begun:place].strip())
            begun = place + 1
    return [*parts, text[begun:].strip()]


def named(models: Sequence[str]) -> dict[str, Any]:
    """Return a fresh classifier for each model, by a short name.

    Parameters
    ----------
    models
        Names from ``MODELS``, or import paths such as ``sklearn.svm.SVC`` or ``package.module:factory``,
        with arguments where they need some: ``sklearn.svm.SVC(C=2)``.

    Raises
    ------
    AnalysisError
        If there is no such model, or it is named twice.
    """
    if not models:
        raise AnalysisError(f"models: none is named: of {', '.join(MODELS)}, or an import path")
    twice = [name for name in models if list(models).count(name) > 1]
    if twice:
        raise AnalysisError(f"models: {twice[0]!r} is named twice: name each once")
    short = [name if name in MODELS else SHORT.sub("", name) for name in models]
    return {
        brief if short.count(brief) == 1 else name: MODELS[name]() if name in MODELS else _imported(name)
        for name, brief in zip(models, short, strict=True)
    }


def _imported(text: str) -> Any:  # noqa: ANN401  # anybody's estimator
    from sklearn.base import clone

    from analysis.importing import described, named_object

    found = CALL.fullmatch(text)
    path = found.group(1) if found else ""
    if not found or not re.search(r"\w[.:]\w", path):
        raise AnalysisError(
            f"models: {text!r} must be among {', '.join(MODELS)}, or an import path such as sklearn.svm.SVC"
        )
    if ":" not in path:
        path = ":".join(path.rsplit(".", 1))
    arguments = _arguments(found.group(2) or "", text)
    factory = named_object(path, "models")
    try:
        model = factory(**arguments) if callable(factory) else clone(factory)
        if "random_state" in getattr(model, "get_params", dict)() and "random_state" not in arguments:
            model.set_params(random_state=SEED)
    except Exception as error:
        raise AnalysisError(f"models: making {text!r} raised {described(error)}") from error
    lacking = [method for method in ("fit", "get_params") if not callable(getattr(model, method, None))]
    if isinstance(model, type) or lacking:
        raise AnalysisError(f"models: {text!r} is no estimator: it has no {(lacking or ['instance'])[0]}")
    if not any(hasattr(model, method) for method in ("predict_proba", "decision_function")):
        raise AnalysisError(
            f"models: {text!r} gives no scores: it has neither predict_proba nor decision_function"
        )
    return model


def _arguments(text: str, whole: str) -> dict[str, Any]:
    """Read keyword arguments, whose values are literals: nothing is evaluated."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
            raise ValueError  # noqa: TRY301  # the same complaint as for what is no call at all
        return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise AnalysisError(f"models: the arguments of {whole!r} must be like (C=2, kernel='rbf')") from None
