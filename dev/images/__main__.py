"""python3 -m dev.images build [NAME...] | ref NAME | tar NAME | envoy | module | clean"""

import argparse
import subprocess
import sys

from dev.images.catalog import RECIPES, build_image, clean
from dev.images.gateway.recipe import envoy_binary
from dev.images.module import module_folder
from dev.images.recipe import read_image


def main() -> None:
    """Builds what is missing; prints references or paths, one per line, to standard output."""
    parser = argparse.ArgumentParser(prog="python3 -m dev.images", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build images and print `name reference archive` (default: all)")
    build.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RECIPES)}")
    for command, text in (("ref", "print an image's reference"), ("tar", "print where its archive lies once built")):
        commands.add_parser(command, help=text).add_argument("name", choices=list(RECIPES))
    commands.add_parser("envoy", help="print the path of the Envoy binary, for running it on this machine")
    commands.add_parser("module", help="print the folder that has the gateway's module for Envoy")
    commands.add_parser("clean", help="remove old archives and all layers; downloads stay")
    asked = parser.parse_args()

    match asked.command:
        case "build":
            if unknown := sorted(set(asked.names) - set(RECIPES)):
                parser.error(f"no image is called {', '.join(unknown)}: there are {', '.join(RECIPES)}")
            for name in asked.names or RECIPES:
                print_built(name)
        case "ref":
            print(read_image(RECIPES[asked.name]).reference)
        case "tar":
            print(read_image(RECIPES[asked.name]).archive)
        case "envoy":
            print(envoy_binary())
        case "module":
            print(module_folder())
        case "clean":
            clean()


def print_built(name: str) -> None:
    """One line for scripts; a program that failed has said why itself."""
    try:
        image = build_image(RECIPES[name])
    except subprocess.CalledProcessError as error:
        sys.exit(f"image {name}: {error.cmd[0]} failed with exit code {error.returncode}; its messages are above")
    print(name, image.reference, image.archive, flush=True)


if __name__ == "__main__":
    main()
