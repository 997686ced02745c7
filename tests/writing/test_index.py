"""The page of all runs, in a real browser. What it finds, and in which order, is worked out here in Python."""

import json
import re
import shutil
import sys
import unicodedata
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlencode, urlparse

import pytest
from made_runs import a_run, made_runs
from pypinyin import Style, lazy_pinyin

from analysis.writing.index import STATES, index_page
from analysis.writing.labels import label

sys.path.insert(0, str(Path(__file__).parents[1]))
import browser as browsers

SHOWN = 50  # rows at a time
MANY = made_runs(700, seed=3)


@pytest.fixture(scope="module")
def browser():
    with browsers.browser() as running:
        yield running


@contextmanager
def opening(browser, folder):
    """``open_(runs)`` is the page of them in the browser, which must not complain and must fetch nothing."""
    faults, contexts = [], []

    def asked(request):
        if not request.url.startswith("file:"):
            faults.append(request.url)

    def open_(runs, language="zh", view="", scripts=True, width=1280):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(java_script_enabled=scripts, viewport=size))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("request", asked)
        path = folder / "index.html"
        path.write_text(index_page(runs, language), encoding="utf8")
        page.goto(path.as_uri() + (f"#{view}" if view else ""))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture
def opened(browser, tmp_path):
    with opening(browser, tmp_path) as open_:
        yield open_


@pytest.fixture(scope="module")
def many_once(browser, tmp_path_factory):
    with opening(browser, tmp_path_factory.mktemp("many")) as open_:
        yield open_(MANY)


@pytest.fixture
def many(many_once):
    """The page of ``MANY`` without any condition; it is opened once, for that takes longest."""
    many_once.get_by_role("button", name="清除条件").click()
    return many_once


# the oracle


def told(run, language="zh"):
    return [run[f"message_{language}"]] if run["message_zh"] else run["headlines"]


def plain(text):
    return unicodedata.normalize("NFKC", text).lower()


def has(run, words):
    text = plain("\n".join([run["unit"], run["years"], *told(run)]))
    return all(word in text for word in plain(words).split())


def years(run):
    first, _, last = run["years"].partition("-")
    return range(int(first), int(last or first) + 1)


def by_pinyin(text):
    return lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)


def figure(name):
    return lambda run: next((f["value"] for f in run["figures"] if f["name"] == name), None)


ORDERS = {
    "unit": lambda run: by_pinyin(run["unit"]),
    "years": lambda run: run["years"],
    "state": lambda run: STATES.index(run["state"]),
    "kind": lambda run: by_pinyin(
        {"problems": "问题与改进", "trends": "比率与变化", "bulletin": "通报"}[run["kind"]]
    ),
    "error": lambda run: run["findings"].get("error"),
    "warning": lambda run: run["findings"].get("warning"),
    "note": lambda run: run["findings"].get("note"),
    "figure.applications": figure("applications"),
    "figure.granted": figure("granted"),
    "figure.units": figure("units"),
    "figure.changes": figure("changes"),
    "seconds": lambda run: run["seconds"],
    "why": lambda run: run["why_zh"] or None,
}


def in_order(runs, key, down=False):
    """Sorted, runs of one value as they came, the unknown last in either direction."""
    value = ORDERS[key]
    known = [run for run in runs if value(run) is not None]
    return sorted(known, key=value, reverse=down) + [run for run in runs if value(run) is None]


# what the page shows


def rows(page):
    """Unit, years and state of the rows shown."""
    return page.evaluate(
        "[...document.querySelectorAll('#all tbody tr')].map(row => ['th.unit b', 'td.years', 'td.state']"
        ".map(cell => row.querySelector(cell).textContent))"
    )


def expected(runs):
    return [[run["unit"], run["years"], label(f"run_{run['state']}", "zh")] for run in runs[:SHOWN]]


def data(html):
    return re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1]


def shows(page, runs):
    assert rows(page) == expected(runs)
    status = page.locator(".pager [role=status]").text_content()
    last = min(SHOWN, len(runs))
    assert status == (f"第1–{last}次，共{len(runs):,}次" if runs else "没有符合条件的运行")


def test_all_runs_are_there_in_their_order_a_page_at_a_time(many):
    shows(many, MANY)
    seen = rows(many)
    while many.get_by_role("button", name="下一页").is_enabled():
        many.get_by_role("button", name="下一页").click()
        seen += rows(many)
    assert [row[:2] for row in seen] == [[run["unit"], run["years"]] for run in MANY]
    many.get_by_role("button", name="上一页").click()
    assert rows(many) == seen[600:650]


@pytest.mark.parametrize(
    "words", ["安", "2019", "永 2019", "  永　２０１９ ", "KEYERROR", "无法提供 安", "2019 永 没有", "不在"]
)
def test_every_word_searched_for_is_in_unit_year_or_message(many, words):
    many.get_by_label("查找").fill(words)
    found = [run for run in MANY if has(run, words)]
    assert len(found) < len(MANY) and (found or words in ("不在", "2019 永 没有"))
    shows(many, found)


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        *(("state", s, lambda run, s=s: run["state"] == s) for s in STATES),
        ("state", "not_good", lambda run: run["state"] != "good"),
        *(("kind", k, lambda run, k=k: run["kind"] == k) for k in ("problems", "trends", "bulletin")),
        *(("year", str(y), lambda run, y=y: y in years(run)) for y in (2012, 2019, 2025)),
        *(("severity", s, lambda run, s=s: run["findings"].get(s, 0) > 0) for s in ("error", "warning", "note")),
        ("severity", "no_error", lambda run: run["findings"].get("error") == 0),
    ],
)  # fmt: skip
def test_each_filter(many, field, value, holds):
    many.locator(f"select[name={field}]").select_option(value)
    found = [run for run in MANY if holds(run)]
    assert 0 < len(found) < len(MANY)
    shows(many, found)
    told_count = many.locator(f"select[name={field}] option[value='{value}']").text_content()
    assert told_count.endswith(f"· {len(found):,}")
    many.get_by_role("button", name="清除条件").click()
    shows(many, MANY)


def test_a_run_of_no_year_is_no_choice_of_the_filter_of_years(opened):
    page = opened([a_run(), a_run(years="2021"), a_run(years="", state="refused", message_zh="没有年份")])
    options = page.locator("select[name=year] option").all_inner_texts()
    assert options == ["全部", "2021 · 1", "2020 · 1"]


@pytest.mark.parametrize("key", ORDERS)
def test_each_column_sorts_up_and_down_with_the_unknown_last(many, key):
    head = many.locator(f"th[data-key='{key}']")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    shows(many, in_order(MANY, key))
    # By keyboard as well.
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert many.locator("th[aria-sort]").count() == 1
    shows(many, in_order(MANY, key, down=True))


def test_no_column_is_without_its_button_and_each_has_a_known_order(many):
    keys = many.evaluate("[...document.querySelectorAll('#all thead th')].map(head => head.dataset.key)")
    assert set(keys) == {*ORDERS, "told"}
    assert many.locator("#all thead th[scope=col] > button").count() == len(keys)


def test_a_view_is_in_its_address_and_comes_back_from_it(opened):
    page = opened(MANY)
    page.get_by_label("查找").fill("永 件")
    page.locator("select[name=severity]").select_option("warning")
    page.locator("th[data-key=seconds] button").click()
    page.locator("th[data-key=seconds] button").click()
    found = in_order([r for r in MANY if has(r, "永 件") and r["findings"].get("warning")], "seconds", True)
    shows(page, found)
    address = page.url
    again = opened(MANY, view=address.partition("#")[2])
    shows(again, found)
    assert again.get_by_label("查找").input_value() == "永 件"
    assert again.locator("th[data-key=seconds]").get_attribute("aria-sort") == "descending"
    again.evaluate("location.hash = 'state=failed'")
    again.wait_for_function("document.querySelector('[name=q]').value === ''")
    shows(again, [run for run in MANY if run["state"] == "failed"])


def test_the_page_of_rows_is_in_the_address_too(opened):
    page = opened(MANY, view="page=5")
    assert rows(page) == expected(MANY[200:])
    assert len(rows(opened(MANY, view="page=999"))) == SHOWN


def test_an_address_with_nonsense_shows_all(opened):
    nonsense = {"state": "<b>", "year": "'", "sort": "__proto__", "page": "x", "severity": "%", "none": "1"}
    shows(opened(MANY, view=urlencode(nonsense) + "&q=%"), MANY[:0])
    shows(opened(MANY, view=urlencode(nonsense)), MANY)


def test_columns_of_figures_that_a_kind_does_not_have_go_when_it_is_chosen(many):
    many.locator("select[name=kind]").select_option("bulletin")
    assert many.locator("th[data-key='figure.units']").is_visible()
    assert many.locator("th[data-key='figure.applications']").is_hidden()
    cells = many.locator("#all tbody tr").first.locator("th, td").count()
    assert cells == many.locator("#all thead th:visible").count()


# what is not good


def test_all_good_is_said(opened):
    runs = made_runs(5, good=1, synthetic=False)
    page = opened(runs)
    assert "5次运行全部完成" in page.locator(".summary").text_content()
    assert page.locator(".troubles, .synthetic").count() == 0
    assert "All runs are good: 5" in opened(runs, "en").locator(".summary").text_content()


def test_no_runs_at_all_is_said(opened):
    assert "还没有运行" in opened([]).locator(".summary").text_content()


def test_what_is_not_good_comes_first_with_message_and_log(opened, tmp_path):
    page = opened(MANY)
    bad = [run for run in MANY if run["state"] != "good"]
    summary = page.locator(".summary").text_content()
    assert f"{len(MANY)}次运行，完成{len(MANY) - len(bad)}次，未完成{len(bad)}次" in summary
    counts = page.locator(".counts b").all_text_contents()
    assert counts == [str(n) for s in STATES if (n := sum(run["state"] == s for run in MANY))]
    assert (
        page.evaluate(
            "document.querySelector('.troubles').compareDocumentPosition(document.getElementById('all'))"
        )
        & 4
    )
    for run in bad:
        if run["state"] == "failed":
            log = page.locator(".troubles a", has_text="日志").evaluate_all("links => links.map(a => a.href)")
            assert (tmp_path / run["log"]).as_uri() in log
            break
    assert all(state not in page.locator(".troubles").inner_html() for state in ("chip good",))


def test_causes_that_differ_in_names_and_numbers_alone_are_one(opened):
    def refused(unit, year, message):
        text = message.format(unit=unit, year=year)
        return a_run(unit=unit, years=year, state="refused", message_zh=text, message_en=text)

    none, scan = "没有{unit}{year}年的报告，共1,234份。", "{unit}/{year}.pdf 是扫描件。"
    runs = [refused(f"甲{c}市", str(2000 + n), none) for n, c in enumerate("子丑寅卯辰巳午未申酉戌亥" * 3)]
    runs += [
        refused("乙市,丙县", "2020", none),
        refused("丁市", "2021", scan),
        a_run(state="failed", message_zh=none),
    ]
    page = opened(runs)
    causes = page.locator(".causes > li")
    assert causes.count() == 3
    # The cell that failed is worse; then the most frequent cause.
    assert "{unit}" in causes.nth(0).text_content()
    assert causes.nth(1).locator("summary b").text_content() == "37次"
    assert "没有甲子市2000年的报告" in causes.nth(1).locator("summary").text_content()
    causes.nth(1).locator("summary").click()
    assert causes.nth(1).locator("ul li").count() == 21
    # The others of the cause are in the table, one click away.
    causes.nth(1).locator("a", has_text="其余17次").click()
    page.wait_for_function("!document.getElementById('cause').hidden")
    shows(page, runs[:37])
    assert "没有甲子市2000年的报告" in page.locator("#cause").text_content()


def test_without_scripts_the_summary_the_causes_and_a_note_are_there(opened):
    page = opened(MANY, scripts=False)
    assert page.locator(".summary").is_visible() and page.locator(".causes > li").first.is_visible()
    assert page.locator("noscript p").is_visible() and page.locator("#all").is_hidden()


def test_made_up_data_are_called_so(opened):
    page = opened([a_run(), a_run(synthetic=True)])
    assert "SYNTHETIC 合成数据" in page.locator(".synthetic").text_content()
    assert page.locator("#all tbody .role").count() == 1


# whatever a name holds

ODD = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "a & b #1 100% ?x=1",
    "“双引号\" '单引号'",
    "javascript:alert(1)",
    "{{ 7 * 7 }}&lt;",
    "..市\\县",
    "甲 市%20+",
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_odd_names_are_shown_as_they_are_and_their_links_lead_to_their_files(opened, tmp_path, language):
    runs = []
    for n, name in enumerate(ODD):
        folder = name.replace("/", "∕")
        files = {kind: f"{folder}/2020/{folder}.{kind}" for kind in ("html", "docx", "ipynb", "log")}
        for path in files.values():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(path, encoding="utf8")
        bad = (
            {"state": "failed", "message_zh": f"错：{name}", "message_en": f"wrong: {name}"} if n % 2 else {}
        )
        figures = [{"name": name, "zh": name, "en": name, "value": 1, "text": name}]
        runs.append(
            a_run(unit=name, headlines=[name], figures=figures, why_zh=name, why_en=name, **files, **bad)
        )
    page = opened(runs, language)
    assert page.locator("#all tbody th.unit b").all_text_contents() == ODD
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert page.locator("#all td.told").nth(0).text_content() == ODD[0]
    links = page.locator("a[href]:not([href^='#'])").evaluate_all("links => links.map(a => a.href)")
    assert len(links) == 4 * len(ODD) + sum(n % 2 for n in range(len(ODD)))
    for link in links:
        parts = urlparse(link)
        assert parts.scheme == "file" and not parts.fragment and not parts.query
        assert Path(unquote(parts.path)).read_text(encoding="utf8") == unquote(parts.path).removeprefix(
            f"{tmp_path}/"
        )
    # A click opens the file; the browser itself agrees.
    page.locator("#all a", has_text={"zh": "网页", "en": "page"}[language]).nth(2).click()
    page.wait_for_url("**/2020/**")
    assert "a & b #1 100% ?x=1" in page.locator("body").text_content()


def test_a_name_that_is_no_text_does_not_keep_the_page_from_being_written(tmp_path):
    stray = b"\xff.html".decode("utf8", "surrogateescape")
    html = index_page([a_run(unit=stray, html=stray, state="failed", message_zh=stray)])
    assert html.encode("utf8") and "%FF.html" in html


def test_figures_that_are_no_number_are_unknown():
    figures = [{"name": "x", "zh": "甲", "en": "x", "value": float("nan"), "text": ""}]
    held = json.loads(data(index_page([a_run(figures=figures)])))
    assert [held["rows"][0][n] for n, c in enumerate(held["columns"]) if c["key"] == "figure.x"] == [None]


# many, narrow, by keyboard, without a browser


def test_ten_thousand_runs_are_searched_and_sorted_with_fifty_rows_in_the_page(opened):
    runs = made_runs(10_000)
    page = opened(runs)
    assert page.locator("tr").count() == SHOWN + 1
    assert page.locator(".troubles li").count() < 1000
    shows(page, runs)
    page.get_by_label("查找").press_sequentially("永 20")
    found = [run for run in runs if has(run, "永 20")]
    shows(page, found)
    page.locator("th[data-key=unit] button").click()
    shows(page, in_order(found, "unit"))
    page.get_by_role("button", name="清除条件").click()
    page.locator("th[data-key='figure.applications'] button").click()
    shows(page, in_order(runs, "figure.applications"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_narrow_window_is_not_wider_than_it_is(opened, language):
    page = opened(MANY, language, width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_every_field_has_a_label_and_the_table_is_reached_by_keyboard(many):
    unlabelled = "[...document.querySelectorAll('#view input:not([type=hidden]), select')].filter(f => !f.labels.length)"
    assert many.evaluate(f"{unlabelled}.length") == 0
    many.get_by_label("查找").focus()
    for _ in range(40):
        many.keyboard.press("Tab")
        if many.evaluate("document.activeElement.closest('th')?.dataset.key") == "unit":
            break
    many.keyboard.press("Enter")
    shows(many, in_order(MANY, "unit"))


def test_english_is_english(opened):
    page = opened(MANY, "en")
    heads = page.locator("#all thead, form, .summary, h1, h2, h3, .counts").all_text_contents()
    assert not re.search(r"[\u4e00-\u9fff]", "".join(heads))


def test_without_a_browser_these_tests_fail_in_one_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with (
        pytest.raises(AssertionError, match="no browser is installed .*: run make browser"),
        browsers.browser(),
    ):
        pass
