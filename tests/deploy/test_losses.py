"""Parts of the real stack end for good, one after the other, and those that are left tell it."""

import pytest

from tests.deploy.actions import look
from tests.deploy.programs import wait_for
from tests.deploy.stack import Stack, write_target


def test_a_service_that_ends_is_told_at_once_and_what_follows_from_it_is_not(asked: Stack) -> None:
    asked.mail.got.clear()
    asked.service.close()
    wait_for("ServiceDown", lambda: asked.firing("ServiceDown"))
    wait_for("a message", lambda: asked.mail.told("/now", "ServiceDown"))
    assert not any(
        alert in ("ServiceNotReady", "WorkersMissing") and state == "firing"
        for _, alert, state in asked.mail.got
    )


def test_a_service_that_is_no_target_is_told(asked: Stack) -> None:
    write_target(asked.folder, "dxfvision")
    wait_for("ServiceNotWatched", lambda: asked.firing("ServiceNotWatched"))


def test_a_prefect_server_that_ends_is_told(asked: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.programs["prefect"].stop()
    (labels,) = wait_for("TargetDown", lambda: asked.firing("TargetDown"))
    assert labels["job"] == "prefect"
    assert look(asked, monkeypatch)["prefect"]["state"] == "fault"


def test_a_box_that_is_gone_is_told(asked: Stack) -> None:
    asked.programs["node"].stop()
    wait_for("BoxDown", lambda: asked.firing("BoxDown"))
    wait_for("a message", lambda: asked.mail.told("/now", "BoxDown"))


def test_no_alertmanager_is_told_on_the_page_of_prometheus(asked: Stack) -> None:
    write_target(asked.folder, "alertmanager")
    wait_for("NoAlertmanager", lambda: asked.firing("NoAlertmanager"))
