"""Pages of an API that were saved as they came: one document that holds many.

Source: Cloudflare API ("result", "result_info"), Spring Data (`Page`), OData 4.01 ("value",
"@odata.nextLink"), Elasticsearch search API (`hits.hits`) and elasticdump (a hit a line), Hugging
Face dataset viewer (`rows` with a `row` each), HAR 1.2 (`log.entries`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.pull.typed_values import typed_documents

# What pages call the list that they hold, and what else they say.
_LISTS = ("data", "items", "results", "records", "rows", "logs", "runs", "traces", "observations")
# Other documents have lists of these names, too: parts of a message, turns of a talk.
_OTHER_LISTS = ("documents", "entries", "hits", "result", "content", "value")
_ALONE = frozenset((*_LISTS, "documents", "entries", "hits"))
_LISTS_SET = frozenset((*_LISTS, *_OTHER_LISTS, "_source", "Item", "Items", "fields", "log"))
_PAGING = frozenset(
    (
        *("has_more", "hasMore", "first_id", "last_id", "next", "previous", "prev", "count"),
        *("total", "page", "pages", "page_size", "per_page", "limit", "offset", "cursor"),
        *("cursors", "next_cursor", "nextCursor", "next_page", "pagination", "total_count"),
        *("nextPageToken", "next_page_token", "totalPages", "totalItems", "totalElements"),
        *("numberOfElements", "pageable", "result_info", "pageInfo", "page_info", "paging"),
        *("pageSize", "pageNumber", "page_number", "current_page", "last_page", "total_pages"),
        *("total_results", "totalCount", "totalResults", "hasNext", "has_next", "hasNextPage"),
        *("nextLink", "next_link", "nextToken", "next_token", "took", "_scroll_id"),
        *("nbHits", "nbPages", "hitsPerPage", "@odata.nextLink", "@odata.count"),
        "@odata.context",
    )
)
_ABOUT = _PAGING | frozenset(
    (
        *(
            "object",
            "meta",
            "metadata",
            "links",
            "_links",
            "status",
            "success",
            "error",
            "url",
            "creator",
            "browser",
        ),
        *("version", "exported_at", "exportedAt", "timed_out", "_shards", "max_score"),
        *("first", "last", "size", "number", "sort", "empty", "processingTimeMS", "errors"),
        *("features", "num_rows_total", "num_rows_per_page", "partial"),
    )
)
# What stands in an item that is a turn of a talk or a part of a message, and no document.
_OF_TURNS = frozenset(("role", "speaker", "sender", "author"))
_HIT = frozenset(
    (
        *("_index", "_type", "_id", "_score", "_source", "_version", "_routing", "_ignored"),
        *("_seq_no", "_primary_term", "sort", "fields", "highlight"),
    )
)


def may_be_page(document: Mapping[str, Any]) -> bool:
    """Returns whether a document has the name of a list that pages have; most have none."""
    return not _LISTS_SET.isdisjoint(document)


def unfolded(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Returns the documents of a page: itself, unless all that it has is a list of objects."""
    if not may_be_page(document):
        return (document,)
    if document.keys() == {"log"} and "entries" in (log := _mapping(document["log"])):
        return [item for item in log["entries"] if isinstance(item, Mapping)]
    if (typed := typed_documents(document)) is not None:
        return typed
    if "_source" in document:
        return (_found(document),)
    items = _items(document)
    if items is None:
        return (document,)
    return [part for item in items for part in unfolded(item)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """Returns the objects that a page lists, None for a document that is no page."""
    name = next((key for key in (*_LISTS, *_OTHER_LISTS) if key in document), None)
    if name is None:
        return None
    others = [key for key, value in document.items() if key != name and value not in ([], {})]
    items = document[name]
    if not all(key in _ABOUT for key in others):
        return None
    if name == "hits" and isinstance(items, Mapping) and isinstance(items.get("hits"), list):
        return _items(items)
    is_list = isinstance(items, list) and all(isinstance(item, Mapping) for item in items)
    if not items or not is_list:
        return None
    if all(item.keys() >= {"row_idx", "row"} for item in items):
        return [item["row"] for item in items if isinstance(item["row"], Mapping)]
    if name in _OTHER_LISTS and not _OF_TURNS.isdisjoint(items[0]):
        return None
    return items if name in _ALONE or not _PAGING.isdisjoint(others) else None


def _found(hit: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the document that a search found, with its id there, or what is no such hit."""
    source = hit["_source"]
    if not isinstance(source, Mapping) or not hit.keys() <= _HIT:
        return hit
    return {"_id": hit["_id"], **source} if "_id" in hit else source
