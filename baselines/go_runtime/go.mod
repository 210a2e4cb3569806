module weft/baselines/go_runtime

go 1.19
