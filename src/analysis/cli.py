"""The command ``analysis``: each verb a thin wrapper over one public function.

Bad input ends with its sentence on stderr and exit code 2; a run that failed otherwise with 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from analysis.batch.bounded import without_grammar
from analysis.errors import InputError
from analysis.places import place, reached

without_grammar()
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="政府信息公开年度报告分析工作簿",
)

Unit = Annotated[str, typer.Option(help="单位，如 永康市 | the body the reports are of")]
Years = Annotated[str, typer.Option(help="2020、2018-2025 或 2020,2023 | years")]
Data = Annotated[str, typer.Option(help="报告文件夹 <单位>/<年份>.<类型> | folder of reports")]
File = Annotated[str, typer.Option(help="单个报告文件 | one report file")]
Language = Annotated[str, typer.Option(help="zh 或 en | language of the text")]
Spoken = Annotated[str, typer.Option(help="zh 或 en | language of the text", callback=lambda v: _language(v))]


def _place(typed: str) -> Path:
    try:
        return place(typed)
    except InputError as error:
        _refuse(error, 2)


Jobs = Annotated[int, typer.Option(help="进程数，默认等于处理器数 | processes", min=0)]
Scheduler = Annotated[
    str, typer.Option(help="Dask 调度器，如 tcp://主机:8786 | a Dask scheduler of many machines")
]
Source = Annotated[
    Path,
    typer.Argument(
        help="报告文件夹，或 analysis read 的数据文件夹；可为 s3://… | reports, or a store", parser=_place
    ),
]

Out = Annotated[Path, typer.Option(help="输出文件夹，可为 s3://… | where the output goes", parser=_place)]


def _language(value: str) -> str:
    if value not in ("zh", "en"):
        raise typer.BadParameter(f"只能是 zh 或 en，不能是 {value} | it is zh or en, not {value}")
    return value


def _refuse(error: Exception, code: int) -> None:
    typer.echo(str(error), err=True)
    raise typer.Exit(code)


@app.callback()
def main() -> None:
    """Reads, checks and measures annual reports, and drafts their section five."""


# How many failed or misfiled files a reading names; the rest is in failures.csv.
_NAMED = 20


def _failed(summary) -> list:
    """Name the files of a reading that failed; a store that was read before has none."""
    failed = summary.of("failed") if summary else []
    for outcome in failed[:_NAMED]:
        typer.echo(f"failed {outcome.path}  {outcome.message}", err=True)
    if len(failed) > _NAMED:
        typer.echo(f"… {len(failed) - _NAMED} more in {summary.out / 'failures.csv'}", err=True)
    return failed


@app.command()
def read(
    folder: Annotated[
        Path,
        typer.Argument(help="报告文件夹，任意层次与命名，可为 s3://… | a folder of reports", parser=_place),
    ],
    out: Annotated[
        Path, typer.Option(help="数据文件夹，可为 s3://… | where the store goes", parser=_place)
    ] = Path("store"),
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
    corrections: Annotated[
        Path | None, typer.Option(help="更正文件 corrections.yml | declared fixes")
    ] = None,
) -> None:
    """把一个文件夹的报告读成 Parquet 数据 | read a folder of reports into Parquet tables."""
    from analysis.batch import store
    from analysis.batch.engine import Cluster
    from analysis.batch.progress import Progress

    try:
        with reached(folder, out), Progress() as progress:
            summary = store.read_folder(folder, out, Cluster(jobs, scheduler), progress.told, corrections)
    except InputError as error:
        _refuse(error, 2)
    failed = _failed(summary)
    for note in [n for o in summary.outcomes for n in o.notes][:_NAMED]:
        typer.echo(f"note   {note}", err=True)
    for fix in summary.unused:
        typer.echo(
            f"note   更正未用：没有读到 {fix.unit} {fix.year} | correction not used: no such report", err=True
        )
    reports = summary.of("read", "kept")
    years = sorted({o.year for o in reports})
    span = f"{years[0]}–{years[-1]}" if years else "–"
    typer.echo(
        f"读入 read {len(summary.of('read'))} · 未变 unchanged {len(summary.of('kept'))} · 失败 failed {len(failed)} · "
        f"非报告 no reports {len(summary.of('passed'))}"
    )
    typer.echo(f"单位 units {len({o.unit for o in reports})} · 年份 years {span}")
    typer.echo("单元格 cells " + " · ".join(f"{k} {v}" for k, v in sorted(summary.statuses.items())))
    typer.echo(f"数据 store {out}/ (" + ", ".join(f"{k} {v}" for k, v in summary.rows.items()) + ")")
    if failed:
        raise typer.Exit(1)


# How many errors, and reports, a summary names; the table has them all.
_TOLD = 10


@app.command()
def check(
    source: Annotated[
        Path,
        typer.Argument(
            help="报告文件夹或一个报告文件，或 analysis read 的数据文件夹 | reports, one report, or a store",
            parser=_place,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="结果放在哪里：读报告文件夹时默认 store，读数据时默认其中 | where the findings go; store, or the store itself",
            parser=_place,
        ),
    ] = None,
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
    reviews: Annotated[Path | None, typer.Option(help="复核结论 reviews.csv | decisions of people")] = None,
    units: Annotated[Path | None, typer.Option(help="单位名册 units.csv | register of units")] = None,
    language: Spoken = "zh",
    most: Annotated[int, typer.Option(help="摘要中列出几项 | how many are named", min=0)] = _TOLD,
) -> None:
    """像审计那样核对：摘要在此，全部发现在 CSV 与 Parquet | check reports as an auditor would.

    有文件读不了时退出码为 1，输入有误为 2 | exit code 1 if a file could not be read, 2 for bad input.
    """
    from analysis.batch import check as checking
    from analysis.batch.engine import Cluster
    from analysis.batch.progress import Progress

    try:
        with reached(source, out), Progress() as progress:
            made = checking.check(source, out, Cluster(jobs, scheduler), reviews, units, progress.told)
    except InputError as error:
        _refuse(error, 2)
    failed = _failed(made.read)
    for line in checking.summary(made, most, language):
        typer.echo(line)
    if failed:
        raise typer.Exit(1)


@app.command()
def score(
    source: Source,
    rubric: Annotated[
        Path | None, typer.Option(help="评分办法，默认见 docs/score.md | a rubric of your own")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="结果放在哪里：读报告文件夹时默认 store，读数据时默认其中 | where the scores go; store, or the store itself",
            parser=_place,
        ),
    ] = None,
    unit: Annotated[str, typer.Option(help="只评这一单位 | one unit only")] = "",
    years: Years = "",
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
    reviews: Annotated[Path | None, typer.Option(help="复核结论 reviews.csv | decisions of people")] = None,
    units: Annotated[Path | None, typer.Option(help="单位名册 units.csv | register of units")] = None,
    language: Spoken = "zh",
) -> None:
    """按负面清单扣分，不能断定的另列，得分是一个范围 | score reports by a rubric; what cannot be known stays open."""
    from analysis.batch import score as scoring
    from analysis.batch.engine import Cluster
    from analysis.batch.progress import Progress

    try:
        with reached(source, out), Progress() as progress:
            made = scoring.score_all(
                source,
                out,
                rubric,
                unit,
                years,
                Cluster(jobs, scheduler),
                reviews,
                units,
                language,
                progress.told,
            )
    except InputError as error:
        _refuse(error, 2)
    failed = _failed(made.read)
    for line in made.lines:
        typer.echo(line)
    typer.echo(f"评分 scores {made.out / 'scores.csv'}, {made.out / 'score_totals.csv'}")
    if failed:
        raise typer.Exit(1)


@app.command()
def review(
    source: Source,
    fingerprint: Annotated[
        str, typer.Argument(help="发现的指纹，见 findings.csv | fingerprint of the finding")
    ],
    decision: Annotated[str, typer.Argument(help="confirmed 属实、dismissed 不成立、explained 已说明")],
    by: Annotated[str, typer.Option(help="由谁决定 | who decided")],
    why: Annotated[str, typer.Option(help="理由 | why")],
    on: Annotated[str, typer.Option(help="日期，默认今天 | date, today by default")] = "",
    reviews: Annotated[Path | None, typer.Option(help="复核结论 reviews.csv | decisions of people")] = None,
) -> None:
    """记下人对一项发现的结论，以后的核对都保留它 | take down a decision about a finding."""
    from datetime import date

    from analysis.batch.progress import Progress
    from analysis.batch.score import review as take_down

    try:
        with reached(source), Progress() as progress:
            path, message = take_down(
                source,
                fingerprint,
                decision,
                by,
                why,
                on or date.today().isoformat(),
                reviews,
                progress.told,
            )
    except InputError as error:
        _refuse(error, 2)
    typer.echo(message)
    typer.echo(f"已记入 written to {path}；下次核对生效 | it counts from the next check on")


@app.command()
def report(
    unit: Unit = "",
    years: Years = "",
    data: Data = "",
    file: File = "",
    language: Language = "zh",
    out: Out = Path("reports"),
) -> None:
    """运行一次：笔记本、网页与表格 | one run: notebook, page and tables."""
    _make(out, unit=unit, years=years, data=data, file=file, language=language)


@app.command()
def trends(
    unit: Unit = "", years: Years = "", data: Data = "", language: Language = "zh", out: Out = Path("reports")
) -> None:
    """一个单位逐年的比率与变化：笔记本、网页与表格 | rates and changes of one unit over its years."""
    _make(out, kind="trends", unit=unit, years=years, data=data, language=language)


@app.command()
def bulletin(
    data: Annotated[str, typer.Option(help="报告文件夹，或 analysis read 的数据 | reports, or a store")] = "",
    period: Annotated[
        str,
        typer.Option(help="2024、2024Q1 或 2024H1，默认报告最多的年份 | a year, quarter or half"),
    ] = "",
    group: Annotated[
        str,
        typer.Option(help="按 units.csv 的 level、parent、kind 或 province 分组 | group by it"),
    ] = "",
    language: Language = "zh",
    out: Out = Path("reports"),
) -> None:
    """全部单位一个年份或季度的通报：笔记本、网页与表格 | all units in one year or quarter."""
    from analysis.batch.engine import Cluster
    from analysis.batch.kept import keeping
    from analysis.batch.notebooks import Run
    from analysis.batch.progress import Progress
    from analysis.batch.read_once import read_before, read_whole
    from analysis.batch.run import aside_of

    asked = {"kind": "bulletin", "data": data, "period": period, "group": group, "language": language}
    try:
        # What cannot be written should be known before an hour of reading.
        with aside_of(out, ".one-") as aside, keeping(aside):
            if folder := read_whole(Run(**asked)):
                with Progress() as progress:
                    read_before(folder, aside, Cluster(), progress.told)
            _make(out, **asked)
    except InputError as error:
        _refuse(error, 2)


def _make(out: Path, **asked: str) -> None:
    """Run a notebook and say what it has left."""
    from analysis.batch.notebooks import Run
    from analysis.batch.run import RunFailed, make  # heavy imports only when they are needed

    if sys.stderr.isatty():
        typer.echo("正在读取、核对并运行笔记本…… | reading, checking, running the notebook …", err=True)
    try:
        made = make(Run(**asked), out)
    except InputError as error:
        _refuse(error, 2)
    except RunFailed as error:
        _refuse(error, 1)
    for message in made.about["failed"]:
        typer.echo(f"failed {message}", err=True)
    typer.echo(f"网页 page       {made.page}")
    typer.echo(f"笔记本 notebook {made.notebook}")
    typer.echo(f"表格 tables     {made.tables}/")
    for text in made.about["headlines"]:
        typer.echo(f"• {text}")


@app.command()
def run(
    notebook: Annotated[
        str, typer.Argument(help="problems、trends、bulletin，或一个 .ipynb 文件 | a notebook")
    ] = "problems",
    units: Annotated[
        str, typer.Option("--units", "--unit", help="单位，逗号分开；默认 all | units, or all")
    ] = "all",
    years: Annotated[
        str, typer.Option(help="2018-2024、2020,2023 或 all；通报可为 2024Q1 | years, or all")
    ] = "all",
    data: Data = "",
    language: Spoken = "zh",
    group: Annotated[str, typer.Option(help="通报的分组 | what a bulletin groups by")] = "",
    out: Out = Path("reports"),
    jobs: Jobs = 0,
    only: Annotated[
        str, typer.Option(help="只运行“单位/年份”含此文字或合此式样（*）的 | only what matches")
    ] = "",
    limit: Annotated[
        int,
        typer.Option(
            help="最多做几次，其余留到下次 | make at most so many runs, the rest the next time", min=0
        ),
    ] = 0,
    continue_on_error: Annotated[
        bool, typer.Option(help="有一次不成仍继续 | go on after a run that is not good")
    ] = True,
    seconds: Annotated[
        float, typer.Option(help="每次的时限，0 为不限 | limit of time of a run", min=0)
    ] = 600,
    memory: Annotated[
        int, typer.Option(help="每个进程的内存上限 MB，0 为不限 | limit of memory", min=0)
    ] = 4096,
    again: Annotated[bool, typer.Option("--again", help="没有变化的也重新运行 | run all again")] = False,
    scheduler: Scheduler = "",
) -> None:
    """许多次运行：每个单位每年一次，只做有变化的，中断后接着做 | many runs, one a unit and year.

    所做的全部完成退出码为 0（不计 --limit 留下的），有不成的为 1，输入有误为 2 | exit code 0 if all that were made are good, 1 if not, 2 for bad input.
    """
    from analysis.batch import many
    from analysis.batch.engine import Bounds, Cluster
    from analysis.batch.plan import Asked, plan
    from analysis.batch.progress import Progress

    try:
        if scheduler:  # its workers stand in folders of their own
            data, out = (str(place(data).absolute()) if data else ""), out.absolute()
        jobs_ = plan(Asked(notebook, units, years, data, language, group, only))
        bounds = Bounds(seconds, memory * 2**20)
        with reached(out), Progress("运行 running") as progress:
            batch = many.run_all(
                jobs_, out, bounds, Cluster(jobs, scheduler), continue_on_error, again, limit,
                progress.ran, progress.told,
            )  # fmt: skip
    except InputError as error:
        _refuse(error, 2)
    except KeyboardInterrupt:
        typer.echo(
            "已停止；再次运行同一命令（不带 --again）会接着做。 | Stopped; the same command (without --again) goes on from here.",
            err=True,
        )
        raise typer.Exit(130) from None
    for line in many.summary(batch):
        typer.echo(line)
    if not batch.good:
        raise typer.Exit(1)


@app.command()
def synth(
    out: Annotated[
        Path, typer.Argument(help="空文件夹，或以前的合成数据 | an empty folder, or older synthetic data")
    ],
    units: Annotated[int, typer.Option(help="单位数 | how many units")] = 100,
    years: Years = "2019-2024",
    formats: Annotated[
        str,
        typer.Option(
            help="html,txt,docx,xlsx,pdf,csv,md,mhtml,crawled 或 all，轮流使用 | formats, used in turn"
        ),
    ] = "all",
    seed: Annotated[int, typer.Option(help="种子：相同则文件逐字节相同 | the same seed, the same bytes")] = 1,
    errors: Annotated[
        float, typer.Option(help="植入一处错误的报告所占比例 | share of reports with an error")
    ] = 0.0,
    jobs: Annotated[int, typer.Option(help="进程数，0 为处理器数 | processes, 0: all processors", min=0)] = 1,
) -> None:
    """生成合成报告，仅供负载与差错测试 | make synthetic reports, for load and error tests alone.

    符合当年的官方格式与勾稽关系，每个文件都标明是合成数据；真值在旁边的 .truth/，不与真实数据混放 |
    on the official form of each year, every file marked; the truth lies beside them in .truth/.
    """
    from analysis.batch.progress import Progress
    from analysis.parameters import parse_years
    from analysis.synthesis import plan, synthesise

    try:
        with Progress("生成 making") as progress:
            made = synthesise(plan(units, parse_years(years), formats, seed, errors), out, jobs, progress.at)
    except InputError as error:
        _refuse(error, 2)
    typer.echo(
        f"合成数据 synthetic reports {made.files.total()}: "
        + " · ".join(f"{k} {n}" for k, n in made.files.items())
    )
    typer.echo(f"真值 true cells {made.cells} · 植入错误 reports with an error {made.planted.total()}")
    typer.echo(f"文件夹 folder {out}/ (SYNTHETIC.md, .truth/)")


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="旧的一批结果 | what the earlier batch has left")],
    new: Annotated[Path, typer.Argument(help="新的一批结果 | what the later batch has left")],
    out: Annotated[Path | None, typer.Option(help="全部变化写成 CSV | all changes as CSV")] = None,
    language: Spoken = "zh",
    most: Annotated[int, typer.Option(help="列出几项 | how many are shown", min=0)] = _TOLD,
) -> None:
    """两批结果有什么不同，是数据、代码还是参数所致 | what differs between two batches, and what changed it.

    没有变化时退出码为 0，有变化为 1，输入有误为 2 | exit code 0 if nothing differs, 1 if something does, 2 for bad input.
    """
    from analysis.batch import diff as comparing

    try:
        made = comparing.diff(old, new, out, most)
    except InputError as error:
        _refuse(error, 2)
    for line in comparing.summary(made, language):
        typer.echo(line)
    if out:
        typer.echo(f"变化 changes {out}")
    if made.changed:
        raise typer.Exit(1)


@app.command()
def refresh(notebooks: list[Path]) -> None:
    """重新运行随附的笔记本并保存输出 | execute committed notebooks in place."""
    from analysis.batch.run import RunFailed
    from analysis.batch.run import refresh as execute

    for notebook in notebooks:
        try:
            execute(notebook)
        except (InputError, RunFailed) as error:
            _refuse(error, 1)
        typer.echo(notebook)


@app.command()
def docs(out: Out = Path("docs")) -> None:
    """由声明文件生成字典 | make the dictionaries of the docs from the declarations."""
    from analysis.writing.dictionaries import PAGES, page

    out.mkdir(exist_ok=True)
    for name in PAGES:
        (out / name).write_text(page(name, out), encoding="utf8")
        typer.echo(out / name)


@app.command()
def gallery(out: Out = Path("docs")) -> None:
    """画出文档中的图例 | draw the gallery of charts in the docs."""
    from analysis.answers import png
    from analysis.rates_and_trends import open_rates_and_trends
    from analysis.workbook import open_workbook
    from analysis.writing import gallery as drawn

    (study,) = open_workbook().studies
    charts = [
        *drawn.one_report(study),
        *drawn.many_years(open_rates_and_trends().reports),
        *drawn.many_units(),
    ]
    drawn.write(charts, png, out)
    typer.echo(out / "charts.md")
