"""PURE: the bodies of the REST API, exactly as on the wire; shared by the server (api/) and the client (client/)."""
