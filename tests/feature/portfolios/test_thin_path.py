"""From two factors to a settled day, through every layer."""

from __future__ import annotations

from tests.feature.portfolios.made import DAY, Manager
from tests.support.platforms import Stage


def test_port_13_19_a_portfolio_signals_is_attested_and_settled(on_stage: Stage, manager: Manager) -> None:
    portfolio = manager.started()
    assert manager.of(portfolio)["status"] == "active"
    assert manager.of(portfolio, "/signals") == {"signals": []}, "the evening is after the deadline"
    (ran,) = on_stage.clock_to(DAY, "09:00:00")
    assert (ran["job"], ran["date"], ran["state"]) == ("portfolio_signal_generation", DAY.isoformat(), "done")
    (signal,) = manager.of(portfolio, "/signals")["signals"]
    assert (signal["trade_date"], signal["stock_count"]) == (DAY.isoformat(), 5)
    assert (signal["is_settled"], signal["github_committed"]) == (False, True)
    on_stage.clock_to(DAY, "19:00:00")
    assert manager.of(portfolio, "/signals")["signals"][0]["is_settled"] is True
    slug = manager.slug(portfolio)
    assert manager.of(portfolio)["strategy"] == {"slug": slug, "status": "active"}
    record = on_stage.public().get(f"/public/strategies/{slug}/track-record")["records"]
    assert [each["date"] for each in record] == [DAY.isoformat()]
    package = on_stage.public().get(f"/public/strategies/{slug}/verify")
    assert len(package["verification"]["trades"]) == 5
    assert package["verification"]["signal_attestation"]["in_time"] is True
