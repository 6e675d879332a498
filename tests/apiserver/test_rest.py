"""The REST API as its callers see it, on a real API server: what the contract leaves open."""

from tests.support.rest import Rest


async def test_a_key_says_whose_it_is(rest: Rest) -> None:
    answer = await rest.http.get("/me")
    assert answer.json() == {"namespace": rest.namespace, "name": "manager", "scopes": ["manage"]}
