"""The ledger: who used what, in a database. `inferops ledger` serves it; the meters of the gateway's pods fill it."""
