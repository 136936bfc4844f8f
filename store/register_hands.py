"""Do the steps of a plan one after the other, by the functions that change a single row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.accounts import Scope
from core.elders import DETAILS, ElderDetails, NewElder
from core.errors import BadInput, Conflict, NotFound, Refused, Stale
from core.pairing_rules import ChangeKind, Wish
from core.people import Role
from core.register_plan import Plan
from core.register_problems import Problem, Remark
from core.register_steps import (
    BandStep,
    ContactStep,
    ElderStep,
    GuardianStep,
    PairingStep,
    Step,
    Verdict,
    Whose,
    ZoneStep,
)
from core.sealing import Sealer
from store import (
    band_life,
    elder_secrets,
    elders,
    family,
    pairing,
    person_register,
    registry,
    zones,
)
from store.band_details import BandDetails
from store.elder_secrets import SecretKind
from store.pairing import ElderWish

#: how much of a file's digest stands in a history
_SHORT = 12
_MOST_BY = 80
_MOST_BATCH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Who takes a file over, where they may, and when."""

    name: str
    scope: Scope
    now: datetime
    #: SHA-256 of the file, hexadecimal; of the file itself nothing is kept
    digest: str
    #: None: identity numbers and medical notes are refused
    sealer: Sealer | None = None
    #: of the key behind the passwords of bands
    key_mark: str | None = None

    @property
    def by(self) -> str:
        """Return who it was and by which file, for the history."""
        tail = f" (file {self.digest[:_SHORT]})"
        return self.name[: _MOST_BY - len(tail)] + tail

    @property
    def batch(self) -> str:
        """Return the name under which the pairings are approved together."""
        return self.digest[:_MOST_BATCH]


class Stopped(Exception):
    """The register refused a step; nothing was kept."""

    def __init__(self, remark: Remark) -> None:
        """Keep what was refused, and where it stands."""
        super().__init__(remark.place)
        self.remark = remark


class Hands:
    """Does the steps of a plan in one transaction, which the caller commits or not."""

    def __init__(self, connection: Connection, importer: Importer) -> None:
        self.connection, self.importer = connection, importer
        self.by, self.now = importer.by, importer.now
        self.elder_ids: dict[Whose, int] = {}
        self.organisations: dict[int, str] = {}
        self.people: dict[str, int] = {}
        self.wishes: list[tuple[PairingStep, ElderWish]] = []

    def do(self, planned: Plan) -> None:
        """Do every step; Stopped names the line that the register refused."""
        for step in planned.steps:
            self._guarded(step, self._one, step)
        if self.wishes:
            self._guarded(self.wishes[0][0], self._ask)

    def _one(self, step: Step) -> None:
        match step:
            case ElderStep():
                self._elder(step)
            case BandStep():
                self._band(step)
            case GuardianStep():
                self._guardian(step)
            case PairingStep():
                self._pairing(step)
            case ZoneStep():
                self._zone(step)
            case ContactStep():
                self._contact(step)

    def _guarded(self, step: Step, hand: Callable[..., None], *given: object) -> None:
        try:
            hand(*given)
        except (BadInput, Conflict, NotFound, Refused, Stale, ValueError) as error:
            raise Stopped(step.line.remark(Problem.REFUSED, why=str(error))) from error

    def _id(self, whose: Whose) -> int:
        return whose.id if whose.id is not None else self.elder_ids[whose]

    def _elder(self, step: ElderStep) -> None:
        details = {name: getattr(step.details, name) for name in DETAILS}
        sealer = self.importer.sealer
        if step.verdict is Verdict.ADDED:
            new = NewElder(
                **details,
                identity_number=step.identity_number,
                medical_notes=step.medical_notes,
            )
            self.elder_ids[step.whose] = elders.add(
                self.connection,
                new,
                by=self.by,
                now=self.now,
                sealer=sealer,
                scope=self.importer.scope,
            )
        elif step.verdict is Verdict.CHANGED:
            version, elder_id = step.version, self._id(step.whose)
            if step.has_new_details:
                version = elders.change(
                    self.connection,
                    elder_id,
                    ElderDetails(**details),
                    version=version,
                    by=self.by,
                    now=self.now,
                )
            secrets = {
                SecretKind.IDENTITY_NUMBER: step.identity_number,
                SecretKind.MEDICAL_NOTES: step.medical_notes,
            }
            secrets = {kind: value for kind, value in secrets.items() if value}
            if secrets and sealer is not None:
                elder_secrets.change(
                    self.connection,
                    elder_id,
                    secrets,
                    sealer=sealer,
                    version=version,
                    by=self.by,
                    now=self.now,
                )
        self.organisations[self._id(step.whose)] = step.details.organisation_id

    def _band(self, step: BandStep) -> None:
        told = step.told
        details = BandDetails(
            model=told.model,
            expected_interval_s=told.interval_s,
            serial=told.serial,
            imei=told.imei,
            sim_number=told.sim_number,
            note=told.note,
            organisation_id=told.organisation_id,
        )
        elder_id = self._id(step.whose) if step.whose is not None else None
        key_mark = self.importer.key_mark
        if step.verdict is Verdict.ADDED:
            band_life.register(
                self.connection,
                step.device_id,
                details,
                elder_id=elder_id,
                by=self.by,
                now=self.now,
                key_mark=key_mark,
            )
            return
        if step.has_new_details:
            band_life.update(
                self.connection,
                step.device_id,
                details,
                seen=step.version,
                by=self.by,
                now=self.now,
            )
        if step.is_given and elder_id is not None:
            band_life.pair(
                self.connection,
                step.device_id,
                elder_id,
                by=self.by,
                now=self.now,
                key_mark=key_mark,
            )

    def _guardian(self, step: GuardianStep) -> None:
        organisation_id = step.organisation_id
        if organisation_id is None and step.first_elder is not None:
            elder_id = self._id(step.first_elder)
            organisation_id = (
                self.organisations.get(elder_id)
                or registry.elder(self.connection, elder_id).organisation_id
            )
        if step.person_id is None:
            self.people[step.phone] = person_register.add(
                self.connection,
                role=Role.GUARDIAN,
                name=step.name,
                numbers=person_register.both_ways(step.phone),
                language=step.language,
                organisation_id=organisation_id,
                by=self.by,
                now=self.now,
            )
            return
        self.people[step.phone] = step.person_id
        if step.verdict is Verdict.CHANGED:
            before = person_register.person(self.connection, step.person_id)
            person_register.update(
                self.connection,
                step.person_id,
                name=before.name,
                numbers=[(point.channel, point.value) for point in before.points],
                language=step.language,
                organisation_id=organisation_id,
                on_duty=before.on_duty,
                seen=step.version,
                by=self.by,
                now=self.now,
            )

    def _pairing(self, step: PairingStep) -> None:
        if step.verdict is Verdict.UNCHANGED:
            return
        wish = Wish(
            place=step.place,
            kind=ChangeKind.REPLACE if step.is_replacing else ChangeKind.BIND,
            person_id=self.people[step.phone],
        )
        self.wishes.append((step, ElderWish(elder_id=self._id(step.whose), wish=wish)))

    def _ask(self) -> None:
        """Ask for all pairings; whoever asked may not approve, so the plain name is used."""
        pairing.request_many(
            self.connection,
            [wish for _, wish in self.wishes],
            reason=f"file {self.importer.digest[:_SHORT]}",
            by=self.importer.name,
            now=self.now,
            batch=self.importer.batch,
        )

    def _zone(self, step: ZoneStep) -> None:
        zone, elder_id = step.zone, self._id(step.whose)
        if step.verdict is Verdict.ADDED:
            zones.add_zone(
                self.connection,
                elder_id=elder_id,
                kind=zone.kind,
                name=zone.name,
                shape=zone.shape,
                hours=zone.hours,
                days=zone.days,
                by=self.by,
                now=self.now,
            )
        elif step.verdict is Verdict.CHANGED:
            zones.edit_zone(self.connection, zone, by=self.by, now=self.now)

    def _contact(self, step: ContactStep) -> None:
        elder_id = self._id(step.whose)
        if step.contact_id is None:
            family.add(self.connection, elder_id, step.member, by=self.by, now=self.now)
        elif step.verdict is Verdict.CHANGED:
            family.change(
                self.connection,
                elder_id,
                step.contact_id,
                step.member,
                version=step.version,
                by=self.by,
                now=self.now,
            )
