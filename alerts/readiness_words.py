"""The words of readiness: what is missing, and what to do about it. Pure."""

from collections.abc import Callable

from alerts.readiness import Lack, Readiness, RotaGap
from core.clock import LOCAL_ZONE
from core.languages import translations
from core.people import Channel, Language

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

LACKS = {
    Lack.NO_NUMBER: N_("no number"),
    Lack.ONE_CHANNEL: N_("only one channel"),
    Lack.DISABLED: N_("number is dead"),
    Lack.UNVERIFIED: N_("number not verified"),
    Lack.NEVER_REACHED: N_("never reached"),
    Lack.NOT_LATELY: N_("not reached for 30 days"),
    Lack.ONE_LINE: N_("one phone for everything"),
    Lack.FEW_GUARDIANS: N_("fewer than two guardians"),
    Lack.NOT_READY_GUARDIANS: N_("guardians not ready"),
    Lack.ROTA_GAP: N_("gap in the rota"),
}
TO_DO = {
    Lack.NO_NUMBER: N_("Ask for a number and register it."),
    Lack.ONE_CHANNEL: N_("Register the number for SMS and for calls."),
    Lack.DISABLED: N_("Ask for the new number, register it and verify it."),
    Lack.UNVERIFIED: N_("Send a code and have it sent back or read out."),
    Lack.NEVER_REACHED: N_("Send a test, or make a drill."),
    Lack.NOT_LATELY: N_("Send a test, or make a drill."),
    Lack.ONE_LINE: N_("A second phone (home, family) would help when the first is off."),
    Lack.FEW_GUARDIANS: N_("Find a second guardian and pair them."),
    Lack.NOT_READY_GUARDIANS: N_("See what each guardian lacks."),
    Lack.ROTA_GAP: N_("Ask a member of the team to take these hours."),
}
CHANNELS = {Channel.SMS: N_("SMS"), Channel.VOICE: N_("phone call")}


def lines_of(readiness: Readiness, language: Language) -> list[str]:
    """Return what an operator reads: a line of counts, then who lacks what, then the gaps."""
    _ = translations(language).gettext
    few, people = readiness.not_ready_elders, readiness.not_ready_guardians
    if readiness.is_fine:
        return [
            _("All ready: %(elders)d elders have two guardians who can be reached.")
            % {"elders": len(readiness.elders)}
        ]
    lines = [
        _("%(few)d of %(all)d elders not ready; %(people)d guardians to look after; %(gaps)d gaps.")
        % {
            "few": len(few),
            "all": len(readiness.elders),
            "people": len(people),
            "gaps": len(readiness.gaps),
        }
    ]
    lines += [_line(_("elder"), one.elder_id, one.name, one.lacks, _) for one in few]
    lines += [_line(_("guardian"), one.person_id, one.name, one.lacks, _) for one in people]
    team, to_do = _("rescue team"), _(TO_DO[Lack.ROTA_GAP])
    lines += [f"{team} {gap.team_id}: {_span(gap)} · {to_do}" for gap in readiness.gaps]
    return lines


def _span(gap: RotaGap) -> str:
    begin, end = (at.astimezone(LOCAL_ZONE) for at in (gap.from_at, gap.until_at))
    return f"{begin:%m-%d %H:%M}–{end:%m-%d %H:%M}"


def _line(
    what: str, number: int, name: str, lacks: tuple[Lack, ...], _: Callable[[str], str]
) -> str:
    missing = ", ".join(_(LACKS[lack]) for lack in lacks)
    to_do = " ".join(dict.fromkeys(_(TO_DO[lack]) for lack in lacks))
    return f"{what} {number} {name}: {missing} · {to_do}"
