"""The one place that knows about devices, precision and processes (Lightning Fabric)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from cancergan.recipes.schema import TrainingSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def start_fabric(settings: TrainingSettings) -> Fabric:
    """Return a launched Fabric for the recipe's accelerator, devices and precision.

    Several devices run the same command once per device (``ddp``; gloo on CPU, NCCL on CUDA).
    """
    from lightning_fabric import Fabric

    fabric = Fabric(
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy="ddp" if settings.devices > 1 else "auto",
        precision=settings.precision,
    )
    fabric.launch()
    return fabric


def memory_format(network: nn.Module, *, channels_last: bool) -> torch.memory_format:
    """Return the layout in which the network's convolutions run fastest."""
    if not channels_last:
        return torch.contiguous_format
    weights = max((weight.ndim for weight in network.parameters()), default=0)
    return {4: torch.channels_last, 5: torch.channels_last_3d}.get(weights, torch.contiguous_format)


def in_layout(values: Tensor, *, channels_last: bool) -> Tensor:
    """Return images (B, C, *spatial) in the layout that convolutions prefer, others unchanged."""
    if not channels_last or values.ndim not in (4, 5):
        return values
    layout = torch.channels_last if values.ndim == 4 else torch.channels_last_3d
    return values.contiguous(memory_format=layout)


def average_over_processes(fabric: Fabric, tensors: list[Tensor]) -> None:
    """Replace each tensor by its mean over all processes, in one exchange; alone, do nothing."""
    if fabric.world_size == 1 or not tensors:
        return
    flat = torch.cat([tensor.detach().flatten().float() for tensor in tensors])
    reduced: Any = fabric.all_reduce(flat, reduce_op="mean")
    start = 0
    for tensor in tensors:
        part = reduced[start : start + tensor.numel()]
        tensor.copy_(part.view(tensor.shape))
        start += tensor.numel()


def share_gradients(fabric: Fabric, network: nn.Module) -> None:
    """Average the gradients of a network that has just gone backward."""
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    average_over_processes(fabric, gradients)


def share_buffers(fabric: Fabric, network: nn.Module) -> None:
    """Average running statistics, which each process has updated from its own part of the batch."""
    floating = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
    average_over_processes(fabric, floating)
