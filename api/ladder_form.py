"""A ladder as people and programs write it, and as it is read back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field

from core.people import PHONE, Channel, Language
from core.policies import Policy, Step
from core.policy_limits import LIMITS, MOST_STEPS, Remark
from core.policy_words import sentence

Seconds = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]

#: the channels of a form's boxes, in order; what goes to a browser goes beside them by itself
CHANNELS = PHONE


class StepSent(BaseModel):
    """One step of asking the guardians, as a program sends it."""

    after_s: Seconds
    channels: Annotated[list[Channel], Field(max_length=6)]


class LadderSent(BaseModel):
    """A ladder as a program sends it; turns are counted from 0."""

    suspect_s: Seconds
    guardian_steps: Annotated[list[StepSent], Field(max_length=40)]
    guardian_window_s: Seconds
    rescue_at_once: bool
    rescue_round_s: Seconds
    rescue_rounds: Annotated[int, Field(ge=0, le=1000)]
    rescue_sms_rounds: Annotated[list[Annotated[int, Field(ge=0, le=1000)]], Field(max_length=40)]
    unanswered_every_s: Seconds
    lease_s: Seconds
    remind_before_s: Seconds

    def policy(self, name: str) -> Policy:
        """Return the ladder; it may still have problems."""
        said = self.model_dump(exclude={"guardian_steps", "rescue_sms_rounds"})
        return Policy(
            name=name,
            guardian_steps=tuple(
                Step(after_s=step.after_s, channels=tuple(step.channels))
                for step in self.guardian_steps
            ),
            rescue_sms_rounds=tuple(self.rescue_sms_rounds),
            **said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLadder:
    """What stands in the boxes of a form: of a ladder that holds, or as somebody typed it."""

    #: by the names of `core.policy_limits.LIMITS`
    numbers: dict[str, str]
    #: seconds (may be empty) and chosen channels of each row
    steps: tuple[tuple[str, frozenset[str]], ...]
    rescue_at_once: bool
    #: counted from 1, as people count
    sms_turns: str


def typed(policy: Policy) -> TypedLadder:
    """Return the boxes of a form for *policy*, with empty rows to add steps in."""
    rows = [
        (f"{step.after_s:g}", frozenset(c.value for c in step.channels))
        for step in policy.guardian_steps
    ]
    return TypedLadder(
        numbers={name: f"{getattr(policy, name):g}" for name in LIMITS},
        steps=(*rows, *_empty(MOST_STEPS - len(rows))),
        rescue_at_once=policy.rescue_at_once,
        sms_turns=", ".join(str(turn + 1) for turn in policy.rescue_sms_rounds),
    )


def read_form(form: Mapping[str, Any]) -> TypedLadder:
    """Return what somebody typed; each box is cut to what any number has."""

    def box(name: str) -> str:
        value = form.get(name, "")
        return value.strip()[:60] if isinstance(value, str) else ""

    rows = tuple(
        (box(f"at-{n}"), frozenset(c.value for c in CHANNELS if box(f"{c.value}-{n}")))
        for n in range(MOST_STEPS)
    )
    return TypedLadder(
        numbers={name: box(name) for name in LIMITS},
        steps=rows,
        rescue_at_once=bool(box("rescue_at_once")),
        sms_turns=box("sms_turns"),
    )


def policy_of(boxes: TypedLadder, name: str) -> tuple[Policy | None, list[str]]:
    """Return the ladder in a form's boxes, or the names of the boxes that hold no number."""
    wrong: list[str] = []

    def number(box: str, text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            wrong.append(box)
            return 0.0
        return int(found) if found.is_integer() and abs(found) < 1e9 else found

    plain = {box: number(box, text) for box, text in boxes.numbers.items()}
    steps = [
        Step(
            after_s=number("guardian_steps", at),
            channels=tuple(c for c in CHANNELS if c.value in chosen),
        )
        for at, chosen in boxes.steps
        if at or chosen
    ]
    separators = str.maketrans("，、；;", ",,,,")
    turns = [part.strip() for part in boxes.sms_turns.translate(separators).split(",")]
    sms_turns = [number("rescue_sms_rounds", turn) for turn in turns if turn]
    if any(turn != int(turn) for turn in sms_turns):
        wrong.append("rescue_sms_rounds")
    if wrong:
        return None, list(dict.fromkeys(wrong))
    policy = Policy(
        name=name,
        guardian_steps=tuple(steps),
        rescue_at_once=boxes.rescue_at_once,
        rescue_sms_rounds=tuple(int(turn) - 1 for turn in sms_turns),
        **plain,  # type: ignore[arg-type]  # the count is a whole number, or a problem
    )
    return policy, []


def remark_json(remark: Remark, language: Language) -> dict[str, str]:
    """Return one problem or warning for a program, with its words."""
    return {
        "name": remark.name.value,
        "part": remark.part,
        "words": sentence(remark, language),
    }


def _empty(rows: int) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(("", frozenset[str]()) for _ in range(max(0, rows)))
