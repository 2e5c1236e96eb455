"""`openai-chat`: chat fine-tuning rows that OpenAI, Azure, Together, Fireworks and Mistral read."""

from typing import Any

from curate.formats import Example, chat, export_format


@export_format(
    "openai-chat",
    features="""\
  - name: messages
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
""",
)
def openai_chat(example: Example) -> dict[str, Any]:
    """Returns `{"messages": [...]}`, the answer last.

    Trainers of this format learn every assistant turn in it, earlier ones too, unless told
    otherwise; `trl-prompt-completion` trains only the answer.

    Source: OpenAI API reference, supervised fine-tuning, chat format.
    """
    return {"messages": chat([*example.messages, *example.output[:1]])}
