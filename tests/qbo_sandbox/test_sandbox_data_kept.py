"""A sandbox with a data folder comes back as it was."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from intuit_app import Intuit
from small_companies import SmallCompanies

from qbo_sandbox.app import Sandbox
from qbo_sandbox.settings import SandboxSettings
from qbo_sandbox.storage import STATE_FILE, StateUnreadable

pytestmark = pytest.mark.anyio


def started(folder: Path, **settings: object) -> Sandbox:
    return Sandbox(SandboxSettings.model_validate({"data": folder, **settings}), side=SmallCompanies())


async def test_tokens_keys_companies_and_clock_survive_a_restart(tmp_path: Path) -> None:
    first = Intuit.of(started(tmp_path))
    first.sandbox.advance(timedelta(days=3))
    tokens = (await first.exchange(await first.code(scope="openid com.intuit.quickbooks.accounting"))).json()
    keys = (await first.http.get("/op/v1/jwks")).json()

    second = Intuit.of(started(tmp_path))
    assert second.basic == first.basic
    assert list(second.sandbox.companies) == list(first.sandbox.companies)
    assert second.sandbox.clock.offset == timedelta(days=3)
    assert (await second.http.get("/op/v1/jwks")).json() == keys
    assert (await second.call(token=tokens["access_token"])).status_code == 200
    assert (await second.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_spent_code_and_an_ended_connection_stay_so(tmp_path: Path) -> None:
    first = Intuit.of(started(tmp_path))
    code = await first.code()
    tokens = (await first.exchange(code)).json()
    second = Intuit.of(started(tmp_path))
    assert (await second.exchange(code)).status_code == 400
    third = Intuit.of(started(tmp_path))
    assert (await third.call(token=tokens["access_token"])).status_code == 401


def test_a_business_is_made_once_and_asking_for_more_companies_adds_them(tmp_path: Path) -> None:
    first = started(tmp_path, companies=1, invoices=5)
    second = started(tmp_path, companies=3, invoices=9)
    assert [company.filled_with for company in first.companies.values()] == [5]
    assert [company.filled_with for company in second.companies.values()] == [0, 9, 9]
    assert list(first.companies) == list(second.companies)[:1]


def test_the_state_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    started(tmp_path / "new" / "folder")
    mode = (tmp_path / "new" / "folder" / STATE_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_given_key_pair_wins_over_the_kept_one(tmp_path: Path) -> None:
    started(tmp_path)
    assert started(tmp_path, client_id="mine", client_secret="too").app.client_id == "mine"
    assert started(tmp_path).app.client_id == "mine"


@pytest.mark.parametrize("damage", ["", "{}", '{"version": 1, "unknown": true}', "not json"])
def test_a_damaged_state_file_is_named_and_not_overwritten(tmp_path: Path, damage: str) -> None:
    (tmp_path / STATE_FILE).write_text(damage)
    with pytest.raises(StateUnreadable, match=STATE_FILE):
        started(tmp_path)
    assert (tmp_path / STATE_FILE).read_text() == damage
