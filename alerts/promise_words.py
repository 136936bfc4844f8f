"""The words of `aihuijia status`: one line a point, in the reader's language. Pure.

English is the source text; Chinese comes from the catalogue.
"""

from collections.abc import Callable

from alerts.promise import Point, Reason, Subject, gone_roles
from core.audit import Rule
from core.canary import MEASURED, WHOLE, Result, Stage
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
    Subject.ORDERS: N_("Orders"),
    Subject.REJECTS: N_("Rejects"),
    Subject.BANDS: N_("Bands"),
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
    Rule.AUDIT_FAILED: N_("the audit could not be made"),
}
STAGES = {
    Stage.HOME: N_("at home"),
    Stage.PUBLISHED: N_("to the broker"),
    Stage.ARRIVED: N_("through the broker"),
    Stage.STORED: N_("stored"),
    Stage.TRIGGERED: N_("believed"),
    Stage.HANDED_OVER: N_("to the provider"),
    Stage.RECEIPT: N_("receipt"),
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
    return _(", ").join(told)


def _broker(point: Point, state: ServiceState, _: Words) -> str:
    if point.is_well:
        return _("takes connections")
    return _("cannot be reached: %(why)s") % {"why": state.broker_problem}


def _backlog(_point: Point, state: ServiceState, _: Words) -> str:
    return _("oldest message due: %(message)s; oldest arrival not handled: %(arrival)s") % {
        "message": span(state.message_late_s, _),
        "arrival": span(state.arrival_late_s, _),
    }


def _incidents(_point: Point, state: ServiceState, _: Words) -> str:
    return _("%(open)s open, asked longest: %(longest)s, nobody came: %(unanswered)s") % {
        "open": state.open_incidents,
        "longest": span(state.longest_asked_s, _),
        "unanswered": state.unanswered,
    }


def _orders(_point: Point, state: ServiceState, _: Words) -> str:
    return _("%(n)s wait for the broker, the oldest: %(oldest)s") % {
        "n": state.waiting_orders,
        "oldest": span(state.order_late_s, _),
    }


def _rejects(_point: Point, state: ServiceState, _: Words) -> str:
    return _("last hour %(n)s, by our own fault %(failed)s, of %(pings)s stored") % {
        "n": state.rejects,
        "failed": state.failed_messages,
        "pings": state.pings,
    }


def _bands(_point: Point, state: ServiceState, _: Words) -> str:
    return _("%(n)s silent, many at once: %(mass)s") % {
        "n": state.silent_bands,
        "mass": state.mass_silences,
    }


def _audit(point: Point, state: ServiceState, _: Words) -> str:
    return _("every rule holds") if point.is_well else _(", ").join(state.broken_rules[:5])


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
    Subject.ORDERS: _orders,
    Subject.REJECTS: _rejects,
    Subject.BANDS: _bands,
    Subject.AUDIT: _audit,
    Subject.CANARY: _canary,
}
