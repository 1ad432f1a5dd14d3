"""The manifest gives back what was written, and names what is damaged."""

import numpy as np
import pytest

from components.dataset.manifest import read_manifest, sample_line
from components.errors import DatasetError


def test_samples_written_again_are_the_same_lines(dataset):
    home, _ = dataset
    lines = [sample_line(sample) for sample in read_manifest(home.manifest)]
    assert len(lines) == 40
    assert "".join(f"{line}\n" for line in lines) == home.manifest.read_text()


def test_text_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b"\xfe{}")
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: expected UTF-8"):
        list(read_manifest(path))


def test_samples_come_in_order_with_their_poses(dataset):
    samples = list(read_manifest(dataset[0].manifest))
    assert [sample.index for sample in samples] == list(range(40))
    poses = [a.pose for s in samples for a in s.annotations if a.label != "other"]
    assert poses
    for pose in poses:
        assert pose.mm_to_px.shape == (3, 3)
        assert np.allclose(pose.mm_to_px[:2, 2] / pose.mm_to_px[2, 2], (pose.x_px, pose.y_px))


def test_damaged_line_is_named(dataset, tmp_path):
    lines = [sample_line(sample) for sample in read_manifest(dataset[0].manifest)]
    lines[6] = lines[6][: len(lines[6]) // 2]
    path = tmp_path / "manifest.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(DatasetError, match=r"manifest\.jsonl line 7"):
        list(read_manifest(path))


def test_line_without_a_field_is_named(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"index": 1}\n')
    with pytest.raises(DatasetError, match="line 1"):
        list(read_manifest(path))


def test_missing_manifest_says_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match="dxfvision generate"):
        list(read_manifest(tmp_path / "manifest.jsonl"))
