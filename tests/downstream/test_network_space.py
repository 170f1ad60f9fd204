import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.core.files import sha256_of
from cancergan.downstream.network_space import NetworkSpace, open_space

IMAGES = np.random.default_rng(0).uniform(-1, 1, (5, 1, 8, 10)).astype(np.float32)


class Means(nn.Module):
    """Two features: the mean of the first channel, and a weight times that of the last."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        means = images.flatten(2).mean(2)
        return torch.stack([means[:, 0], self.weight * means[:, -1]], dim=1)


def described(folder, file, **more):
    text = {"name": "means", "file": file, "sha256": sha256_of(folder / file), **more}
    (folder / "space.yaml").write_text(yaml.safe_dump(text))
    return folder / "space.yaml"


@pytest.fixture
def script(tmp_path):
    torch.jit.script(Means()).save(str(tmp_path / "means.pt"))
    return tmp_path


def test_grey_images_fill_the_channels_and_are_scaled_as_stated(script):
    space = open_space(
        described(script, "means.pt", value_range=[0, 255], mean=[10.0, 0.0, 20.0], deviation=[2.0])
    )
    mean = (IMAGES.astype(float).mean((1, 2, 3)) + 1) / 2 * 255
    expected = np.stack([(mean - 10) / 2, 2 * (mean - 20) / 2], axis=1)
    assert space.features(IMAGES) == pytest.approx(expected, rel=1e-5)


def test_safetensors_fill_the_module_that_is_given(tmp_path):
    save_file({"weight": torch.tensor(5.0)}, tmp_path / "means.safetensors")
    path = described(tmp_path, "means.safetensors", value_range=[-1, 1])
    found = open_space(path, module=Means()).features(IMAGES)
    assert found[:, 1] == pytest.approx(5 * found[:, 0], rel=1e-5)
    with pytest.raises(BadInputError, match="weights alone"):
        open_space(path)
    with pytest.raises(BadInputError, match="weights of another network"):
        open_space(path, module=nn.Linear(2, 2))


def test_onnx_gives_what_torch_gives(tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    torch.onnx.export(
        Means(), (torch.zeros(2, 3, 8, 10),), tmp_path / "means.onnx", dynamo=False,
        input_names=["image"], dynamic_axes={"image": {0: "batch"}},
    )  # fmt: skip
    torch.jit.script(Means()).save(str(tmp_path / "means.pt"))
    found = [
        open_space(described(tmp_path, file)).features(IMAGES)
        for file in ("means.onnx", "means.pt")
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_maps_are_averaged_and_sizes_brought_to_the_stated_one():
    from cancergan.downstream.network_space import SpaceDescription

    stated = SpaceDescription(
        name="maps", file="x", sha256="0" * 64, channels=1, image_size=(4, 5), value_range=(-1, 1)
    )
    seen = []

    def network(images):
        seen.append(tuple(images.shape))
        return torch.cat([images, 2 * images], dim=1)

    found = NetworkSpace(stated, network).features(IMAGES)
    assert seen == [(5, 1, 4, 5)]
    assert found.shape == (5, 2)
    # Antialiased halving keeps the mean of an image nearly.
    assert found[:, 0] == pytest.approx(IMAGES.mean((1, 2, 3)), abs=0.03)


def test_the_fingerprint_is_of_bytes_and_preprocessing_not_of_the_place(script):
    first = open_space(described(script, "means.pt"))
    other = open_space(described(script, "means.pt", mean=[0.5]))
    (script / "moved.pt").write_bytes((script / "means.pt").read_bytes())
    moved = open_space(described(script, "moved.pt"))
    assert first.fingerprint == moved.fingerprint != other.fingerprint


def test_another_file_than_stated_is_never_run(script):
    path = described(script, "means.pt")
    (script / "means.pt").write_bytes(b"something else")
    with pytest.raises(BadInputError, match="nothing of it was run"):
        open_space(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"file": "gone.pt"}, "is not there"),
        ({"sha256": "abc"}, "sha256"),
        ({"mean": [1.0, 2.0]}, "mean must have 1 or 3 numbers"),
        ({"deviation": [0.0]}, "deviation must be above 0"),
        ({"meen": [0.0]}, 'did you mean "mean"'),
        ({"name": "../x"}, "name"),
    ],
)
def test_a_description_that_is_wrong_is_named(script, change, says):
    path = described(script, "means.pt")
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
    with pytest.raises(BadInputError, match=says):
        open_space(path)


def test_what_is_no_network_and_what_does_not_fit(script):
    (script / "notes.txt").write_text("hello")
    with pytest.raises(BadInputError, match="unknown kind of network"):
        open_space(described(script, "notes.txt"))
    (script / "notes.pt").write_text("hello")
    with pytest.raises(BadInputError, match="is not TorchScript"):
        open_space(described(script, "notes.pt"))
    with pytest.raises(BadInputError, match="not found"):
        open_space(script / "nowhere.yaml")
    space = open_space(described(script, "means.pt"))
    with pytest.raises(BadInputError, match="2 channels, the network means takes 3"):
        space.features(np.zeros((2, 2, 8, 8)))
