"""The import law and the house rules, read from the source itself (docs/architecture.md).

Each rule is a function from parsed modules to sentences about what breaks it. A rule is tried
twice: on the project, which must not break it, and on a tiny bad example, which must.
"""

import ast
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: which rooms a room may import; every room may import itself
LAW: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "geofence": frozenset({"core"}),
    "rescue": frozenset({"core"}),
    "store": frozenset({"core"}),
    "alerts": frozenset({"core", "geofence", "rescue", "store"}),
    "ingest": frozenset({"core", "geofence", "rescue", "store", "alerts"}),
    "api": frozenset({"core", "geofence", "rescue", "store", "alerts"}),
    "simulators": frozenset({"core", "geofence", "rescue", "store", "alerts", "ingest", "api"}),
    "evaluation": frozenset({"core", "geofence"}),
    "aihuijia": frozenset(
        {
            "core",
            "geofence",
            "rescue",
            "store",
            "alerts",
            "ingest",
            "api",
            "simulators",
            "evaluation",
        }
    ),
}

#: modules that only compute: values in, values out
PURE = (
    "geofence*",
    "rescue*",
    "core.absences",
    "core.credits",
    "core.elder_rules",
    "core.elders",
    "core.identity_numbers",
    "core.phone_numbers",
    "core.band_life",
    "core.band_passwords",
    "core.pairing_rules",
    "core.policy_limits",
    "core.policy_words",
    "core.quiet",
    "core.retention",
    "core.csv_reading",
    "core.register_*",
    "core.rota",
    "core.worded",
    "core.zone_faults",
    "core.zone_words",
    "core.feature_queries",
    "alerts.answering",
    "alerts.asking",
    "alerts.band_health",
    "alerts.channels.aliyun_errors",
    "alerts.channels.aliyun_reports",
    "alerts.channels.mainland",
    "alerts.check_in_codes",
    "alerts.codes",
    "alerts.drills",
    "alerts.notice_words",
    "alerts.readiness",
    "alerts.readiness_words",
    "alerts.family_tokens",
    "alerts.gate",
    "alerts.lifecycle",
    "alerts.unheard",
    "alerts.links",
    "alerts.promise",
    "alerts.promise_words",
    "alerts.push_addresses",
    "alerts.push_words",
    "alerts.reasons",
    "alerts.relays",
    "alerts.replies",
    "alerts.reply_words",
    "alerts.channels.twilio_errors",
    "alerts.severity",
    "alerts.retry",
    "alerts.templates",
    "alerts.triggers",
    "alerts.webhooks",
    "alerts.wording",
    "evaluation.assessing",
    "evaluation.cells",
    "evaluation.curves",
    "evaluation.figures",
    "evaluation.injections",
    "evaluation.poisson",
    "evaluation.recordings",
    "evaluation.replaying",
    "evaluation.rules",
    "evaluation.scoring",
    "evaluation.streams",
    "ingest.codecs",
    "ingest.codecs.*",
    "ingest.clocks",
    "ingest.decoding",
    "ingest.dynamic_security",
    "ingest.frozen",
    "ingest.locating",
    "ingest.gateways.endings",
    "ingest.gateways.hearing",
    "ingest.gateways.languages",
    "ingest.gateways.limits",
    "ingest.gateways.native_report",
    "ingest.gateways.orders",
    "ingest.gateways.outgoing",
    "ingest.gateways.switchboard",
    "ingest.messages",
    "ingest.screening",
    "ingest.topics",
)
#: what reaches outside a computation: other machines, other threads, the clock, chance
OUTSIDE = frozenset(
    {
        "asyncio",
        "concurrent",
        "fastapi",
        "http",
        "logging",
        "multiprocessing",
        "os",
        "paho",
        "psycopg",
        "queue",
        "random",
        "requests",
        "secrets",
        "shutil",
        "socket",
        "sqlalchemy",
        "sqlite3",
        "ssl",
        "starlette",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "twilio",
        "urllib.request",
        "uuid",
    }
)
#: of `core.clock` a pure module may use what does not tell the time
PURE_CLOCK = frozenset({"Clock", "LOCAL_ZONE", "check_aware", "from_unix"})

#: SQLAlchemy names that hands outside the store may hold: a connection they were given, its errors
HANDLES = frozenset({"Connection", "Engine"})
#: who else may write a query, and why
QUERIES_OUTSIDE_THE_STORE = {
    "alerts.auditor": "watches the rows themselves, apart from the functions that wrote them",
    "alerts.facts": "reads one row of the newest positions for the words of a message",
    "simulators.*": "stand beside the service and look how a story went; they write nothing",
}

#: a room is named for its subject; these names say nothing
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "stuff"})

MOST_LINES = 300
#: longer files, each with its reason
LONGER = {
    "alerts/lifecycle.py": "the whole state machine on one page, so that no transition hides",
    "alerts/outbox.py": "plan, claim, call, record: what a crash between any two does, on one page",
    "core/settings.py": "every setting on one page",
    "geofence/filtering.py": "what numba compiles and keeps: it sees changes of one file only",
    "store/schema.py": "every table on one page",
}
NOT_OURS = ("api/static/vendor/*", "store/migrations/versions/*")

#: imported directly, brought by a declared dependency that makes it part of its own interface
COMES_WITH = {
    "starlette": "fastapi",
    "requests": "twilio",
    "urllib3": "twilio",
    "markupsafe": "jinja2",
    "http_ece": "pywebpush",
    "py_vapid": "pywebpush",
    "alibabacloud_tea_openapi": "alibabacloud-dysmsapi20170525",
    "darabonba": "alibabacloud-dysmsapi20170525",
}

Modules = dict[str, ast.Module]


# -- reading the source ----------------------------------------------------------------------------


def read_modules(rooms: Iterable[str] = LAW) -> Modules:
    """Return every module of the rooms by its dotted name."""
    modules = {}
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            source = path.read_text(encoding="utf-8")
            modules[name.removesuffix(".__init__")] = ast.parse(source, filename=str(path))
    return modules


PROJECT = read_modules()


def example(**sources: str) -> Modules:
    """Return modules made of *sources*; `_` in a name stands for a dot."""
    return {name.replace("_", "."): ast.parse(source) for name, source in sources.items()}


def imports_of(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) for each import, wherever it stands; name is "" for a whole module."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                yield node.module or "", alias.name


def targets_of(module: ast.Module, known: Iterable[str]) -> set[str]:
    """Return the modules that *module* imports, of those *known*."""
    known = set(known)
    found = set()
    for target, name in imports_of(module):
        for candidate in (f"{target}.{name}", target):
            if candidate in known:
                found.add(candidate)
                break
    return found


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Say whether *name* is one of *patterns*."""
    return any(fnmatch(name, pattern) for pattern in patterns)


# -- the rules -------------------------------------------------------------------------------------


def imports_that_point_up(modules: Modules) -> list[str]:
    """Say which imports go where the law has no arrow."""
    broken = []
    for name, module in modules.items():
        room = name.split(".")[0]
        for target, _ in imports_of(module):
            other = target.split(".")[0]
            if other in (*LAW, "tests", "benchmarks") and other not in (room, *LAW[room]):
                broken.append(f"{name} imports {target}: {room} may not know {other}")
    return broken


def cycles(modules: Modules) -> list[str]:
    """Name the modules that need each other."""
    targets = {name: targets_of(module, modules) for name, module in modules.items()}

    def reached_from(start: str) -> set[str]:
        reached: set[str] = set()
        waiting = set(targets[start])
        while waiting:
            reached |= waiting
            waiting = {t for name in waiting for t in targets[name]} - reached
        return reached

    return [f"{name} needs itself in a circle" for name in modules if name in reached_from(name)]


def pure_modules_that_reach_outside(modules: Modules) -> list[str]:
    """Say which pure modules import something that does more than compute."""
    broken = []
    for name, module in modules.items():
        if not matches(name, PURE):
            continue
        for target, imported in imports_of(module):
            room = target.split(".")[0]
            if room in OUTSIDE or target in OUTSIDE:
                broken.append(f"{name} is pure and imports {target}")
            elif target == "core.settings" or (
                target == "core.clock" and imported not in PURE_CLOCK
            ):
                broken.append(f"{name} is pure and takes {imported or target} from {target}")
            elif room in LAW and room != "core":
                whole = f"{target}.{imported}"
                if not matches(whole if whole in modules else target, PURE):
                    broken.append(f"{name} is pure and imports {target}, which is not")
    return broken


def readers_of_the_clock(modules: Modules) -> list[str]:
    """Say who reads the time without asking `core.clock`."""
    broken = []
    for name, module in modules.items():
        if name == "core.clock":
            continue
        broken += [f"{name} imports time" for target, _ in imports_of(module) if target == "time"]
        for node in ast.walk(module):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("now", "utcnow", "today")
                and ast.unparse(node.value) in ("datetime", "date", "datetime.datetime")
            ):
                broken.append(f"{name} calls {ast.unparse(node)}")
    return broken


def readers_of_the_environment(modules: Modules) -> list[str]:
    """Say who looks into the environment beside `core.settings`."""
    broken = []
    for name, module in modules.items():
        if name == "core.settings":
            continue
        for node in ast.walk(module):
            said = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if said in ("os.environ", "os.environb", "os.getenv", "os.putenv"):
                broken.append(f"{name} uses {said}")
        for target, imported in imports_of(module):
            if target == "os" and imported in ("environ", "environb", "getenv", "putenv"):
                broken.append(f"{name} imports {imported}")
    return broken


def queries_outside_the_store(modules: Modules) -> list[str]:
    """Say who writes SQL, or holds a table, outside the store and without a stated reason."""
    broken = []
    for name, module in modules.items():
        if name.split(".")[0] == "store" or matches(name, QUERIES_OUTSIDE_THE_STORE):
            continue
        for target, imported in imports_of(module):
            is_sql = target == "sqlalchemy" and imported not in HANDLES
            is_sql = is_sql or (target.startswith("sqlalchemy.") and target != "sqlalchemy.exc")
            is_table = target == "store.schema" or (target, imported) == ("store", "schema")
            if is_sql or is_table:
                broken.append(f"{name} imports {imported or target} from {target}")
    return broken


def names_that_say_nothing(modules: Modules) -> list[str]:
    """Name modules called after nothing."""
    return [name for name in modules if EMPTY_NAMES & set(name.split("."))]


def undeclared_libraries(modules: Modules) -> list[str]:
    """Say who imports a library that pyproject.toml does not name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["plots"]]
    declared = {_plain(_name_in(requirement)) for requirement in wanted}
    distributions = packages_distributions()
    broken = []
    for name, module in modules.items():
        for target, _ in imports_of(module):
            library = target.split(".")[0]
            if library in LAW or library in sys.stdlib_module_names:
                continue
            brought_by = COMES_WITH.get(library, "")
            if brought_by in declared:
                continue
            if not {_plain(d) for d in distributions.get(library, [])} & declared:
                broken.append(f"{name} imports {library}, which pyproject.toml does not name")
    return broken


def _name_in(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if c in "[<>=!~; "), len(requirement))
    return requirement[:end]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def long_files(lines: dict[str, int], allowed: Iterable[str]) -> list[str]:
    """Say which files are too long, and which have an allowance they do not need."""
    allowed = set(allowed)
    broken = [
        f"{path} has {n} lines: cut it by ideas, or give its reason in LONGER"
        for path, n in lines.items()
        if n > MOST_LINES and path not in allowed
    ]
    broken += [
        f"{path} needs no allowance any more: take it out of LONGER"
        for path in sorted(allowed)
        if lines.get(path, 0) <= MOST_LINES
    ]
    return broken


# -- the project keeps them ------------------------------------------------------------------------

Rule = Callable[[Modules], list[str]]


def test_imports_point_down() -> None:
    """A room imports only rooms below it, and the two doors never know each other."""
    assert imports_that_point_up(PROJECT) == []


def test_no_modules_need_each_other() -> None:
    """Following imports never leads back."""
    assert cycles(PROJECT) == []


def test_pure_modules_only_compute() -> None:
    """What decides touches no network, no database, no thread, no chance and no clock."""
    assert pure_modules_that_reach_outside(PROJECT) == []


def test_every_pure_module_exists() -> None:
    """The list of pure modules names real ones, so that a renamed file stays watched."""
    assert [p for p in PURE if not any(fnmatch(name, p) for name in PROJECT)] == []


def test_only_one_module_reads_the_time() -> None:
    """Everyone else is handed a clock or an instant."""
    assert readers_of_the_clock(PROJECT) == []


def test_only_the_settings_read_the_environment() -> None:
    """A variable that is not a documented setting has no effect."""
    assert readers_of_the_environment(PROJECT) == []


def test_only_the_store_speaks_sql() -> None:
    """Queries stand in the store, or on a short list with reasons."""
    assert queries_outside_the_store(PROJECT) == []


def test_every_module_is_named_for_its_subject() -> None:
    """There is no drawer for whatever fits nowhere."""
    assert names_that_say_nothing(PROJECT) == []


def test_every_library_is_declared() -> None:
    """What the code imports is what the installation brings."""
    assert undeclared_libraries(PROJECT) == []


def test_files_stay_short() -> None:
    """A file holds one idea; the few long ones say why."""
    lines = {}
    for room in LAW:
        for kind in ("*.py", "*.js", "*.css", "*.html"):
            for path in (ROOT / room).rglob(kind):
                name = path.relative_to(ROOT).as_posix()
                if not matches(name, NOT_OURS):
                    lines[name] = len(path.read_text(encoding="utf-8").splitlines())

    assert long_files(lines, LONGER) == []


# -- and each of them can be broken ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "modules"),
    [
        (imports_that_point_up, example(core_pings="from store import schema")),
        (imports_that_point_up, example(ingest_pipeline="import api.app")),
        (imports_that_point_up, example(api_app="from ingest.topics import read_topic")),
        (imports_that_point_up, example(store_pings="from geofence.engine import judge")),
        (imports_that_point_up, example(simulators_stage="from aihuijia.roles import Role")),
        # also inside a function
        (imports_that_point_up, example(core_x="def f():\n    from alerts import desk")),
        (
            cycles,
            example(
                core_a="from core import b", core_b="from core.c import x", core_c="import core.a"
            ),
        ),
        (pure_modules_that_reach_outside, example(geofence_engine="import random")),
        (pure_modules_that_reach_outside, example(alerts_gate="from sqlalchemy import select")),
        (pure_modules_that_reach_outside, example(alerts_retry="from core.clock import monotonic")),
        (pure_modules_that_reach_outside, example(ingest_screening="import urllib.request")),
        # a pure module may not hide its reach behind a neighbour
        (
            pure_modules_that_reach_outside,
            example(alerts_asking="from alerts import desk", alerts_desk=""),
        ),
        (readers_of_the_clock, example(api_feed="import time")),
        (readers_of_the_clock, example(alerts_desk="now = datetime.now(UTC)")),
        (readers_of_the_clock, example(alerts_desk="day = date.today()")),
        (readers_of_the_environment, example(api_app="import os\nos.environ['A']")),
        (readers_of_the_environment, example(api_app="from os import getenv")),
        (queries_outside_the_store, example(alerts_desk="from sqlalchemy import select")),
        (queries_outside_the_store, example(api_cases="from store import schema")),
        (queries_outside_the_store, example(api_cases="from sqlalchemy.orm import Session")),
        (names_that_say_nothing, example(core_utils="")),
        (names_that_say_nothing, example(alerts_helpers_time="")),
        (undeclared_libraries, example(core_x="import apscheduler")),
    ],
)
def test_a_rule_sees_what_breaks_it(rule: Rule, modules: Modules) -> None:
    """Every rule speaks up on a tiny bad example."""
    assert rule(modules) != []


@pytest.mark.parametrize(
    ("rule", "modules"),
    [
        (imports_that_point_up, example(ingest_pipeline="from alerts import desk")),
        (cycles, example(core_a="from core import b", core_b="import math")),
        (pure_modules_that_reach_outside, example(alerts_retry="from core.clock import from_unix")),
        # not a pure module
        (pure_modules_that_reach_outside, example(alerts_ticker="import threading")),
        (readers_of_the_clock, example(alerts_desk="now = clock.now()")),
        (queries_outside_the_store, example(alerts_desk="from sqlalchemy import Connection")),
        (queries_outside_the_store, example(ingest_x="from sqlalchemy.exc import DBAPIError")),
        (undeclared_libraries, example(core_x="import shapely\nimport requests\nimport json")),
    ],
)
def test_a_rule_lets_the_rest_pass(rule: Rule, modules: Modules) -> None:
    """No rule forbids what the law allows."""
    assert rule(modules) == []


def test_a_long_file_needs_its_reason() -> None:
    """One line too many is seen, a stated one passes, and a reason must have a long file."""
    lines = {"a.py": MOST_LINES, "b.py": MOST_LINES + 1, "c.py": MOST_LINES + 1}

    assert [said.split()[0] for said in long_files(lines, {"c.py"})] == ["b.py"]
    assert [said.split()[0] for said in long_files(lines, {"a.py", "b.py", "c.py"})] == ["a.py"]
