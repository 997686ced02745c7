"""What the notebook of rates and trends talks to: one unit over its years.

In: the parameters of the notebook. Out: ``RatesAndTrends`` – the reports of the years asked for, their counts, rates and
changes, and one method for each question of the notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape

import pandas as pd

from analysis import frames
from analysis.answers import Answer, Part, picture
from analysis.errors import InputError, Unreached
from analysis.figures import number, shown
from analysis.ledger import Ledger
from analysis.measuring import Line, counts_of, headlines, lines, rates_of, trends_of
from analysis.parameters import TREND_NAMES, check_injected, parse_years, request, years_label
from analysis.reading import Report, read_report, tables_of
from analysis.reading.synthetic import synthetic_mixed
from analysis.workbook import decided_reports
from analysis.writing import charts, html, tables
from analysis.writing.charts.years import COUNTS
from analysis.writing.labels import label
from analysis.writing.statements import faults
from analysis.writing.trend_statements import trend_statements

# The unit that is shown where none is named: its shipped reports cross every change of the form.
DEFAULT = "平潭综合实验区"


class RatesAndTrends:
    """The reports of one unit, measured over the years that were ``asked`` for; ``failed`` says of each file that could
    not be read why."""

    def __init__(
        self,
        reports: Sequence[Report],
        language: str,
        asked: Sequence[int] = (),
        failed: Sequence[InputError] = (),
    ) -> None:
        self.reports = sorted(reports, key=lambda r: r.year)
        self.language, self.failed = language, tuple(failed)
        own = [r.year for r in self.reports]
        self._asked = tuple(asked) or tuple(range(own[0], own[-1] + 1))

    @property
    def unit(self) -> str:
        """Whose reports these are."""
        return self.reports[0].unit

    @property
    def years(self) -> str:
        """The years, as they name a folder."""
        return years_label(self._asked)

    @property
    def missing(self) -> list[int]:
        """The years within that have no report."""
        return sorted(set(self._asked) - {r.year for r in self.reports})

    @property
    def place(self) -> tuple[str, str]:
        """Where a run leaves its files: the folder, and the one within (not that of a run on the same years' reports)."""
        return self.unit, f"{self.years}-{label('trends_folder', self.language)}"

    @property
    def title(self) -> str:
        """The title of the page."""
        return {
            "zh": f"{self.unit}{self.years}年：比率与变化",
            "en": f"{self.unit} {self.years}: rates and trends",
        }[self.language]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        made = tables_of(self.reports, ("facts", "placements", "claims"))
        made["counts"] = frames.concat("counts", [counts_of(r) for r in self.reports])
        made["rates"] = frames.concat("rates", [rates_of(r) for r in self.reports])
        made["trends"] = trends_of(made["counts"], made["rates"], made["documents"])
        return made | {"statements": trend_statements(made, self.language)}

    def headlines(self, most: int) -> list[str]:
        """The changes that are supported, in a sentence each, the latest first."""
        told = self.tables["statements"].set_index("key")["text"]
        trends = self.tables["trends"].sort_values("last", ascending=False, kind="stable")
        first = f"{self.unit}/{trends['year'].max()}/{self.language}/"
        sure = trends.loc[trends["verdict"].isin(["rise", "fall"]), "key"]
        texts = (told.get(first + key.removeprefix(f"{self.unit}/")) for key in sure)
        return [text for text in texts if text][:most]

    @property
    def figures(self) -> list[dict]:
        """The figures by which many runs are looked through."""
        supported = self.tables["trends"]["verdict"].isin(["rise", "fall"]).sum()
        name = {language: label("supported_changes", language) for language in ("zh", "en")}
        return [shown("supported_changes", name, supported, number)]

    def files(self, name: str) -> dict[str, bytes]:
        """No files besides the tables."""
        return {}

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger({n: t for n, t in self.tables.items() if n != "statements"})

    @cached_property
    def _lines(self) -> list[Line]:
        made = self.tables
        return lines(made["counts"], made["rates"], made["documents"])

    @cached_property
    def _forms(self) -> dict[int, str]:
        return {r.year: r.form.code for r in self.reports}

    # questions

    def summary(self) -> Answer:
        """Which years, how many tests, and what was not there."""
        after = tables.documents(self.tables["documents"], self.language)
        if self.missing:
            listed = "、".join(map(str, self.missing))
            after += f"<p>{label('no_report', self.language)}: {escape(listed)}</p>"
        after += tables.passed_over([getattr(e, self.language) for e in self.failed], self.language)
        return self._told("summary", after)

    def counts(self) -> Answer:
        """What the counts did."""
        of = tables.counts_by_year(self.tables["counts"], self._ledger, self.language)
        return self._told("counts", of)

    def rates(self) -> Answer:
        """What the rates did, and every rate of every year."""
        every = tables.rates_by_year(self.tables["rates"], self.language)
        return self._told("rates", html.details(every, label("all_rates", self.language)))

    def trends(self) -> Answer:
        """Whether anything goes one way over the years."""
        return self._told("series")

    def changes(self) -> Answer:
        """The last change of each headline, and all tests that were made."""
        of = self.tables["trends"]
        headline = of["subject"].isin([*COUNTS, *headlines()])
        shown = (headline & (of["last"] == of["last"].max())) | of["verdict"].isin(["rise", "fall"])
        main = tables.changes(of[shown], self.language)
        rest = tables.changes(of[~shown], self.language)
        return self._answer("", main + html.details(rest, label("other_changes", self.language)))

    def breaks(self) -> Answer:
        """Where the form changed, and what that parts."""
        return self._told("breaks")

    def sources(self) -> Answer:
        """The lint, and the tables of the reports that every number leads to."""
        told = self.tables["statements"]
        known = {n: t for n, t in self.tables.items() if n != "statements"}
        if wrong := faults(told, known):
            raise AssertionError("\n".join(wrong))
        of = {
            f"{label('report_tables', self.language)} {r.year}": html.report_tables(r, self.language)
            for r in self.reports
        }
        return self._answer("", tables.folded(of))

    def chart(self, code: str) -> Answer:
        """A chart by its name, with the table it plots."""
        made, of = self.tables, self._lines
        drawn: dict[str, Callable[[], charts.Chart]] = {
            "counts_over_years": lambda: charts.years.counts_over_years(
                of, made["trends"], self._forms, self.language
            ),
            "rates_over_years": lambda: charts.years.rates_over_years(
                of, made["trends"], self._forms, self.language
            ),
            "outcomes_over_years": lambda: charts.years.outcomes_over_years(
                made["rates"], self._forms, self.language
            ),
            "changes": lambda: charts.years.changes(made["trends"], self.language),
        }
        return Answer(tuple(picture(charts.draw(drawn[code]), self.language)))

    # how answers are put together

    def _told(self, section: str, after: str = "") -> Answer:
        rows = self.tables["statements"]
        rows = rows[rows["section"] == section]
        told = html.statements(rows, self._ledger, self.language)
        return self._answer("\n".join(rows["text"]), told + after)

    def _answer(self, plain: str, shown: str) -> Answer:
        return Answer((Part(plain or self.title, shown),))


def open_rates_and_trends(
    unit: str = "", years: str | int = "", data: str = "", language: str = "zh"
) -> RatesAndTrends:
    """Open one unit's reports of several years.

    ``years`` is a range or a list (``2011-2025``, ``2019,2021``), empty for all there are; years without a report are
    passed over and told. A file that cannot be read does not cost the others. Raises ``InputError``.
    """
    check_injected(TREND_NAMES)
    asked = request(unit or ("" if data else DEFAULT), years, data, "", language, gaps=True)
    reports, failed = [], []
    for year, path in sorted(asked.filed.items()):
        try:
            reports.append(read_report(path, asked.unit, year))
        except InputError as error:
            # A year that is not asked for is looked at for what it decides of the others: another time, if not now.
            if year in (asked.years or ()) or isinstance(error, Unreached):
                failed.append(error)
    wanted = set(asked.years or ())
    decided, wrong = decided_reports(reports, asked.files)
    failed += [error for year, error in wrong.items() if year in wanted]
    every = [r for r in decided if r.year in wanted]
    if not every:
        raise failed[0]
    # Also of years that are not asked for: they decide joined digits.
    if error := synthetic_mixed(tables_of(reports, ())["documents"]):
        raise error
    return RatesAndTrends(every, language, parse_years(years) if years else (), failed)
