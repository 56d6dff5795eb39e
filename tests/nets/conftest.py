"""One thread for torch: tests run side by side, and threads that wait for each other are far slower."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)
