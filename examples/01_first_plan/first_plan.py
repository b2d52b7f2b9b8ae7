# %% [markdown]
# # A first plan
# Where would two AI campuses of 100,000 H100-equivalents each go in the Nordics, Iberia and France,
# and what does a cap of 20 g CO2e/kWh change? Runs in under half a minute; nothing is downloaded.

# %%
from pathlib import Path
from tempfile import mkdtemp

import siting


def main(out: Path) -> None:
    """Solve the question twice, print both plans' headlines, save one for a GIS."""
    # %% The question: the bundled gigafactory model, narrowed to five countries and two sites.
    question = siting.load("eu-gigafactories").with_(
        **{
            "title": "Two campuses, north or south",
            "target.accelerators": 200_000,
            "budget.capex_eur": 8.0e9,
            "sites.min": 2,
            "sites.max": 2,
            "sites.min_countries": 2,
            "sites.where.countries": ["SE", "FI", "FR", "ES", "PT"],
        }
    )

    # %% The answer, proven and audited.
    plan = siting.solve(question)
    print(plan)

    # %% The same question with a carbon cap.
    green = siting.solve(question.with_(**{"carbon.cap_g_kwh": 20}))
    extra = green.totals["cost_eur_yr"] - plan.totals["cost_eur_yr"]
    print(f"20 g/kWh costs {extra / 1e6:,.1f} M EUR/yr more and builds at {', '.join(green.chosen['name'])}")

    # %% For QGIS: one feature a candidate.
    print("saved", green.save(out / "plan").name, "and", green.to_geojson(out / "sites.geojson").name)


if __name__ == "__main__":
    main(Path(mkdtemp()))
