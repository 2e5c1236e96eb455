"""Commands about what examples mean: embed, dedupe, cluster, mislabels, curve, signals, pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result


@cli.command()
@click.option(
    "--encoder",
    default="minilm",
    show_default=True,
    metavar="NAME",
    help="minilm, a folder with a sentence-transformers model, or a name on the model hub.",
)
@click.option("--rebuild", is_flag=True, help="Replace the vectors of another encoder.")
@json_option
@pass_context
def embed(context: Context, encoder: str, rebuild: bool, as_json: bool) -> None:
    """Computes a vector for each input that has none; what rests on meaning rests on these.

    \b
    Example: curate embed --encoder models/bge-m3 --rebuild
    """
    from curate import show

    result = context.project().embed(encoder=encoder, rebuild=rebuild)
    show_result(result, as_json, lambda: show.embed(result))


class _Threshold(click.ParamType[float | str]):
    """A similarity, or `off`; `auto` where an encoder's default may stand."""

    name = "number|off"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(self, value: Any, param: Any, ctx: Any) -> float | str:
        if value in ("off", *self.words):
            return str(value)
        try:
            return float(value)
        except (TypeError, ValueError):
            known = ", ".join(("off", *self.words))
            self.fail(f"{value!r} is not a number, nor one of: {known}", param, ctx)


@cli.command()
@click.option(
    "--exact",
    default="example",
    show_default=True,
    metavar="WHAT",
    help="What is compared: example (messages and answer), input, or off.",
)
@click.option(
    "--near",
    type=_Threshold(),
    default=0.8,
    show_default=True,
    help="Jaccard similarity of inputs (word 3-grams) from which on one of two is out.",
)
@click.option(
    "--semantic",
    type=_Threshold("auto"),
    default="auto",
    show_default=True,
    help="Cosine of inputs from which on one of two is out; auto: 0.9 for minilm.",
)
@click.option(
    "--suggest-threshold",
    is_flag=True,
    help="Show real pairs around candidate thresholds and what each would remove; change nothing.",
)
@json_option
@pass_context
def dedupe(context: Context, /, suggest_threshold: bool, as_json: bool, **options: Any) -> None:
    """Finds exact, near and semantic duplicates, and contradictions between copies.

    \b
    Example: curate dedupe --semantic 0.92 --suggest-threshold
    """
    from curate import show

    chosen: dict[str, Any] = {
        name: None if value == "off" and name != "exact" else value
        for name, value in options.items()
    }
    if suggest_threshold:
        found = context.project().suggest_thresholds(**chosen)
        show_result(found, as_json, lambda: show.thresholds(found))
        return
    result = context.project().dedupe(**chosen)
    show_result(result, as_json, lambda: show.dedupe(result))


@cli.command()
@click.option("--refit", is_flag=True, help="Find the clusters anew; ids stay by overlap.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the fit.")
@json_option
@pass_context
def cluster(context: Context, refit: bool, seed: int, as_json: bool) -> None:
    """Groups inputs by subject, names the groups, and assigns new inputs to them.

    \b
    Example: curate cluster --refit
    """
    from curate import show

    result = context.project().cluster(refit=refit, seed=seed)
    show_result(result, as_json, lambda: show.cluster(result))


@cli.command()
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Show so many.")
@click.option(
    "--detector",
    metavar="NAME",
    help="kernel (the default), or the stock ways: cleanlab-lr, datalab. It is remembered.",
)
@click.option(
    "--evaluate",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Say how well the stored suspicions find the errors of an audited sample; judge nothing.",
)
@click.option("--classes", is_flag=True, help="Show classes and confusable pairs; judge nothing.")
@json_option
@pass_context
def mislabels(
    context: Context,
    top: int,
    detector: str | None,
    evaluate: Path | None,
    classes: bool,
    as_json: bool,
) -> None:
    """Finds labels that the labels of like inputs speak against, worst first.

    \b
    Example: curate mislabels --top 50 --json
    """
    from curate import show, show_classes, show_evaluate

    if evaluate and classes:
        raise click.UsageError("--evaluate and --classes are two questions: ask one at a time")
    if detector and (evaluate or classes):
        raise click.UsageError(
            "--detector judges anew, and these look at what is stored: first one"
        )
    if evaluate:
        measured = context.project().mislabels_evaluate(evaluate)
        show_result(measured, as_json, lambda: show_evaluate.evaluation(measured))
        return
    if classes:
        seen = context.project().mislabels_classes()
        show_result(seen, as_json, lambda: show_classes.classes(seen))
        return
    result = context.project().mislabels(top=top, detector=detector)
    show_result(result, as_json, lambda: show.mislabels(result))


@cli.command()
@click.option(
    "--repeats",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="How often the part that judges is drawn.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws.")
@json_option
@pass_context
def curve(context: Context, repeats: int, seed: int, as_json: bool) -> None:
    """Tells whether more data of this kind would help: a learning curve on train, never on test.

    \b
    Example: curate curve --repeats 10
    """
    from curate import show_curve

    result = context.project().curve(repeats=repeats, seed=seed)
    show_result(result, as_json, lambda: show_curve.curve(result))


@cli.command()
@click.option(
    "--signal",
    "names",
    multiple=True,
    metavar="NAME",
    help="expected and residual (the default), relevance, format; repeatable, remembered.",
)
@click.option(
    "--top", type=click.IntRange(0), default=3, show_default=True, help="Show so many of each."
)
@json_option
@pass_context
def signals(context: Context, names: tuple[str, ...], top: int, as_json: bool) -> None:
    """Tells what speaks against answers and against their ratings, and who rates otherwise.

    \b
    Example: curate signals --signal residual --top 20
    """
    from curate import show_signals

    result = context.project().signals(names=names, top=top)
    show_result(result, as_json, lambda: show_signals.signals(result))


@cli.command()
@click.option(
    "--min-margin",
    type=float,
    default=0.25,
    show_default=True,
    help="Smallest difference of two ratings, as a share of the scale; a step of five is 0.25.",
)
@json_option
@pass_context
def pairs(context: Context, min_margin: float, as_json: bool) -> None:
    """Finds pairs of a better and a worse answer to one prompt: ratings, ranks, corrections.

    \b
    Example: curate pairs --min-margin 0.5
    """
    from curate import show_pairs

    result = context.project().pairs(min_margin=min_margin)
    show_result(result, as_json, lambda: show_pairs.pairs(result))
