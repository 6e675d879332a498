"""`inferops chat`: talk with a model."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson
from pydantic import SecretStr

from inferops.cli.remote.conversation import HELP, Conversation, build_data_url, is_url
from inferops.cli.remote.exits import RemoteCommand, read_failure
from inferops.cli.remote.inference import KEY_VARIABLE, Engine, find_endpoint
from inferops.cli.remote.output import clean
from inferops.cli.remote.progress import show_progress
from inferops.cli.remote.session import Session, instance_name, with_session
from inferops.client import ApiError

PARAMETERS: dict[str, Any] = {
    "temperature": float, "top_p": float, "top_k": int, "max_tokens": int, "repetition_penalty": float,
    "presence_penalty": float, "frequency_penalty": float, "seed": int,
}  # fmt: skip
"""Of a request; those of vLLM beside OpenAI's."""
INTERRUPTED = 130


def parameter_flags(command: Any) -> Any:
    """A flag for each parameter."""
    for name, kind in reversed(PARAMETERS.items()):
        flag = click.option(f"--{name.replace('_', '-')}", name, type=kind, help="As the engine has it.")
        command = flag(command)
    return command


@click.command(cls=RemoteCommand)
@instance_name
@click.argument("message", nargs=-1)
@click.option("--system", help="System prompt.")
@click.option("--image", "images", multiple=True, metavar="FILE|URL", help="For the first message; may be repeated.")
@click.option("--model", help="Model name of the requests. Default: what the engine lists first.")
@parameter_flags
@click.option("--stop", multiple=True, help="A text at which the answer ends; repeat it for more.")
@click.option("--direct", is_flag=True, help="By the instance's own address instead of /v2/<id> at the profile's.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_session
def chat(session: Session, name: str, message: tuple[str, ...], output: str, **options: Any) -> None:
    """Chat with the instance, or the model, called NAME.

    MESSAGE and what comes by standard input are one question: `git diff | inferops chat tiny review this`. Without
    either, on a terminal, it goes on turn by turn; /help tells what can be typed. The key is $INFEROPS_INFERENCE_KEY,
    else the profile's, which needs scope inference and must be one of the instance's.
    """
    piped = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    question = "\n\n".join(part for part in (" ".join(message), piped) if part)
    if not question and not sys.stdin.isatty():
        raise click.UsageError("there is no question: give MESSAGE, or write it to standard input")
    conversation = Conversation(options["system"], images=[read_image(image) for image in options["images"]])
    key = SecretStr(os.environ.get(KEY_VARIABLE) or session.key.get_secret_value())
    with session.open() as client:
        endpoint = find_endpoint(client, session, name, direct=options["direct"])
    with Engine(endpoint, session, key) as engine:
        asker = Asker(engine, conversation, build_parameters(options), output)
        asker.prepare(options["model"])
        if not question:
            converse(asker)
        elif not asker.ask(question):
            sys.exit(INTERRUPTED)


def build_parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that were named, as a request has them."""
    named = {name: options[name] for name in PARAMETERS if options[name] is not None}
    return {**named, **({"stop": list(options["stop"])} if options["stop"] else {})}


def read_image(image: str) -> str:
    """As a URL."""
    try:
        return image if is_url(image) else build_data_url(image, Path(image).read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise click.UsageError(f"{image}: {reason}" if reason else str(error)) from None


class Asker:
    """Asks questions and prints answers."""

    def __init__(self, engine: Engine, conversation: Conversation, parameters: dict[str, Any], output: str) -> None:
        self.engine, self.conversation, self.parameters, self.output = engine, conversation, parameters, output
        self.terminal = sys.stdout.isatty()

    def prepare(self, model: str | None) -> None:
        """Finds the model's name. An instance that sleeps wakes up, which takes as long as its engine starts."""
        if model or self.engine.endpoint.model:
            self.parameters["model"] = model or self.engine.endpoint.model
            return
        with show_progress("waiting for the engine", quiet=True):
            self.parameters["model"] = self.engine.find_model()

    def ask(self, question: str) -> bool:
        """Prints the answer as it comes. False: Ctrl-C stopped it; what came until then was said."""
        body = {**self.parameters, "messages": self.conversation.ask(question)}
        said: list[str] = []
        chunks: list[dict[str, Any]] = []
        finished = True
        try:
            for chunk in self.engine.stream_chat(body):
                chunks.append(chunk)
                text = "".join(map(read_delta, chunk.get("choices") or []))
                said.append(text)
                self.show(text)
        except KeyboardInterrupt:
            finished = False
        if self.output == "json":
            click.echo(orjson.dumps({"model": body["model"], "content": "".join(said), "chunks": len(chunks)}))
        else:
            click.echo()
        self.conversation.answered(question, "".join(said))
        return finished

    def show(self, text: str) -> None:
        """At once. A terminal gets no control characters of a model's."""
        if self.output == "text":
            click.echo(clean(text) if self.terminal else text, nl=False)
            sys.stdout.flush()


def read_delta(choice: Mapping[str, Any]) -> str:
    """The new text of a chunk's choice."""
    return (choice.get("delta") or {}).get("content") or ""


def converse(asker: Asker) -> None:
    """Turn by turn until Ctrl-D or /exit. An error ends nothing: the next question may succeed."""
    import readline  # noqa: F401, PLC0415 - only here: lines can be edited, and come again

    click.echo("/help tells what can be typed, Ctrl-D ends", err=True)
    while True:
        try:
            line = input("> ").strip()
        except KeyboardInterrupt:
            click.echo(err=True)
            continue
        except EOFError:
            click.echo(err=True)
            return
        if line == "/exit":
            return
        try:
            if line.startswith("/"):
                click.echo(obey(asker.conversation, line), err=True)
            elif line and not asker.ask(line):
                click.echo("(stopped)", err=True)
        except (ApiError, click.UsageError) as error:
            (read_failure(error) if isinstance(error, ApiError) else click.ClickException(str(error))).show()


def obey(conversation: Conversation, line: str) -> str:
    """Does what a line with a slash says; the answer to it."""
    command, _, text = line.partition(" ")
    if command == "/system":
        conversation.system = text.strip() or None
        return "system prompt set" if conversation.system else "no system prompt"
    if command == "/image" and text:
        conversation.images.append(read_image(text.strip()))
        return f"{len(conversation.images)} image(s) with the next message"
    if command == "/clear":
        conversation.said.clear()
        conversation.images.clear()
        return "forgotten"
    return HELP
