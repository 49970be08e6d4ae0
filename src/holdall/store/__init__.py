"""The store's edge. `base` is the contract; `open` puts a store together; `probe` tries what a server honours."""
