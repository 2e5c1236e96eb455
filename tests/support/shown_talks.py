"""Conversations as annotators have to see them: long, with tools, in other scripts, hostile."""

from __future__ import annotations

import json
import re
from typing import Any

from curate.label.conversation import texts_of

Talk = list[dict[str, Any]]

SYSTEM = "You are the **support agent** of Parcel & Co.\n\n- Be brief.\n- Never promise a date."


def _call(number: int, name: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": f"call{number}", "type": "function", "function": function}


def _chat() -> Talk:
    turns: Talk = [{"role": "system", "content": SYSTEM}]
    for n in range(15):
        turns.append({"role": "user", "content": f"Question {n}: where is parcel A-{n}?"})
        turns.append({"role": "assistant", "content": f"Parcel A-{n} is in hall {n * 7}."})
    return turns


_AGENT: Talk = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": "What does a parcel to Kraków cost, and when is it there?"},
    {"role": "assistant", "content": None, "reasoning_content": "First the prices, then the days.",
     "tool_calls": [_call(1, "prices", origin="Bonn", target="Kraków", weights=[1, 2.5])]},
    {"role": "tool", "tool_call_id": "call1", "content": '{"eur":[9.5,12],"note":"<b>net</b>"}'},
    {"role": "assistant", "content": "Now the days.",
     "tool_calls": [_call(2, "days", target="Kraków"), _call(3, "holidays", year=2026)]},
    {"role": "tool", "tool_call_id": "call2", "content": "3 to 4"},
    {"role": "tool", "tool_call_id": "call3", "content": "[]"},
    {"role": "assistant", "content": None,
     "tool_calls": [_call(4, "book", origin="Bonn", target="Kraków", weight=2.5)]},
]  # fmt: skip

_MARKDOWN = """## Two ways

1. With `curl`:

```sh
curl -s "https://parcel.example/api?id=1&x=2" | jq '.eta'
  # indented
```

2. With **Python**: see [the guide](https://parcel.example/guide "Guide").

| Way | Seconds |
|:----|--------:|
| curl | 0.2 |
| Python | 1.5 |

> Costs \\$5 &amp; more.
![map](https://evil.example/map.png)"""

LOGS: dict[str, Talk] = {
    "chat": _chat(),
    "agent": _AGENT,
    "markdown": [
        {"role": "user", "content": "How do I ask the API?\nTwo   ways, please."},
        {"role": "assistant", "content": _MARKDOWN},
    ],
    "arabic": [
        {"role": "system", "content": "أجب باختصار."},
        {"role": "user", "content": "أين طردي رقم A-12؟ متى يصل؟"},
        {"role": "assistant", "content": "طردك في **القاعة** 7، ويصل غدًا.\n\n- تتبع: `A-12`"},
    ],
    "chinese": [
        {"role": "user", "content": "我的包裹在哪里"},
        {"role": "assistant", "content": "您的包裹在第七号大厅，明天送达。"},
    ],
}

HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"><script>document.title='owned'</script></svg>",
    "<style>body{display:none}</style>",
    "<iframe src='https://evil.example/frame'></iframe>",
    "[click](javascript:document.title='owned')",
    "<a href=\"javascript:document.title='owned'\">a</a>",
    "![x](https://evil.example/pixel.png)",
    "![x][1]\n\n[1]: https://evil.example/reference.png",
    "<img src='https://evil.example/plain.png'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "</code></pre><script>document.title='owned'</script>",
    "```\"><script>document.title='owned'</script>\ncode\n```",
    "</div></div><div class='curate-question' style='position:fixed'>fake</div>",
    "<details open ontoggle=\"document.title='owned'\">x</details>",
    "<math><mtext><table><mglyph><style><img src=x onerror=\"document.title='owned'\">",
    "<template><img src='https://evil.example/t.png'></template>",
    "| <img src=x onerror=\"document.title='owned'\"> | b |\n|---|---|\n| 1 | 2 |",
    "<https://evil.example/auto> and https://evil.example/bare",
    "&lt;script&gt;document.title='owned'&lt;/script&gt;",
]

ROW: dict[str, Any] = {
    "task_key": "k1", "example_id": "x", "other_id": "y", "swapped": False, "blind": False,
    "query": "", "context": "", "response": "", "other_response": "B", "label_seen": None,
    "suggested": None, "probability": None, "why": "", "other_output": None, "tools": None,
}  # fmt: skip

CALL = {"id": "c7", "type": "function",
        "function": {"name": "find", "arguments": '{"city":"Bonn","days":2}'}}  # fmt: skip
TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"], "additionalProperties": False}}}]  # fmt: skip
ANSWER = {"role": "assistant", "content": "One moment.", "tool_calls": [CALL]}
CALLS = {**ROW, "query": "q", "response": "One moment.", "output": json.dumps([ANSWER]),
         "tools": json.dumps(TOOLS)}  # fmt: skip


def missing(text: str, messages: Talk) -> list[str]:
    """Returns words of messages that do not stand in a text in their order."""
    words, lost = iter(re.findall(r"\w+", text)), []
    for said in texts_of(messages):
        # The name and the arguments of a call are shown, not the keys around them.
        said = re.sub(r'"(name|arguments)":', "", said).replace("\\n", "\n").replace('\\"', '"')
        said = re.sub(r"(?m)^\d+\. ", "", said)  # the browser numbers lists
        lost += [word for word in re.findall(r"\w+", said) if word not in words]
    return lost
