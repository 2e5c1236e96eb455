"""What annotators see of a conversation: HTML in which nothing of a log can run or be fetched.

Texts are read as Markdown without HTML. No mark-up takes away what says something: links and
pictures are shown as text with their address, escapes and entities stay as they are written, and a
text of which words would be lost (cells that a table has no column for) is shown as it is.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape, unescape
from typing import Any

from curate.errors import MissingExtra
from curate.messages import Message, as_json, calls_of, function_of, text_of
from curate.text.wording import counted

LAST_OPEN = 4
"""Turns at the end that are not folded away; the question never is, nor what the system says."""

_SPEAKERS = {
    "system": "System prompt",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Result",
    "earlier": "Earlier",
}
_TAGS = {
    *("b", "blockquote", "br", "code", "details", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "li", "ol", "p", "pre", "s", "span", "strong", "summary", "table", "tbody", "td"),
    *("th", "thead", "tr", "u", "ul"),
}
_WORD, _TAG = re.compile(r"[^\W\d_]+"), re.compile("<[^>]*>")
_ATTRIBUTES = {"*": {"class", "dir"}, "ol": {"start"}}


def conversation(messages: Sequence[Message], *, with_question: bool = True) -> str:
    """Returns all turns of a conversation as HTML.

    Args:
        messages: in OpenAI's shape, up to the answer.
        with_question: whether the last user turn is among them, marked.

    Raises:
        ValueError: a turn holds what is no text.
    """
    asked = question_at(messages)
    names = _names_of(messages)
    turns = [
        _turn(message, names, is_question=place == asked)
        for place, message in enumerate(messages)
        if with_question or place != asked
    ]
    kept_open = {n for n, message in enumerate(messages) if message["role"] == "system"}
    kept_open |= {asked, *range(len(messages) - LAST_OPEN, len(messages))}
    if not with_question:
        kept_open = {n - (n > asked) for n in kept_open - {asked}}
    return _clean("".join(_folded(turns, kept_open)))


def answer(message: Message, later: Sequence[Message] = ()) -> str:
    """Returns an answer as HTML: its words, its calls of tools, and folded what came after.

    Raises:
        ValueError: it holds what is no text.
    """
    html = f'<div class="curate-turn curate-answer">{_body(message)}</div>'
    if later:
        names = _names_of([message, *later])
        turns = "".join(_turn(one, names, is_question=False) for one in later)
        told = f"<summary>What came after: {counted(len(later), 'turn')}</summary>"
        html += f'<details class="curate-fold">{told}{turns}</details>'
    return _clean(html)


def page(text: str) -> str:
    """Returns a text that is no turn, such as guidelines, as HTML."""
    return _clean(_text(text))


def question_at(messages: Sequence[Message]) -> int:
    """Returns the place of the last user turn, -1 where there is none."""
    return max((n for n, message in enumerate(messages) if message["role"] == "user"), default=-1)


def texts_of(messages: Sequence[Message]) -> Iterator[str]:
    """Yields all that messages say, as it is stored."""
    for message in messages:
        yield text_of(message.get("content"))
        yield from (str(message[key]) for key in ("reasoning_content", "refusal") if key in message)
        yield from (as_json(function_of(call)) for call in calls_of(message))


def _names_of(messages: Sequence[Message]) -> dict[Any, Any]:
    """Returns the names of the tools that were called, by the id of the call."""
    return {call.get("id"): function_of(call).get("name") for m in messages for call in calls_of(m)}


def _folded(turns: Sequence[str], kept_open: set[int]) -> Iterator[str]:
    run: list[str] = []
    for place, turn in enumerate([*turns, ""]):
        if place < len(turns) and place not in kept_open:
            run.append(turn)
            continue
        if len(run) > 1:
            told = f"<summary>{len(run)} turns more</summary>"
            run = [f'<details class="curate-fold">{told}', *run, "</details>"]
        yield from (*run, turn)
        run = []


def _turn(message: Message, names: Mapping[Any, Any], *, is_question: bool) -> str:
    role = message["role"]
    speaker = str(_SPEAKERS.get(role, role))
    named = message.get("name") or (names.get(message.get("tool_call_id")) or "")
    of = f" <code>{escape(str(named))}</code>" if named else ""
    kind = role if role in _SPEAKERS else "other"
    asks = " curate-question" if is_question else ""
    mark = " · <b>Question</b>" if is_question else ""
    return (
        f'<div class="curate-turn curate-{kind}{asks}">'
        f'<div class="curate-speaker">{escape(speaker)}{of}{mark}</div>{_body(message)}</div>'
    )


def _body(message: Message) -> str:
    parts = []
    if thought := message.get("reasoning_content"):
        told = _text(str(thought))
        parts.append(f"<details><summary>Reasoning</summary>{told}</details>")
    if said := _said(message):
        parts.append(_block(said) if message["role"] == "tool" else _text(said))
    if refusal := message.get("refusal"):
        parts.append(_text(str(refusal)))
    parts += [_call(call) for call in calls_of(message)]
    inner = "".join(parts) or '<span class="curate-empty">(empty)</span>'
    return f'<div class="curate-body" dir="auto">{inner}</div>'


def _said(message: Message) -> str:
    content = message.get("content")
    for part in content if isinstance(content, list) else []:
        text = part.get("text") if isinstance(part, Mapping) else part
        if not isinstance(text, str):
            what = part.get("type") if isinstance(part, Mapping) else None
            raise ValueError(f"a turn with {what or 'an unknown part'}, which no interface shows")
    if message.get("audio"):
        raise ValueError("a turn with audio, which no interface shows")
    return as_json(content) if isinstance(content, Mapping) else text_of(content)


def _call(call: Message) -> str:
    function = function_of(call)
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else as_json(arguments)
    name = escape(str(function.get("name")))
    return (
        '<div class="curate-call" dir="ltr">'
        f'<div class="curate-speaker">Calls <code>{name}</code></div>{_block(text)}</div>'
    )


def _text(text: str) -> str:
    """Returns Markdown as HTML; JSON as such."""
    if text.lstrip()[:1] in ("{", "[") and (laid_out := pretty(text)) != text:
        return _pre(laid_out)
    html = str(_markdown().render(text))
    return _pre(text) if _loses_words(text, html) else html


def _loses_words(text: str, html: str) -> bool:
    """Returns whether a text has words that do not stand on its page in their order.

    Numbers do not count: the browser numbers lists.
    """
    shown = iter(_WORD.findall(unescape(_TAG.sub(" ", html))))
    return any(word not in shown for word in _WORD.findall(text))


def _block(text: str) -> str:
    return _pre(pretty(text))


def _pre(text: str) -> str:
    return f'<pre dir="auto"><code>{escape(text)}</code></pre>'


def pretty(text: str) -> str:
    """Returns JSON over several lines, where that changes white space alone; else the text."""
    try:
        laid_out = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
    return laid_out if "".join(laid_out.split()) == "".join(text.split()) else text


def _clean(html: str) -> str:
    import nh3

    # A second lock: what is written above has none of it, whatever a log says.
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None, url_schemes=set())


@functools.cache
def _markdown() -> Any:
    try:
        import nh3  # noqa: F401 (used when all is written)
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise MissingExtra(
            "conversations are shown by markdown-it-py and nh3, which are not installed. Next: "
            "pip install 'curate-workbench[label]'"
        ) from error
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # A reference vanishes from the page; a picture is fetched; joined texts lose their escapes.
    made.disable(["reference", "image", "html_inline", "html_block", "text_join"])
    made.normalizeLink = lambda url: url  # type: ignore[method-assign]
    made.add_render_rule("link_open", _open_link)
    made.add_render_rule("link_close", _close_link)
    made.add_render_rule("text_special", _as_written)
    made.add_render_rule("fence", _fence)
    # Line ends stand in the text, which the page keeps.
    made.add_render_rule("hardbreak", lambda *_: "\n")
    made.core.ruler.push("paragraphs", _show_paragraphs)
    return made


def _open_link(_self: Any, tokens: Sequence[Any], place: int, _options: Any, env: Any) -> str:
    attributes = tokens[place].attrs
    told = [str(attributes.get(name) or "") for name in ("href", "title")]
    is_bare = tokens[place].markup == "autolink"
    env.setdefault("links", []).append("" if is_bare else " ".join(filter(None, told)))
    return "<u>"


def _close_link(_self: Any, _tokens: Any, _place: int, _options: Any, env: Any) -> str:
    address = env["links"].pop()
    return f'</u> <span class="curate-link">({escape(address)})</span>' if address else "</u>"


def _as_written(_self: Any, tokens: Sequence[Any], place: int, _options: Any, _env: Any) -> str:
    return escape(tokens[place].markup)


def _fence(_self: Any, tokens: Sequence[Any], place: int, _options: Any, _env: Any) -> str:
    info = tokens[place].info.strip()
    told = f'<div class="curate-speaker">{escape(info)}</div>' if info else ""
    return f'{told}<pre dir="ltr"><code>{escape(tokens[place].content)}</code></pre>'


def _show_paragraphs(state: Any) -> None:
    for token in state.tokens:
        token.hidden = False
