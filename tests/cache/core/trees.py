"""What is in a folder."""

from pathlib import Path


def tree(root: Path) -> dict[str, bytes | bool]:
    """Every file and folder with its contents."""
    return {str(path.relative_to(root)): path.is_file() and path.read_bytes() for path in root.rglob("*")}


def listing(root: Path) -> dict[Path, tuple[int, bytes | bool]]:
    """Every file and folder with its time and contents."""
    return {path: (path.lstat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in (root, *root.rglob("*"))}
