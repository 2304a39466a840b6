import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.errors import ConfigurationError
from edge.keys import GatewayKeys, make_keys, write_private
from edge.messenger import read_command_key


@pytest.fixture
def keys(tmp_path: Path) -> GatewayKeys:
    return make_keys(tmp_path / "keys", "Coop Tadla", "gw-01")


def test_every_secret_is_made_and_readable_by_its_owner_alone(keys: GatewayKeys) -> None:
    assert keys.made == ("gateway.key", "gateway.csr", "command.key", "plan.key", "plan.pub")
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    for secret in (keys.tls_key, keys.command_key, keys.plan_key):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert sorted(path.name for path in keys.folder.iterdir()) == sorted(keys.made), "nothing half-written stays"


def test_the_request_names_the_gateway_and_belongs_to_its_key(keys: GatewayKeys) -> None:
    request = x509.load_pem_x509_csr(keys.request.read_bytes())
    assert request.is_signature_valid
    names = {one.oid: one.value for one in request.subject}
    assert names[x509.NameOID.COMMON_NAME] == "gw-01"
    assert names[x509.NameOID.ORGANIZATION_NAME] == "Coop Tadla"
    key = serialization.load_pem_private_key(keys.tls_key.read_bytes(), password=None)
    public = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    assert request.public_key().public_bytes(*public) == key.public_key().public_bytes(*public)


def test_the_command_key_is_one_the_messenger_reads_and_the_plan_keys_are_a_pair(keys: GatewayKeys) -> None:
    assert len(read_command_key(keys.command_key)) == 32
    secret = X25519PrivateKey.from_private_bytes(bytes.fromhex(keys.plan_key.read_text().strip()))
    assert secret.public_key().public_bytes_raw().hex() == keys.plan_public.read_text().strip()


def test_what_is_there_stays_and_what_is_missing_is_made(keys: GatewayKeys) -> None:
    before = {path.name: path.read_bytes() for path in keys.folder.iterdir()}
    keys.plan_public.unlink()
    again = make_keys(keys.folder, "Coop Tadla", "gw-01")
    assert again.made == ("plan.pub",)
    assert {path.name: path.read_bytes() for path in keys.folder.iterdir()} == before


def test_two_gateways_share_no_secret(keys: GatewayKeys, tmp_path: Path) -> None:
    other = make_keys(tmp_path / "other", "Coop Tadla", "gw-01")
    for name in ("tls_key", "command_key", "plan_key"):
        assert getattr(keys, name).read_bytes() != getattr(other, name).read_bytes()


@pytest.mark.parametrize("spoilt", ["gateway.key", "plan.key"])
def test_a_file_that_is_no_key_is_named_and_left(tmp_path: Path, spoilt: str) -> None:
    (tmp_path / spoilt).write_text("not a key")
    with pytest.raises(ConfigurationError, match="move them away"):
        make_keys(tmp_path, "o", "g")
    assert (tmp_path / spoilt).read_text() == "not a key"


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = X25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "gateway.key").write_bytes(pem)
    with pytest.raises(ConfigurationError, match=r"another kind of key in gateway\.key"):
        make_keys(tmp_path, "o", "g")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(ConfigurationError, match="no keys can be written"):
        make_keys(tmp_path / "keys", "o", "g")


def test_a_private_file_is_replaced_whole_and_stays_private(tmp_path: Path) -> None:
    file = tmp_path / "new" / "installer.number"
    write_private(file, b"+212600000000\n")
    write_private(file, b"+212611111111\n")
    assert file.read_bytes() == b"+212611111111\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["installer.number"]
