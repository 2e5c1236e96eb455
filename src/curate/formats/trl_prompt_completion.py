"""`trl-prompt-completion`: TRL's conversational prompt-completion rows; loss on the answer only."""

from typing import Any

from curate.formats import Example, chat, export_format

_MESSAGES = """\
  - name: {0}
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
"""


@export_format(
    "trl-prompt-completion", features=_MESSAGES.format("prompt") + _MESSAGES.format("completion")
)
def trl_prompt_completion(example: Example) -> dict[str, Any]:
    """Returns `{"prompt": [messages], "completion": [answer]}`.

    Source: TRL documentation, dataset formats, prompt-completion (conversational).
    """
    return {"prompt": chat(example.messages), "completion": chat(example.output[:1])}
