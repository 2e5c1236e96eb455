from __future__ import annotations

from typing import Any

import pytest

from curate.pull.pages import unfolded

ONE, TWO = {"id": "a", "prompt": "Gate?"}, {"id": "b", "prompt": "Deck?"}
HIT = {"_index": "logs", "_id": "h1", "_score": None, "_source": {"prompt": "Gate?"}}


@pytest.mark.parametrize(
    "page",
    [
        {"data": [ONE, TWO], "has_more": False},
        {"result": [ONE, TWO], "result_info": {"page": 1}, "success": True, "errors": [],
         "messages": []},
        {"content": [ONE, TWO], "totalElements": 2, "pageable": {"offset": 0}, "last": True},
        {"documents": [ONE, TWO], "nextPageToken": "x"},
        {"entries": [ONE, TWO]},
        {"hits": [ONE, TWO], "nbHits": 2, "page": 0},
        {"@odata.context": "c", "value": [ONE, TWO]},
    ],
)  # fmt: skip
def test_a_page_is_its_documents(page: dict[str, Any]) -> None:
    assert list(unfolded(page)) == [ONE, TWO]


def test_what_a_search_found_is_a_page_of_sources() -> None:
    page = {"took": 3, "timed_out": False, "hits": {"total": {"value": 2}, "hits": [HIT, HIT]}}
    assert list(unfolded(page)) == [{"_id": "h1", "prompt": "Gate?"}] * 2
    assert list(unfolded(HIT)) == [{"_id": "h1", "prompt": "Gate?"}]


@pytest.mark.parametrize(
    "document",
    [
        {"content": [{"type": "text", "text": "Gate B."}]},
        {"content": [ONE], "title": "Gates", "total": 1},
        {"entries": [{"role": "user", "text": "Gate?"}], "total": 1},
        {"result": [ONE], "status": "ok"},
        {"documents": [ONE], "question": "Gate?"},
        {"hits": {"hits": [HIT]}, "question": "Gate?"},
        {"_source": {"prompt": "Gate?"}, "prompt": "Deck?"},
        {"value": 4, "count": 2},
        {"hits": 3},
        {"documents": []},
    ],
)
def test_other_documents_stay(document: dict[str, Any]) -> None:
    assert list(unfolded(document)) == [document]
