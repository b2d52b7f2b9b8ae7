# %% [markdown]
# # What does the last percent of hourly matching cost?
# Riepin and Brown (2024) match the load of buyers in Ireland, Germany and Denmark with clean electricity, by the year and by
# the hour, with today's technologies and with firm clean ones. The same question here, for one campus in each of the three
# zones. Takes some ten seconds for Germany on two typical weeks; `--all` takes all 8,760 hours, three zones and five scores
# and makes the table and the picture of the README in some ten to fifteen minutes. Nothing is downloaded.

# %%
import sys
from pathlib import Path
from tempfile import mkdtemp

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

import siting
from siting.inputs.planning import PlanningModel
from siting.plan.plan import Plan

CAMPUS = {"IE": "ie-cork", "DE": "de-leipzig", "DK1": "dk-aalborg"}
ON_OFFER = {
    "mature": ["grid", "solar_ppa", "onwind_ppa", "battery"],
    "firm": ["grid", "solar_ppa", "onwind_ppa", "battery", "iron_air", "fuel_cell"],
}
# Costs over those of 100 % by the year, in per cent: the authors' study of October 2022, year 2025, palettes 1 and 3
PAPER = {
    ("IE", "mature"): {98: 55, 100: 242},
    ("IE", "firm"): {98: 21, 100: 31},
    ("DE", "mature"): {98: 22, 100: 141},
    ("DE", "firm"): {98: 3, 100: 10},
    ("DK1", "mature"): {98: 26, 100: 175},
    ("DK1", "firm"): {98: 12, 100: 38},
}


def question(zone: str, offer: str, kind: str, score: float, hours: object) -> PlanningModel:
    """24 MW of IT at one place, nothing to choose but its electricity; surplus may be sold up to the hour's load."""
    return siting.load("eu-gigafactories").with_(
        **{
            "title": f"{zone}, {offer}, {kind} {100 * score:g} %",
            "target": {"it_mw": 24.0},
            "budget.capex_eur": None,
            "sites.min": 1,
            "sites.max": 1,
            "sites.min_countries": 1,
            "sites.where.countries": [zone[:2]],
            "sites.force": [CAMPUS[zone]],
            "sites.size_it_mw": [24, 24],
            "sites.module_it_mw": 24,
            "sites.grid_wait": "ignore",
            "load.cooling": ["direct_to_chip"],
            "rules.national": False,  # what a state asks of a data centre is another question
            "power.options": ON_OFFER[offer],
            "power.matching": {"kind": kind, "cfe_score_min": score, "excess_share_max": 1.0},
            "time.representative": hours,
            "solve.method": "frontier",  # every score is a price on the same hourly LP
            "solve.gap_share": 1e-5,  # of all cost, compute included: 0.01 EUR/MWh of electricity
            "solve.time_limit_s": 3600,
        }
    )


def solved(zones: list[str], scores: list[float], hours: object) -> pd.DataFrame:
    """One row a plan: electricity in EUR/MWh and what of it are network charges, both with and without them over annual
    matching in per cent; surplus over load; plant in MW (stores in MWh) per MW of load."""
    rows: list[dict[str, object]] = []
    for zone in zones:
        for offer in ON_OFFER:
            for kind, score in [("annual", 1.0), *(("hourly", score) for score in scores)]:
                plan = siting.solve(question(zone, offer, kind, score, hours))
                rows.append({"zone": zone, "offer": offer, "kind": kind, "score": score, **numbers(plan)})
                print(f"{plan.model.title}: {plan.totals['energy_eur_mwh']:.1f} EUR/MWh", flush=True)
    print(plan)
    found = pd.DataFrame(rows)
    found.insert(5, "over_annual_pct", over_annual(found, found["eur_mwh"]))
    found.insert(6, "power_over_annual_pct", over_annual(found, found["eur_mwh"] - found["charges_eur_mwh"]))
    return found


def over_annual(found: pd.DataFrame, eur_mwh: pd.Series) -> pd.Series:
    """A cost over that of annual matching with mature options in the same zone (per cent)."""
    today = (found["kind"] == "annual") & (found["offer"] == "mature")
    return 100 * (eur_mwh / found["zone"].map(eur_mwh[today].set_axis(found.loc[today, "zone"])) - 1)


def numbers(plan: Plan) -> dict[str, float]:
    """What a plan says of its one campus."""
    (row,) = plan.record["sites"]
    load_mw = row["facility_mwh"] / 8760
    built = {**row["supply_mw"], **row["store_mwh"]}
    charges = plan.costs["item"].str.startswith("network charges")
    return {
        "eur_mwh": row["energy_eur_mwh"],
        "charges_eur_mwh": float(plan.costs.loc[charges, "cost_eur_yr"].sum()) / row["facility_mwh"],
        "cfe_score": row["cfe_score"],
        "g_kwh": row["carbon_g_kwh"],
        "market_g_kwh": 1e3 * row["carbon_market_t_yr"] / row["facility_mwh"],
        "surplus_share": float(plan.supply["sold_mwh"].sum()) / row["facility_mwh"],
        **{option: size / load_mw for option, size in built.items()},
    }


def figure(found: pd.DataFrame) -> plt.Figure:
    """A panel a zone: cost over annual matching by score, whole and without network charges; hollow as in the paper."""
    zones = list(dict.fromkeys(found["zone"]))
    drawn, panels = plt.subplots(1, len(zones), figsize=(3.6 * len(zones), 3.4), sharey=True, squeeze=False)
    for panel, zone in zip(panels[0], zones, strict=True):
        for offer, colour in (("mature", "#b5532c"), ("firm", "#1f6f78")):
            own = found[(found["zone"] == zone) & (found["offer"] == offer) & (found["kind"] == "hourly")]
            panel.plot(100 * own["score"], own["over_annual_pct"], "o-", color=colour, label=offer)
            panel.plot(100 * own["score"], own["power_over_annual_pct"], ":", color=colour)
            theirs = PAPER[zone, offer]
            panel.plot(list(theirs), list(theirs.values()), "o", mfc="none", color=colour)
        panel.axhline(0, color="0.6", linewidth=0.8)
        panel.set(title=zone, xlabel="load matched hour by hour (%)")
    panels[0][0].set_ylabel("cost over 100 % annual matching (%)")
    panels[0][0].legend(frameon=False, title="filled: here\ndotted: without charges\nhollow: paper")
    drawn.tight_layout()
    return drawn


def main(out: Path, flags: set[str]) -> None:
    """Solve, print the table, and write it with the figure into `out`."""
    zones, scores = ["DE"], [0.90, 0.98, 1.0]
    hours: object = {"periods": 2, "hours": 168, "keep": []}
    if "--all" in flags:
        zones, scores, hours = list(CAMPUS), [0.90, 0.95, 0.98, 0.99, 1.0], "full"

    # %% The plans, proven and audited, one after the other.
    found = solved(zones, scores, hours)
    print(found.round(2).fillna(0.0).to_string(index=False))

    # %% As a table and as a figure.
    found.to_csv(out / "hourly_matching.csv", index=False, float_format="%.4f")
    figure(found).savefig(out / "hourly_matching.png", dpi=150)


if __name__ == "__main__":
    folders = [Path(text) for text in sys.argv[1:] if not text.startswith("--")]
    main(folders[0] if folders else Path(mkdtemp()), {text for text in sys.argv[1:] if text.startswith("--")})
