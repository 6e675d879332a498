"""The catalog that REST keeps, one object after the other."""

from inferops.api.catalog import Catalog, change_catalog
from inferops.names import Manifest


def build(**spec: object) -> Manifest:
    return {"metadata": {"name": "cpu"}, "spec": {"displayName": "Small", "cpu": "1", "memory": "1Gi", **spec}}


def test_an_object_comes_changes_and_goes() -> None:
    found = change_catalog(Catalog(), "Hardware", "cpu", build())
    assert found.hardwares["cpu"].display_name == "Small"
    found = change_catalog(found, "Hardware", "cpu", build(displayName="Large"))
    assert found.hardwares["cpu"].display_name == "Large"
    assert change_catalog(found, "Hardware", "cpu", None) == Catalog()


def test_what_does_not_parse_is_left_out_until_it_does() -> None:
    found = change_catalog(Catalog(), "Hardware", "cpu", build())
    assert change_catalog(found, "Hardware", "cpu", build(cpu="a lot")).hardwares == {}


def test_the_catalog_is_the_very_same_where_nothing_about_it_changed() -> None:
    found = change_catalog(Catalog(), "Hardware", "cpu", build())
    again = {**build(), "status": {"some": "thing"}}
    assert change_catalog(found, "Hardware", "cpu", again) is found
    assert change_catalog(found, "Hardware", "gone", None) is found


def test_regions_are_known_by_the_numbers_that_they_have_now() -> None:
    metadata = {"name": "here"}
    found = change_catalog(Catalog(), "Region", "here", {"metadata": metadata, "spec": {"id": 1}})
    assert found.region_names == {1: "here"}
    found = change_catalog(found, "Region", "here", {"metadata": metadata, "spec": {"id": 2}})
    assert found.region_names == {2: "here"}
