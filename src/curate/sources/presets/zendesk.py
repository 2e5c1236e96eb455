"""Zendesk: tickets with their comments, live chats, and conversations of its messaging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._conversations import (
    CALL_FIELDS,
    TalkTurn,
    calls_in_list,
    conversation,
    said,
)
from curate.sources.presets._values import (
    as_dict,
    dicts,
    first_text,
    is_true,
    name_of,
    text_in,
)

_KEPT = ("subject", "priority", "type", "tags", "department_name", "ticket_form_id", "brand_id")
"""What is kept of a ticket as metadata: most of the rest is about people."""


def _ticket_of(document: Fields) -> Mapping[str, Any]:
    """Returns the ticket of a document, with the comments that stand beside or inside of it."""
    ticket = as_dict(document.get("ticket")) or document
    return {**ticket, "comments": ticket.get("comments", document.get("comments"))}


def _is_ticket(document: Fields) -> bool:
    ticket = _ticket_of(document)
    comments = dicts(ticket.get("comments"))
    is_one = bool(
        {"requester_id", "requester"} & set(ticket)
        and {"subject", "raw_subject", "description", "satisfaction_rating"} & set(ticket)
    )
    return is_one and any({"body", "author_id"} <= set(item) or _nested(item) for item in comments)


def _nested(comment: Fields) -> bool:
    return "body" in comment and bool(as_dict(comment.get("author")))


def _is_chat(document: Fields) -> bool:
    kinds = [str(event.get("type")) for event in dicts(document.get("history"))]
    return bool(kinds) and all(kind.startswith("chat.") for kind in kinds)


def _is_messaging(document: Fields) -> bool:
    messages = dicts(document.get("messages"))
    return bool(messages) and all(
        as_dict(message.get("author")).get("type") in ("user", "business")
        and "type" in as_dict(message.get("content"))
        for message in messages
    )


def _calls(document: Fields) -> Iterator[Part]:
    if _is_ticket(document):
        yield from _ticket(_ticket_of(document), document)
    elif _is_chat(document):
        yield from _chat(document)
    else:
        yield from _messaging(document)


def _ticket(ticket: Fields, document: Fields) -> Iterator[Part]:
    requester = _person(ticket, "requester")
    people = {name_of(user.get("id")): user for user in dicts(document.get("users"))}
    turns = [
        _comment(comment, requester, people)
        for comment in dicts(ticket.get("comments"))
        if not _is_internal(comment)
    ]
    rating = as_dict(ticket.get("satisfaction_rating"))
    calls = _rated(calls_in_list(turns), rating.get("score"), rating.get("comment"))
    yield from conversation(_rest(ticket), name_of(ticket.get("id")), calls)


def _is_internal(comment: Fields) -> bool:
    """Returns whether a comment is a note among agents, or one that the system wrote."""
    is_note = "public" in comment and not is_true(comment["public"])
    return is_note or _person(comment, "author") == "-1"


def _person(fields: Fields, name: str) -> str | None:
    return name_of(fields.get(f"{name}_id")) or name_of(as_dict(fields.get(name)).get("id"))


def _comment(comment: Fields, requester: str | None, people: Mapping[Any, Fields]) -> TalkTurn:
    author = _person(comment, "author")
    known = as_dict(comment.get("author")) or people.get(author) or {}
    is_user = author == requester or known.get("role") == "end-user"
    role = "user" if is_user else "assistant"
    text = first_text(comment.get("body"), comment.get("plain_body"), comment.get("html_body"))
    about = {"created_at": comment.get("created_at"), "user": requester}
    return TalkTurn(role, said(role, text), id=name_of(comment.get("id")), about=about)


def _rest(fields: Fields) -> dict[str, Any]:
    rest = {name: fields[name] for name in _KEPT if fields.get(name) not in (None, "", [])}
    if channel := text_in(as_dict(fields.get("via")).get("channel")):
        rest["channel"] = channel
    return rest


def _rated(calls: Iterator[Part], score: Any, comment: Any) -> list[Part]:
    """Returns calls, the last of them with the rating that the customer gave.

    Source: Zendesk, Satisfaction Ratings: good and bad, also with a comment; `offered` is none.
    """
    listed = list(calls)
    word = str(score).replace("_", "").casefold().removesuffix("withcomment")
    for place in range(len(listed) - 1, -1, -1):
        call = listed[place]
        if not isinstance(call, LeftOut) and word in ("good", "bad"):
            listed[place] = {**call, "rating": word, "comment": text_in(comment)}
            break
    return listed


def _chat(document: Fields) -> Iterator[Part]:
    visitor = as_dict(document.get("visitor"))
    user = name_of(visitor.get("id")) or name_of(visitor.get("email"))
    turns = list(_runs(dicts(document.get("history")), user))
    calls = _rated(calls_in_list(turns), document.get("rating"), document.get("comment"))
    yield from conversation(_rest(document), name_of(document.get("id")), calls)


def _runs(events: list[Mapping[str, Any]], user: str | None) -> Iterator[TalkTurn]:
    """Yields a turn for each run of messages of one side, as people write several in a row."""
    run: list[Mapping[str, Any]] = []
    for event in events:
        if event.get("type") != "chat.msg" or not text_in(event.get("msg")):
            continue
        if run and _side(run[0]) != _side(event):
            yield _run(run, user)
            run = []
        run.append(event)
    if run:
        yield _run(run, user)


def _side(event: Fields) -> str:
    sender = first_text(event.get("sender_type"), event.get("nick")) or ""
    return "user" if sender.casefold().startswith("visitor") else "assistant"


def _run(run: list[Mapping[str, Any]], user: str | None) -> TalkTurn:
    role, last = _side(run[0]), run[-1]
    text = "\n".join(str(event["msg"]) for event in run)
    about = {"created_at": last.get("timestamp"), "user": user}
    return TalkTurn(role, said(role, text), id=name_of(last.get("msg_id")), about=about)


def _messaging(document: Fields) -> Iterator[Part]:
    session = name_of(as_dict(document.get("conversation")).get("id")) or first_text(
        name_of(document.get("conversationId")), name_of(document.get("id"))
    )
    turns = []
    for message in dicts(document.get("messages")):
        author, content = as_dict(message.get("author")), as_dict(message.get("content"))
        role = "user" if author.get("type") == "user" else "assistant"
        about = {"created_at": message.get("received")}
        text = said(role, text_in(content.get("text")))
        turns.append(TalkTurn(role, text, id=name_of(message.get("id")), about=about))
    yield from conversation({}, session, calls_in_list(turns))


PRESETS = [
    Preset(
        name="zendesk",
        version=1,
        what="Zendesk: tickets with their comments, live chats, conversations of messaging",
        source="https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/, "
        "https://developer.zendesk.com/api-reference/live-chat/chat-api/chats/ and "
        "https://docs.smooch.io/rest/",
        date="2026-11-29",
        fits=lambda d: _is_ticket(d) or _is_chat(d) or _is_messaging(d),
        fields=CALL_FIELDS,
        rows=_calls,
        scale="good=5,bad=1",
    ),
]
