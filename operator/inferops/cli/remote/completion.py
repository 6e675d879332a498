"""`inferops completion SHELL`: what the shell must be told, so that Tab knows commands, flags and ids."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print the completion for SHELL.

    \b
    bash   echo 'source <(inferops completion bash)' >> ~/.bashrc
    zsh    echo 'source <(inferops completion zsh)' >> ~/.zshrc
    fish   inferops completion fish > ~/.config/fish/completions/inferops.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"{shell} is not known")
    root = context.find_root().command
    click.echo(made(root, {}, "inferops", "_INFEROPS_COMPLETE").source())
