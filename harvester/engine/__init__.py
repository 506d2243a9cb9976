"""Beyond one machine: the same functions as tasks on a Dask cluster. Nothing below this package knows of Dask."""
