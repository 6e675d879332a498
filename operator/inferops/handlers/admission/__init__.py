"""The admission webhook: kopf's handlers, behind a server and with a certificate of our own."""
