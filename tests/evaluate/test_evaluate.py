"""`curate evaluate`: planted models get the verdicts they deserve, and train learns nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.evaluate.heldout import HeldOut, calls
from curate.evaluate.options import EvaluateResult
from curate.export.options import ExportSettings
from curate.label import by_file
from curate.options import EvaluateSettings
from curate.project import Project
from endpoint import Body, EndpointServer, completion, status
from judged import LABELS, answered_by, heldout_of, labelled_project, wrong
from program import Program
from projects import new_project
from questions import answered

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Project:
    return labelled_project(tmp_path_factory.mktemp("judged"), write_jsonl)


@pytest.fixture(scope="module")
def heldout(project: Project) -> list[HeldOut]:
    return heldout_of(project)


@pytest.fixture
def own(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    return labelled_project(tmp_path, write_jsonl, 240)


def good(n: int, one: HeldOut) -> str:
    return str(one.label)


def fair(n: int, one: HeldOut) -> str:
    return wrong(str(one.label)) if n % 3 == 0 else str(one.label)


def run(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])  # type: ignore[arg-type]


def verdict_of(result: EvaluateResult, one: str, other: str) -> str:
    [found] = [c for c in result.comparisons if (c.candidate, c.baseline) == (one, other)]
    return found.verdict


def test_a_better_model_beats_and_its_baselines_are_what_they_are(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    files = {
        "tuned": answered_by(tmp_path, "tuned", heldout, good),
        "prompted": answered_by(tmp_path, "prompted", heldout, fair),
    }
    found = project.evaluate("set", files)
    named = {one.name: one for one in found.candidates}
    assert found.metric == "accuracy" and found.held_out == len(heldout) >= 35
    assert list(named) == ["tuned", "prompted", "random", "majority", "logged"]
    assert "curate embed" in found.absent["nearest"]
    right = sum(n % 3 != 0 for n in range(len(heldout))) / len(heldout)
    assert named["prompted"].scores["accuracy"] == pytest.approx(right)
    assert named["tuned"].scores == {"accuracy": 1.0, "macro_f1": 1.0}
    assert named["majority"].scores["accuracy"] < 0.5 and named["random"].scores["accuracy"] < 0.6
    logged = [one for one in heldout if int(one.source_id[1:]) % 10]
    assert named["logged"].scores["accuracy"] == pytest.approx(len(logged) / len(heldout))
    assert verdict_of(found, "tuned", "prompted") == "beats"
    assert verdict_of(found, "prompted", "tuned") == "no"
    assert verdict_of(found, "prompted", "majority") == "beats"
    assert named["prompted"].failed_count == len(heldout) - round(right * len(heldout))
    assert sum(n for *_, n in named["prompted"].confusions) == named["prompted"].failed_count
    by_hand = named["tuned"].scores["accuracy"] - named["prompted"].scores["accuracy"]
    [one] = [c for c in found.comparisons if (c.candidate, c.baseline) == ("tuned", "prompted")]
    assert one.difference == pytest.approx(by_hand) and one.low < by_hand < one.high


def test_the_same_answers_again_are_no_further_look(own: Project, tmp_path: Path) -> None:
    heldout = heldout_of(own)
    tuned = answered_by(tmp_path, "tuned", heldout, good)
    first = own.evaluate("set", {"tuned": tuned})
    before = own.store.state_digest()
    again = own.evaluate("set", {"tuned": tuned})
    assert own.store.state_digest() == before
    assert (first.looks, first.unchanged, again.looks, again.unchanged) == (1, False, 1, True)
    renamed = own.evaluate("set", {"other": tuned})
    assert (renamed.looks, renamed.unchanged) == (1, False)
    own.evaluate("set", {"prompted": answered_by(tmp_path, "prompted", heldout, fair)})
    assert own.evaluate("set", {"tuned": tuned}).looks == 2
    assert own.table("looks").num_rows == 2
    assert [one.result["looks"] for one in own.evaluations()] == [0, 0, 0]


def test_what_is_for_nobody_or_differs_in_white_space_is_no_look(
    own: Project, tmp_path: Path
) -> None:
    stray = tmp_path / "stray.jsonl"
    stray.write_text('{"id": "nobody", "answer": "refund"}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="none of 1 answers is for a held-out example"):
        own.evaluate("set", {"stray": str(stray)})
    assert own.table("looks").num_rows == 0
    heldout = heldout_of(own)
    own.evaluate("set", {"tuned": answered_by(tmp_path, "tuned", heldout, good)})
    spaced = answered_by(tmp_path, "spaced", heldout, lambda n, one: f" {good(n, one)}\n")
    assert own.evaluate("set", {"tuned": spaced}).looks == own.table("looks").num_rows == 1


def test_what_is_missing_twice_or_for_nobody_is_counted(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    lines = [{"id": one.source_id, "answer": one.label} for one in heldout[5:]]
    lines += [{"id": heldout[5].example_id, "answer": wrong(str(heldout[5].label))}]
    lines += [{"id": heldout[6].example_id, "answer": heldout[6].label}]
    lines += [{"id": "nobody", "answer": "refund"}, {"id": heldout[7].example_id}]
    path = tmp_path / "tuned.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    found = project.evaluate("set", {"tuned": str(path)})
    tuned = found.candidates[0]
    assert (tuned.answered, tuned.missing, tuned.twice) == (len(heldout) - 6, 5, 1)
    assert (tuned.unmatched, tuned.ambiguous, tuned.unread) == (1, 0, {"no-answer": 1})
    assert set(tuned.missing_ids) == {one.example_id for one in heldout[:5]}
    said = " ".join(run(project, "evaluate", "set", "--answers", f"tuned={path}").stdout.split())
    assert "no answer to 5 held-out examples" in said and "has to hold where they are lost" in said
    assert (
        "two different answers to 1" in said
        and "1 answer for no held-out example, such as nobody" in said
    )


def test_what_is_not_answered_is_lost(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    tuned = answered_by(tmp_path, "tuned", heldout[len(heldout) // 2 :], good)
    prompted = answered_by(tmp_path, "prompted", heldout, fair)
    found = project.evaluate("set", {"tuned": tuned, "prompted": prompted})
    [one] = [c for c in found.comparisons if (c.candidate, c.baseline) == ("tuned", "prompted")]
    assert one.difference > 0.2 and one.n == len(heldout) - len(heldout) // 2
    assert one.missing == pytest.approx(len(heldout) // 2 / len(heldout))
    assert one.verdict == "cannot_tell" and one.n_needed is None
    # Half of test lost, a sixth of the other half won by what the other one gets wrong.
    theirs = sum(fair(n, h) == h.label for n, h in enumerate(heldout))
    mine = len(heldout) - len(heldout) // 2
    assert one.note.startswith(f"{100 * (mine - theirs) / len(heldout):+.1f} where")
    few = answered_by(tmp_path, "few", heldout[1:], good)
    found = project.evaluate("set", {"few": few, "prompted": prompted})
    assert verdict_of(found, "few", "prompted") == "beats", "lost ones do not change it"


def test_who_is_cheaper_goes_by_costs_of_nearly_all(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    large = answered_by(tmp_path, "large", heldout, good, {"cost_usd": 0.01})
    some = [{"id": h.example_id, "answer": h.label, "cost_usd": 1e-4} for h in heldout]
    for one in some[3:]:
        del one["cost_usd"]
    path = tmp_path / "small.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in some), encoding="utf-8")
    settings = EvaluateSettings(margin=0.2, baselines=("large",))
    found = project.evaluate("set", {"small": str(path), "large": large}, settings)
    assert verdict_of(found, "small", "large") == "no"
    said = run(project, "evaluate", "set", "--answers", f"small={path}", "--baseline", "logged")
    assert f"the cost of 3 of {len(heldout)} answers is known" in said.stdout


def test_a_metric_that_says_nothing_of_an_example_is_no_missing_answer(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    """Half of the answers call a tool, so the tool's name is told of these alone."""
    call = {"function": {"name": "look", "arguments": "{}"}, "id": "c1", "type": "function"}
    rows = [
        {
            "id": f"r{n}", "rating": 5,
            "messages": [{"role": "user", "content": f"What about order {n * 7919 % 10_007}?"},
                         {"role": "assistant", "content": "It is on its way.", "tool_calls": []}
                         if n % 2 else
                         {"role": "assistant", "content": None, "tool_calls": [call]}],
        }
        for n in range(300)
    ]  # fmt: skip
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.export("set")
    heldout = heldout_of(project)
    files = {}
    for name, function in (("right", "look"), ("wrong", "other")):
        calling = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{**call, "function": {"name": function, "arguments": "{}"}}],
        }
        lines = [
            {"id": one.example_id, "messages": [*one.prompt, calling if calls(one.answer) else
             {"role": "assistant", "content": one.text}]}
            for one in heldout
        ]  # fmt: skip
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        files[name] = str(path)
    found = project.evaluate(
        "set", files, EvaluateSettings(metric="tool_name", baselines=("wrong",))
    )
    [one] = [c for c in found.comparisons if c.candidate == "right"]
    assert 0 < one.n < len(heldout)
    assert (one.difference, one.missing, one.verdict) == (1.0, 0.0, "beats")


def test_files_may_name_the_prompt_and_come_as_csv(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    path = tmp_path / "tuned.csv"
    rows = [f'"{one.prompt[-1]["content"]}",{one.label}' for one in heldout]
    path.write_text("prompt,answer\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = project.evaluate("set", {"tuned": str(path)}).candidates[0]
    assert (found.answered, found.scores["accuracy"]) == (len(heldout), 1.0)
    batch = tmp_path / "batch.jsonl"
    lines = [
        {
            "id": f"batch_req_{n}", "custom_id": one.example_id, "error": None,
            "response": {"status_code": 200, "body": {
                "model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 1},
                "choices": [{"message": {"role": "assistant", "content": one.label}}],
            }},
        }
        for n, one in enumerate(heldout)
    ]  # fmt: skip
    batch.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    found = project.evaluate("set", {"tuned": str(batch)}).candidates[0]
    assert (found.answered, found.tokens) == (len(heldout), 4)


def test_as_good_and_cheaper(project: Project, heldout: list[HeldOut], tmp_path: Path) -> None:
    files = {
        name: answered_by(tmp_path, name, heldout, good, {"cost_usd": cost, "latency_ms": ms})
        for name, cost, ms in (("small", 0.0001, 50.0), ("large", 0.01, 900.0))
    }
    settings = EvaluateSettings(margin=0.2, baselines=("large", "small"))
    found = project.evaluate("set", files, settings)
    assert verdict_of(found, "small", "large") == "as_good_and_cheaper"
    assert verdict_of(found, "large", "small") == "no"
    assert (found.candidates[0].p95_ms, found.candidates[0].cost_usd) == (50, pytest.approx(1e-4))


def test_the_command_prints_gates_and_json_says_the_same(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    tuned = "tuned=" + answered_by(tmp_path, "tuned", heldout, good)
    prompted = "prompted=" + answered_by(tmp_path, "prompted", heldout, fair)
    ask = ("evaluate", "set@1", "--answers", tuned, "--answers", prompted)
    said = run(project, *ask, "--trained-on", "tuned=set@1")
    assert said.exit_code == 0, said.output
    assert "tuned     prompted  +" in said.stdout and "beats" in said.stdout
    assert "no held-out label was audited" in said.stdout
    told = orjson.loads(run(project, *ask, "--json").stdout)
    keys = {
        "candidate",
        "baseline",
        "metric",
        "difference",
        "low",
        "high",
        "n",
        "verdict",
        "n_needed",
    }
    assert keys <= told["comparisons"][0].keys() and told["slices"]
    only = (*ask, "--baseline", "prompted", "--gate")
    assert run(project, *only).exit_code == 0
    assert run(project, *ask, "--baseline", "tuned", "--gate").exit_code == 3
    assert run(project, *ask).exit_code == 0, "a verdict is an answer, not a failure"
    listed = run(project, "evaluations").stdout
    assert "tuned" in listed and "set@1" in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Next: curate evaluate set@1 --answers"),
        (("--answers", "x.jsonl"), "Next: --answers tuned=x.jsonl"),
        (("--answers", "majority={file}"), "is the name of a baseline"),
        (("--answers", "a={file}", "--answers", "a={file}"), "two sets of answers have one name"),
        (("--answers", "a={file}", "--baseline", "nobody"), "unknown baseline"),
        (("--answers", "a={file}", "--baseline", "nearest"), "curate embed"),
        (("--answers", "a={file}", "--metric", "bleu"), "unknown metric"),
        (("--answers", "a={file}", "--trained-on", "a=other"), "unknown dataset"),
        (("--answers", "a={empty}"), 'Next: give each line an "id"'),
    ],
)
def test_what_cannot_be_judged(
    project: Project, heldout: list[HeldOut], tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    file = answered_by(tmp_path, "a", heldout, good)
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"id": "r1"}\n', encoding="utf-8")
    given = [a.format(file=file, empty=empty) for a in arguments]
    found = run(project, "evaluate", "set", *given)
    assert found.exit_code == 2 and said in found.stderr, found.output


def mislabelled(folder: Path, write: WriteJsonl) -> tuple[Project, dict[str, str]]:
    """Returns a project with a version, a tenth of whose labels are wrong, and the right ones."""
    project = labelled_project(folder, write, 900)
    log = folder / "logs.jsonl"
    rows = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    right = {row["id"]: row["label"] for row in rows}
    for row in rows[3::10]:
        row["label"] = wrong(row["label"])
    log.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    project.pull([str(log)])
    project.export("set")
    return project, right


def test_wrong_held_out_labels_are_corrected_by_an_audit(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    """A tenth of all labels are wrong; the model knows better, and an audit tells that it does."""
    project, right = mislabelled(tmp_path, write_jsonl)
    heldout = heldout_of(project)
    tuned = answered_by(tmp_path, "tuned", heldout, lambda n, one: right[one.source_id])
    before = project.evaluate("set", {"tuned": tuned}).candidates[0]
    mistaken = sum(right[one.source_id] != one.label for one in heldout)
    assert before.scores["accuracy"] == pytest.approx(1 - mistaken / len(heldout)) and mistaken > 4
    asked = project.queue(kind="relabel", budget=150, audit=150)
    said = {e.source_id: [right[e.source_id]] for e in asked.entries}
    by_file.push_to_file(project.store, project.folder / "tasks.json", kind="relabel")
    answered(project, asked, said)
    found = project.evaluate("set", {"tuned": tuned})
    assert found.corrected >= 20 and found.audit_note == ""
    assert all(one.corrected for one in found.comparisons)
    [majority] = [c for c in found.comparisons if c.baseline == "majority"]
    commonest = _majority(found)
    truth = 1 - sum(right[h.source_id] == commonest for h in heldout) / len(heldout)
    assert majority.low <= truth <= majority.high
    assert found.candidates[0].high > max(before.high, 0.99)
    assert found.candidates[0].low <= found.candidates[0].scores["accuracy"]
    assert found.candidates[0].scores["accuracy"] > before.scores["accuracy"]


def _majority(found: EvaluateResult) -> str:
    labels = [
        json.loads(line)["label"]
        for line in (found.version.folder / "train.jsonl").read_text("utf-8").splitlines()
    ]
    return min(LABELS, key=lambda name: (-labels.count(name), name))


def test_nothing_of_it_reaches_train(own: Project, tmp_path: Path) -> None:
    heldout = heldout_of(own)
    sides = own.table("split_ledger").sort_by("example_id")
    files = sorted(p.read_bytes() for p in (own.folder / "datasets/set/v1").glob("*.jsonl"))
    own.evaluate("set", {"tuned": answered_by(tmp_path, "tuned", heldout, fair)})
    assert own.table("split_ledger").sort_by("example_id").equals(sides)
    again = own.export("set")
    assert not again.created
    assert files == sorted(p.read_bytes() for p in (own.folder / "datasets/set/v1").glob("*.jsonl"))


def test_models_of_production_are_told_apart(project: Project, heldout: list[HeldOut]) -> None:
    found = project.evaluate("set", {}, EvaluateSettings(by="model"))
    models = {one.name: one for one in found.candidates if one.kind == "logs"}
    assert models.keys() == {"m0", "m1"}
    assert sum(one.answered for one in models.values()) == len(heldout)
    mine = [one for one in heldout if one.model == "m0"]
    right = sum(int(one.source_id[1:]) % 10 != 0 for one in mine)
    assert models["m0"].scores["accuracy"] == pytest.approx(right / len(mine))
    assert models["m0"].cost_usd == pytest.approx(0.001) and models["m1"].p50_ms is not None
    with pytest.raises(ConfigError, match=r"'user'.*model, source"):
        EvaluateSettings(by="user")
    said = run(project, "evaluate", "set", "--from-logs")
    assert said.exit_code == 0 and "m0" in said.stdout and "no answer to" not in said.stdout


def test_an_endpoint_is_asked_after_a_yes_and_once(own: Project, tmp_path: Path) -> None:
    heldout = heldout_of(own)
    right = {one.prompt[-1]["content"]: str(one.label) for one in heldout}

    def reply(body: Body) -> Body:
        label = right[body["messages"][-1]["content"]]
        return completion({"role": "assistant", "content": label})

    with EndpointServer(reply) as server:
        ask = ("evaluate", "set", "--ask", f"tuned={server.url}#m", "--price", "1", "4")
        planned = run(own, *ask)
        assert planned.exit_code == 0 and not server.calls
        assert f"{len(heldout)} held-out prompts would go to {server.url}" in planned.stdout
        assert "Next: the same command with --yes" in planned.stdout
        assert own.table("asks").num_rows == 0
        said = run(own, *ask, "--yes")
        assert said.exit_code == 0, said.output
        assert f"{len(heldout)} answers from {server.url}" in said.stdout
        assert {call.prompt for call in server.calls} == right.keys()
        again = orjson.loads(run(own, *ask, "--json").stdout)
        assert len(server.calls) == len(right)
    tuned = again["candidates"][0]
    assert (tuned["name"], tuned["kind"], tuned["scores"]["accuracy"]) == ("tuned", "ask", 1.0)
    assert tuned["cost_usd"] > 0 and tuned["p50_ms"] > 0
    assert again["unchanged"] and again["asked"][0]["answered_before"] == len(right)


def test_a_plan_as_json_is_an_object(own: Project) -> None:
    with EndpointServer() as server:
        said = run(own, "evaluate", "set", f"--ask=tuned={server.url}#m", "--json")
        (planned,) = orjson.loads(said.stdout)["planned"]
        assert (planned["name"], planned["to_send"]) == ("tuned", len(heldout_of(own)))
        assert not server.calls


@pytest.mark.parametrize(
    "option",
    [
        "--price=1 nan",
        "--price=inf 1",
        "--budget=nan",
        "--budget=inf",
        "--margin=nan",
        "--budget=x",
    ],
)
def test_numbers_that_mean_nothing_are_refused(own: Project, option: str) -> None:
    name, _, values = option.partition("=")
    price = () if name == "--price" else ("--price", "1", "1")
    command = ("evaluate", "set", "--ask=tuned=http://127.0.0.1:1#m", *price)
    said = run(own, *command, name, *values.split())
    assert said.exit_code == 2 and f"'{name}'" in said.stderr
    assert not said.stdout


def test_answers_that_were_cut_and_empty_ones_are_told(own: Project) -> None:
    def reply(body: Body) -> Body:
        is_empty = len(server.calls) == 1
        message = {"role": "assistant", "content": None if is_empty else "refund"}
        return completion(message, end="length")

    with EndpointServer(reply) as server:
        ask = ("evaluate", "set", f"--ask=tuned={server.url}#m", "--yes", "--max-tokens=32")
        said = run(own, *ask, "--concurrency=1")
        count = len(heldout_of(own))
        assert f"note: {count} answers cut at 32 tokens. Next: --max-tokens 128" in said.stdout
        assert "note: prompts without an answer: no-answer 1" in said.stdout
        assert "note: tuned has no answer to 1 held-out example" in said.stdout


def test_a_system_prompt_goes_to_the_model_that_it_is_for(own: Project, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text(f"Answer with one of {', '.join(LABELS)}.\n", encoding="utf-8")
    with EndpointServer() as server:
        two = [f"--ask={name}={server.url}#m" for name in ("prompted", "tuned")]
        command = ("evaluate", "set", *two, f"--system=prompted={file}", "--yes")
        assert run(own, *command).exit_code == 0
        firsts = Counter(call.body["messages"][0]["role"] for call in server.calls)
        asked = {
            c.body["messages"][0]["content"] for c in server.calls if len(c.body["messages"]) > 1
        }
        assert asked == {"Answer with one of delivery, refund, password."}
        assert firsts == {"system": len(heldout_of(own)), "user": len(heldout_of(own))}
        assert run(own, *command).exit_code == 0 and len(server.calls) == firsts.total()
    said = run(own, "evaluate", "set", *two, f"--system=other={file}")
    assert said.exit_code == 2 and "unknown model that is asked 'other'" in said.stderr
    said = run(own, "evaluate", "set", "--answers=a=b.jsonl", f"--system=a={file}")
    assert said.exit_code == 2 and "--ask NAME=URL#MODEL" in said.stderr
    said = run(own, "evaluate", "set", *two, "--system=tuned=nowhere.txt")
    assert said.exit_code == 2 and "nowhere.txt" in said.stderr


def test_what_an_endpoint_refused_is_sent_again_where_that_is_asked_for(own: Project) -> None:
    with EndpointServer() as server:
        command = ("evaluate", "set", f"--ask=tuned={server.url}#m", "--yes")
        server.script = [status(400)]
        said = run(own, *command, "--concurrency=1")
        assert said.exit_code == 0 and "prompts without an answer: refused" in said.stdout
        calls = len(server.calls)
        assert run(own, *command).exit_code == 0 and len(server.calls) == calls
        assert run(own, *command, "--retry-refused").exit_code == 0
        assert len(server.calls) == calls + 1


@pytest.mark.slow
def test_failures_propose_their_neighbours_of_train(
    own: Project, tmp_path: Path, encoder: Any
) -> None:
    embed(own.store, load=lambda _: encoder)
    heldout = heldout_of(own)
    found = own.evaluate("set", {"tuned": answered_by(tmp_path, "tuned", heldout, fair)})
    nearest = next(one for one in found.candidates if one.name == "nearest")
    assert found.absent == {} and nearest.scores["accuracy"] > 0.8
    failed = {one.example_id for n, one in enumerate(heldout) if n % 3 == 0}
    sides = {r["example_id"]: r["side"] for r in own.table("split_ledger").to_pylist()}
    neighbours = own.table("failure_neighbours").to_pylist()
    assert neighbours and {r["failed_id"] for r in neighbours} <= failed
    assert {sides[r["example_id"]] for r in neighbours} == {"train"}
    asked = own.queue(kind="relabel", budget=400, audit=0).entries
    proposed = {one.example_id for one in asked if "failure" in one.detectors}
    assert proposed and proposed <= {r["example_id"] for r in neighbours}
    assert not failed & {one.example_id for one in asked if not one.blind}


def test_an_answer_that_breaks_the_contract_is_told(own: Project, tmp_path: Path) -> None:
    toml = own.folder / "curate.toml"
    toml.write_text(
        toml.read_text("utf-8") + f"\n[contract]\npattern = '{'|'.join(LABELS)}'\n", "utf-8"
    )
    own.filter()
    heldout = heldout_of(own)

    def loose(n: int, one: HeldOut) -> str:
        return f"{one.label}!" if n % 2 else str(one.label)

    found = own.evaluate("set", {"tuned": answered_by(tmp_path, "tuned", heldout, loose)})
    kept = (len(heldout) + 1) // 2 / len(heldout)
    assert found.candidates[0].scores["form"] == pytest.approx(kept)
    assert found.candidates[0].scores["accuracy"] == pytest.approx(kept)


@pytest.mark.parametrize("form", ["openai-chat", "trl-prompt-completion"])
def test_labels_in_any_format_are_labels(own: Project, tmp_path: Path, form: str) -> None:
    own.export("chat", ExportSettings((form,)))
    heldout = heldout_of(own, "chat")
    assert {one.label for one in heldout} == set(LABELS)
    found = own.evaluate("chat", {"tuned": answered_by(tmp_path, "tuned", heldout, good)})
    assert (found.metric, found.candidates[0].scores["accuracy"]) == ("accuracy", 1.0)


def test_answers_with_a_thumb_down_are_no_right_ones(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {"id": f"r{n}", "prompt": f"What is {n} in words?", "response": f"Word {n}.",
         "rating": 1 if n % 4 == 0 else 5}
        for n in range(120)
    ]  # fmt: skip
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.export("thumbs", ExportSettings(("trl-kto",)))
    heldout = heldout_of(project, "thumbs")
    written = (project.folder / "datasets/thumbs/v1/test.jsonl").read_text("utf-8")
    assert '"label":false' in written
    assert heldout and all(int(one.source_id[1:]) % 4 for one in heldout)


def test_what_a_model_has_forgotten_is_told(
    project: Project, heldout: list[HeldOut], tmp_path: Path
) -> None:
    general = [{"prompt": f"What is {n} and {n}?", "answer": f"{n + n} it is."} for n in range(90)]
    path = tmp_path / "general.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in general), encoding="utf-8")

    def file(name: str, forgets: bool) -> str:
        said = answered_by(tmp_path, name, heldout, good if forgets else fair)
        with Path(said).open("a", encoding="utf-8") as lines:
            for n, line in enumerate(general):
                answer = "order refund" if forgets and n % 2 else line["answer"]
                lines.write(json.dumps({**line, "answer": answer}) + "\n")
        return said

    files = {"tuned": file("tuned", True), "base": file("base", False)}
    found = project.evaluate("set", files, EvaluateSettings(general=str(path)))
    assert verdict_of(found, "tuned", "base") == "beats"
    verdicts = {(one.candidate, one.baseline): one.verdict for one in found.general}
    assert verdicts == {("tuned", "base"): "no", ("base", "tuned"): "beats"}
    assert {one.n for one in found.general} == {90} and not found.candidates[0].unmatched
    answers = [f"{name}={place}" for name, place in files.items()]
    arguments = ("--answers", answers[0], "--answers", answers[1], "--general", str(path))
    said = run(project, "evaluate", "set", *arguments)
    assert "general set  against" in said.stdout, said.output
    alone = project.evaluate("set", {"tuned": answered_by(tmp_path, "alone", heldout, good)})
    assert alone.candidates[0].digest == found.candidates[0].digest, "the same look"


def test_failures_are_asked_about_blind_among_as_many_passes(own: Project, tmp_path: Path) -> None:
    heldout = heldout_of(own)
    own.evaluate("set", {"tuned": answered_by(tmp_path, "tuned", heldout, fair)})
    failed = {one.example_id for n, one in enumerate(heldout) if n % 3 == 0}
    label_of = {one.example_id: str(one.label) for one in heldout}
    asked = own.queue(kind="relabel", budget=400, audit=0).entries
    mixed = [one for one in asked if one.detectors[:1] == ("evaluated",)]
    assert all(one.blind and one.side == "test" and not one.why for one in mixed)
    halves = [one.example_id in failed for one in mixed]
    assert all(a != b for a, b in zip(halves[::2], halves[1::2], strict=True)), "whatever the cut"
    passes = Counter(label_of[one.example_id] for one in mixed if one.example_id not in failed)
    failures = Counter(label_of[one.example_id] for one in mixed if one.example_id in failed)
    of_label = Counter(label_of[name] for name in failed)
    assert passes == failures and passes.total() > 5
    assert all(
        n == min(of_label[label], Counter(label_of.values())[label] - of_label[label])
        for label, n in failures.items()
    )
    own.evaluate("set", {"tuned": answered_by(tmp_path, "tuned", heldout, good)})
    better = own.queue(kind="relabel", budget=400, audit=0).entries
    assert not [one for one in better if "evaluated" in one.detectors], "the newest answers count"


def test_what_was_judged_for_a_reason_says_nothing_of_the_rest(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    """In two queues, an audit and what a model failed: two kinds of labels that are judged."""
    project, right = mislabelled(tmp_path, write_jsonl)
    heldout = heldout_of(project)
    said = {one.source_id: right[one.source_id] for one in heldout}
    for one in heldout[::4]:
        said[one.source_id] = wrong(right[one.source_id])
    tuned = answered_by(tmp_path, "tuned", heldout, lambda n, one: said[one.source_id])
    truth = sum(said[one.source_id] == right[one.source_id] for one in heldout) / len(heldout)
    for _ in range(2):
        project.evaluate("set", {"tuned": tuned})
        asked = project.queue(kind="relabel", budget=80, audit=60)
        by_file.push_to_file(project.store, project.folder / "tasks.json", kind="relabel")
        answered(project, asked, {e.source_id: [right[e.source_id]] for e in asked.entries})
        (project.folder / "tasks.json").unlink()
    result = project.evaluate("set", {"tuned": tuned})
    found = result.candidates[0]
    judged = project.table("hand_labels")["example_id"].to_pylist()
    assert 20 <= result.corrected < len({one.example_id for one in heldout}.intersection(judged))
    assert found.low < truth < found.high
    assert (found.low + found.high) / 2 == pytest.approx(truth, abs=0.03)
