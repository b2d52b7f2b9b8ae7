"""What couples sites to the map: demand points to be served from them, and rules on countries and neighbours.

Plain tables of floats, as the equations read them; `siting.instance.points` fills them from a world.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

Pair = tuple[str, str]  # (i, s): a demand point and a site that may serve it


@dataclass(frozen=True, slots=True)
class Place:
    """A demand point for people: its name, country (empty if unknown) and place (degrees, WGS 84)."""

    name: str
    country: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Demand points i (MW of IT) and who may serve them. A pair (i, s) exists if s is near enough to i.

    eur_mw_yr[i, s]: cost of serving 1 MW a year; ms[i, s]: round trip, for reports; mw_per_mw[s]: MW of demand that 1 MW of
    IT at a site serves (1 where not given); nearest[i]: the nearest candidate of a point and its round trip (ms).
    """

    demand_mw: dict[str, float]
    eur_mw_yr: dict[Pair, float]
    share_min: float = 1.0
    limit_ms: float | None = None
    ms: dict[Pair, float] = field(default_factory=dict)
    mw_per_mw: dict[str, float] = field(default_factory=dict)
    nearest: dict[str, tuple[str, float]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def total_mw(self) -> float:
        """Demand of all points (MW of IT)."""
        return sum(self.demand_mw.values())

    @property
    def is_full(self) -> bool:
        """Every point must be served in full."""
        return self.share_min >= 1.0

    def served_by(self, s: str) -> float:
        """MW of demand that 1 MW of IT at a site serves."""
        return self.mw_per_mw.get(s, 1.0)

    def reached(self, sites: Iterable[str]) -> dict[str, list[str]]:
        """Of some sites, those that may serve each point, every point listed."""
        among = set(sites)
        found: dict[str, list[str]] = {i: [] for i in self.demand_mw}
        for i, s in self.eur_mw_yr:
            if s in among:
                found[i].append(s)
        return found

    def of(self, sites: Iterable[str]) -> Coverage:
        """The same points, with the pairs of some sites only."""
        among = set(sites)
        return replace(
            self,
            eur_mw_yr={pair: eur for pair, eur in self.eur_mw_yr.items() if pair[1] in among},
            ms={pair: ms for pair, ms in self.ms.items() if pair[1] in among},
        )


@dataclass(frozen=True, slots=True)
class Sovereignty:
    """Rules on where compute lies; the defaults rule nothing.

    countries_max: most countries with a site; country_share_max: most of all IT power in one country; near: sites close
    enough to an AI Factory, which together hold at least near_share_min of it; nearest: the site closest to one, and its km.
    """

    countries_max: int | None = None
    country_share_max: float = 1.0
    near: frozenset[str] = frozenset()
    near_share_min: float = 0.0
    near_km: float = 0.0
    nearest: tuple[str, float] | None = None


NO_RULES = Sovereignty()
