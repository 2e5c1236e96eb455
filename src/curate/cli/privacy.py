"""`curate privacy`: shows personal data and secrets."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.settings import Command
from curate.text.wording import table

if TYPE_CHECKING:
    from curate.privacy.privacy import Allowance, PrivacyResult, SecretPlace
    from curate.pull.rehash import PlainIds


class _PrivacyCommand(Command):
    """`privacy`, whose section says what exports hide."""

    def extra_keys(self, folder: Path) -> set[str]:
        """Returns what `[privacy]` may say, whatever the folder."""
        from curate.privacy.options import KEYS

        return set(KEYS)


@cli.command(cls=_PrivacyCommand)
@click.option(
    "--allow",
    cls=Once,
    multiple=True,
    metavar="ID",
    help="The secrets of this example have been dealt with: they stop no export; repeatable.",
)
@click.option(
    "--allow-value",
    cls=Once,
    multiple=True,
    metavar="TEXT",
    help="This value is nobody's, wherever it stands; only its HMAC is stored; repeatable.",
)
@click.option("--reason", cls=Once, default="", help="Why; goes with --allow and --allow-value.")
@click.option(
    "--withdraw",
    cls=Once,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="What was allowed no longer is.",
)
@click.option(
    "--rehash",
    cls=Once,
    is_flag=True,
    help="Hash users' ids that an older version stored in plain text.",
)
@click.option("--dry-run", cls=Once, is_flag=True, help="With --rehash: only count them.")
@json_option
@pass_context
def privacy(
    context: Context,
    allow: tuple[str, ...],
    allow_value: tuple[str, ...],
    reason: str,
    withdraw: int | None,
    rehash: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Shows where personal data and secrets stand, and how many kept examples have them.

    \b
    Example: curate privacy --allow 6d0e7a --reason "key revoked on 3 May"
    """
    project = context.project()
    if dry_run and not rehash:
        raise click.UsageError("--dry-run goes with --rehash.")
    if rehash:
        plain = project.privacy_rehash(dry_run=dry_run)
        show_result(plain, as_json, lambda: render_rehash(plain, dry_run))
        return
    if withdraw is not None:
        project.privacy_withdraw(withdraw)
    if allow or allow_value or reason:
        project.privacy_allow(allow, allow_value, reason=reason)
    result = project.privacy()
    show_result(result, as_json, lambda: render_privacy(result))


def render_rehash(plain: PlainIds, dry_run: bool) -> str:
    """Returns where users' ids stood, and whether they are hashed now."""
    text = f"user ids    in plain text: {plain.interactions:,} calls, {plain.rejects:,} rejects\n"
    if plain.columns:
        rows = [[column, count] for column, count in plain.columns.items()]
        text += textwrap.indent(table(["column", "calls"], rows), "  ")
    if dry_run:
        return text + ("Next: curate privacy --rehash\n" if plain.found else "")
    done = "hashed; the file was written anew" if plain.rewritten else "nothing to do"
    return text + f"  {done}\n"


_SECRETS_SHOWN = 10


def render_privacy(result: PrivacyResult) -> str:
    """Returns what was found, by kind, where secrets stand, and what is allowed."""
    text = f"privacy     {result.examples:,} examples, {result.checked:,} of them new or changed\n"
    if result.kinds:
        left = result.settings.leave
        rows = [
            [k.kind, k.places, k.examples, k.kept, "left as it is" if k.kind in left else ""]
            for k in result.kinds
        ]
        text += textwrap.indent(table(["kind", "places", "examples", "kept", ""], rows), "  ")
    originals = "ORIGINALS, as curate.toml says (secrets as placeholders)"
    become = "placeholders" if result.settings.redact else originals
    text += f"  kept examples with any of it: {result.concerned:,} of {result.kept:,}; "
    text += f"exported as {become}\n"
    text += _secrets(result.secrets) + _allowances(result.allowances)
    if result.stopping:
        first = result.stopping[0].example_id[:12]
        return text + f'Next: curate privacy --allow {first} --reason "revoked", once it is\n'
    return text + "Next: curate status\n"


def _secrets(secret_places: Sequence[SecretPlace]) -> str:
    if not secret_places:
        return ""
    rows = [
        [s.example_id[:12], s.field, s.detector, _state(s)] for s in secret_places[:_SECRETS_SHOWN]
    ]
    text = "\n" + table(["secret in", "field", "detector", "state"], rows)
    if len(secret_places) > _SECRETS_SHOWN:
        text += f"... and {len(secret_places) - _SECRETS_SHOWN:,} more: --json\n"
    return text


def _state(secret: SecretPlace) -> str:
    if secret.allowed:
        return "allowed"
    return "stops an export" if secret.kept else "not kept: out of exports of kept examples"


def _allowances(allowed: Sequence[Allowance]) -> str:
    if not allowed:
        return ""
    rows = [
        [
            a.number,
            f"secrets of {a.example_id[:12]}" if a.example_id else "a value",
            a.since,
            a.reason if a.holds else f"{a.reason} (the example has changed: no longer)",
        ]
        for a in allowed
    ]
    return "\n" + table(["number", "allowed", "since", "reason"], rows)
