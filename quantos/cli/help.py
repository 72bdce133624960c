"""What `--help` and `-h` show: every value by a name that a person knows, in the reader's language, nothing cut.

Typer's own help names values by their Python types and ends long lines with dots; this one is laid out here.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import typer
from typer._click.exceptions import MissingParameter, NoArgsIsHelpError, UsageError
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from quantos.cli.interruption import Interrupted
from quantos.cli.layout import clean, listed, screen_width, wrapped
from quantos.cli.texts import CHINESE, in_readers_language, language, say
from quantos.cli.texts.placeholders import in_chinese
from quantos.cli.texts.usage import wrong_usage_in_chinese

F = TypeVar("F", bound=Callable[..., Any])

WIDTH_MAX: Final = 100
NAMES: Final = {"help_option_names": ["--help", "-h"]}


class Commands(typer.Typer):
    """A group of commands whose help is laid out here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            cls=Group,
            context_settings=NAMES,
            add_completion=False,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
            **options,
        )

    def command(self, name: str | None = None, **options: Any) -> Callable[[F], F]:
        decorator: Callable[[F], F] = super().command(name, cls=Command, **options)
        return decorator

    def callback(self, **options: Any) -> Callable[[F], F]:
        decorator: Callable[[F], F] = super().callback(cls=Group, context_settings=NAMES, **options)
        return decorator


class Command(TyperCommand):
    """One command."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return _usage(self, ctx)

    def get_help(self, ctx: Any) -> str:
        return "\n".join([*_heading(self, ctx), *_parameters(self, ctx)])

    def invoke(self, ctx: Any) -> Any:
        """Raises Interrupted where Ctrl-C came and the command itself had nothing to say about it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted(say("interrupted")) from None


class Group(TyperGroup):
    """A group of commands."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command line and leave with its exit code; wrong usage is told in the reader's language."""
        try:
            sys.exit(super().main(*args, **{**options, "standalone_mode": False}) or 0)
        except UsageError as wrong:
            _tell(wrong)
            sys.exit(wrong.exit_code)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*_usage(self, ctx), placeholder("COMMAND")]

    def get_help(self, ctx: Any) -> str:
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        rows = [(name, first_paragraph(child.help)) for name, child in commands if not child.hidden]
        return "\n".join([*_heading(self, ctx), *_section("help.commands", rows), *_parameters(self, ctx)])


def _usage(command: TyperCommand | TyperGroup, context: Any) -> list[str]:
    pieces = []
    for parameter in command.get_params(context):
        if isinstance(parameter, TyperArgument) and not parameter.hidden:
            name = parameter.display_name_raw + ("..." if parameter.nargs != 1 else "")
            name = placeholder(name)
            pieces.append(name if parameter.required else f"[{name}]")
    return [f"[{placeholder('OPTIONS')}]", *pieces]


def _tell(wrong: UsageError) -> None:
    if language() != CHINESE or isinstance(wrong, NoArgsIsHelpError):
        wrong.show()
        return
    if (context := wrong.ctx) is not None:
        usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
        sys.stderr.write(f"{say('help.usage')}{usage}\n{say('help.more', command=context.command_path)}\n\n")
    told = clean(wrong_usage_in_chinese(wrong.format_message()))
    if isinstance(wrong, MissingParameter):
        told = " ".join(map(in_chinese, told.split(" ")))
    sys.stderr.write(f"{say('help.wrong')}{say('colon')}{told}\n")


def _heading(command: TyperCommand | TyperGroup, context: Any) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    text = [f"  {line}" for line in wrapped(first_paragraph(command.help), _width() - 2)]
    return [f"{say('help.usage')}{usage}", "", *text]


def _parameters(command: TyperCommand | TyperGroup, context: Any) -> list[str]:
    arguments, options = [], []
    for parameter in command.get_params(context):
        if isinstance(parameter, TyperArgument) and not parameter.hidden:
            arguments.append(
                (
                    placeholder(parameter.display_name_raw),
                    placeholder(in_readers_language(parameter.help or "")),
                )
            )
        elif isinstance(parameter, TyperOption) and not parameter.hidden:
            names = ", ".join(sorted(parameter.opts, key=len))
            value = "" if parameter.is_flag else f" {parameter.metavar or (parameter.name or '').upper()}"
            options.append(
                (names + placeholder(value), placeholder(in_readers_language(parameter.help or "")))
            )
    return [*_section("help.arguments", arguments), *_section("help.options", options)]


def _section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    return ["", say(title), *listed(rows, _width())] if rows else []


def first_paragraph(text: str | None) -> str:
    """What a docstring begins with, on one line, in the reader's language."""
    return placeholder(in_readers_language(" ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())))


def placeholder(text: str) -> str:
    """What stands for a value, FILE, in the reader's language."""
    return in_chinese(text) if language() == CHINESE else text


def _width() -> int:
    return min(screen_width(), WIDTH_MAX)
