"""`inferops transcribe`: speech to text."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import click
from pydantic import SecretStr

from inferops.cli.remote.exits import RemoteCommand
from inferops.cli.remote.inference import KEY_VARIABLE, Engine, find_endpoint, read_object
from inferops.cli.remote.output import clean
from inferops.cli.remote.progress import show_progress
from inferops.cli.remote.session import Session, instance_name, with_session

STDIN = "-"


@click.command(cls=RemoteCommand)
@instance_name
@click.argument("file")
@click.option("--language", help="Of the speech (ISO 639-1), such as en. Default: the engine finds it out.")
@click.option("--prompt", help="Words that may occur, such as names.")
@click.option("--temperature", type=float, help="As the engine has it.")
@click.option("--translate", is_flag=True, help="Into English.")
@click.option("--model", help="Model name of the request. Default: what the engine lists first.")
@click.option("--direct", is_flag=True, help="By the instance's own address instead of /v2/<id> at the profile's.")
@click.option(
    *("-o", "--output"),
    type=click.Choice(["text", "json", "verbose_json", "srt", "vtt"]),
    default="text",
    show_default=True,
)
@with_session
def transcribe(session: Session, name: str, file: str, output: str, **options: Any) -> None:
    """Print what is said in FILE (- is standard input), by the instance, or the model, called NAME.

    The key is $INFEROPS_INFERENCE_KEY, else the profile's, which needs scope inference and must be one of the
    instance's.
    """
    key = SecretStr(os.environ.get(KEY_VARIABLE) or session.key.get_secret_value())
    with ExitStack() as stack:
        audio = stack.enter_context(open_audio(file))
        client = stack.enter_context(session.open())
        endpoint = find_endpoint(client, session, name, direct=options["direct"])
        engine = stack.enter_context(Engine(endpoint, session, key))
        stack.enter_context(show_progress("transcribing", quiet=True))
        # asked for as JSON, which every engine has, and written as text here
        fields = {"model": options["model"] or engine.find_model(), "response_format": output.replace("text", "json")}
        fields |= {each: options[each] for each in ("language", "prompt", "temperature") if options[each] is not None}
        path = "/audio/translations" if options["translate"] else "/audio/transcriptions"
        answer = engine.transcribe(path, ("audio.wav" if file == STDIN else Path(file).name, audio), fields)
    text = answer.decode(errors="replace")
    told = str(read_object(answer).get("text", "")).strip() if output == "text" else text.rstrip()
    click.echo(clean(told) if sys.stdout.isatty() else told)


def open_audio(file: str) -> BinaryIO:
    """The bytes; sent as they are read."""
    if file == STDIN:
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
