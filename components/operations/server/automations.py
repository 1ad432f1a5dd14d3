"""What a Prefect server does by itself when something happens: automations, set up idempotently."""

from uuid import UUID

from prefect.automations import AutomationCore
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound

from components.errors import ServiceError

DRIFT_BEGAN = "dxfvision.drift.began"
"""Event at the first look that finds drift."""

DRIFT_ENDED = "dxfvision.drift.ended"
"""Event at the first look that finds none any more."""

HOME_RESOURCE = "dxfvision.home"
IMPROVEMENT = "improve/improvement"
ON_DRIFT = "dxfvision: improve on drift"


def on_drift(deployment_id: UUID) -> AutomationCore:
    """Return the automation that answers drift.

    It runs `improve`, which asks a person or goes on by itself as `on_drift` in drift_config.yaml
    says. One event starts one run: the flow that emits it does so once for each drift.

    Args:
        deployment_id: Of the flow `improve`.
    """
    return AutomationCore(
        name=ON_DRIFT,
        description="Pictures or answers are no longer what they were on this site: frames are "
        "labelled and a person is asked, or a model is trained on them, as on_drift in "
        "drift_config.yaml says.",
        tags=["dxfvision", "quality"],
        enabled=True,
        trigger=EventTrigger(
            expect={DRIFT_BEGAN},
            match=ResourceSpecification({"prefect.resource.id": f"{HOME_RESOURCE}.*"}),
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment_id)],
    )


def set_up_automations() -> list[str]:
    """Make the automations on the server of `PREFECT_API_URL`, or update those of their names.

    Returns:
        Their names.

    Raises:
        ServiceError: If the deployment that one runs is not on the server.
    """
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(IMPROVEMENT)
        except ObjectNotFound as error:
            raise ServiceError(
                f"{IMPROVEMENT}: is not on the Prefect server; run `dxfvision deploy`"
            ) from error
        wanted = on_drift(deployment.id)
        _put(client, wanted)
    return [wanted.name]


def _put(client: SyncPrefectClient, wanted: AutomationCore) -> None:
    found = client.read_automations_by_name(wanted.name)
    if found:
        client.update_automation(found[0].id, wanted)
    else:
        client.create_automation(wanted)
