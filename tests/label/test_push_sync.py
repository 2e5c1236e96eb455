"""The round trip with a real Label Studio server: every kind of work, and every way to fail."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.label import push, sync
from curate.label.projects import mark_of
from curate.label.server import Server
from curate.project import Project
from faulty import (
    Exchange,
    Fault,
    Faulty,
    bad_gateway,
    cut,
    drop,
    error_500,
    first,
    hang,
    hang_after,
    refuse,
    says,
    too_many,
)
from judged import answered_by, heldout_of
from labelstudio import LabelStudio
from office import Office, choice, corrected, rating, span

pytestmark = pytest.mark.e2e

ODD = '<b>bold</b> <script>alert(1)</script> $text {{x}} & "q" \U0001f389é\r\nsecond line\ttab'


def labelled(start: int, stop: int) -> list[dict[str, Any]]:
    """Questions with a label; each input has a copy that says something else."""
    rows = [{"id": f"r{n}", "prompt": f"Question {n} about a thing?", "label": "red"}
            for n in range(start, stop)]  # fmt: skip
    return rows + [{**row, "id": f"c{row['id'][1:]}", "label": "blue"} for row in rows]


@pytest.fixture
def line(label_studio: LabelStudio) -> Iterator[Faulty]:
    with Faulty(label_studio.url) as proxy:
        yield proxy


@pytest.fixture
def office(tmp_path: Path, label_studio: LabelStudio, line: Faulty) -> Office:
    """24 questions with two labels each, of which one is asked, and a line that can fail."""
    made = Office(tmp_path, label_studio, labelled(0, 24), "classification", line.url)
    made.queue()
    return made


def one_to_one(office: Office, kind: str = "relabel") -> None:
    """The server has each task of the ledger once, and no other one."""
    ledger = {r["task_key"]: r for r in office.ledger() if r["kind"] == kind}
    assert {r["state"] for r in ledger.values()} == {"sent"}
    there = office.there(kind)
    assert Counter(t["data"]["curate_id"] for t in there) == Counter(ledger.keys())
    assert {t["data"]["curate_id"]: t["id"] for t in there} == {
        key: row["task_id"] for key, row in ledger.items()
    }


def in_train(tasks: Mapping[str, dict[str, Any]]) -> list[str]:
    return sorted(name for name, t in tasks.items() if t["ledger"]["side"] == "train")


# -- every kind of work ----------------------------------------------------------------------------


def test_relabel(office: Office) -> None:
    plan = office.curate("label", "push", "--annotators=2")
    assert "24 tasks to relabel" in plan.stdout
    assert "Nothing was sent" in plan.stdout
    said = office.push(annotators=2).stdout
    assert f"24 tasks to relabel, to {office.url}" in said
    one_to_one(office)
    tasks = office.tasks()
    held_out = [t for t in tasks.values() if t["ledger"]["side"] == "test"]
    assert held_out
    assert all(not t["predictions"] for t in held_out)
    assert {t["data"]["reason"] for t in held_out} == {""}
    name = next(n for n in in_train(tasks) if n.startswith("c"))
    task = tasks[name]
    assert task["predictions"][0]["result"][0]["value"] == {"choices": ["blue"]}
    assert "a copy of it, or one that is alike, has another label" in task["data"]["reason"]
    office.answer("anna", task["id"], choice("red"))
    office.answer("ben", task["id"], choice("red"))
    result = office.sync()
    assert (result["new"], result["decisions"], result["problems"]) == (2, {"relabel": 2}, [])
    assert office.examples()[name]["label"] == "red"
    rows = office.exported()
    text = task["data"]["text"]
    assert {row["label"] for row in rows if row["text"] == text} == {"red"}
    why = office.curate("why", name).stdout
    assert why.count("relabel red") == 2
    assert "by annotator 1, 12 s" in why
    assert "by annotator 2, 12 s" in why
    assert 'shown: "blue"' in why


def test_review(tmp_path: Path, label_studio: LabelStudio) -> None:
    rows = [{"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}.",
             "rating": 1 if n < 12 else 5} for n in range(30)]  # fmt: skip
    office = Office(tmp_path, label_studio, rows, "sft")
    office.queue()
    office.push(annotators=2)
    one_to_one(office, "review")
    tasks = office.tasks()
    better, good, *_ = [n for n in in_train(tasks) if tasks[n]["data"]["response"]]
    office.answer("anna", tasks[better]["id"], rating(2), corrected(f"{ODD} better"))
    office.answer("ben", tasks[better]["id"], rating(1), corrected(f"{ODD} better"))
    office.answer("anna", tasks[good]["id"], rating(5))
    office.answer("ben", tasks[good]["id"], rating(4))
    result = office.sync()
    assert (result["new"], result["decisions"]) == (4, {"rate": 4, "correct": 2})
    said = {r["prompt"][-1]["content"]: r["completion"][0]["content"] for r in office.exported()}
    examples = office.examples()
    assert said[examples[better]["query"]] == f"{ODD} better"
    assert said[examples[good]["query"]] == examples[good]["response"]
    why = office.curate("why", good).stdout
    assert "rate 4  " in why
    assert "rate 5  " in why


def test_preference(tmp_path: Path, label_studio: LabelStudio) -> None:
    rows = [{"id": f"r{n}", "prompt": f"Question {n // 2} about a thing?",
             "response": f"Answer {n}.", "rating": 5} for n in range(40)]  # fmt: skip
    office = Office(tmp_path, label_studio, rows, "sft")
    office.project.dedupe(near=None)
    office.queue(kind="preference")
    office.push(kind="preference", annotators=2)
    one_to_one(office, "preference")
    tasks = office.tasks("preference")
    assert {t["ledger"]["swapped"] for t in tasks.values()} == {True, False}
    assert all("swapped" not in t["data"] for t in tasks.values())
    losers = {}
    for swapped in (True, False):
        name = next(n for n in in_train(tasks) if tasks[n]["ledger"]["swapped"] == swapped)
        for who in ("anna", "ben"):
            office.answer(who, tasks[name]["id"], choice("A", "preference"))
        losers[tasks[name]["data"]["text"]] = tasks[name]["data"]["response_b"]
    assert office.sync()["decisions"] == {"prefer": 4}
    rows = office.exported()
    for text, loser in losers.items():
        said = [r["completion"][0]["content"] for r in rows if r["prompt"][-1]["content"] == text]
        assert said
        assert loser not in said


def test_compare(tmp_path: Path, label_studio: LabelStudio) -> None:
    rows = [{"id": f"r{n}", "prompt": f"Question {n} about a thing?",
             "response": f"Answer {n}.", "rating": 5} for n in range(200)]  # fmt: skip
    office = Office(tmp_path, label_studio, rows, "sft")
    office.project.export("set")
    heldout = heldout_of(office.project)
    files = [
        f"--answers={name}={answered_by(tmp_path, name, heldout, answer)}"
        for name, answer in (
            ("tuned", lambda n, _: f"{ODD} better {n}"),
            ("prompted", lambda n, _: f"{ODD} worse {n}"),
        )
    ]
    told = ("evaluate", "set", *files, "--baseline=prompted")
    said = office.curate(*told, "--review=6")
    assert said.stdout.endswith("Next: curate label push --kind compare\n"), said.output
    office.push(kind="compare", annotators=2)
    one_to_one(office, "compare")
    tasks = list(office.tasks("compare").values())
    shown = {"curate_id", "text", "context", "response_a", "response_b"}
    shown |= {"conversation", "answer_a", "answer_b"}
    assert len(tasks) == 6
    assert all(t["data"].keys() == shown and not t["predictions"] for t in tasks)
    assert office.curate(*told, "--review=6").stdout.endswith("Next: curate label sync\n")
    for number, task in enumerate(tasks[:4]):
        better = "A" if "better" in task["data"]["response_a"] else "B"
        for who in ("anna", "ben"):
            chosen = "both_bad" if number == 0 else better
            office.answer(who, task["id"], choice(chosen, "preference"))
    result = office.sync()
    assert (result["new"], result["decisions"], result["problems"]) == (8, {}, [])
    evaluated = orjson.loads(office.curate(*told, "--json").stdout)
    [one] = [c for c in evaluated["comparisons"] if c["metric"] == "preferred"]
    assert (one["candidate"], one["n"], one["difference"]) == ("tuned", 4, 0.75)
    [far] = evaluated["side_by_side"]
    assert (far["drawn"], far["reviewed"], far["waiting"]) == (6, 4, 2)
    assert "0 tasks to compare" in office.curate("label", "push", "--kind=compare").stdout
    assert len(office.there("compare")) == 6


def test_spans_after_emoji_and_line_ends(tmp_path: Path, label_studio: LabelStudio) -> None:
    rows = [{"id": f"r{n}", "prompt": f"{ODD} \U0001f469‍\U0001f680 order A-{n}\r\nof {n} May",
             "response": f'{{"order": "A-{n}"}}', "rating": 1 if n < 12 else 5}
            for n in range(30)]  # fmt: skip
    office = Office(tmp_path, label_studio, rows, "extraction")
    office.queue()
    office.push(annotators=2)
    tasks = office.tasks()
    name = in_train(tasks)[0]
    text = tasks[name]["data"]["text"]
    assert text == office.examples()[name]["query"]
    prefilled = tasks[name]["predictions"][0]["result"][0]["value"]
    number = f"A-{name[1:]}"
    assert (text[prefilled["start"] : prefilled["end"]], prefilled["labels"]) == (number, ["order"])
    at = text.index(" May") - len(name[1:])
    parts = [span(text, text.index(number), text.index(number) + len(number), "order"),
             span(text, at, len(text), "order")]  # fmt: skip
    for who in ("anna", "ben"):
        office.answer(who, tasks[name]["id"], *parts)
    assert office.sync()["decisions"] == {"spans": 2, "correct": 2}
    said = {r["prompt"][-1]["content"]: r["completion"][0]["content"] for r in office.exported()}
    assert said[text] == f'{{"order": ["{number}", "{name[1:]} May"]}}'


def test_odd_texts_arrive_unharmed_or_are_refused_with_their_id(
    tmp_path: Path, label_studio: LabelStudio
) -> None:
    odd = {
        "odd": ODD,
        "nul": "a\x00b",
        "surrogate": "a\ud800b",
        "long": "".join(f"word{n} " for n in range(100_000)),
    }
    rows = [{"id": k, "prompt": v, "label": None} for k, v in odd.items() if k != "surrogate"]
    office = Office(tmp_path, label_studio, [*rows, *labelled(0, 4)], "classification")
    lone = office.folder / "lone.jsonl"
    lone.write_bytes(b'{"id": "surrogate", "prompt": "a\\ud800b", "label": null}\n')
    assert office.project.pull([str(lone)]).rejected == {"bad-json": 1}
    office.project.filter(skip=["too_long"])
    office.queue()
    pushed = office.curate("label", "push", "--yes", "--json").stdout
    refused = dict(orjson.loads(pushed)["refused"])
    names = {r["example_id"]: k for k, r in office.examples().items()}
    told = {names[who]: why for who, why in refused.items()}
    there = {k: t["data"]["text"] for k, t in office.tasks().items()}
    assert there["odd"] == ODD
    assert told.keys() == {"nul", "long"}
    assert "U+0000" in told["nul"]
    assert f"{len(odd['long']):,} characters" in told["long"]


# -- edits, skips, deletions, drafts ---------------------------------------------------------------


def test_edits_skips_deletions_and_drafts(office: Office, label_studio: LabelStudio) -> None:
    office.push()
    tasks = office.tasks()
    names = [n for n in in_train(tasks) if n.startswith("c")]
    edited, skipped, deleted, drafted = names[:4]
    number = office.answer("anna", tasks[edited]["id"], choice("red"))["id"]
    office.answer("anna", tasks[skipped]["id"], was_cancelled=True)
    gone = office.answer("ben", tasks[deleted]["id"], choice("red"))["id"]
    draft = {"result": [choice("red")], "lead_time": 1, "project": office.number()}
    label_studio.request("POST", f"/api/tasks/{tasks[drafted]['id']}/drafts", json=draft)
    result = office.sync()
    assert (result["new"], result["skipped"]) == (3, 1)
    labels = {k: r["label"] for k, r in office.examples().items()}
    assert [labels[k] for k in names[:4]] == ["red", "blue", "red", "blue"]

    change = {"result": [choice("blue")]}
    label_studio.request("PATCH", f"/api/annotations/{number}/", json=change)
    label_studio.request("DELETE", f"/api/annotations/{gone}/")
    result = office.sync()
    assert (result["new"], result["changed"], result["withdrawn"]) == (0, 1, 1)
    labels = {k: r["label"] for k, r in office.examples().items()}
    assert [labels[k] for k in names[:4]] == ["blue"] * 4
    assert office.project.table("annotation_history").num_rows == 2
    before = office.store.state_digest()
    assert office.sync()["new"] == 0
    assert office.store.state_digest() == before


def test_a_deleted_task_is_noticed_by_a_full_sync(
    office: Office, label_studio: LabelStudio
) -> None:
    office.push()
    tasks = office.tasks()
    name = next(n for n in in_train(tasks) if n.startswith("c"))
    office.answer("anna", tasks[name]["id"], choice("red"))
    office.sync()
    label_studio.request("DELETE", f"/api/tasks/{tasks[name]['id']}/")
    assert office.sync()["withdrawn"] == 0
    result = office.sync("--full")
    assert (result["withdrawn"], result["notes"]) == (0, ["1 tasks are no longer on the server"])
    assert office.examples()[name]["label"] == "red", "the answer stays"
    states = Counter(row["state"] for row in office.ledger())
    assert states == {"sent": 23, "gone": 1}


def test_nothing_new_costs_two_small_requests(office: Office, line: Faulty) -> None:
    office.push()
    task = next(iter(office.tasks().values()))
    office.answer("anna", task["id"], choice("red"))
    office.sync()
    line.requests.clear()
    # A later sync, without the minute for which changes are asked for again.
    later = (sync.LAG.total_seconds() + 1) * 1_000_000
    with office.store.write() as con:
        con.execute(
            f"UPDATE label_projects SET synced_to = synced_to + to_microseconds({later:.0f})"
        )
    assert office.sync()["same"] == 0
    assert [(r.method, r.path.split("?")[0]) for r in line.requests] == [
        ("GET", f"/api/projects/{office.number()}/"),
        ("GET", "/api/tasks/"),
    ]
    assert sum(r.received_bytes for r in line.requests) < 20_000


def test_the_interface_is_changed_on_the_server(office: Office, label_studio: LabelStudio) -> None:
    office.push()
    path = f"/api/projects/{office.number()}/"
    ours = label_studio.request("GET", path)["label_config"]
    friendly = ours.replace("Which label is right?", "Which one?")
    label_studio.request("PATCH", path, json={"label_config": friendly})
    assert "changed on the server" in office.sync()["notes"][0]
    assert office.sync()["notes"] == []
    office.pull(labelled(24, 30))
    office.queue()
    assert office.push().exit_code == 0
    assert label_studio.request("GET", path)["label_config"] == friendly
    broken = ours.replace("$text", "$body")
    label_studio.request("PATCH", path, json={"label_config": broken})
    office.pull(labelled(30, 40))
    office.queue()
    result = office.push()
    assert result.exit_code == 1
    assert "$body is not sent" in result.stderr
    assert "Next:" in result.stderr


# -- faults ----------------------------------------------------------------------------------------

IMPORT = "/import"


@pytest.mark.parametrize(
    ("fault", "code"),
    [(cut, 0), (drop, 4), (error_500, 4), (bad_gateway, 4), (too_many, 0),
     (says(429, Retry_After="3600"), 4), (refuse, 4)],
    ids=["cut", "drop", "500", "502", "429", "429-for-an-hour", "refused"],
)  # fmt: skip
def test_the_import_fails_and_a_second_push_sends_the_rest(
    office: Office, line: Faulty, fault: Fault, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "BATCH_TASKS", 10)
    monkeypatch.setattr(push, "LOOKS_SECONDS", (0, 0.2))
    line.fail(fault, "POST", IMPORT, nth=2)
    result = office.push()
    assert result.exit_code == code, result.output
    if code:
        assert "type the command again" in result.stderr
        assert office.server.admin.token not in result.output
        if fault is refuse:
            line.listen()
        assert {r["state"] for r in office.ledger()} == {"sent", "pending", "queued"}
        assert office.push().exit_code == 0
    one_to_one(office)


@pytest.mark.parametrize("fault", [hang, hang_after], ids=["before", "after"])
def test_the_import_is_never_answered(
    office: Office, line: Faulty, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "BATCH_TASKS", 10)
    monkeypatch.setattr(push, "LOOKS_SECONDS", (0, 0.2))
    monkeypatch.setattr(Server.__init__, "__defaults__", (4.0,))
    line.fail(fault, "POST", IMPORT, nth=2)
    assert office.push().exit_code == (4 if fault is hang else 0)
    assert office.push().exit_code == 0
    one_to_one(office)


def test_the_server_stores_a_batch_long_after_it_was_given_up(
    office: Office, line: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent twice after all ends up there once, and answers to either copy count."""
    monkeypatch.setattr(push, "LOOKS_SECONDS", (0,))
    late: list[Exchange] = []

    def keep(exchange: Exchange) -> None:
        late.append(exchange)
        exchange.hang_up()

    line.fail(keep, "POST", IMPORT)
    assert office.push().exit_code == 4
    assert office.push().exit_code == 0
    late[0].forward()
    assert len(office.there()) == 2 * len(office.ledger())
    ledger = {r["task_id"] for r in office.ledger()}
    copy = next(t for t in office.there() if t["id"] not in ledger)
    assert "24 tasks were there twice" in office.sync("--full")["notes"][0]
    one_to_one(office)
    assert copy["id"] not in {t["id"] for t in office.there()}


def test_a_batch_of_500_goes_to_a_project_that_is_there_and_its_reply_is_lost(
    office: Office, line: Faulty
) -> None:
    office.push()
    office.pull(labelled(24, 650))
    office.queue(budget=700)
    line.fail(cut, "POST", IMPORT)
    result = office.push()
    assert result.exit_code == 0, result.output
    assert len(office.there()) == 650
    one_to_one(office)


def test_the_project_is_deleted_in_the_middle_of_a_push(
    office: Office, line: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "BATCH_TASKS", 10)
    delete = first(lambda: office.server.request("DELETE", f"/api/projects/{office.number()}/"))
    line.fail(delete, "POST", IMPORT, nth=2)
    result = office.push()
    assert result.exit_code == 1
    assert "Next: the same command again makes a new one" in result.stderr
    assert office.push().exit_code == 0
    one_to_one(office)


def test_the_project_is_made_and_the_reply_is_lost(office: Office, line: Faulty) -> None:
    line.fail(cut, "POST", "/api/projects")
    assert office.push().exit_code == 0
    one_to_one(office)
    mark = mark_of(office.store, "relabel")
    listed = office.server.request("GET", "/api/projects?page_size=1000")["results"]
    assert sum(str(p["description"]).endswith(mark) for p in listed) == 1


@pytest.mark.parametrize("fault", [cut, drop, error_500, bad_gateway, too_many])
def test_a_page_of_answers_fails_once_and_is_asked_for_again(
    office: Office, line: Faulty, fault: Fault
) -> None:
    office.push()
    task = next(iter(office.tasks().values()))
    office.answer("anna", task["id"], choice("red"))
    line.fail(fault, "GET", "/api/tasks")
    assert office.sync()["new"] == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [(error_500, "no answer of Label Studio (500"), (bad_gateway, "(502)"),
     (says(200, "<html>Log in</html>"), "is not Label Studio's"), (drop, "the line broke"),
     (refuse, "is the server running?")],
    ids=["500", "502", "login page", "drop", "refused"],
)  # fmt: skip
def test_a_server_that_stays_away_is_exit_4(
    office: Office, line: Faulty, fault: Fault, said: str
) -> None:
    office.push()
    line.fail(fault, "GET", times=1000)
    result = office.curate("label", "sync")
    assert result.exit_code == 4
    assert said in result.stderr
    assert "type the command again" in result.stderr
    assert "cookie" not in result.output


def test_a_revoked_token_is_told_without_being_printed(office: Office) -> None:
    office.push()
    secret = "f" * 40
    result = office.curate("label", "sync", token=secret)
    assert result.exit_code == 1
    assert "the token is not accepted (401" in result.stderr
    assert "Next: put a valid one into LABEL_STUDIO_API_KEY" in result.stderr
    assert secret not in result.output
    assert "cookie" not in result.output
    body = office.store.path.read_bytes()
    assert office.server.admin.token.encode() not in body


def test_a_personal_access_token_works_and_is_stored_nowhere(office: Office) -> None:
    pat = office.server.pat(office.server.admin)
    result = office.curate("label", "push", "--yes", token=pat)
    assert result.exit_code == 0, result.output
    one_to_one(office)
    assert all(
        pat.encode() not in path.read_bytes()
        for path in office.project.folder.rglob("*") if path.is_file()
    )  # fmt: skip


def test_a_proxy_that_fails_while_the_token_is_exchanged_is_exit_4(
    office: Office, line: Faulty
) -> None:
    office.push()
    line.fail(bad_gateway, "POST", "/api/token/refresh", times=9)
    result = office.curate("label", "sync", token=office.server.pat(office.server.admin))
    assert result.exit_code == 4, result.output
    assert "type the command again" in result.stderr


def test_a_revoked_access_token_is_told(office: Office, label_studio: LabelStudio) -> None:
    office.push()
    carl = label_studio.annotator("carl")
    pat = label_studio.pat(carl)
    assert office.curate("label", "sync", token=pat).exit_code == 0
    said = {"refresh": pat}
    label_studio.request("POST", "/api/token/blacklist/", token=carl.token, json=said)
    result = office.curate("label", "sync", token=pat)
    assert result.exit_code == 1, result.output
    assert "the token is not accepted" in result.stderr
    assert pat not in result.output


def test_the_project_is_deleted_in_the_middle_of_a_sync(
    office: Office, line: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.label.server.PAGE", 5)
    office.push()
    tasks = office.tasks()
    early = min((n for n in in_train(tasks) if n[0] == "c"), key=lambda n: tasks[n]["id"])
    office.answer("anna", tasks[early]["id"], choice("red"))
    path = f"/api/projects/{office.number()}/"
    line.fail(first(lambda: office.server.request("DELETE", path)), "GET", "/api/tasks", nth=3)
    result = office.curate("label", "sync")
    assert result.exit_code == 1
    assert "is no longer on" in result.stderr
    assert "1 new ones" in result.stderr
    assert office.examples()[early]["label"] == "red"
    assert "a new project is created" in office.curate("label", "push").stdout
    states = Counter(r["state"] for r in office.ledger())
    assert states == {"gone": 1, "queued": 23}
    office.queue()
    assert office.push().exit_code == 0
    assert len(office.there()) == 23
    assert office.sync()["new"] == 0
    assert office.examples()[early]["label"] == "red"


def _kill(process: list[subprocess.Popen[str]]) -> None:
    process[0].send_signal(signal.SIGKILL)
    process[0].wait()


def _killed(
    office: Office, line: Faulty, dice: random.Random, command: tuple[str, ...], settings: str
) -> bool:
    """Runs a command that is killed at a random request: before, after, or a little later."""
    running: list[subprocess.Popen[str]] = []
    moment = dice.choice(["before", "after", "later"])

    def fault(exchange: Exchange) -> None:
        if moment == "before":
            _kill(running)
        reply = exchange.forward()
        if moment == "after":
            _kill(running)
        else:
            timer = threading.Timer(dice.random() / 4, _kill, [running])
            timer.start()
            exchange.answer(reply)

    line._rules.clear()
    line.fail(fault, nth=dice.randint(1, 8))
    running.append(office.process(*command, settings=settings))
    running[0].wait(60)
    time.sleep(0.3)  # what the server is still at
    return running[0].returncode == -signal.SIGKILL


def _rounds(kill: Callable[[], bool], more: Callable[[], None], wanted: int = 8) -> None:
    killed = 0
    for _ in range(8 * wanted):
        if kill():
            killed += 1
        else:
            more()
        if killed == wanted:
            return
    pytest.fail(f"only {killed} kills")


def test_push_killed_again_and_again_sends_each_task_once(office: Office, line: Faulty) -> None:
    dice = random.Random(1)
    made = 24

    def more() -> None:
        nonlocal made
        office.pull(labelled(made, made + 12))
        made += 12
        office.queue()

    settings = "import curate.label.push as p; p.BATCH_TASKS = 4; p.LOOKS_SECONDS = (0,)"
    command = ("label", "push", "--yes")
    _rounds(lambda: _killed(office, line, dice, command, settings), more)
    line._rules.clear()
    assert office.push().exit_code == 0
    one_to_one(office)


def test_sync_killed_again_and_again_loses_no_answer(
    office: Office, line: Faulty, tmp_path: Path
) -> None:
    dice = random.Random(2)
    office.pull(labelled(24, 60))
    office.queue()
    office.push()
    tasks = [t["id"] for _, t in sorted(office.tasks().items())]
    for task in tasks[:20]:
        office.answer("anna", task, choice("red"))
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(office.project.folder, undisturbed)
    left = iter(tasks[20:])

    def more() -> None:
        for task in (next(left), next(left)):
            office.answer("ben", task, choice("blue"))

    settings = "import curate.label.server as s; s.PAGE = 4"
    _rounds(lambda: _killed(office, line, dice, ("label", "sync"), settings), more)
    line._rules.clear()
    office.sync()
    answered = sum(len(t["annotations"]) for t in office.there())
    assert office.project.table("annotations").num_rows == answered
    other = Project(undisturbed)
    sync.sync(other.store, Server(line.url, office.server.admin.token), progress=lambda i, _: i)
    ours, theirs = (
        sorted(map(str, p.table(t).drop(["run_id"]).to_pylist()))
        for p in (office.project, other) for t in ("annotations",)
    )  # fmt: skip
    assert ours == theirs
    assert _settled(office.project) == _settled(other)


def _settled(project: Project) -> list[str]:
    return sorted(map(str, project.table("settled").to_pylist()))


OWN = (
    '<View><Text name="text" value="$text"/><Choices name="label" toName="{}">'
    '<Choice value="red"/><Choice value="odd"/></Choices></View>'
)


def test_an_own_interface_is_checked_and_gets_the_labels(office: Office) -> None:
    own = office.folder / "own.xml"
    own.write_text(OWN.format("nothing"))
    result = office.push(config=own)
    assert result.exit_code == 2
    assert 'toName="nothing">: no such name' in result.stderr
    assert office.project.table("label_projects").num_rows == 0
    own.write_text(OWN.format("text"))
    result = office.push(config=own)
    assert result.exit_code == 2
    assert "'odd' can be chosen, and is none of the project's own" in result.stderr
    own.write_text(OWN.format("text").replace('<Choice value="odd"/>', ""))
    assert office.push(config=own).exit_code == 0
    one_to_one(office)
    config = office.server.request("GET", f"/api/projects/{office.number()}/")["label_config"]
    assert all(f'value="{label}"' in config for label in ("red", "blue"))


def test_a_project_that_is_there_is_used_as_it_is(
    office: Office, label_studio: LabelStudio
) -> None:
    number, _ = label_studio.project(OWN.format("text"), description="Ours.")
    said = office.push(project=number)
    assert said.exit_code == 0, said.output
    assert "answers are not filled in, as the interface does not have them" in said.stdout
    one_to_one(office)
    assert office.number() == number
    filled = [t["predictions"][0]["result"][0]["value"] for t in office.there() if t["predictions"]]
    assert {v["choices"][0] for v in filled} == {"red"}
    there = label_studio.request("GET", f"/api/projects/{number}/")
    assert there["label_config"] == OWN.format("text")
    assert there["description"].startswith("Ours.")
    assert office.push().stdout.startswith("label push  0 tasks")
