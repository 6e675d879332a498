"""`inferops COMMAND`: the entry point of every process of the image."""

import click

from inferops import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="inferops")
def main() -> None:
    """Run OpenAI-compatible endpoints on your own GPUs."""
