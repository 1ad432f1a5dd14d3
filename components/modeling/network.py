"""The network: picture -> where flat parts are, which pixels belong together, which drawing.

It answers on four heads, each replaceable without the others:

    sight    what is at a pixel: background, part or other object        stride 2
    seam     whether two objects touch there                             stride 2
    label    which of the user's drawings it looks like: a prior only    stride 4
    centre   whether an object's centre is here, and how far it is       stride 4

    picture -> stem /2 -> stage /4 -> stage /8 -> stage /16 -> stage /32 -> context (mean)
                 |           |           |            |            |
                 |        lateral     lateral      lateral      lateral
                 |           |           |            |            |
                 |        3x3 <- up  <- 3x3 <- up  <- 3x3 <- up ---+
                 |           |------> label, centre
         sight, seam <- up --+

Plain 3x3 convolutions, batch norm and ReLU: depthwise ones are slower on CPUs. *Stride* is input
pixels per output pixel.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from components.modeling.heads import SIGHT_COUNT
from components.settings.train import NetworkSettings


class NetworkOutput(NamedTuple):
    """What the heads answer for a batch of N pictures of H x W pixels; all before activation.

    Attributes:
        sight: Logits of background, part, other, shape (N, 3, H/2, W/2).
        seam: Logit of two objects touching, shape (N, 1, H/2, W/2).
        label: Logits of the K drawings, shape (N, K, H/4, W/4).
        heat: Logit of being an object's centre, shape (N, 1, H/4, W/4).
        offset: From a pixel to its object's centre (x, y) in units of `offset_unit_px`, shape
            (N, 2, H/4, W/4).
    """

    sight: Tensor
    seam: Tensor
    label: Tensor
    heat: Tensor
    offset: Tensor


def normalised(images: Tensor) -> Tensor:
    """Return pictures as the network wants them.

    Args:
        images: RGB, shape (N, H, W, 3), uint8.

    Returns:
        Shape (N, 3, H, W), float32, about -2..2, in channels-last memory order.
    """
    return images.permute(0, 3, 1, 2).to(torch.float32) * (1.0 / 64.0) - 2.0


def activated(output: NetworkOutput, offset_unit_px: float) -> NetworkOutput:
    """Return probabilities instead of logits, and offsets in network pixels.

    Args:
        output: Of the network.
        offset_unit_px: Length in network pixels of an offset of 1.
    """
    return NetworkOutput(
        torch.softmax(output.sight, 1),
        torch.sigmoid(output.seam),
        torch.softmax(output.label, 1),
        torch.sigmoid(output.heat),
        output.offset * offset_unit_px,
    )


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution with batch norm and ReLU."""
    kernel = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(kernel, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """Two 3x3 convolutions added to their input.

    Args:
        channels: Of input and output.
    """

    def __init__(self, channels: int) -> None:
        """Build the layers; the block starts as the identity."""
        super().__init__()
        self.first = conv(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the shape of `x`."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


class Context(nn.Module):
    """Lets a pixel know the whole picture: adds what its mean says."""

    def __init__(self, channels: int) -> None:
        """Build the layer."""
        super().__init__()
        self.mean = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the shape of `x`."""
        return functional.relu(x + self.mean(x.mean((2, 3), keepdim=True)))


class PartNetwork(nn.Module):
    """The whole network; see the drawing above.

    Args:
        settings: Widths and depths.
        label_count: Number K of drawings, 1 or more.
    """

    def __init__(self, settings: NetworkSettings, label_count: int) -> None:
        """Build the layers."""
        super().__init__()
        stem, neck = settings.stem_channels, settings.neck_channels
        self.stem = conv(3, stem, stride=2)
        self.stages = nn.ModuleList()
        before = stem
        for channels, blocks in zip(settings.stage_channels, settings.stage_blocks, strict=True):
            residuals = [Residual(channels) for _ in range(blocks)]
            self.stages.append(nn.Sequential(conv(before, channels, stride=2), *residuals))
            before = channels
        self.context = Context(before)
        self.laterals = nn.ModuleList(nn.Conv2d(c, neck, 1) for c in settings.stage_channels)
        self.merges = nn.ModuleList(conv(neck, neck) for _ in settings.stage_channels[1:])
        self.label_head = nn.Conv2d(neck, label_count, 3, padding=1)
        self.centre_head = nn.Conv2d(neck, 3, 3, padding=1)
        self.fine_lateral = nn.Conv2d(neck, stem, 1)
        self.fine = conv(stem, stem)
        self.sight_head = nn.Conv2d(stem, SIGHT_COUNT, 3, padding=1)
        self.seam_head = nn.Conv2d(stem, 1, 3, padding=1)
        _start_rare(self.centre_head.bias, index=0, probability=0.01)
        _start_rare(self.seam_head.bias, index=0, probability=0.05)
        _lay_channels_last(self)

    def forward(self, x: Tensor) -> NetworkOutput:
        """Return the answers of all heads.

        Args:
            x: From `normalised`; H and W are multiples of `SIZE_MULTIPLE`.
        """
        half = self.stem(x)
        features = []
        below = half
        for stage in self.stages:
            below = stage(below)
            features.append(below)
        features[-1] = self.context(features[-1])
        top = self.laterals[-1](features[-1])
        for level in range(len(features) - 2, -1, -1):
            lateral = self.laterals[level](features[level])
            top = self.merges[level](_doubled(top) + lateral)
        label, centre = _together(top, self.label_head, self.centre_head)
        fine = self.fine(_doubled(self.fine_lateral(top)) + half)
        sight, seam = _together(fine, self.sight_head, self.seam_head)
        return NetworkOutput(sight, seam, label, centre[:, :1], centre[:, 1:])


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _together(x: Tensor, *heads: nn.Conv2d) -> tuple[Tensor, ...]:
    """Return the answers of several 3x3 heads, computed by one convolution.

    CPU kernels work on 8 or 16 channels at a time whatever a head needs: apart, four channels cost
    as much as 32.
    """
    weight = torch.cat([head.weight for head in heads])
    bias = torch.cat([head.bias for head in heads if head.bias is not None])
    counts = [head.out_channels for head in heads]
    return torch.split(functional.conv2d(x, weight, bias, padding=1), counts, 1)


def _lay_channels_last(network: nn.Module) -> None:
    """Order the kernels as the pictures are: a fifth faster than channels first."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def _start_rare(bias: Tensor | None, index: int, probability: float) -> None:
    """Set a bias so that its sigmoid starts at `probability`, or a rare event swamps the loss.

    References:
        Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, section 3.3.
    """
    if bias is not None:
        with torch.no_grad():
            bias[index] = -torch.log(torch.tensor(1.0 / probability - 1.0))


def parameter_count(network: nn.Module) -> int:
    """Return the number of learned values."""
    return sum(parameter.numel() for parameter in network.parameters())
