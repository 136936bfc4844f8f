"""The words of `aihuijia status`: one line a point, in the reader's language. Pure.

English is the source text; Chinese comes from the catalogue.
"""

from collections.abc import Callable

from alerts.promise import Point, Reason, Subject, gone_roles
from core.audit import Rule
from core.canary import MEASURED, WHOLE, Result, Stage
from core.clock import LOCAL_ZONE
from core.languages import translations
from core.people import Language
from core.service_state import ServiceState

Words = Callable[[str], str]
#: marks a text for the catalogue where it cannot be translated yet
N_: Words = str

_NAMES = {
    Subject.SCHEMA: N_("Database"),
    Subject.ROLES: N_("Roles"),
    Subject.BROKER: N_("Broker"),
    Subject.BACKLOG: N_("Backlog"),
    Subject.INCIDENTS: N_("Incidents"),
    Subject.PROVIDERS: N_("Providers"),
    Subject.ROTA: N_("Rota"),
    Subject.BANDS: N_("Bands"),
    Subject.RETENTION: N_("Retention"),
    Subject.AUDIT: N_("Audit"),
    Subject.CANARY: N_("Canary"),
}
#: what is broken when a rule of the audit is, for the line here and for operators' phones
RULES = {
    Rule.NO_DUE_TIME: N_("an open incident has no next step"),
    Rule.DUE_TIME_PASSED: N_("an open incident waits too long for its next step"),
    Rule.LEASE_PASSED: N_("a message hangs in a send that never ended"),
    Rule.STEP_WITHOUT_ASK: N_("a step was taken and asked nobody"),
    Rule.SENT_TOO_OFTEN: N_("a message went out more than twice"),
    Rule.ASKED_AFTER_END: N_("somebody was asked after the end"),
    Rule.BUDGET_EXCEEDED: N_("a number was used more often than allowed"),
    Rule.NO_SUCCESSOR: N_("a failed message was replaced by nothing"),
    Rule.TIMELINE_GAP: N_("an entry of a timeline is missing"),
    Rule.OTHER_SCHEMA: N_("the database has another schema"),
    Rule.AUDIT_FAILED: N_("the audit could not be made"),
}
#: why no word goes outside: alerts/dead_man.py
SILENCES = {
    "audit": N_("the audit found something"),
    "no_audit": N_("there was no audit"),
    "tick": N_("the alerts role hangs"),
    "schema": N_("the database has another schema"),
    "broker": N_("nobody listens to bands"),
    "providers": N_("every provider rests"),
    "database": N_("the database does not answer"),
}
STAGES = {
    Stage.HOME: N_("at home"),
    Stage.PUBLISHED: N_("to the broker"),
    Stage.ARRIVED: N_("through the broker"),
    Stage.STORED: N_("stored"),
    Stage.TRIGGERED: N_("believed"),
    Stage.HANDED_OVER: N_("to the provider"),
    Stage.RECEIPT: N_("receipt"),
    Stage.ANSWERED: N_("answer"),
}
_WELL, _NOT_WELL = "✓", "✗"


def line_of(point: Point, state: ServiceState, language: Language) -> str:
    """Return the line of one point: a sign, what it is about, how it is."""
    _ = translations(language).gettext
    sign = _WELL if point.is_well else _NOT_WELL
    name, says = _(_NAMES[point.subject]), _SAY[point.subject](point, state, _)
    return f"{sign} " + _("%(name)s: %(says)s") % {"name": name, "says": says}


def span(seconds: float | None, _: Words) -> str:
    """Return a length of time, short."""
    if seconds is None:
        return _("nothing")
    if seconds < 120:
        return _("%(n)s s") % {"n": f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"}
    if seconds < 7200:
        return _("%(n)s min") % {"n": f"{seconds / 60:.0f}"}
    return _("%(n)s h") % {"n": f"{seconds / 3600:.0f}"}


def _schema(point: Point, state: ServiceState, _: Words) -> str:
    if point.reason is Reason.NO_DATABASE:
        return _("does not answer: %(why)s") % {"why": state.database_problem}
    if point.reason is Reason.OTHER_SCHEMA:
        found = {"found": state.schema_found or "–", "wanted": state.schema_wanted}
        return _("schema %(found)s, this version needs %(wanted)s: aihuijia migrate") % found
    return _("schema %(found)s") % {"found": state.schema_found}


def _roles(_point: Point, state: ServiceState, _: Words) -> str:
    gone = gone_roles(state)
    told = [
        _("%(role)s %(age)s ago") % {"role": role, "age": span(age, _)}
        for role, age in state.beat_age_s.items()
        if role not in gone
    ]
    told += [
        _("%(role)s is gone (last word: %(age)s)")
        % {"role": role, "age": span(state.beat_age_s.get(role), _)}
        for role in gone
    ]
    if state.idle_workers:
        told.append(
            _("%(n)s do nothing: the database has another schema") % {"n": state.idle_workers}
        )
    return _(", ").join(told)


def _broker(point: Point, state: ServiceState, _: Words) -> str:
    if point.is_well:
        return _("takes connections")
    return _("cannot be reached: %(why)s") % {"why": state.broker_problem}


def _backlog(_point: Point, state: ServiceState, _: Words) -> str:
    told = _("oldest message due: %(message)s; oldest arrival not handled: %(arrival)s") % {
        "message": span(state.message_late_s, _),
        "arrival": span(state.arrival_late_s, _),
    }
    orders = _("%(n)s orders wait for the broker, the oldest: %(oldest)s") % {
        "n": state.waiting_orders,
        "oldest": span(state.order_late_s, _),
    }
    return _("; ").join((told, orders))


def _incidents(_point: Point, state: ServiceState, _: Words) -> str:
    return _("%(open)s open, asked longest: %(longest)s, nobody came: %(unanswered)s") % {
        "open": state.open_incidents,
        "longest": span(state.longest_asked_s, _),
        "unanswered": state.unanswered,
    }


def _providers(_point: Point, state: ServiceState, _: Words) -> str:
    told = _("%(names)s rest after failures") % {"names": _(", ").join(state.resting_providers)}
    if not state.resting_providers:
        told = _("at work")
    used = _("numbers used up today: %(n)s") % {"n": state.used_up_numbers}
    return _("; ").join((told, used))


def _rota(_point: Point, state: ServiceState, _: Words) -> str:
    if state.rota_gap is None:
        return _("no gap within a day")
    begin, end = (f"{at.astimezone(LOCAL_ZONE):%H:%M}" for at in state.rota_gap)
    return _("%(n)s gaps within a day, the first %(begin)s–%(end)s: all members are asked") % {
        "n": state.rota_gaps,
        "begin": begin,
        "end": end,
    }


def _bands(_point: Point, state: ServiceState, _: Words) -> str:
    silent = _("%(n)s silent, many at once: %(mass)s") % {
        "n": state.silent_bands,
        "mass": state.mass_silences,
    }
    rejects = _("rejects in the last hour %(n)s, by our own fault %(failed)s, of %(pings)s") % {
        "n": state.rejects,
        "failed": state.failed_messages,
        "pings": state.pings,
    }
    return _("; ").join((silent, rejects))


def _retention(point: Point, state: ServiceState, _: Words) -> str:
    if state.retention_age_s is None:
        return _("nothing was deleted yet: no alerts role ran")
    age = {"age": span(state.retention_age_s, _)}
    if point.is_well:
        return _("last run, or first start: %(age)s ago") % age
    return _("what is too old was not deleted for %(age)s: aihuijia retention") % age


def _audit(_point: Point, state: ServiceState, _: Words) -> str:
    broken = [
        _("%(what)s (%(n)s times)") % {"what": _(RULES[Rule(rule)]), "n": rows}
        for rule, rows in state.broken_rules.items()
    ]
    told = [_(", ").join(broken) if broken else _("every rule holds")]
    if not state.heartbeat_is_on:
        told.append(_("nobody outside hears from us (AIHUIJIA_HEARTBEAT_URL)"))
    elif state.heartbeat_age_s is None:
        told.append(_("no word went outside yet"))
    else:
        age = span(state.heartbeat_age_s, _)
        told.append(_("last word outside %(age)s ago") % {"age": age})
    if state.heartbeat_silent:
        why = _(", ").join(_(SILENCES.get(reason, reason)) for reason in state.heartbeat_silent)
        told.append(_("held back: %(why)s") % {"why": why})
    return _("; ").join(told)


def _canary(_point: Point, state: ServiceState, _: Words) -> str:
    canary = state.canary
    if not canary.is_on:
        return _("off (AIHUIJIA_CANARY_NUMBER)")
    told = [
        _("last good round %(age)s ago") % {"age": span(canary.last_good_age_s, _)}
        if canary.last_good_age_s is not None
        else _("no good round yet"),
        _("24 h: %(rounds)s rounds, %(failed)s failed")
        % {"rounds": canary.rounds, "failed": canary.failed},
    ]
    newest = canary.newest
    if newest is not None and newest.result is Result.FAILED and newest.problem is not None:
        told.insert(0, _("last round stuck: %(stage)s") % {"stage": _(STAGES[newest.problem])})
    night = canary.nightly
    if night is not None and night.problem is not None:
        told.append(_("the night's round stuck: %(stage)s") % {"stage": _(STAGES[night.problem])})
    elif night is not None:
        told.append(_("the night's round came through"))
    names = {WHOLE: _("fix to provider")} | {s.value: _(STAGES[s]) for s in MEASURED}
    times = [
        f"{name} {span(canary.spread_s[stage][0], _)}/{span(canary.spread_s[stage][1], _)}"
        for stage, name in names.items()
        if stage in canary.spread_s
    ]
    if times:
        told.append("p50/p95 " + _(", ").join(times))
    return _("; ").join(told)


_SAY: dict[Subject, Callable[[Point, ServiceState, Words], str]] = {
    Subject.SCHEMA: _schema,
    Subject.ROLES: _roles,
    Subject.BROKER: _broker,
    Subject.BACKLOG: _backlog,
    Subject.INCIDENTS: _incidents,
    Subject.PROVIDERS: _providers,
    Subject.ROTA: _rota,
    Subject.BANDS: _bands,
    Subject.RETENTION: _retention,
    Subject.AUDIT: _audit,
    Subject.CANARY: _canary,
}
