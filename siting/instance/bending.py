"""How the load bends and what backs it up, from the planning model to fields of the instance."""

from __future__ import annotations

from typing import Any

from siting.inputs.planning import PlanningModel
from siting.instance.flexible import Flexible


def load_and_backup(model: PlanningModel, notes: list[str]) -> dict[str, Any]:
    """Fields `flexible` and `firm_hours` of an instance (`firm_share` comes with the rules); notes say what is without effect."""
    load, shed = model.load, model.load.shed
    if load.utilisation_share == 1.0 and (load.flexible_share or load.moving_share):
        notes.append(
            "without effect: load.flexible_share, load.moving_share; at utilisation_share 1 no hour has room for more work"
        )
    return {
        "flexible": Flexible(
            load.flexible_share,
            load.flexible_hours,
            shed.share_max if shed else 0.0,
            shed.value_eur_mwh_it if shed else 0.0,
            load.moving_share,
        ),
        "firm_hours": model.adequacy.firm_hours,
    }
