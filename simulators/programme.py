"""What will be played: the town with its ordinary elders, and the stories with their casts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulators.bands import Band
from simulators.days import DailyLife
from simulators.fixes import CLEAR, INDOORS, OUTDOORS, Receiver
from simulators.plots import Story, StoryLife
from simulators.stories import STORIES, build_story
from simulators.town import Town, build_town

#: so many of the ordinary elders find their band flat during the play
_NEARLY_FLAT_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A town and the stories to be played in it, in order of their beginning."""

    seed: int
    town: Town
    stories: tuple[Story, ...]

    def labels(self) -> dict[str, str]:
        """Return who has which number, for the phones of the stories."""
        labels: dict[str, str] = {}
        for story in self.stories:
            for n, guardian in enumerate(story.elder.guardians, start=1):
                labels[guardian.number] = f"{guardian.name}（{story.elder.name}的看护者{n}）"
        return labels | {helper.number: helper.name for helper in self.town.rescuers}

    def bands(self, starts_at: datetime) -> list[Band]:
        """Return every band of the town, at home and booted at *starts_at*."""
        stories = {story.elder.device_id: story for story in self.stories}
        bands = []
        for elder in self.town.elders:
            story = stories.get(elder.device_id)
            key = f"{self.seed}/{elder.device_id}"
            rng = random.Random(f"band/{key}")
            nearly_flat = story is None and rng.random() < _NEARLY_FLAT_SHARE
            bands.append(
                Band(
                    device_id=elder.device_id,
                    life=(
                        DailyLife(home=elder.home, way=elder.way, seed=f"day/{key}")
                        if story is None
                        else StoryLife(home=elder.home, legs=(), starts_at=starts_at)
                    ),
                    receiver=Receiver(
                        random.Random(f"fixes/{key}"),
                        indoors=INDOORS if story is None else story.indoors,
                        outdoors=OUTDOORS if story is None else CLEAR,
                    ),
                    starts_at=starts_at,
                    rng=rng,
                    battery_pct=rng.uniform(0.2, 0.9) if nearly_flat else None,
                )
            )
        return bands


def programme(
    *, seed: int, stories: Sequence[str] = tuple(STORIES), bands: int = 400, takes: int = 1
) -> Programme:
    """Return the programme of *seed*: *bands* bands in all, those of the stories among them.

    With several *takes* each story has that many casts, to be played one after another.
    """
    names = dict.fromkeys(stories)  # each once, in order
    cast = tuple(build_story(name, seed=seed, take=take) for take in range(takes) for name in names)
    ordinary = max(0, bands - len(cast))
    town = build_town(seed=seed, elder_count=ordinary, cast=tuple(story.elder for story in cast))
    return Programme(seed=seed, town=town, stories=cast)
