"""What Zotero's answers say, in words."""

from __future__ import annotations

import re
import time

from refkit.writers.zotero.answers import when


def test_a_time_of_today_is_a_time_of_day_and_another_has_its_day() -> None:
    moment = time.mktime((*time.localtime()[:3], 12, 34, 0, 0, 0, -1))  # noon or so today, whatever the time is now
    assert when(moment) == "12:34"
    assert when(time.mktime((2024, 2, 29, 7, 5, 0, 0, 0, -1))) == "2024-02-29 07:05"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d 12:34", when(moment - 86_400 * 2))
