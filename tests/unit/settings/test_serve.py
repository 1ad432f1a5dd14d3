import pytest

from components.errors import SettingsError
from components.settings.base import PROFILES
from components.settings.serve import ServeSettings


@pytest.mark.parametrize("profile", PROFILES)
def test_shipped_file_fits_its_types_in_every_profile(profile):
    settings = ServeSettings.load(profile=profile)
    assert settings.host == "127.0.0.1"


def test_limits_are_told_in_bytes_and_pixels():
    limits = ServeSettings.load().limits.model_copy(update={"max_body_mib": 2, "max_megapixels": 3})
    assert limits.max_body_bytes == 2_097_152
    assert limits.max_pixels == 3_000_000


def test_environment_wins(monkeypatch):
    monkeypatch.setenv("DXFVISION_SERVE__PORT", "8080")
    monkeypatch.setenv("DXFVISION_SERVE__LIMITS__TIMEOUT_S", "2.5")
    settings = ServeSettings.load()
    assert (settings.port, settings.limits.timeout_s) == (8080, 2.5)


def test_certificate_without_key_is_refused(tmp_path):
    (tmp_path / "serve_config.yaml").write_text("tls: {certificate: cert.pem}\n")
    with pytest.raises(SettingsError, match=r"serve_config\.yaml.*both be set"):
        ServeSettings.load(tmp_path)


def test_room_for_less_than_the_largest_body_is_refused(tmp_path):
    (tmp_path / "serve_config.yaml").write_text("limits: {max_body_mib: 200}\n")
    with pytest.raises(SettingsError, match=r"held_mib must be at least max_body_mib"):
        ServeSettings.load(tmp_path)


def test_runtime_that_nobody_knows_is_refused(tmp_path):
    (tmp_path / "serve_config.yaml").write_text("runtime: openvino\n")
    assert ServeSettings.load(tmp_path).runtime == "openvino"
    (tmp_path / "serve_config.yaml").write_text("runtime: tensorflow\n")
    with pytest.raises(SettingsError, match=r"runtime: .*'onnxruntime' or 'openvino'"):
        ServeSettings.load(tmp_path)
