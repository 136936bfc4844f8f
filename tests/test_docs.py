"""Pages say what the code does: names, tables, links, examples, and the files of deploy/.

`python -m tests.test_docs` writes the tables that come from code; the tests say when they are old.
"""

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import pytest
import typer
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from aihuijia.__main__ import app
from aihuijia.serving import RoleName
from alerts.auditor import Rule
from core.clock import SystemClock
from core.false_alarms import ProposalKind, ProposalState
from core.incidents import Answer, IncidentState, Outcome, Trigger
from core.notifications import Purpose
from core.people import Channel, Role
from core.pings import Alarm, Doubt, FixSource, RejectReason
from core.policies import POLICIES, Policy, ScopeKind, Severity
from core.policy_limits import PolicyProblem, PolicyWarning
from core.settings import PREFIX, Settings
from core.working_days import DayRule
from core.zone_limits import ZoneWarning
from core.zones import Side, Urgency, ZoneKind
from ingest.codecs import native, owntracks
from ingest.messages import Decoded, Message
from ingest.topics import TopicKind, read_topic
from store import registry, rosters
from store.database import open_database, reading
from store.migrate import migrate
from store.zones import zones_for

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DEPLOY = ROOT / "deploy"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

#: a picture that is taken of the running demo
MADE_LATER = {DOCS / "images/demo.png"}


def page(name: str) -> str:
    """Return a page of docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


# -- tables written from code ----------------------------------------------------------------------


def settings_table() -> str:
    """Return the table of all settings, in the order of the source."""
    rows = ["| Variable | Default | Meaning | Example |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        if isinstance(default, bool):
            default = str(default).lower()
        shown = "" if default in ("", None, PydanticUndefined) else f"`{default}`"
        examples = [f"`{e}`" if not e.startswith("(") else e for e in field.examples or []]
        rows.append(
            f"| `{PREFIX}{name.upper()}` | {shown or 'empty'} | {field.description}"
            f" | {' or '.join(examples)} |"
        )
    return "\n".join(rows)


def policies_table() -> str:
    """Return the table of the policies, one column each."""

    def steps(policy: Policy) -> str:
        return "; ".join(
            f"{step.after_s:g}: {' + '.join(step.channels)}" for step in policy.guardian_steps
        )

    def turns(policy: Policy) -> str:
        with_sms = ", ".join(str(turn + 1) for turn in policy.rescue_sms_rounds)
        return f"{policy.rescue_rounds}, every {policy.rescue_round_s:g}; SMS in {with_sms}"

    lines: dict[str, Callable[[Policy], str]] = {
        "a suspicion waits at least": lambda p: f"{p.suspect_s:g}",
        "guardians are asked at": steps,
        "their window": lambda p: f"{p.guardian_window_s:g}",
        "the team is asked": lambda p: "at once, too" if p.rescue_at_once else "after the window",
        "turns of asking the team": turns,
        "nobody answered: one more person every": lambda p: f"{p.unanswered_every_s:g}",
        "a yes is good for": lambda p: f"{p.lease_s:g}",
        "reminder before its end": lambda p: f"{p.remind_before_s:g}",
    }
    rows = [f"| | {' | '.join(POLICIES)} |", "| --- |" + " --- |" * len(POLICIES)]
    for label, cell in lines.items():
        rows.append(f"| {label} | {' | '.join(cell(p) for p in POLICIES.values())} |")
    return "\n".join(rows)


WRITTEN = {
    DOCS / "settings.md": ("settings", settings_table),
    DOCS / "architecture.md": ("policies", policies_table),
}


def with_table(text: str, name: str, table: str) -> str:
    """Return *text* with *table* between its two marks."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, rest = text.split(begin)
    return before + begin + table + "\n" + end + rest.split(end)[1]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_tables_from_code_are_fresh(path: Path) -> None:
    """A table that is written from code says what the code says now."""
    name, table = WRITTEN[path]
    text = path.read_text(encoding="utf-8")

    assert with_table(text, name, table()) == text, "run: python -m tests.test_docs"


# -- every name has its place ----------------------------------------------------------------------


def first_cells(text: str, heading: str) -> set[str]:
    """Return the names in the first column of the tables under *heading*."""
    part = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    part = re.split(r"^#+ ", part, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", part, flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("Reject reasons", RejectReason), ("Doubts", Doubt), ("Alarms", Alarm)],
)
def test_the_wire_format_names_all(heading: str, kind: type[Enum]) -> None:
    """Each reason, doubt and alarm has its row, and no row is left over."""
    assert {member.value for member in kind} == first_cells(page("wire-format.md"), heading)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("What is refused", PolicyProblem),
        ("What is allowed and unwise", PolicyWarning),
    ],
)
def test_the_policies_page_names_all(heading: str, kind: type[Enum]) -> None:
    """Each fault and each doubt of a ladder has its row, and no row is left over."""
    assert {member.value for member in kind} == first_cells(page("policies.md"), heading)


@pytest.mark.parametrize(
    "kind",
    [
        Answer,
        Channel,
        DayRule,
        FixSource,
        IncidentState,
        Outcome,
        ProposalKind,
        ProposalState,
        Purpose,
        Role,
        ScopeKind,
        Severity,
        Side,
        Trigger,
        Urgency,
        ZoneKind,
        ZoneWarning,
    ],
)
def test_the_glossary_knows_the_words(kind: type[Enum]) -> None:
    """A word that people read in a message or on a page is in the glossary."""
    words = set(re.findall(r"[a-z_]+", page("glossary.md").lower()))
    names = {m.name.lower() if isinstance(m.value, int) else m.value for m in kind}

    assert names - words == set()


def test_the_architecture_names_every_command() -> None:
    """Each command of `aihuijia` is explained."""
    commands = typer.main.get_command(app)
    assert isinstance(commands, typer.core.TyperGroup)

    shown = set(re.findall(r"`aihuijia ([a-z-]+)`", page("architecture.md")))
    assert set(commands.commands) - shown == set()


def test_the_architecture_names_every_state() -> None:
    """Each state of an incident stands in the table of states."""
    states = {state.value for state in IncidentState}

    assert states <= first_cells(page("architecture.md"), "Incident states")


def test_every_dependency_earns_its_place() -> None:
    """Each library has its reason, and no reason speaks of a library that is gone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for heading, wanted in (
        ("At run time", project["dependencies"]),
        ("For development", project["optional-dependencies"]["dev"]),
        ("For pictures", project["optional-dependencies"]["plots"]),
    ):
        names = {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in wanted}

        assert names == first_cells(page("dependencies.md"), heading)


def test_every_debian_package_earns_its_place() -> None:
    """What `make test-setup` installs is what the page says."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    block = makefile.split("TEST_PACKAGES := ")[1].split("\n\n")[0]

    assert set(re.findall(r"([\w-]+):/", block)) == first_cells(
        page("dependencies.md"), "Debian packages"
    )


def test_constraints_fit_the_dependencies() -> None:
    """Each library has one exact version in constraints.txt, and no address is in it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in text.splitlines()
        if not line.startswith("#")
    }
    groups = project["optional-dependencies"]
    wanted = [*project["dependencies"], *groups["dev"], *groups["plots"]]
    names = {re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in wanted}

    assert names - pinned == set()
    assert "://" not in text


def test_the_runbook_explains_every_log_line() -> None:
    """Each `action` of the service's log has its row, and so has each rule of the audit."""
    actions = set()
    for room in ("core", "store", "alerts", "ingest", "api", "aihuijia"):
        for path in (ROOT / room).rglob("*.py"):
            actions |= set(re.findall(r'"action": "([a-z_]+)"', path.read_text(encoding="utf-8")))
    explained = first_cells(page("runbook.md"), "What a log line means")

    assert actions | {rule.value for rule in Rule} == explained


# -- links and manners -----------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual sites make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    """A link inside the project names a file that exists, and a heading in it."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(path.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if there in MADE_LATER:
            continue
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_line_holds_one_sentence(path: Path) -> None:
    """Prose has a sentence a line, so that a change shows as a sentence. Table rows are whole."""
    lines = _without_code(path.read_text(encoding="utf-8")).splitlines()

    assert [
        line
        for line in lines
        if not line.startswith("|") and re.search(r"[a-z)`*][.!?] +[A-Z`*\[]", line)
    ] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_targets_in_pages_exist(path: Path) -> None:
    """A `make` command that a page names can be run."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    named = re.findall(
        r"^make ([a-z][a-z-]*)|`make ([a-z][a-z-]*)", path.read_text(encoding="utf-8"), re.M
    )

    assert {one or other for one, other in named} - targets == set()


def test_the_readme_opens_in_chinese() -> None:
    """The first two lines below the title are for the people of Haining."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    opening = [line for line in lines[1:] if line][:2]

    assert all(re.search(r"[\u4e00-\u9fff]", line) for line in opening)


#: split, so that this file does not break its own rule
UNWANTED = re.compile(
    "|".join(
        [
            r"(?<![\w.)])/wo" + r"rk/",  # folders of one machine
            r"/ro" + r"ot/",
            r"(?<!\w)sha" + r"red/",
            "pypi" + r"\.org",  # addresses of registries
            "files.python" + "hosted",
            "registry.np" + "mjs",
            "deb.deb" + "ian",
            "lang" + "uage model",
            "TO" + "DO",
            "FIX" + "ME",
        ]
    )
)


def tracked_files() -> Iterator[Path]:
    """Yield the files of the project, without what git ignores."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        said = subprocess.run(
            [git, "-c", "core.quotePath=off", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        yield from (ROOT / name for name in said.stdout.splitlines())
        return
    for path in ROOT.rglob("*"):  # an unpacked archive
        if path.is_file() and not {".venv", "var", "__pycache__"} & set(path.parts):
            yield path


def test_nothing_speaks_of_one_machine() -> None:
    """No file names a folder of somebody's machine, a registry, or work left over."""
    found = []
    for path in tracked_files():
        if not path.exists() or "static/vendor" in path.as_posix():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [
            f"{path.relative_to(ROOT)}:{number}: {match.group()}"
            for number, line in enumerate(text.splitlines(), start=1)
            if (match := UNWANTED.search(line))
        ]

    assert found == []


def test_the_rule_against_machines_can_see() -> None:
    """The pattern finds what it is for."""
    assert UNWANTED.search("see /wo" + "rk/main")
    assert UNWANTED.search("in sha" + "red/docs")
    assert UNWANTED.search("work / name") is None


# -- examples run ----------------------------------------------------------------------------------


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def code_blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def published(block: str) -> Iterator[tuple[str, bytes]]:
    """Yield topic and payload of each `mosquitto_pub` in a block, as the shell would pass them."""
    for line in block.splitlines():
        if not line.startswith("mosquitto_pub "):
            continue
        script = "mosquitto_pub() { printf '%s\\0' \"$@\"; }\n" + line
        bash = shutil.which("bash")
        assert bash is not None
        said = subprocess.run([bash, "-c", script], check=True, capture_output=True)
        words = said.stdout.split(b"\0")
        options = dict(zip(words[:-1:2], words[1::2], strict=False))
        assert b"1" == options[b"-q"], "an example is QoS 1"
        yield options[b"-t"].decode(), options[b"-m"]


def decoded(topic: str, payload: bytes) -> Decoded:
    """Decode as the ingest role does with its ordinary prefix."""
    place = read_topic(topic, "121/v1")
    assert place is not None, f"nothing belongs on {topic}"
    message = Message(topic=topic, payload=payload, received_at=datetime.now(UTC))
    read = {
        TopicKind.REPORT: native.decode_report,
        TopicKind.ACK: native.decode_ack,
        TopicKind.STATE: native.decode_state,
        TopicKind.OWNTRACKS: owntracks.decode,
    }[place.kind]
    return read(message, place.device_id)


EXAMPLES = [
    (path.name, topic, payload)
    for path in PAGES
    for block in code_blocks(path.read_text(encoding="utf-8"), "sh")
    for topic, payload in published(block)
]


def test_there_are_examples() -> None:
    """The wire format has two pings to send, and the README one."""
    names = [name for name, *_ in EXAMPLES]

    assert 2 <= names.count("wire-format.md")
    assert 1 <= names.count("README.md")


@pytest.mark.parametrize(("topic", "payload"), [example[1:] for example in EXAMPLES])
def test_published_examples_decode(topic: str, payload: bytes) -> None:
    """What a page says to publish becomes a ping with a position and no complaint."""
    if payload.endswith(b":"):
        return  # the one that shows a reject

    result = decoded(topic, payload)

    assert () == result.complaints
    assert [True] == [ping.fix is not None for ping in result.pings]


@pytest.mark.parametrize(
    ("heading", "topic"),
    [
        ("Example with everything", "121/v1/up/b/report"),
        ("State", "121/v1/up/b/state"),
    ],
)
def test_json_examples_decode(heading: str, topic: str) -> None:
    """The JSON that a band would send is what the codecs read."""
    part = page("wire-format.md").split(f"# {heading}\n")[1]
    block = code_blocks(part, "json")[0]

    result = decoded(topic, block.encode())

    assert () == result.complaints
    assert all(not ping.doubts - {Doubt.LATE} for ping in result.pings)


def test_every_json_example_is_json() -> None:
    """No example has a comma too many."""
    for path in PAGES:
        for block in code_blocks(path.read_text(encoding="utf-8"), "json"):
            json.loads(block)


def test_the_runbook_registers_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program in the runbook registers an elder with two guardians, a band and a home."""
    url = f"sqlite:///{tmp_path}/runbook.db"
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)
    database = open_database(url)
    migrate(database)
    (program,) = code_blocks(page("runbook.md"), "python")

    exec(compile(program, "runbook.md", "exec"), {})

    with reading(database) as connection:
        assert {"band-0001": 1} == registry.wearers(connection, ["band-0001"])
        assert 2 == len(rosters.roster(connection, 1, SystemClock().now()).guardians)
        assert 1 == len(zones_for(connection, [1])[1])


def test_python_in_pages_is_python() -> None:
    """Every Python example can be parsed."""
    for path in PAGES:
        for block in code_blocks(path.read_text(encoding="utf-8"), "python"):
            ast.parse(block)


# -- the files of deploy/ --------------------------------------------------------------------------


def variables(text: str) -> set[str]:
    """Return the settings that a file names."""
    return set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", text))


@pytest.mark.parametrize(
    "path",
    [*PAGES, DEPLOY / "environment.example", DEPLOY / "compose.yaml"],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_named_settings_exist(path: Path) -> None:
    """A page or an example names no setting that the service would refuse."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}

    assert {v for v in variables(path.read_text(encoding="utf-8")) if v != PREFIX} - known == set()


def test_the_example_of_settings_is_complete() -> None:
    """With its secrets filled in, the example starts every role."""
    lines = (DEPLOY / "environment.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    filled = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
    filled |= {
        "secret_key": "0" * 64,
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": "0" * 32,
        "twilio_from": "+15005550006",
    }
    settings = Settings.model_validate(filled)

    settings.require_secret_key()
    settings.require_provider()
    assert settings.mqtt_client_id in settings.broker_url


@pytest.mark.parametrize("role", RoleName)
def test_each_role_has_its_unit(role: RoleName) -> None:
    """Systemd starts each role with its command and gives it time to finish its calls."""
    unit = (DEPLOY / f"systemd/aihuijia-{role}.service").read_text(encoding="utf-8")

    assert f"aihuijia {role}\n" in unit
    assert "Restart=always" in unit
    assert int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]) > 15


if __name__ == "__main__":
    for where, (title, write) in WRITTEN.items():
        fresh = with_table(where.read_text(encoding="utf-8"), title, write())
        where.write_text(fresh, encoding="utf-8")
