"""The gateway's control plane and KEDA's scaler: one asyncio process.

    watches -> world -> routes (gateway/) -> publisher -> snapshot -> Envoy (ads.py)
    Envoy   -> load.py, activator.py -> activity -> scaler.py -> KEDA

Requests never pass through here. While this process is away, the gateway serves with what it was told last.
"""
