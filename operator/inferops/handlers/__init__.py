"""The operator process: reflectors tell of changes, a queue feeds the reconcilers, kopf is the shell around it.

Nothing here parses or decides: a change puts a key into the queue.
"""
