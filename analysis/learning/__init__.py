"""What learning rates and batch sizes do to training: range tests, cyclical rates, growing batches.

The flow of data::

    datasets ─▶ splits ─▶ training ◀─ plans ◀─ schedules
                             │
              checkpoints ─▶ runs ─▶ curves ─▶ batch_growth ─┐
              readings ────▶ lr_range ───────────────────────┴─▶ experiments ◀─ setups
                                                                      │
                                                results · tables · figures ─▶ cli
"""
