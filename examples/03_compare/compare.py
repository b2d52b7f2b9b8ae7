# %% [markdown]
# # Three portfolios side by side
# Least cost, a price on carbon, or hourly matching under a cap: what does each build, run on, cost and emit?
# Runs in under half a minute on two campuses; with `--all` it asks the whole gigafactory question, and its
# picture is the one in the README. Nothing is downloaded.

# %%
import sys
from pathlib import Path
from tempfile import mkdtemp

import siting
from siting.output.comparison_text import comparison_text


def main(out: Path, everywhere: bool) -> None:
    """Compare the bundled portfolios, then move the carbon price; tables, figures and plans go to `out`."""
    # %% The question: the bundled gigafactory model, narrowed unless all of it is asked for.
    question = siting.load("eu-gigafactories")
    if not everywhere:
        question = question.with_(
            **{
                "title": "Two campuses, north or south",
                "target.accelerators": 200_000,
                "budget.capex_eur": 8.0e9,
                "sites.min": 2,
                "sites.max": 2,
                "sites.min_countries": 2,
                "sites.where.countries": ["FI", "FR", "PT"],
            }
        )

    # %% Each portfolio is solved and proven; then the plans stand side by side.
    told = siting.compare(question, ["cost", "balanced", "green"])
    print(comparison_text(told))
    told.save(out / "portfolios", overwrite=True)
    told.figure("table").savefig(out / "compare.png")

    # %% At which carbon price do sites and supply begin to move?
    swept = siting.sweep(question, "carbon_price=0..200:3")
    print(swept.table[["carbon.internal_price_eur_t", "carbon_t_yr", "cfe_score", "sites_in", "sites_out"]])
    swept.save(out / "carbon-price", overwrite=True)


if __name__ == "__main__":
    folders = [Path(text) for text in sys.argv[1:] if text != "--all"]
    main(folders[0] if folders else Path(mkdtemp()), everywhere="--all" in sys.argv)
