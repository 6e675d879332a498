"""`python -m inferops` is the command line."""

from inferops.cli.main import main

main()
