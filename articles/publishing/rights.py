"""Who may do something is asked again under the lock: between the first look and the lock, others write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

type Rule = Callable[[Any], bool]

_rule: ContextVar[tuple[Model | None, Rule] | None] = ContextVar("rule", default=None)


@contextmanager
def only_while(thing: Model | None, rule: Rule) -> Iterator[None]:
    """What the block writes to this update or photo is refused (PermissionDenied) where, locked, the rule fails."""
    before = _rule.set((thing, rule))
    try:
        yield
    finally:
        _rule.reset(before)


def ask_again(locked: Model) -> None:
    """Raises PermissionDenied; the transaction around it is given up."""
    if (asked := _rule.get()) and asked[0] == locked and not asked[1](locked):
        raise PermissionDenied(_("Your role does not allow this."))
