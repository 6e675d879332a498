"""The command line: run modes of the processes, and what a person asks of them."""
