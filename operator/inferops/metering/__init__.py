"""Beside each Envoy: what its journal says of each request is printed, counted, and brought to the ledger; and Envoy's
end in good order.

Envoy's module -> journal.py -> printing.py -> traffic.py -> Prometheus
                             -> shipping.py -> ledger_client.py -> ledger/ -> reports/
"""
