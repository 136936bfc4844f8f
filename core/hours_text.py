"""Weekly hours in words: "Mon-Fri 08:00-17:00; Sat 22:00-Mon 06:00", 周一至周五 08:00-17:00.

Both languages are understood; what is written is understood again and means the same.
"""

import re

from core.people import Language
from core.weekly_hours import DAY_MIN, WEEK_MIN, Span, WeeklyHours

#: longer than any hours we write
MOST_LETTERS = 1000

_ENGLISH = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CHINESE = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_NUMBER = {
    **{name.lower(): n for n, name in enumerate(_ENGLISH)},
    **{name: n for n, name in enumerate(_CHINESE)},
    "周天": 6,
}
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun|周[一二三四五六日天])"
_TIME = r"\d{1,2}:\d{2}"
_SAME_DAYS = re.compile(rf"({_DAY}(?:[-,]{_DAY})*) ?({_TIME})-({_TIME})")
_ACROSS = re.compile(rf"({_DAY}) ?({_TIME})-({_DAY}) ?({_TIME})")
_EXAMPLE = 'write them like "Mon-Fri 08:00-17:00; Sat 22:00-Mon 06:00"'


def parse_hours(text: str) -> WeeklyHours:
    """Return the hours that *text* names; ValueError says which part to mend."""
    if len(text) > MOST_LETTERS:
        raise ValueError(f"hours of more than {MOST_LETTERS} letters; {_EXAMPLE}")
    spans: list[Span] = []
    for item in _plain(text).split(";"):
        if item:
            spans += _spans(item)
    if not spans:
        raise ValueError(f"hours without a day and a time; {_EXAMPLE}")
    return WeeklyHours(tuple(spans))


def hours_text(hours: WeeklyHours, language: Language = Language.ENGLISH) -> str:
    """Return *hours* in words; days with the same times stand together."""
    is_chinese = language is Language.CHINESE
    names = _CHINESE if is_chinese else _ENGLISH
    alike: dict[Span, list[int]] = {}
    for start, end in hours.spans:
        day, first = divmod(start, DAY_MIN)
        alike.setdefault((first, end - day * DAY_MIN), []).append(day)
    items = []
    for (first, last), days in alike.items():
        is_night = last - DAY_MIN < first and last > DAY_MIN
        if last <= DAY_MIN or (is_night and len(days) > 1):
            until = last - DAY_MIN if is_night else last
            items.append(f"{_days(days, names, is_chinese)} {_time(first)}-{_time(until)}")
            continue
        for day in days:
            # Midnight is the end of a day, not the beginning of the next.
            ahead, until = divmod(last - 1, DAY_MIN)
            end_day = names[(day + ahead) % 7]
            items.append(f"{names[day]} {_time(first)}-{end_day} {_time(until + 1)}")
    return ("；" if is_chinese else "; ").join(items)


def _plain(text: str) -> str:
    """Return *text* with one way to write each sign and each day."""
    text = text.strip().lower().replace("星期", "周")
    text = re.sub(r"([a-z]{3})[a-z]*", r"\1", text)
    for signs, plain in (("：", ":"), ("；\n", ";"), ("，、", ","), ("–—~～至到", "-")):
        text = re.sub(f"[{signs}]", plain, text)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([;,:-]) ?", r"\1", text).strip("; ")


def _spans(item: str) -> list[Span]:
    across = _ACROSS.fullmatch(item)
    if across:
        from_day, from_time, until_day, until_time = across.groups()
        start = _NUMBER[from_day] * DAY_MIN + _minute(from_time, item)
        end = _NUMBER[until_day] * DAY_MIN + _minute(until_time, item, is_end=True)
        if start == end:
            raise ValueError(
                f'"{item}" begins where it ends; for the whole week write "Mon 00:00-Sun 24:00"'
            )
        return [(start, end if end > start else end + WEEK_MIN)]
    same = _SAME_DAYS.fullmatch(item)
    if same is None:
        raise ValueError(f'"{item[:60]}" is not understood as hours; {_EXAMPLE}')
    days, from_time, until_time = same.groups()
    first, last = _minute(from_time, item), _minute(until_time, item, is_end=True)
    if first == last:
        raise ValueError(f'"{item[:60]}" begins where it ends; for a whole day write "00:00-24:00"')
    if last < first:
        last += DAY_MIN  # the night after
    return [(day * DAY_MIN + first, day * DAY_MIN + last) for day in _named_days(days)]


def _named_days(text: str) -> list[int]:
    named = []
    for part in text.split(","):
        ends = [_NUMBER[name] for name in part.split("-")]
        if len(ends) > 2:
            raise ValueError(f'"{text[:60]}" are not days; write them like "Mon-Fri" or "Mon,Wed"')
        named += [(ends[0] + n) % 7 for n in range((ends[-1] - ends[0]) % 7 + 1)]
    return named


def _minute(text: str, item: str, *, is_end: bool = False) -> int:
    hour, minute = map(int, text.split(":"))
    found = hour * 60 + minute
    if minute > 59 or found > DAY_MIN or (found == DAY_MIN and not is_end):
        latest = "24:00" if is_end else "23:59"
        raise ValueError(f'"{text}" in "{item[:60]}" is no time; write 00:00 to {latest}')
    return found


def _days(days: list[int], names: tuple[str, ...], is_chinese: bool) -> str:
    """Return sorted *days* in words, three or more in a row as a range."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    to, also = ("至", "、") if is_chinese else ("-", ",")
    return also.join(
        f"{names[run[0]]}{to}{names[run[-1]]}"
        if len(run) > 2
        else also.join(names[day] for day in run)
        for run in runs
    )


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
