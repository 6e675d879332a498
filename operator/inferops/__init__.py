"""inferops: from `kubectl apply` to a running, autoscaled, key-protected OpenAI-compatible endpoint."""

from importlib.metadata import version

__version__ = version("inferops")
