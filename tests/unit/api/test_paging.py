"""Parts of a list."""

import pytest

from inferops.api.paging import Page, build_headers

PATH = "/ai-inference/instances"


@pytest.mark.parametrize(
    ("page", "items"),
    [
        (Page(), [0, 1, 2, 3, 4]),
        (Page(2), [0, 1]),
        (Page(2, 4), [4]),
        (Page(None, 3), [3, 4]),
        (Page(2, 9), []),
    ],
)
def test_a_page_is_a_part_of_the_list(page: Page, items: list[int]) -> None:
    assert page.cut(list(range(5))) == items


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (Page(), None),
        (Page(None, 2), None),
        (Page(5), None),
        (Page(2), f'<{PATH}?limit=2&offset=2>; rel="next", <{PATH}?limit=2&offset=4>; rel="last"'),
        (Page(2, 4), f'<{PATH}?limit=2&offset=0>; rel="first", <{PATH}?limit=2&offset=2>; rel="prev"'),
        (
            Page(2, 9),
            (
                f'<{PATH}?limit=2&offset=0>; rel="first", <{PATH}?limit=2&offset=7>; rel="prev",'
                f' <{PATH}?limit=2&offset=4>; rel="last"'
            ),
        ),
    ],
)
def test_the_headers_lead_to_the_other_pages(page: Page, link: str | None) -> None:
    headers = build_headers(page, 5, PATH, f"limit={page.limit}&offset={page.offset}" if page.limit else "")
    assert headers == {"X-Total-Count": "5", **({"Link": link} if link else {})}


def test_a_link_keeps_the_filters() -> None:
    link = build_headers(Page(1), 2, PATH, "limit=1&status=ACTIVE&name=a%20b")["Link"]
    assert f'<{PATH}?limit=1&status=ACTIVE&name=a+b&offset=1>; rel="next"' in link
