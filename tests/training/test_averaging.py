"""The moving average halves the past at its half-life, and starts without one."""

import copy

import pytest
import torch

from cancergan.training.averaging import follow


def networks():
    network = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.BatchNorm1d(1))
    average = copy.deepcopy(network)
    torch.nn.init.zeros_(average[0].weight)
    torch.nn.init.ones_(network[0].weight)
    return average, network


def test_half_of_the_past_is_forgotten_after_the_half_life():
    average, network = networks()
    for step in range(10):
        seen = 10**6 + 100 * step
        follow(average, network, seen=seen, batch=100, half_life=1000)
    assert average[0].weight.item() == pytest.approx(0.5)


def test_early_weights_are_soon_forgotten():
    average, network = networks()
    follow(average, network, seen=100, batch=100, half_life=10**9)
    assert average[0].weight.item() == pytest.approx(1 - 0.5**20)


def test_no_half_life_means_the_latest_weights():
    average, network = networks()
    follow(average, network, seen=10**6, batch=1, half_life=0)
    assert average[0].weight.item() == 1


def test_running_statistics_are_copied():
    average, network = networks()
    network[1].running_mean.fill_(3.0)
    network[1].num_batches_tracked.fill_(7)
    follow(average, network, seen=10**6, batch=1, half_life=1000)
    assert average[1].running_mean.item() == 3
    assert average[1].num_batches_tracked.item() == 7
