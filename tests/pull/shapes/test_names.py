"""Column names in other writings, and users who must stand nowhere."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from pulled import Workbench, talk

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "names",
    [
        ("messageId", "userPrompt", "botResponse", "chatId", "endUserId", "createdAt",
         "feedbackRating", "modelName", "promptTokens", "completionTokens", "totalCost"),
        ("Message ID", "User Prompt", "Bot Response", "Chat ID", "End User ID", "Created At",
         "Feedback Rating", "Model Name", "Prompt Tokens", "Completion Tokens", "Total Cost"),
        ("message-id", "user-prompt", "bot-response", "chat-id", "end-user-id", "created-at",
         "feedback-rating", "model-name", "prompt-tokens", "completion-tokens", "total-cost"),
        ("MESSAGE_ID", "USER_PROMPT", "BOT_RESPONSE", "CHAT_ID", "END_USER_ID", "CREATED_AT",
         "FEEDBACK_RATING", "MODEL_NAME", "PROMPT_TOKENS", "COMPLETION_TOKENS", "TOTAL_COST"),
    ],
)  # fmt: skip
def test_names_in_any_writing(bench: Workbench, names: tuple[str, ...]) -> None:
    values = [
        ["n1", "Is breakfast included?", "Until ten.", "k1", "guest-771", "2026-05-01T08:00:00Z",
         "5", "m1", "12", "4", "0.002"],
        ["n2", "With eggs?", "Yes.", "k1", "guest-771", "2026-05-01T08:01:00Z", "2", "m1", "20",
         "2", "0.003"],
        ["n3", "Late checkout?", "Two pm.", "k2", "guest-772", "2026-05-01T08:02:00Z", "4", "m1",
         "9", "3", "0.001"],
    ]  # fmt: skip
    lines = [",".join(names), *(",".join(row) for row in values)]
    (bench.logs / "log.csv").write_text("\n".join(lines) + "\n", "utf-8")
    bench.pull("log.csv")
    calls = bench.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        row[0]: ([("user", row[1])], row[2]) for row in values
    }
    assert [c["session_id"] for c in calls.values()] == ["k1", "k1", "k2"]
    assert [c["human_rating"] for c in calls.values()] == [5.0, 2.0, 4.0]
    assert [c["created_at"].minute for c in calls.values()] == [0, 1, 2]
    assert [c["input_tokens"] for c in calls.values()] == [12, 20, 9]
    assert [c["output_tokens"] for c in calls.values()] == [4, 2, 3]
    assert [c["cost_usd"] for c in calls.values()] == [0.002, 0.003, 0.001]
    users = [c["user_key"] for c in calls.values()]
    assert users[0] == users[1] != users[2]
    assert bench.places("guest-771") == bench.places("guest-772") == []


def test_a_session_that_all_rows_share_is_asked_about(bench: Workbench) -> None:
    rows = [
        {
            "id": n,
            "question": f"Gate {n}?",
            "answer": "B.",
            "sessionId": "proj-1",
            "userId": f"w{n}",
        }
        for n in range(30)
    ]
    said = bench.pull(bench.write("l.jsonl", rows))
    assert {call["session_id"] for call in bench.calls().values()} == {None}
    assert "--map session=sessionId" in said


def test_a_conversation_that_holds_a_list_is_the_messages(bench: Workbench) -> None:
    talked = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    rows = [
        {"id": "d1", "conversation": talked},
        {"id": "d2", "conversation": json.dumps(talked)},
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert [talk(call) for call in bench.calls().values()] == [([("user", "Hi")], "Hello.")] * 2
    assert {call["session_id"] for call in bench.calls().values()} == {None}


USERS = ("kim-4821", "kim@shop.example", "203.0.113.9", "2001:db8::71", "90210417", "staff:lee-3")


def test_users_in_nested_metadata_stand_nowhere(bench: Workbench) -> None:
    rows = [
        {
            "id": "m1",
            "prompt": "Where is my parcel?",
            "completion": "On its way.",
            "metadata": {
                "user": {"id": "kim-4821", "email": "kim@shop.example", "plan": "gold"},
                "client": {"ip": "203.0.113.9", "remoteAddr": "2001:db8::71", "locale": "de"},
                "customerId": 90210417,
                "reviewedBy": [{"assignee": "staff:lee-3"}],
            },
            "tags": ["prod", "kim@shop.example"],
            "note": "kim-4821",
        }
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert {user: bench.places(user) for user in USERS} == {user: [] for user in USERS}
    (call,) = bench.calls().values()
    assert call["metadata"]["metadata"]["client"]["locale"] == "de"


@pytest.mark.parametrize(
    ("column", "value", "user"),
    [
        ("metadata", '{"userId": "kim-4821", "plan": "gold"}', "kim-4821"),  # JSON text
        ("headers", {"x-forwarded-for": "203.0.113.9, 10.0.0.7"}, "203.0.113.9"),
        ("headers", {"X-Real-IP": "203.0.113.9:51432"}, "203.0.113.9"),
        ("tags", ["env:prod", "user_id:kim-4821"], "kim-4821"),
        ("tags", ["user_handle:kim@shop.example"], "kim@shop.example"),
        ("votes", {"kim@shop.example": 1}, "kim@shop.example"),
        ("url", "https://shop.example/a?user_id=kim-4821", "kim-4821"),
        ("attributes", {"enduser.id": "kim-4821"}, "kim-4821"),
        ("attributes", [{"key": "user.id", "value": {"stringValue": "kim-4821"}}], "kim-4821"),
        ("actor", {"type": "human", "id": "kim-4821"}, "kim-4821"),
        ("extra", {"createdBy": {"name": "Kim Sorensen"}}, "Kim Sorensen"),
        ("from", "Kim Sorensen <kim@shop.example>", "kim@shop.example"),
        ("userIds", ["kim-4821", "lee-1"], "kim-4821"),
        ("slack_user", "U04KIM4821", "U04KIM4821"),
        ("cookie", "k-4821-ab", "k-4821-ab"),
        ("sender", "kim-4821", "kim-4821"),
        ("KundenNr", 90210417, "90210417"),
        ("recipient_phone", "+49 151 23456789", "151 23456789"),
    ],
)
def test_a_user_in_an_unread_column_stands_nowhere(
    bench: Workbench, column: str, value: object, user: str
) -> None:
    rows = [
        {"id": "m1", "prompt": "Where is my parcel?", "completion": "On its way.", column: value}
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert list(bench.calls()) == ["m1"]
    assert bench.places(user) == []


def test_a_refused_document_shows_no_user(bench: Workbench) -> None:
    rows = [
        {"id": "m1", "prompt": "Open?", "completion": "Yes."},
        {"id": "m2", "prompt": "Open?", "completion": {"kim@shop.example": 1, "votes": 2},
         "user_id": "kim-4821"},
    ]  # fmt: skip
    said = bench.pull(bench.write("l.jsonl", rows))
    said += bench.run("status", "--rejects").output
    assert bench.rejects() == [("unknown-shape", 2)]
    assert bench.places("kim@shop.example") == bench.places("kim-4821") == []
    assert "kim@" not in said and "kim-4821" not in said


def test_a_user_within_other_names_stands_nowhere(bench: Workbench) -> None:
    rows = [
        {"id": f"kim@shop.example|{n}", "prompt": f"Open {n}?", "completion": "Yes.",
         "session_id": "kim-4821:2026", "user_id": "kim-4821", "error": "kim-4821 is not allowed",
         "trace_id": "t/kim@shop.example"}
        for n in range(3)
    ]  # fmt: skip
    bench.pull(bench.write("l.jsonl", rows))
    assert bench.places("kim-4821") == bench.places("kim@shop.example") == []
    calls = list(bench.calls().values())
    (session,) = {call["session_id"] for call in calls}
    assert session.endswith(":2026")
    assert {call["error"].partition(" ")[2] for call in calls} == {"is not allowed"}
    assert sorted(call["source_id"][-2:] for call in calls) == ["|0", "|1", "|2"]
    rated = [{"id": "kim@shop.example|1", "rating": 5}]
    bench.pull(bench.write("f.jsonl", rated), "--as", "feedback", "--scale", "1-5")
    found = {key[-2:]: call["human_rating"] for key, call in bench.calls().items()}
    assert found == {"|0": None, "|1": 5.0, "|2": None}
    assert bench.places("kim@shop.example") == []


def test_a_refusal_shows_no_key_that_is_the_user(bench: Workbench) -> None:
    rows = [
        {"id": "m1", "prompt": "Open?", "completion": "Yes."},
        {"id": "m2", "prompt": "Open?", "completion": {"kim-4821": 1, "n": 2}, "uid": "kim-4821"},
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert bench.rejects() == [("unknown-shape", 2)]
    assert bench.places("kim-4821") == []


def test_words_for_speakers_are_no_ids(bench: Workbench) -> None:
    rows = [{"id": "m1", "prompt": "Open?", "completion": "Yes.", "sender": "bot", "via": "bot"}]
    bench.pull(bench.write("l.jsonl", rows))
    (call,) = bench.calls().values()
    assert (call["metadata"]["sender"], call["metadata"]["via"]) == ("bot", "bot")


def test_a_client_is_asked_about(bench: Workbench) -> None:
    rows = [{"id": n, "prompt": f"Open {n}?", "completion": "Yes.", "client": f"c-{n}"}
            for n in range(3)]  # fmt: skip
    assert "--map user=client" in bench.pull(bench.write("l.jsonl", rows))


def test_rows_that_were_not_chosen_are_called_so(bench: Workbench) -> None:
    rows = [{"call_id": "m1", "name": name, "value": 4} for name in ("stars", "tone", "tone")]
    bench.pull(bench.write("l.jsonl", [{"id": "m1", "prompt": "Open?", "completion": "Yes."}]))
    said = bench.pull(
        bench.write("f.jsonl", rows), "--as", "feedback", "--scale", "1-5", "--only", "name=stars"
    )
    assert "left out: 2 rows that --only does not name" in said


def test_a_time_under_another_name(bench: Workbench) -> None:
    rows = [
        {
            "id": n,
            "question": f"Gate {n}?",
            "answer": "B.",
            "insertedAt": "2026-05-01T08:00:00+02:00",
        }
        for n in range(2)
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert {c["created_at"] for c in bench.calls().values()} == {datetime(2026, 5, 1, 6)}
