"""Where files lie: on this machine, or at a URL that fsspec knows (``s3://bucket/folder``).

In: what was typed. Out: a ``Path``, or a ``UPath`` that is used like one; both in what follows.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath

from upath import UPath
from upath.implementations.cloud import CloudPath

from analysis.errors import InputError, Unreached


def place(typed: str | Path) -> Path:
    """The place that was typed. Raises ``InputError`` if it cannot be reached at all."""
    text = str(typed)
    if "://" not in text:
        try:
            return Path(typed).expanduser()
        except RuntimeError:  # ~somebody who is not here
            raise InputError(
                f"{text} 里的用户目录不存在：请写完整路径。",
                f"{text} names a home that is not there: write the whole path.",
            ) from None
    try:
        found = UPath(text)
        filesystem = found.fs
    except (ValueError, ImportError) as error:
        raise InputError(
            f"{text} 打不开（{error}）：s3:// 需要先运行 pip install 's3fs'，其他网址见 fsspec 的文档。",
            f"{text} cannot be opened ({error}): s3:// needs pip install 's3fs', others see the pages of fsspec.",
        ) from None
    with reached(found):
        filesystem.invalidate_cache()  # what another program has written since is there too
        if isinstance(found, CloudPath):
            _bucket(found)
        else:
            found.exists()
    return found


def _bucket(found: CloudPath) -> None:
    """Refuse a bucket that is not there: writing to it would make it, and a slip of typing is no wish for one."""
    try:
        if not found.drive:
            raise FileNotFoundError
        found.fs.info(found.drive)
    except FileNotFoundError:
        raise InputError(
            f"{found} 的存储桶 {found.drive} 不存在：请核对网址，或先建好存储桶。",
            f"There is no bucket {found.drive} for {found}: check the address, or make the bucket first.",
        ) from None


# Faults of a program; what a network or a disk says is none of them.
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError)


@contextmanager
def reached(*places: Path | None) -> Iterator[None]:
    """What goes wrong on the way to those of these places that are on another machine is told in one sentence. Raises
    ``Unreached``."""
    try:
        yield
    except (InputError, *_FAULTS):
        raise
    except Exception as error:  # each of its libraries has errors of its own
        far = "、".join(str(place) for place in places if place is not None and not is_local(place))
        if not far:
            raise
        why = " ".join(str(error).split()) or type(error).__name__
        raise Unreached(
            f"{far} 连不上（{why}）：请核对网址、网络和凭据。",
            f"{far} cannot be reached ({why}): check the address, the network and the credentials.",
        ) from None


def is_local(path: Path) -> bool:
    """Whether a place is on a disk of this machine."""
    return isinstance(path, Path)


def absolute(path: Path) -> Path:
    """The whole path of a place, without ``..``. Links stay as they are: what is filed through a link is filed where the
    link is."""
    return Path(os.path.normpath(path.absolute())) if is_local(path) else path


def beside(folder: Path, name: str) -> Path:
    """The file of this name in a folder of reports, or else the one beside the folder, whether that is there or not."""
    within = folder / name
    return within if within.is_file() else absolute(folder).parent / name


def files_under(folder: Path) -> list[Path]:
    """Every file under a folder, at any depth, in order, also through links; of another machine in one question."""
    if is_local(folder):
        return sorted(_within(folder, frozenset()))
    with reached(folder):
        found = folder.fs.find(folder.path)
        return [folder / PurePosixPath(name).relative_to(folder.path) for name in sorted(found)]


def _within(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:  # a link that leads back
        return
    try:
        paths = list(folder.iterdir())
    except OSError:  # may not be looked into
        return
    for path in paths:
        if path.is_dir():
            yield from _within(path, above | {real})
        elif path.is_file():
            yield path


def marks(folder: Path) -> dict[Path, str]:
    """Every file under a folder of another machine with what is known there of its content, in one question: the mark of a
    file changes with it."""
    with reached(folder):
        found = folder.fs.find(folder.path, detail=True)
        return {
            folder / PurePosixPath(name).relative_to(folder.path): _mark(info) for name, info in found.items()
        }


def mark(path: Path) -> str:
    """The mark of one file of another machine."""
    return _mark(path.fs.info(path.path))


def _mark(info: Mapping[str, object]) -> str:
    return str(info.get("ETag") or sorted((name, str(value)) for name, value in info.items())).strip('"')


def folder_for(results: Path, option: str) -> Path:
    """The folder that results are to be written in, made if need be. Raises ``InputError``, which names the ``option``."""
    try:
        results.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise unwritable(results, option, why) from None
    return results


# What the system says where nothing can be written, now or at all.
UNWRITABLE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.ENOENT,
)


def unwritable(results: Path, option: str, why: OSError, error: type[InputError] = InputError) -> InputError:
    """That nothing can be written in a folder, in one sentence."""
    zh = en = why.strerror or str(why)
    if isinstance(why, (FileExistsError, NotADirectoryError)):
        zh, en = "这里有一个文件，不是文件夹", "a file stands in its place"
    return error(
        f"不能在 {results} 里写结果（{zh}）：请换一个 {option}。",
        f"Output cannot be written in {results} ({en}): choose another {option}.",
    )


def size(path: Path) -> int:
    """How many bytes a file has; -1 if there is none."""
    if is_local(path):
        return path.stat().st_size if path.is_file() else -1
    try:
        info = path.fs.info(path.path)
    except FileNotFoundError:
        return -1
    return info["size"] if info["type"] == "file" else -1


def content(path: Path) -> bytes:
    """What is in a file that is not empty; of another machine in one question."""
    return path.read_bytes() if is_local(path) else path.fs.cat_file(path.path, start=0)


def contents(paths: Iterable[Path]) -> Iterator[bytes]:
    """What is in each of these files, none of which is empty; of another machine many at a time."""
    left = iter(paths)
    while some := list(islice(left, _AT_ONCE)):
        if is_local(some[0]):
            yield from map(content, some)
        else:
            found = some[0].fs.cat([path.path for path in some], start=0)
            yield from (found[path.path] for path in some)


# So many files of another machine are fetched side by side.
_AT_ONCE = 64


def remove(paths: Sequence[Path]) -> None:
    """Delete files, those of another machine in as few questions as it can."""
    if paths and not is_local(paths[0]):
        paths[0].fs.rm([path.path for path in paths])
    else:
        for path in paths:
            path.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    if not is_local(path):
        path.write_bytes(content)  # a store of objects shows none before it has all of it
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as aside:
        whole = Path(aside.name)
    try:
        whole.write_bytes(content)
        whole.chmod(0o644)  # what is made aside is for its owner alone
        whole.replace(path)
    except BaseException:
        whole.unlink(missing_ok=True)
        raise


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder of this machine to write files in; once all are whole they take their places in ``out``, those that
    describe others (``.json``) last."""
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=out if is_local(out) else None))
    try:
        yield aside
        for path in sorted(aside.iterdir(), key=lambda p: p.suffix == ".json"):
            if is_local(out):
                path.replace(out / path.name)
            else:
                put(path, out / path.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def put(source: Path, target: Path) -> None:
    """Copy a file of this machine to another's."""
    with reached(target):
        target.fs.put_file(os.fspath(source), target.path)
