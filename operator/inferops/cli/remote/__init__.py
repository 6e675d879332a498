"""Commands for people that go through the REST API, with a profile's address and key."""
