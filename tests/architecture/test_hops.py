"""The table of hops is the program: all are bound, all are woken by their names, all are drawn."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from postdesk import jobs
from postdesk.engine import processes, supervisor
from postdesk.engine import tasks as engine_tasks
from postdesk.flow import tasks as flow_tasks

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS: dict[str, Callable[..., None]] = dict((*flow_tasks.TASKS, *engine_tasks.TASKS))


def deferred() -> Iterator[tuple[str, str, list[str | None]]]:
    """Each `jobs.defer(...)` of the program: where it is, the name, and the arguments' names."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "jobs.defer":
                where = f"{path.name}:{node.lineno}"
                yield where, ast.literal_eval(node.args[0]), [keyword.arg for keyword in node.keywords]


def test_every_hop_is_bound_to_one_function() -> None:
    named = [name for name, _function in (*flow_tasks.TASKS, *engine_tasks.TASKS)]

    assert sorted(named) == sorted(hop.name for hop in jobs.HOPS)
    assert all(inspect.isfunction(function) for function in FUNCTIONS.values())


def test_binding_leaves_no_hop_without_a_function() -> None:
    engine_tasks.bind()

    assert jobs.bound() == {hop.name for hop in jobs.HOPS}


def test_a_name_that_is_not_in_the_table_cannot_be_bound() -> None:
    with pytest.raises(KeyError):
        jobs.bind("polish", print)


def test_jobs_are_woken_by_names_in_the_table_with_the_arguments_of_their_function() -> None:
    calls = list(deferred())

    assert {name for _where, name, _arguments in calls} == set(jobs.BY_NAME)
    wrong = [
        where for where, name, arguments in calls if arguments != list(inspect.signature(FUNCTIONS[name]).parameters)
    ]
    assert wrong == []


@pytest.mark.parametrize("crews", [["everything"], processes.TURNS], ids=["one process", "several processes"])
def test_every_queue_has_workers(crews: list[str]) -> None:
    staffings = [supervisor.CREWS[crew] for crew in crews]

    assert [hop.name for hop in jobs.HOPS if not any(getattr(one, hop.queue) for one in staffings)] == []


@pytest.mark.parametrize("hop", jobs.HOPS, ids=lambda hop: hop.name)
def test_the_readme_and_the_module_draw_every_hop(hop: jobs.Hop) -> None:
    arrows = dedent((jobs.__doc__ or "").split("\n\n")[2]).strip()
    readme = (ROOT / "README.md").read_text()

    assert hop.name in arrows
    assert arrows in readme, "README.md has the arrow list of jobs.py, word for word"
    assert f"`{hop.name}`" in readme, "README.md says what each hop does"
