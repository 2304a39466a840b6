import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import UpdateRefusedError
from edge.updates.bundle import (
    BLOCK_BYTES,
    MANIFEST_MAX_BYTES,
    Bundle,
    bundle_of,
    cut,
    digest_of,
    open_block,
    read_manifest,
    unpack,
)


def unpacked(bundle: Bundle) -> dict[str, bytes]:
    blocks = [
        open_block(block, bundle.pack[block.offset : block.offset + block.packed]) for block in bundle.manifest.blocks
    ]
    return {file.path: b"".join(blocks[index] for index in file.blocks) for file in bundle.manifest.files}


def changed(bundle: Bundle, **fields: Any) -> bytes:  # noqa: ANN401 -- any field of a list
    content = json.loads(zlib.decompress(bundle.listed))
    return zlib.compress(json.dumps({**content, **fields}).encode())


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,4}/[a-z_]{1,6}\.py", fullmatch=True),
        st.one_of(st.binary(max_size=300), st.integers(0, 3).map(lambda n: b"x" * (n * BLOCK_BYTES + n))),
        min_size=1,
        max_size=6,
    )
)
def test_what_goes_in_comes_out_the_same_whenever_it_is_made(files: dict[str, bytes]) -> None:
    bundle = bundle_of("code", "1", files)
    assert bundle_of("code", "1", dict(reversed(files.items()))) == bundle
    assert unpacked(bundle) == files
    manifest = read_manifest(bundle.listed, "code")
    assert manifest == bundle.manifest
    assert manifest.total_bytes == sum(len(content) for content in files.values())
    assert {file.path: manifest.sha256_of(file) for file in manifest.files} == {
        path: digest_of(content) for path, content in files.items()
    }
    assert digest_of(bundle.pack) == manifest.pack


def test_a_block_that_occurs_often_is_packed_once() -> None:
    bundle = bundle_of("models", "1", {"a": b"x" * BLOCK_BYTES * 3, "b": b"x" * BLOCK_BYTES})
    assert len(bundle.manifest.blocks) == 1
    assert [file.blocks for file in bundle.manifest.files] == [(0, 0, 0), (0,)]


def test_a_file_is_cut_at_the_blocks_length() -> None:
    content = b"a" * BLOCK_BYTES + b"b"
    assert cut(content) == [b"a" * BLOCK_BYTES, b"b"]
    assert cut(b"") == []


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../b", ".hidden", "a//b", "a/.manifest", "", "a\\b", "a/", "x" * 300, "a\nb"]
)
def test_a_path_that_leaves_the_slot_or_hides_is_refused(path: str) -> None:
    with pytest.raises(UpdateRefusedError, match="path"):
        bundle_of("code", "1", {path: b"x"})
    honest = bundle_of("code", "1", {"a": b"x"})
    files = [{"path": path, "blocks": [0]}]
    with pytest.raises(UpdateRefusedError):
        read_manifest(changed(honest, files=files), "code")


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"files": [{"path": "a", "blocks": [0]}, {"path": "a", "blocks": [0]}]}, "twice"),
        ({"files": [{"path": "a", "blocks": [0]}, {"path": "a/b", "blocks": [0]}]}, "a file and a folder"),
        ({"files": [{"path": "a", "blocks": [7]}]}, "not listed"),
        ({"pack_bytes": 3}, "outside"),
        ({"files": []}, "at least 1"),
        ({"v": 2}, "v:"),
        ({"surprise": 1}, "surprise"),
        ({"release": "a/b"}, "release"),
    ],
)
def test_a_list_that_does_not_hold_together_is_refused(fields: dict[str, Any], word: str) -> None:
    with pytest.raises(UpdateRefusedError) as caught:
        read_manifest(changed(bundle_of("code", "1", {"a": b"x"}), **fields), "code")
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_of_another_kind_is_refused() -> None:
    bundle = bundle_of("code", "1", {"a": b"x"})
    with pytest.raises(UpdateRefusedError, match="expected a list of models, got one of code"):
        read_manifest(bundle.listed, "models")


@pytest.mark.parametrize("listed", [b"", b"{}", zlib.compress(b"no json"), zlib.compress(b"{}") + b"more"])
def test_what_is_no_list_is_refused(listed: bytes) -> None:
    with pytest.raises(UpdateRefusedError):
        read_manifest(listed, "code")


def test_a_bomb_is_never_unpacked() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    assert len(bomb) < MANIFEST_MAX_BYTES
    with pytest.raises(UpdateRefusedError, match="at most"):
        read_manifest(bomb, "code")


@given(st.integers(0, 40), st.integers(1, 255))
def test_any_changed_byte_of_a_block_is_noticed(place: int, change: int) -> None:
    bundle = bundle_of("code", "1", {"a": b"the content of a file, long enough to be packed"})
    (block,) = bundle.manifest.blocks
    spoilt = bytearray(bundle.pack)
    spoilt[place % len(spoilt)] ^= change
    with pytest.raises(UpdateRefusedError):
        open_block(block, bytes(spoilt))


def test_a_truncated_block_is_noticed() -> None:
    bundle = bundle_of("code", "1", {"a": b"content" * 50})
    (block,) = bundle.manifest.blocks
    with pytest.raises(UpdateRefusedError):
        open_block(block, bundle.pack[:-1])
    with pytest.raises(UpdateRefusedError):
        unpack(zlib.compress(b"four")[:-2], 4)
