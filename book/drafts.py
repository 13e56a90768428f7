"""Nothing half-written is ever taken for whole: written beside its place, then moved."""

import contextlib
import errno
import shutil

__all__ = ["draft_of"]

# What a file system says of a file without naming it.
UNNAMED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextlib.contextmanager
def draft_of(target):
    """Give a file or a folder its name once it is whole; an older one stays until then.

    Parameters
    ----------
    target : pathlib.Path
        The name; its folder is made.

    Yields
    ------
    pathlib.Path
        Where to write. What an error leaves there is deleted; what a kill leaves, next time.

    Raises
    ------
    OSError
        If it cannot be written; the error names the target.
    """
    draft = target.with_name(f".{target.name}.draft")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _delete(draft)
        yield draft
        if target.is_dir():  # which cannot be replaced
            old = draft.with_suffix(".old.draft")
            _delete(old)
            target.rename(old)
            draft.rename(target)
            _delete(old)
        else:
            draft.replace(target)
    except BaseException as error:
        _delete(draft)
        if getattr(error, "errno", None) in UNNAMED and error.filename is None:
            error.filename = str(target)
        raise


def _delete(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
