"""The store's edge. `base` is the contract; `open` puts a store together; `probe` tries what a server honours;
`looking` keeps conditions, as well as that can be, where it honours none.
"""
