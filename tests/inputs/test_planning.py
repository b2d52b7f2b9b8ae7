"""From YAML to a checked model: merging, numbers, and problems that name file, line, key and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from siting.errors import InputError
from siting.inputs.load import load, parse_setting, read_portfolio, with_portfolio
from siting.inputs.places import bundled_models, bundled_portfolios
from siting.inputs.planning import PlanningModel

TINY = Path(__file__).parents[1] / "worlds" / "tiny-model.yaml"


def written(folder: Path, text: str, name: str = "model.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def changed_text(*changes: tuple[str, str]) -> str:
    text = TINY.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"'{old}' stands {text.count(old)} times in the tiny model"
        text = text.replace(old, new)
    return text


def problems(folder: Path, *changes: tuple[str, str]) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(written(folder, changed_text(*changes)))
    return caught.value.problems


def line_of(piece: str) -> int:
    return next(i for i, line in enumerate(changed_text().splitlines(), start=1) if piece in line)


@pytest.mark.parametrize("name", bundled_models())
def test_every_bundled_model_is_valid(name: str) -> None:
    model = load(name)
    assert model.title and model.purpose


@pytest.mark.parametrize("name", ["balanced", "cost", "green"])  # every other is for one model: tests/models
def test_a_general_portfolio_fits_every_bundled_model_with_a_target(name: str) -> None:
    assert name in bundled_portfolios()
    for model in map(load, bundled_models()):
        if model.target is not None:
            assert with_portfolio(model, name).world == model.world


def test_a_model_survives_its_own_dump() -> None:
    model = load(TINY)
    assert PlanningModel.model_validate_json(model.model_dump_json()) == model


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.0e9", 3.0e9),
        ("3e9", 3e9),
        ("3.0E+9", 3e9),
        ("3_000_000_000", 3e9),
        ("3000000000.0", 3e9),
        ("2.5e-3", 2.5e-3),
    ],
)
def test_a_number_with_an_exponent_is_a_number(tmp_path: Path, text: str, number: float) -> None:
    """YAML 1.1 reads 3.0e9 as text; a planner means a number."""
    model = load(written(tmp_path, changed_text(("capex_eur: 3.0e9", f"capex_eur: {text}"))))
    assert model.budget.capex_eur == number


def test_text_that_looks_like_a_number_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ("capex_eur: 3.0e9", "capex_eur: '3.0e9'"))
    assert "plain number" in problem and "budget.capex_eur" in problem


def test_all_problems_come_at_once_with_file_and_line(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        ("utilisation_share: 0.85", "utilisation_share: 1.85"),
        ("module_it_mw: 10", "module_it_mw: ten"),
        ("title: Tiny", "titel: Tiny"),
        ("threads: 1", "threads: 0"),
    )
    text = "\n".join(found)
    assert len(found) == 5, text
    assert f"model.yaml:{line_of('utilisation_share')}: load.utilisation_share = 1.85" in text
    assert f"model.yaml:{line_of('module_it_mw')}: sites.module_it_mw = 'ten'" in text
    assert f"model.yaml:{line_of('threads')}: solve.threads = 0" in text
    assert f"model.yaml:{line_of('title')}: unknown key titel: did you mean title?" in text
    assert "title: is missing" in text


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("capex_eur: 3.0e9", "capex_euro: 3.0e9", "did you mean capex_eur?"),
        ("max_per_country: 1", "max_country: 1", "did you mean max_per_country?"),
        ("cfe_score_min: null", "cfe_score: null", "did you mean cfe_score_min?"),
        ("keep: [peak_price]", "keeps: [peak_price]", "did you mean keep?"),
        ("module_it_mw: 10", "module_it_mw: 10\n  zzz: 1", "known: file, where, force"),
    ],
)
def test_an_unknown_key_gets_the_nearest_known_one(tmp_path: Path, old: str, new: str, hint: str) -> None:
    assert hint in "\n".join(problems(tmp_path, (old, new)))


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ("target: {it_mw: 60}", "target: {it_mw: 60, it_mw: 80}"))
    assert problem == f"model.yaml:{line_of('target:')}: target.it_mw is given twice; keep one"


def test_a_section_given_twice_is_refused_at_the_second(tmp_path: Path) -> None:
    text = changed_text() + "target: {it_mw: 80}\n"
    with pytest.raises(InputError, match=rf"model\.yaml:{len(text.splitlines())}: target is given twice"):
        load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        (
            "target: {it_mw: 60}",
            "target: {it_mw: 60, eflops: 3, precision: fp8}",
            "state the target in one way",
        ),
        ("target: {it_mw: 60}", "target: {}", "state the target in one way"),
        ("target: {it_mw: 60}", "target: {accelerators: 5}", "go together"),
        ("target: {it_mw: 60}", "target: {eflops: 5}", "eflops and precision go together"),
        ("target: {it_mw: 60}", "target: null", "only objective compute may leave it open"),
        ("objective: cost", "objective: [compute, carbon, zzz]", "objective"),
        ("objective: cost", "objective: [cost]", "objective"),
        ("capex_eur: 3.0e9, counts", "capex_eur: null, counts", ""),
        ("min: 2\n", "min: 4\n", "min 4 is above max 3"),
        ("min_countries: 2", "min_countries: 5", "needs more sites than max 3"),
        ("size_it_mw: [10, 50]", "size_it_mw: [50, 10]", "is not [smallest, largest]"),
        ("module_it_mw: 10", "module_it_mw: 60", "larger than the largest site"),
        (
            "module_it_mw: 10",
            "module_it_mw: 10\n  force: [a]\n  forbid: [a]",
            "forced and forbidden at once: a",
        ),
        ("module_it_mw: 10", "module_it_mw: 10\n  force: [a, b, c, d]", "4 forced sites are more than max 3"),
        ("kind: none, cfe_score_min: null", "kind: none, cfe_score_min: 0.5", "null with kind none"),
        ("kind: none, cfe_score_min: null", "kind: hourly, cfe_score_min: null", "is a share with kind"),
        ("periods: [2030]", "periods: [2020]", "lies before decision_year"),
        ("periods: [2030]", "periods: [2030, 2035]", "several periods need end_year"),
        ("price_year: 2025", "price_year: 2020", "horizon.price_year"),
        ("gap_share: 0.005", "gap_share: 0", "solve.gap_share"),
        ("discount_share: 0.07", "discount_share: 7", "horizon.discount_share"),
        ("discount_share: 0.07", "discount_share: .nan", "horizon.discount_share"),
        ("capex_eur: 3.0e9", "capex_eur: .inf", "budget.capex_eur"),
        ("country_risk: true", "country_risk: 1", "horizon.country_risk"),
        ("options: [grid,", "options: [3,", "power.options[0]"),
        ("siting: 1", "siting: 2", "siting = 2"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, remedy: str) -> None:
    if not remedy:  # no budget is fine, unless compute is to be bought with it
        assert load(written(tmp_path, changed_text((old, new)))).budget.capex_eur is None
        old_objective = ("objective: cost", "objective: compute")
        assert "needs budget.capex_eur" in "\n".join(problems(tmp_path, (old, new), old_objective))
        return
    assert remedy in "\n".join(problems(tmp_path, (old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("counts: [site, connection, onsite_power, it]", "counts: [site, it, it]"),
        ("module_it_mw: 10", "module_it_mw: 10\n  force: [fr-lyon, fr-lyon]"),
        ("keep: [peak_price]", "keep: [peak_price, peak_price]"),
        ("options: [grid,", "options: [grid, grid,"),
    ],
)
def test_a_name_listed_twice_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A group that counts twice against the budget, a site forced twice: never what is meant."""
    assert "twice" in "\n".join(problems(tmp_path, (old, new)))


@pytest.mark.parametrize("key", ["1: x", "true: x", "on: x", "null: x", "1.5: x"])
def test_a_key_that_is_no_text_is_an_unknown_key(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match="unknown key"):
        load(written(tmp_path, changed_text() + key + "\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no keys"),
        ("- a\n- b\n", "holds no keys"),
        ("just text", "holds no keys"),
        ("a: [1, 2\nb: 3\n", "line 2"),
        ("a: {b: c\n", "is not readable YAML"),
        ("\tx: 1\n", "is not readable YAML"),
        ("a: 1\n---\nb: 2\n", "is not readable YAML"),
        ("a: !python/object:os.system x\n", "is not readable YAML"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, text))
    assert words in str(caught.value) and "model" in str(caught.value)


def test_a_date_is_refused_where_it_stands(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ("title: Tiny", "title: 2026-01-01"))
    assert f"model.yaml:{line_of('title')}: title" in problem


def test_a_list_that_holds_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load(written(tmp_path, "siting: &a [*a]\n"))


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: Sö\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        load(path)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("eu-gigafactory", "did you mean eu-gigafactories?"),
        ("nowhere.yaml", "no such file"),
        ("tests", "is a folder"),
    ],
)
def test_a_model_that_does_not_exist_is_refused(
    model: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        load(model)


def test_based_on_states_only_what_differs(tmp_path: Path) -> None:
    written(tmp_path, changed_text(), "base.yaml")
    child = written(
        tmp_path,
        "based_on: base\ntitle: Child\nbudget: {capex_eur: 2.0e9}\ntarget: {eflops: 9, precision: fp8}\n",
    )
    model, base = load(child), load(tmp_path / "base.yaml")
    assert (model.title, model.budget.capex_eur) == ("Child", 2.0e9)
    assert model.budget.counts == base.budget.counts
    assert model.target is not None and model.target.it_mw is None, "a target is replaced whole"
    assert model.sites == base.sites


def test_a_problem_of_the_base_names_the_base(tmp_path: Path) -> None:
    written(tmp_path, changed_text(("threads: 1", "threads: 0")), "base.yaml")
    with pytest.raises(InputError, match=r"base\.yaml:\d+: solve\.threads"):
        load(written(tmp_path, "based_on: base\n"))


@pytest.mark.parametrize("links", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_a_circle_of_based_on_is_refused(tmp_path: Path, links: dict[str, str]) -> None:
    for name, base in links.items():
        written(tmp_path, f"based_on: {base}\n", f"{name}.yaml")
    with pytest.raises(InputError, match="runs in a circle"):
        load(tmp_path / "a.yaml")


def test_a_base_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="eu-gigafactori"):
        load(written(tmp_path, "based_on: eu-gigafactorys\n"))


def test_settings_are_read_as_yaml() -> None:
    assert parse_setting("budget.capex_eur=15e9") == ("budget.capex_eur", 15e9)
    assert parse_setting("sites.force=[a, b]") == ("sites.force", ["a", "b"])
    assert parse_setting("carbon.cap_t_yr=null") == ("carbon.cap_t_yr", None)


@pytest.mark.parametrize("text", ["budget", "=5", "  =5", "a.b=[1", "a.b={"])
def test_a_setting_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--set"):
        parse_setting(text)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("budgt.capex_eur", 1e9, "did you mean budget?"),
        ("budget.capex_eur.x", 1e9, "budget.capex_eur is no section"),
        ("budget.capex", 1e9, "did you mean capex_eur?"),
        ("carbon.cap_t_yr", -1.0, "--set carbon.cap_t_yr: carbon.cap_t_yr = -1.0"),
        ("time.weather_years", "2019", "time.weather_years"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(key: str, value: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load(TINY, {key: value})
    assert words in str(caught.value)


def test_a_changed_copy_leaves_the_model_alone() -> None:
    model = load(TINY)
    copy = model.with_(budget_eur=15e9, carbon__cap_g_kwh=20.0)
    assert (copy.budget.capex_eur, copy.carbon.cap_g_kwh) == (15e9, 20.0)
    assert (model.budget.capex_eur, model.carbon.cap_g_kwh) == (3e9, None)
    with pytest.raises(InputError, match="did you mean budget"):
        model.with_(budgets__capex_eur=1.0)


def test_a_unique_leaf_name_is_enough_to_change_a_model() -> None:
    """As the docstring of `with_` says."""
    assert load(TINY).with_(cap_g_kwh=20.0).carbon.cap_g_kwh == 20.0


def test_a_portfolio_is_laid_over_a_model(tmp_path: Path) -> None:
    overlay = written(tmp_path, "carbon: {cap_g_kwh: 5}\n", "mine.yaml")
    model = with_portfolio(load(TINY), str(overlay))
    assert model.carbon.cap_g_kwh == 5 and model.carbon.price_eur_t == 75
    assert load(TINY, portfolio=str(overlay)) == model


def test_an_unknown_portfolio_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match="did you mean green"):
        read_portfolio("gren")


@pytest.mark.parametrize(
    ("objective", "stages"),
    [
        ("cost", ("cost",)),
        ("carbon", ("carbon", "cost")),
        ("compute", ("compute", "cost")),
        (["carbon", "cost"], ("carbon", "cost")),
        (["cost", "carbon"], ("cost", "carbon")),
        ({"cost": 1.0, "carbon_eur_t": 150.0}, ("weighted",)),
    ],
)
def test_ties_are_broken_by_cost(objective: Any, stages: tuple[str, ...]) -> None:
    assert load(TINY, {"objective": objective}).objectives == stages


def test_the_model_is_frozen() -> None:
    model = load(TINY)
    with pytest.raises(ValueError, match="frozen"):
        model.budget.capex_eur = 1.0  # type: ignore[misc]


def test_every_key_of_the_tiny_model_matters() -> None:
    """Nothing that moves the answer defaults silently: each key left out is missed, but those whose absence is neutral."""
    neutral = {
        ("horizon", "country_risk"), ("sites", "where"), ("sites", "grid_wait"),
        ("carbon", "internal_price_eur_t"), ("carbon", "cap_t_yr"), ("carbon", "cap_g_kwh"),
    }  # fmt: skip
    optional = {("based_on",), ("target", "accelerator"), *neutral}
    values = yaml.safe_load(changed_text())
    for section, content in values.items():
        for key in content if isinstance(content, dict) and section != "target" else [None]:
            left = {k: dict(v) if isinstance(v, dict) else v for k, v in values.items()}
            path = (section,) if key is None else (section, key)
            if key is None:
                del left[section]
            else:
                del left[section][key]
            if path in optional:
                continue
            with pytest.raises(InputError, match=r"is missing|" + str(path[-1])):
                load_values(left)


def load_values(values: dict[str, Any]) -> PlanningModel:
    from siting.inputs.load import Draft, check

    return check(Draft(values))
