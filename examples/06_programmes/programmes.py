# %% [markdown]
# # Programmes side by side
# EUR per gigawatt, tonnes per exaFLOP-year and years of first power of the programmes people argue about, beside what was
# announced for them. Runs in under a minute on two narrowed programmes; with `--all` it solves every bundled model and
# writes the page `models/PROGRAMMES.md` with its figure (into another folder, if one is named). Nothing is downloaded.

# %%
import sys
from pathlib import Path
from tempfile import mkdtemp

import siting
from siting.inputs.places import MODELS, bundled_models
from siting.inputs.world import find_world, read_world
from siting.output.programmes_page import write_page
from siting.study.programmes import read_announced

DAYS = {"time.representative": {"periods": 2, "hours": 24, "keep": []}}


def main(folder: Path, everything: bool, plans: Path | None) -> None:
    """Solve the programmes (or read them from a folder of saved plans), and write page and figure to `folder`."""
    # %% The question: every bundled model as it is, or two of them narrowed to a few places and two days.
    if everything:
        asked: dict[str, siting.PlanningModel | Path] = {name: siting.load(name) for name in bundled_models()}
    else:
        asked = {
            "cooling-choice": siting.load("cooling-choice", DAYS),
            "wuhu-campus": siting.load("wuhu-campus", {**DAYS, "sites.where.countries": ["FR", "PT"]}),
        }
    if plans is not None:
        asked = {name: plans / name if (plans / name).is_dir() else model for name, model in asked.items()}

    # %% Each is solved and proven; then they stand side by side.
    told = siting.compare(asked)
    for name, plan in told.plans.items():
        print(f"{name}: {plan.record['title']}, proven within {100 * plan.gap:.2f} %")
    announced = read_announced(MODELS / "announced.csv")
    usd_per_eur = read_world(find_world("eu27")).parameter("usd_per_eur")
    print(write_page(told.plans, announced, usd_per_eur, folder))


if __name__ == "__main__":
    folders = [Path(text) for text in sys.argv[1:] if not text.startswith("--")]
    saved = [Path(text.removeprefix("--plans=")) for text in sys.argv[1:] if text.startswith("--plans=")]
    main(
        folders[0] if folders else Path(mkdtemp()),
        everything="--all" in sys.argv,
        plans=saved[0] if saved else None,
    )
