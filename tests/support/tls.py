"""Trust in the authorities of this machine, read once: each client would read them anew, 26 ms of CPU for each look."""

import ssl

TLS = ssl.create_default_context()
