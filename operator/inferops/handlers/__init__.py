"""The operator process: kopf tells of our own kinds, reflectors of their children, a queue feeds the reconcilers.

A handler parses nothing and decides nothing: it puts a key into the queue.
"""
