"""Names of cost items that several stages know, and the one answer to which of them pay for electricity."""

from __future__ import annotations

INTERNAL_PRICE = "internal carbon price"  # how its items begin: no cash, in the objective only
LOST = "compute lost"  # work left undone
HEAT_ITEMS = ("heat sold", "heat connection")
NO_ENERGY = ("building", "accelerators", "site, fixed", "coverage", LOST, *HEAT_ITEMS)


def is_internal_price(item: str) -> bool:
    """Whether a cost item is the internal carbon price on something.

    >>> is_internal_price("internal carbon price, grid purchase"), is_internal_price("grid purchase")
    (True, False)
    """
    return item.startswith(INTERNAL_PRICE)


def pays_for_energy(item: str) -> bool:
    """Whether a cost item is part of the price of electricity.

    >>> pays_for_energy("grid purchase"), pays_for_energy("heat sold"), pays_for_energy("internal carbon price, grid")
    (True, False, False)
    """
    return item not in NO_ENERGY and not is_internal_price(item)
