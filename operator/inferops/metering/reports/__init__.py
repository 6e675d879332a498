"""What was used and what it cost, from the ledger's tables.

Query (what is asked) -> tokens.py (sums of requests) + pods.py (time of replicas) -> report.py (rows, money)
                      -> export.py (everything, streamed)
Window (an instance's last hours) -> timeline.py (replicas, requests, waiting, step by step)
"""
