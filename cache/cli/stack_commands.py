"""Changes of named stacks, if the cache can be changed."""

from cache.store.store import RunStore
from models.pasting.pasted import exact_stack
from models.stacks.named_stacks import NamedStack, delete_stack, save_stack


def save(store: RunStore, name: str, text: str) -> NamedStack:
    """Save a stack. Raises ValueError for an invalid name or stack, CacheReadOnly."""
    store.db.require_writable()
    return save_stack(store.root, name, exact_stack(text))


def delete(store: RunStore, name: str) -> None:
    """Delete a stack. Raises KeyError for an unknown name, CacheReadOnly."""
    store.db.require_writable()
    delete_stack(store.root, name)
