"""Where files lie: on this machine, or at a URL that fsspec knows (``s3://bucket/folder``).

In: what was typed. Out: a ``Path``, or a ``UPath`` that is used like one; both in what follows.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from upath import UPath

from analysis.errors import InputError


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
    with reached(text):
        found = UPath(text)
        found.fs.invalidate_cache()  # what another program has written since is there too
        found.exists()
    return found


@contextmanager
def reached(where: object) -> Iterator[None]:
    """What goes wrong on the way to another machine is bad input, in one sentence."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise InputError(
            f"{where} 打不开（{error}）：s3:// 需要先运行 pip install 's3fs'，其他网址见 fsspec 的文档。",
            f"{where} cannot be opened ({error}): s3:// needs pip install 's3fs', others see the pages of fsspec.",
        ) from None
    except InputError:
        raise
    except Exception as error:  # each of its libraries has errors of its own
        raise InputError(
            f"{where} 连不上（{error}）：请核对网址、网络和凭据。",
            f"{where} cannot be reached ({error}): check the address, the network and the credentials.",
        ) from None


def is_local(path: Path) -> bool:
    """Whether a place is on a disk of this machine."""
    return isinstance(path, Path)


def files_under(folder: Path) -> list[Path]:
    """Every file under a folder, at any depth, in order; of another machine in one question."""
    if is_local(folder):
        return sorted(path for path in folder.rglob("*") if path.is_file())
    with reached(folder):
        found = folder.fs.find(folder.path)
        return [folder / PurePosixPath(name).relative_to(folder.path) for name in sorted(found)]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    if not is_local(path):
        path.write_bytes(content)  # a store of objects shows none before it has all of it
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as aside:
        aside.write(content)
    Path(aside.name).replace(path)


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
