"""PURE: instances and keys -> routes (our own words for the traffic) -> the messages that Envoy is configured with.

    instances, keys, endpoints  ->  claims  ->  routes  ->  clusters, virtual_hosts, listings, credentials, route_table
    settings                    ->  bootstrap (the static listener and its filters)

No module here may be called `xds` or `envoy`: `xds-protos` owns both names.
"""
