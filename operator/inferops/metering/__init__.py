"""Beside each Envoy: what its access log says, counted, and its end in good order.

Envoy -> access log -> access_log.py -> traffic.py -> Prometheus
"""
