"""Pure decisions: no I/O, no clock. `reconcile` is the heart; who may go which way is `directions`."""
