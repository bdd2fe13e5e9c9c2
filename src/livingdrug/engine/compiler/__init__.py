"""A model's formulas to machine code: one shared graph, kernels of it, LLVM IR, code kept on disk."""
