"""Near-optimal alternatives in words: the plans and their proof, what is always, sometimes, never built, ranges of the mix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console

from siting.output.figures import png_if_possible
from siting.output.lines import wrap
from siting.output.words import number, option_name, share
from siting.units import counted

if TYPE_CHECKING:
    import pandas as pd

    from siting.study.alternatives import Alternatives

WIDTH = 100
BAR = 20  # characters for all plans
SCALE = 40  # characters for 0 to 100 % of the energy


def alternatives_text(found: Alternatives) -> str:
    """Plain text within 100 columns."""
    return "\n".join(
        [*_head(found), "", *_plans(found), "", *_sites(found), "", *_options(found), *_notes(found)]
    )


def print_alternatives(console: Console, found: Alternatives) -> None:
    """Print the plans, the verdicts and the ranges."""
    console.out(alternatives_text(found), highlight=False)


def _head(found: Alternatives) -> list[str]:
    return _wrapped(
        f"{found.optimum.record['title']}: {len(found.plans) - 1} alternatives at most {share(found.slack_share, 1)} dearer than "
        f"the least cost, pairwise at least {found.apart_share:g} apart"
    )


def _plans(found: Alternatives) -> list[str]:
    lines = [
        f"{'':<26}{'M EUR/yr':>9}{'over':>8}{'t CO2e/yr':>12}{'sites':>7}{'mix':>7}{'nearest':>9}{'asked':>11}{'bound':>11}",
        "-" * WIDTH,
    ]
    for name, row in found.table.to_dict("index").items():
        asked = f"{_mw(row['spread_mw']):>11}{_mw(row['bound_mw']):>11}"
        other = "" if name == "optimum" else f"{share(row['site_share']):>7}{share(row['mix_share']):>7}"
        lines.append(
            f"{_short(str(name), 25):<26}{row['cost_eur_yr'] / 1e6:>9,.1f}{share(row['over_share'], 2):>8}"
            f"{row['carbon_t_yr']:>12,.0f}{other or ' ' * 14}{_two(row['nearest']):>9}{asked}"
        )
    lines += [
        "",
        *_wrapped(
            "sites, mix: share of IT MW at other sites and half the L1 distance of energy shares, against the optimum; "
            "nearest: their sum, to the nearest plan; asked: weighted MW of IT at sites used before, mean MW of the option "
            "(most: of the load it leaves to others; storage: MWh built), as low as the slack allows, and the bound proven for it"
        ),
    ]
    return lines


def _sites(found: Alternatives) -> list[str]:
    table = found.sites[found.sites["plans_share"] > 0]
    never = found.sites[found.sites["plans_share"] == 0]
    small = int(never["proven"].sum())
    lines = [f"Where ({counted(len(found.plans), 'plan')}, the optimum included)"]
    for s, row in table.iterrows():
        bar = "█" * round(BAR * row["plans_share"])
        word = row["verdict"] + (", proven" if row["proven"] else "")
        ties = f"  or {row['ties'].count(',') + 1} equal" if row["ties"] else ""
        size = number(row["it_mw_least"])
        if row["it_mw_most"] != row["it_mw_least"]:
            size = f"{size}-{number(row['it_mw_most'])}"
        lines.append(
            f"  {bar:<{BAR}} {share(row['plans_share']):>6}  {word:<15} {_short(str(s), 24):<24} {size:>9} MW{ties}"
        )
    lines += _wrapped(
        f"never: {len(never)} candidates that stand for {_count(never)} sites, {small} of them too small for any plan; for the "
        "others it holds of these plans, not of all there may be"
    )
    for verdict in ("always", "sometimes", "never"):
        names = found.countries.index[found.countries["verdict"] == verdict]
        lines += _wrapped(f"countries {verdict}: {', '.join(names) or 'none'}")
    return lines


def _options(found: Alternatives) -> list[str]:
    lines = [f"From what: share of energy over all plans solved {'0 %':>6}{'100 %':>{SCALE - 1}}"]
    for k, row in found.options.iterrows():
        if row["share_most"] != row["share_most"] or row["share_most"] is None:
            lines.append(
                f"  {option_name(str(k)):<16} {number(row['mw_least'])}-{number(row['mw_most'])} MW, "
                f"{number(row['store_mwh_least'])}-{number(row['store_mwh_most'])} MWh built"
            )
            continue
        low, high, own = (round((SCALE - 1) * row[f]) for f in ("share_least", "share_most", "optimum_share"))
        bar = "".join("●" if i == own else "─" if low <= i <= high else "·" for i in range(SCALE))
        shares = f"{share(row['share_least'])}-{share(row['share_most'])}".replace(" %-", "-")
        lines.append(
            f"  {option_name(str(k)):<16} {shares:>10} {number(row['mw_least']):>8}-{number(row['mw_most'])} MW".ljust(
                50
            )
            + bar
        )
    return [*lines, "  ● the optimum"]


def _notes(found: Alternatives) -> list[str]:
    if not found.notes:
        return []
    lines = ["", "Notes"]
    for note in found.notes:
        lines += wrap(note, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return lines


def _count(table: pd.DataFrame) -> int:
    """Candidates behind rows of tied ones."""
    return sum(1 + (ties.count(",") + 1 if ties else 0) for ties in table["ties"])


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _two(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.2f}"


def _mw(value: float | None) -> str:
    return "" if value is None or value != value else f"{value + 0.0:,.1f}"


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH)


def alternatives_files(found: Alternatives) -> dict[str, bytes]:
    """What is saved beside the plans: a CSV a table, all as JSON, the figure with matplotlib."""
    tables = {
        "alternatives.csv": found.table,
        "alternatives_distances.csv": found.distances,
        "alternatives_sites.csv": found.sites,
        "alternatives_countries.csv": found.countries,
        "alternatives_options.csv": found.options,
    }
    files = {name: str(table.to_csv(lineterminator="\n")).encode("utf-8") for name, table in tables.items()}
    files["alternatives.json"] = (found.to_json() + "\n").encode("utf-8")
    return files | png_if_possible("alternatives.png", found.figure)


def alternatives_html(found: Alternatives) -> str:
    """Tables, and the figure with matplotlib, for a notebook."""
    import base64

    tables: list[Any] = [found.table, found.sites[found.sites["plans_share"] > 0], found.options]
    parts = [str(table.to_html(float_format=lambda x: f"{x:,.3f}")) for table in tables]
    pictures = png_if_possible("figure", found.figure)
    parts += [
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">' for png in pictures.values()
    ]
    return "".join(parts)
