"""The store: news may come in any order, and the newest wins."""

from inferops.cluster.store import TOMBSTONES, Store
from inferops.names import Manifest


def build(name: str, version: int, uid: str = "u1", **metadata: object) -> Manifest:
    identity = {"namespace": "default", "name": name, "uid": uid, "resourceVersion": str(version)}
    return {"kind": "Service", "metadata": {**identity, **metadata}}


def read_version(store: Store, name: str = "a") -> str | None:
    obj = store.get("default", name)
    return obj["metadata"]["resourceVersion"] if obj else None


def test_older_news_is_refused() -> None:
    store = Store()
    assert store.put(build("a", 10))
    assert not store.put(build("a", 9))
    assert not store.put(build("a", 10))
    assert store.put(build("a", 11))
    assert read_version(store) == "11"


def test_versions_are_numbers_not_words() -> None:
    store = Store()
    store.put(build("a", 9))
    assert store.put(build("a", 10))


def test_a_late_answer_does_not_bring_a_deleted_object_back() -> None:
    store = Store()
    store.put(build("a", 10))
    store.drop("default", "a", build("a", 12))
    assert not store.put(build("a", 11))
    assert store.get("default", "a") is None


def test_an_object_that_left_the_selection_may_come_back() -> None:
    store = Store()
    store.put(build("a", 10))
    store.drop("default", "a", build("a", 12))
    assert store.put(build("a", 13))


def test_the_deletion_of_an_old_object_leaves_the_new_one_of_that_name() -> None:
    store = Store()
    store.put(build("a", 20, uid="new"))
    store.drop("default", "a", build("a", 15, uid="old"))
    assert read_version(store) == "20"


def test_children_are_found_by_their_owner_until_they_are_gone() -> None:
    store, owners = Store(), [{"uid": "owner", "controller": True}]
    store.put(build("a", 1, ownerReferences=owners))
    store.put(build("b", 2, uid="u2", ownerReferences=owners))
    assert [child["metadata"]["name"] for child in store.owned_by("owner")] in (["a", "b"], ["b", "a"])
    store.put(build("a", 3))
    store.drop("default", "b")
    assert store.owned_by("owner") == []
    assert store.owned_by("nobody") == []


def test_objects_are_found_by_what_they_name_until_they_name_it_no_more() -> None:
    def references(obj: Manifest) -> list[tuple[str, str, str]]:
        return [("Model", "", obj["metadata"]["model"])]

    store = Store(references)
    store.put(build("a", 1, model="small"))
    store.put(build("b", 2, uid="u2", model="small"))
    store.put(build("a", 3, model="large"))
    assert [obj["metadata"]["name"] for obj in store.referring("Model", "", "small")] == ["b"]
    assert [obj["metadata"]["name"] for obj in store.referring("Model", "", "large")] == ["a"]
    store.drop("default", "b")
    assert store.referring("Model", "", "small") == []


def test_what_a_list_lacks_is_gone_unless_it_is_newer_than_the_list() -> None:
    store = Store()
    store.put(build("gone", 1, uid="u1"))
    store.put(build("same", 2, uid="u2"))
    store.put(build("young", 30, uid="u3"))
    assert store.retain({("default", "same")}, "20") == [build("gone", 1, uid="u1")]
    assert sorted(store.names()) == [("default", "same"), ("default", "young")]


def test_a_list_of_one_namespace_leaves_the_others() -> None:
    store = Store()
    store.put(build("a", 1))
    assert store.retain((), "20", namespace="other") == []
    assert read_version(store) == "1"


def test_managed_fields_are_kept_as_the_record_of_our_managers_only() -> None:
    store = Store()
    mine = {"manager": "inferops", "operation": "Apply", "fieldsV1": {"f:spec": {"f:mine": {}}}}
    update = {"manager": "inferops", "operation": "Update", "fieldsV1": {"f:spec": {"f:update": {}}}}
    other = {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:other": {}}}}
    obj = build("a", 1, managedFields=[other, update, mine])
    store.put(obj)
    assert store.applied_fields("default", "a") == {"f:spec": {"f:mine": {}}}
    assert "managedFields" not in (store.get("default", "a") or {})["metadata"]
    assert "managedFields" in obj["metadata"], "the caller's object was changed"
    assert store.applied_fields("default", "unknown") == {}


def test_a_note_lasts_as_long_as_the_version_it_was_made_for() -> None:
    store = Store()
    store.put(build("a", 1))
    store.note("default", "a", b"digest")
    assert store.noted("default", "a") == b"digest"
    store.put(build("a", 2))
    assert store.noted("default", "a") is None


def test_deletions_are_remembered_within_bounds() -> None:
    store = Store()
    for number in range(TOMBSTONES + 10):
        store.drop("default", "a", build("a", number, uid=str(number)))
    assert len(store._tombstones) == TOMBSTONES
